package scenarios

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"clustersim/model"
	"clustersim/report/metric"
	"clustersim/scenarios/check"
)

// Threshold is a limit of the scenario.
type Threshold struct {
	Place    model.Place
	Selector metric.Selector
	metric.Threshold
}

// expectations compiles spec.expect, spec.thresholds and spec.outputs.
func (c *compiler) expectations() {
	names := map[string]model.Place{}
	for i := range c.spec.Expect {
		e := &c.spec.Expect[i]
		if first, twice := names[e.Name]; twice && e.Name != "" {
			c.add(e.Place, model.Error, "", "a second check named %q (first on line %d)", e.Name, first.Line)
		}
		names[e.Name] = e.Place
		if k, ok := c.expectation(e, i); ok {
			c.suite.Checks = append(c.suite.Checks, k)
		}
	}
	for i := range c.spec.Thresholds.list {
		c.threshold(&c.spec.Thresholds.list[i])
	}
	for i := range c.spec.Outputs {
		o := &c.spec.Outputs[i]
		if !slices.Contains(OutputKinds, o.Kind) {
			c.add(o.Place, model.Error, model.DidYouMean(o.Kind, OutputKinds), "outputs: unknown kind %q (known: %s)", o.Kind, strings.Join(OutputKinds, ", "))
		} else if o.Path == "" {
			c.add(o.Place, model.Error, "", "outputs: path: required")
		}
	}
}

// expectation compiles one check; ok is false if there is a mistake in it.
func (c *compiler) expectation(e *Expectation, i int) (k check.Check, ok bool) {
	before := len(c.problems)
	k = check.Check{Name: e.Name, Place: e.Place.String(), Count: -1}
	if k.Name == "" {
		k.Name = fmt.Sprintf("check %d", i+1)
	}
	c.window(e, &k)
	c.condition(e, &k)
	if e.Count != nil && e.Match == nil && e.Place.Line > 0 {
		c.add(e.Place, model.Error, "", "count: goes with match alone (an event has a count of its own)")
	}
	return k, !c.problems[before:].HasErrors()
}

// window reads the temporal mode.
func (c *compiler) window(e *Expectation, k *check.Check) {
	var given []string
	if e.At != nil {
		given = append(given, "at")
		k.Mode, k.From = check.At, c.instant(e.At)
	}
	if v := e.Eventually; v != nil {
		given = append(given, "eventually")
		k.Mode, k.From, k.To = check.Eventually, c.instant(v.After), c.instant(v.By)
		switch {
		case v.By != nil && v.Within != nil:
			c.add(e.Place, model.Error, "", "eventually: by and within exclude each other")
		case v.Within != nil:
			k.To = check.Instant{Set: true, Step: k.From.Step, Offset: k.From.Offset + *v.Within}
		}
	}
	for _, w := range []struct {
		name string
		mode check.Mode
		is   *Window
	}{{"always", check.Always, e.Always}, {"never", check.Never, e.Never}} {
		if w.is != nil {
			given = append(given, w.name)
			k.Mode, k.From, k.To = w.mode, c.instant(w.is.From), c.instant(w.is.To)
		}
	}
	if e.Finally != nil {
		given = append(given, "finally")
		k.Mode = check.Finally
	}
	switch {
	case len(given) == 0:
		c.add(e.Place, model.Error, "", "a check needs one of at, eventually, always, never, finally")
	case len(given) > 1:
		c.add(e.Place, model.Error, "", "%s exclude each other", strings.Join(given, " and "))
	case k.From.Set && k.To.Set && k.From.Step == k.To.Step && k.To.Offset <= k.From.Offset:
		c.add(e.Place, model.Error, "", "%s: the window is empty: it ends at %s and begins at %s", given[0], k.To, k.From)
	}
}

// instant checks the step that an instant speaks of.
func (c *compiler) instant(i *instant) check.Instant {
	if i == nil {
		return check.Instant{}
	}
	if i.Step != "" && c.named[i.Step] == nil {
		c.add(i.Place, model.Error, model.DidYouMean(i.Step, slices.Sorted(maps.Keys(c.named))), "%q is neither a time such as 90s nor the name of a step", i.Step)
	}
	return i.Instant
}

// condition reads what has to hold.
func (c *compiler) condition(e *Expectation, k *check.Check) {
	n := 0
	for _, is := range []bool{e.Cel != nil, e.Match != nil, e.Event != nil, e.Refused != nil, e.Golden != nil} {
		if is {
			n++
		}
	}
	if n != 1 {
		c.add(e.Place, model.Error, "", "a check needs exactly one of cel, match, event, refused, golden")
		return
	}
	switch {
	case e.Cel != nil:
		k.CEL = c.cel(e.Cel)
		k.Text = strings.Join(strings.Fields(e.Cel.Text), " ")
	case e.Match != nil:
		c.match(e, k)
	case e.Event != nil:
		c.event(e, k)
	case e.Refused != nil:
		c.refusal(e, k)
	case e.Golden != nil:
		k.Golden, k.Text = c.files.rel(c.file, e.Golden.Name), "golden "+e.Golden.Name
		if e.Finally == nil {
			c.add(e.Place, model.Error, "", "golden: goes with finally alone")
		}
	}
}

// cel compiles an expression; its mistakes are placed inside the YAML.
func (c *compiler) cel(t *celText) *check.Program {
	if t.node == nil || t.Text == "" {
		if t.node != nil && t.node.Kind == yaml.ScalarNode {
			c.errorf(t.node, "cel: is empty")
		}
		return nil
	}
	p, mistakes := check.Compile(t.Text, check.Bool)
	for _, m := range mistakes {
		at, inside := c.inText(t.node, m.Line, m.Column)
		text := "cel: " + m.Message
		if !inside {
			text = fmt.Sprintf("cel, line %d, column %d of the expression: %s", m.Line, m.Column, m.Message)
		}
		c.add(at, model.Error, m.Hint, "%s", text)
	}
	if p != nil {
		for _, s := range p.Selectors() {
			at, _ := c.inText(t.node, s.Line, s.Column)
			c.selections = append(c.selections, selection{s, at})
		}
	}
	return p
}

// inText is the place of a line and column (from 1) of a scalar. inside is false if the YAML folds lines, so that only the
// scalar itself can be named.
func (d *decoder) inText(n *yaml.Node, line, column int) (at model.Place, inside bool) {
	at = d.place(n)
	switch {
	case d.given[n]:
		return at, false
	case n.Style&yaml.LiteralStyle != 0:
		at.Line += line
		at.Column = d.indentAfter(n.Line) + column
		return at, true
	case n.Style&yaml.FoldedStyle != 0 || line > 1:
		return at, false
	}
	quote := 0
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		quote = 1
	}
	if at.Line < 1 || at.Line > len(d.lines) {
		return at, false
	}
	rest := d.lines[at.Line-1]
	rest = rest[min(len(rest), at.Column-1+quote):]
	if !strings.HasPrefix(rest, n.Value) && quote == 0 {
		return at, false // goes on in the next line
	}
	if quote == 1 && !strings.HasPrefix(rest, n.Value[:min(len(n.Value), column)]) {
		return at, false // escapes before it move the column
	}
	at.Column += quote + column - 1
	return at, true
}

func (c *compiler) match(e *Expectation, k *check.Check) {
	kind := ""
	name := ""
	for _, f := range e.Match.root.Fields {
		switch f.Name {
		case "kind":
			kind = f.Value.Text
		case "metadata":
			for _, m := range f.Value.Fields {
				if m.Name == "name" {
					name = "/" + m.Value.Text
				}
			}
		}
	}
	known := model.FindKind(kind)
	if known == nil {
		var names []string
		for _, k := range model.Kinds {
			names = append(names, k.Name)
		}
		c.add(e.Match.Place, model.Error, model.DidYouMean(kind, names), "match: kind: must be a known kind, got %q", kind)
		return
	}
	m, mistakes := check.CompileMatch(known, e.Match.root)
	for _, x := range mistakes {
		c.add(x.Place, model.Error, x.Hint, "match: %s", x.Message)
	}
	k.Match, k.Text = m, "match "+known.Name+name
	if e.Count != nil {
		k.Count = *e.Count
		k.Text += fmt.Sprintf(", count %d", k.Count)
	}
}

func (c *compiler) event(e *Expectation, k *check.Check) {
	v := e.Event
	m := &check.EventMatch{Reason: v.Reason, Type: v.Type, Namespace: v.Namespace, Component: v.Component, Message: c.regexp(v.MessageMatches)}
	k.Text = "event " + v.Reason
	if v.Regarding != nil {
		m.Regarding = c.regarding(v.Regarding)
		k.Text += " of " + v.Regarding.Name
	}
	if v.Type != "" && v.Type != "Normal" && v.Type != "Warning" {
		c.add(e.Place, model.Error, "", "event.type: must be Normal or Warning, got %q", v.Type)
	}
	if *v == (EventCheck{}) {
		c.add(e.Place, model.Error, "", "event: needs a reason, or something else to tell it by")
	}
	k.Event = m
	c.count(e, v.Count, k)
}

// regarding reads KIND/NAME; the kind by any name that kubectl takes.
func (c *compiler) regarding(p *placed) string {
	kind, name, ok := strings.Cut(p.Name, "/")
	k := model.FindKind(kind)
	switch {
	case !ok:
		c.add(p.Place, model.Error, "", "event.regarding: must be KIND/NAME, got %q", p.Name)
	case k == nil && !strings.ContainsAny(kind, "*?"):
		c.add(p.Place, model.Error, "", "event.regarding: unknown kind %q", kind)
	case k != nil:
		return k.Name + "/" + name
	}
	return p.Name
}

func (c *compiler) refusal(e *Expectation, k *check.Check) {
	v := e.Refused
	m := &check.RefusedMatch{Namespace: v.Namespace, Name: v.Name, Message: c.regexp(v.MessageMatches)}
	if v.Kind != nil {
		if known := model.FindKind(v.Kind.Name); known != nil {
			m.Kind = known.Name
		} else {
			c.add(v.Kind.Place, model.Error, "", "refused.kind: unknown kind %q", v.Kind.Name)
		}
	}
	k.Refused, k.Text = m, strings.TrimSpace("refused "+m.Kind+" "+m.Name)
	c.count(e, v.Count, k)
}

func (c *compiler) count(e *Expectation, n *int, k *check.Check) {
	if n == nil {
		return
	}
	if *n < 1 {
		c.add(e.Place, model.Error, "", "count: at least 1; for none write never")
	}
	k.Count = *n
	k.Text += fmt.Sprintf(", at least %d times", *n)
}

func (c *compiler) regexp(p *placed) *regexp.Regexp {
	if p == nil || p.Name == "" {
		return nil
	}
	r, err := regexp.Compile(p.Name)
	if err != nil {
		c.add(p.Place, model.Error, "", "messageMatches: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return r
}

// threshold compiles the limits on one metric.
func (c *compiler) threshold(t *thresholdsOf) {
	s, err := metric.ParseSelector(t.key.Value)
	if err != nil {
		c.syntax(t.key, err)
		return
	}
	for _, n := range t.items {
		text, ok := c.text(n, "spec.thresholds."+t.key.Value)
		if !ok {
			continue
		}
		th, err := metric.ParseThreshold(text, s.Metric)
		if err != nil {
			c.syntax(n, err)
			continue
		}
		c.limits = append(c.limits, Threshold{Place: c.place(n), Selector: s, Threshold: th})
	}
}

// syntax reports a mistake inside a scalar.
func (c *compiler) syntax(n *yaml.Node, err error) {
	e, ok := err.(*metric.SyntaxError)
	if !ok {
		c.errorf(n, "thresholds: %s", err)
		return
	}
	at, _ := c.inText(n, 1, e.Offset+1)
	c.add(at, model.Error, e.Hint, "thresholds: %s", e.Message)
}
