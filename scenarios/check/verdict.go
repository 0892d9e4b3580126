package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/report"
	"clustersim/report/kubectl"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// shown bounds the lines of one part of a failure.
const shown = 6

func (c *Checker) pass(w *watch, at time.Duration) {
	w.state = decided
	if w.trigger != nil {
		c.run.Trigger(w.trigger.Step)
		return
	}
	if w.Mode == Never && w.err != nil && !w.ever {
		w.state = open
		c.fail(w, "it could not be evaluated once: "+w.err.Error())
		return
	}
	w.verdict.Outcome, w.verdict.At = report.Passed, at
	c.mark(w)
}

// mark writes a verdict into the journal: it is no part of the digest.
func (c *Checker) mark(w *watch) {
	v := &w.verdict
	c.run.Journal.Mark(&journal.Mark{
		Cause: w.last, At: c.now(), Type: journal.Verdict, Name: v.Name, Action: w.Mode.String(), Place: v.Place, Message: v.Message,
		Failed: v.Outcome == report.Failed,
	})
}

func (c *Checker) undecided(w *watch, why string) {
	w.state = decided
	w.verdict.Outcome, w.verdict.Message = report.Undecided, why
}

// fail writes down what was wrong, at this instant.
func (c *Checker) fail(w *watch, when string) {
	w.state = decided
	if w.trigger != nil {
		return
	}
	v := &w.verdict
	v.Outcome, v.At = report.Failed, c.now()
	v.Seq = w.last
	if w.lastObject != nil {
		key := w.lastObject.Key()
		v.Object, v.Namespace = w.lastObject.Kind().Name+"/"+key.Name, key.Namespace
	}
	switch {
	case w.Match != nil:
		v.Message = c.explainMatch(w)
	case w.Event != nil:
		v.Message = fmt.Sprintf("the Event was said %s, wanted %s", times(w.said), wantTimes(w))
	case w.Refused != nil:
		v.Message = fmt.Sprintf("it was refused %s, wanted %s", times(w.said), wantTimes(w))
		if w.lastRefusal != "" {
			v.Details = append(v.Details, w.lastRefusal)
		}
	case w.err != nil:
		v.Message = "the expression cannot be evaluated: " + w.err.Error()
	default:
		v.Message = c.explainCEL(w)
	}
	if when != "" {
		v.Message = when + ": " + v.Message
	}
	if v.Seq > 0 {
		v.Cause = c.causes(v.Seq)
	}
	c.mark(w)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func wantTimes(w *watch) string {
	if w.Mode == Never {
		return "less than " + times(max(1, w.Count))
	}
	return "at least " + times(max(1, w.Count))
}

// explainMatch says how many objects match, and how the nearest of the others differs.
func (c *Checker) explainMatch(w *watch) string {
	v := &w.verdict
	n := len(w.matched)
	if w.Mode == Never || w.Count >= 0 && n > w.Count {
		for _, o := range c.store.List(w.Match.Kind) {
			if w.matched[o.Key()] && len(v.Details) < shown {
				v.Details = append(v.Details, "matches: "+describe(o))
				about(v, o)
			}
		}
		if w.Mode == Never && w.Count < 0 {
			return fmt.Sprintf("%s %s, wanted none", people(n, w.Match.Kind.Name), verb(n))
		}
		return fmt.Sprintf("%s %s, wanted %s %d", people(n, w.Match.Kind.Name), verb(n), map[bool]string{true: "not", false: "exactly"}[w.Mode == Never], w.Count)
	}
	var others []store.Object
	for _, o := range c.store.List(w.Match.Kind) {
		if !w.matched[o.Key()] {
			others = append(others, o)
		}
	}
	if near, lines := w.Match.nearest(others); near != nil {
		v.Details = append(v.Details, "nearest: "+describe(near))
		for i, l := range lines {
			if i == shown {
				v.Details = append(v.Details, fmt.Sprintf("  ... and %d more differences", len(lines)-i))
				break
			}
			v.Details = append(v.Details, "  "+l)
		}
		about(v, near)
	}
	want := "at least one"
	if w.Count >= 0 {
		want = fmt.Sprintf("exactly %d", w.Count)
	}
	return fmt.Sprintf("%s %s, wanted %s", people(n, w.Match.Kind.Name), verb(n), want)
}

func verb(n int) string {
	if n == 1 {
		return "matches"
	}
	return "match"
}

func people(n int, what string) string {
	if n == 0 {
		return "no " + what
	}
	return fmt.Sprintf("%d %s", n, what)
}

func about(v *Verdict, o store.Object) {
	key := o.Key()
	v.Object, v.Namespace = o.Kind().Name+"/"+key.Name, key.Namespace
}

// describe is one line about an object, as kubectl would have it.
func describe(o store.Object) string {
	name := o.Kind().Name + " " + o.Key().String()
	switch p := o.(type) {
	case *store.Pod:
		node := p.NodeName
		if node == "" {
			node = "no node"
		}
		pod := p.API().(*corev1.Pod)
		s := kubectl.Summarize(pod)
		condition := ""
		if s.Ready == s.Total && !conditionTrue(p.Status, corev1.PodReady) {
			condition = ", condition Ready is not True"
		}
		if s.Restarts > 0 {
			condition = fmt.Sprintf(", restarts %d%s", s.Restarts, condition)
		}
		return fmt.Sprintf("%s: %s, ready %d/%d, %s%s", name, s.Status, s.Ready, s.Total, node, condition)
	case *store.Event:
		return fmt.Sprintf("Event %s of %s/%s: %s", p.Reason, p.Regarding.Kind.Name, p.Regarding.Name, p.Message)
	}
	if n := store.AsNode(o); n != nil {
		return name + ": " + kubectl.NodeStatus(n)
	}
	return name
}

func conditionTrue(s *corev1.PodStatus, t corev1.PodConditionType) bool {
	c := store.Condition(s, t)
	return c != nil && c.Status == corev1.ConditionTrue
}

// explainCEL says which part of an expression was not so, what it compared, and what the objects were.
func (c *Checker) explainCEL(w *watch) string {
	v := &w.verdict
	e := w.CEL.ast.NativeRep().Expr()
	part := e
	if w.Mode != Never {
		part = c.guilty(w.CEL, e)
	}
	text := w.CEL.unparse(part)
	if part != e && text != "" {
		v.Details = append(v.Details, "false: "+text)
	}
	c.operands(w.CEL, part, v)
	c.members(w, v)
	if w.Mode == Never {
		return "it was true"
	}
	return "it was false"
}

// guilty follows && down to the first part that is false.
func (c *Checker) guilty(p *Program, e ast.Expr) ast.Expr {
	for e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.LogicalAnd {
		next := e
		for _, arg := range e.AsCall().Args() {
			if out := c.partial(p, arg); out == types.False {
				next = arg
				break
			}
		}
		if next == e {
			break
		}
		e = next
	}
	return e
}

// partial evaluates a part of an expression, nil if that cannot be done.
func (c *Checker) partial(p *Program, e ast.Expr) ref.Val {
	sub, mistakes := Compile(p.unparse(e), Any)
	if len(mistakes) > 0 {
		return nil
	}
	out, err := sub.eval(&evaluation{c: c})
	if err != nil {
		return nil
	}
	return out
}

// operands tells the values on both sides of a comparison.
func (c *Checker) operands(p *Program, e ast.Expr, v *Verdict) {
	if e.Kind() != ast.CallKind {
		return
	}
	switch e.AsCall().FunctionName() {
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals, operators.In:
	default:
		return
	}
	for _, arg := range e.AsCall().Args() {
		if arg.Kind() == ast.LiteralKind {
			continue
		}
		if out := c.partial(p, arg); out != nil {
			v.Details = append(v.Details, fmt.Sprintf("%s is %s", p.unparse(arg), show(out)))
		}
	}
}

// show is a CEL value in a message.
func show(v ref.Val) string {
	switch x := v.(type) {
	case types.String:
		return fmt.Sprintf("%q", string(x))
	case types.Duration:
		return x.Duration.String()
	case types.Timestamp:
		return x.UTC().Format(time.RFC3339)
	case *object:
		if x.top != nil {
			return describe(x.top)
		}
		return "an object"
	case traits.Lister:
		var parts []string
		n := 0
		for it := x.Iterator(); it.HasNext() == types.True; n++ {
			if item := it.Next(); n < shown {
				parts = append(parts, show(item))
			}
		}
		if n > shown {
			parts = append(parts, fmt.Sprintf("... %d in all", n))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v.Value())
}

// members lists the pods and nodes that the expression read.
func (c *Checker) members(w *watch, v *Verdict) {
	for _, k := range []*model.Kind{model.Pod, model.Node} {
		for _, g := range c.groups[k] {
			if !reads(g, w) {
				continue
			}
			for i, m := range g.members {
				if i == shown {
					v.Details = append(v.Details, fmt.Sprintf("... %d %s in all", len(g.members), k.Plural))
					break
				}
				v.Details = append(v.Details, describe(m.(*object).top))
			}
			if len(g.members) == 0 {
				v.Details = append(v.Details, fmt.Sprintf("no %s matches %q", k.Name, g.selector))
			}
		}
	}
}

func reads(g *group, w *watch) bool {
	for _, r := range g.readers {
		if r == w {
			return true
		}
	}
	return false
}

// chain keeps the records and marks of a run as long as they are few, to tell causes.
type chain struct {
	links []link // by seq
	over  bool
}

// link is a record or a mark.
type link struct {
	seq, cause uint64
	at         time.Duration
	rule       rule.ID
	verb       journal.Verb
	object     store.Object // nil: a mark
	text       string       // of a mark
}

// chainLimit is the number of records up to which causes are told.
const chainLimit = 20_000

func (c *chain) add(l link) {
	if c.over = c.over || len(c.links) >= chainLimit; !c.over {
		c.links = append(c.links, l)
	}
}

// Mark implements journal.MarkSink.
func (c *Checker) Mark(m *journal.Mark) error {
	text := m.Action
	if m.Name != "" {
		text = m.Name + ": " + text
	}
	if len(m.Targets) > 0 {
		text += " " + strings.Join(m.Targets[:min(len(m.Targets), 3)], ", ")
	}
	if m.Place != "" {
		text += " (" + m.Place + ")"
	}
	c.chain.add(link{seq: m.Seq, cause: m.Cause, at: m.At, text: text})
	return nil
}

// told is how many causes are told.
const told = 5

// causes follows a record back.
func (c *Checker) causes(seq uint64) (lines []string) {
	if c.suite.Explain != nil {
		return c.suite.Explain(seq)
	}
	for len(lines) < told && seq > 0 {
		i, ok := slices.BinarySearchFunc(c.chain.links, seq, func(l link, seq uint64) int { return cmp.Compare(l.seq, seq) })
		if !ok {
			break
		}
		l := &c.chain.links[i]
		text := l.text
		if l.object != nil {
			text = strings.ToLower(l.verb.String()) + " " + describe(l.object)
			if by := l.rule.String(); by != "" {
				text += " [" + by + "]"
			}
		}
		lines = append(lines, fmt.Sprintf("#%d %s %s", l.seq, seconds(l.at), text))
		seq = l.cause
	}
	return lines
}

func seconds(t time.Duration) string { return fmt.Sprintf("%.3fs", t.Seconds()) }
