package check

import (
	"slices"
	"time"

	"clustersim/model"
	"clustersim/report/metric"
	"clustersim/sim"
	"clustersim/sim/engine"
	"clustersim/sim/fault"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// A check that waits does not keep a run from ending: what the last instant touched is looked at by Finish. The condition of a
// step is looked at before the run can be over, since the step may be what goes on.
var (
	kindBoundary = engine.NewLook("check begins or ends", engine.RankWorld, true)
	kindLook     = engine.NewLook("checks", engine.RankCheck, true)
	kindTrigger  = engine.NewLook("conditions of steps", engine.RankCheck, false)
)

// Checker looks after the checks of one run. It is a sim.Extension; use New and give it to sim.New as a sink.
type Checker struct {
	suite   *Suite
	run     *sim.Run
	store   *store.Store
	metrics *metric.Collector
	groups  map[*model.Kind][]*group
	watches []*watch
	byKind  map[*model.Kind][]*watch // of match and event
	looking bool                     // a look is queued for this instant
	dirty   []*watch
	always  []*watch // to be looked at after every change
	stepped map[string]bool
	chain   chain
}

// watch is a check, or the condition of a step, in a run.
type watch struct {
	*Check
	trigger *Trigger
	index   int
	state   state
	dirty   bool
	// matched are the objects that match now, said how many Events or refusals came within the window.
	matched map[store.Key]bool
	said    int
	// last is the record that touched the check last, and what it was of.
	last        uint64
	lastObject  store.Object
	err         error // of the last evaluation
	ever        bool  // it was evaluated without an error
	verdict     Verdict
	lastRefusal string
}

type state uint8

const (
	waiting state = iota // its window has not begun
	open
	decided
)

// New returns a checker of a suite; a collector of metrics that is fed elsewhere can be shared, nil makes one.
func New(s *Suite) *Checker {
	return &Checker{suite: s, metrics: metric.NewCollector(metric.Options{}), groups: map[*model.Kind][]*group{}, byKind: map[*model.Kind][]*watch{}, stepped: map[string]bool{}}
}

// Measure makes the checker's metrics follow the options, for prices. Call it before the run begins.
func (c *Checker) Measure(o metric.Options) { c.metrics = metric.NewCollector(o) }

// Metrics is what was measured until now.
func (c *Checker) Metrics() *metric.Data {
	if c.run == nil { // no run was given to it
		return &metric.Data{}
	}
	return c.metrics.Data(c.now())
}

func (c *Checker) now() time.Duration { return c.run.Engine.Now() }

// Record implements journal.Sink.
func (c *Checker) Record(r *journal.Record) error {
	if o, ok := r.Object.(store.Object); ok && len(c.suite.Checks) > 0 {
		c.chain.add(link{seq: r.Seq, cause: r.Cause, at: r.At, rule: r.Rule, verb: r.Verb, object: o})
	}
	return c.metrics.Record(r)
}

// Attach implements sim.Extension.
func (c *Checker) Attach(r *sim.Run) {
	c.run, c.store = r, r.Store
	if r.Metered() {
		c.metrics.Measure(r.Used)
	}
	r.Store.Watch(c)
	r.Observe(c)
	for i := range c.suite.Checks {
		c.enter(&watch{Check: &c.suite.Checks[i], index: i})
	}
	for i := range c.suite.Triggers {
		t := &c.suite.Triggers[i]
		c.enter(&watch{Check: &Check{Mode: Eventually, CEL: t.When, Count: -1}, trigger: t})
	}
}

// enter begins to look after a check.
func (c *Checker) enter(w *watch) {
	w.verdict = Verdict{Name: w.Name, Place: w.Place, Expects: w.Expects(), At: never}
	c.watches = append(c.watches, w)
	switch {
	case w.Golden != "":
		w.state = decided
		return
	case w.Match != nil:
		w.matched = map[store.Key]bool{}
		c.byKind[w.Match.Kind] = append(c.byKind[w.Match.Kind], w)
		for _, o := range c.store.List(w.Match.Kind) {
			if w.Match.Holds(o) {
				w.matched[o.Key()] = true
			}
		}
	case w.Event != nil:
		c.byKind[model.Event] = append(c.byKind[model.Event], w)
	}
	if w.CEL != nil && w.CEL.always {
		c.always = append(c.always, w)
	}
	if w.Mode != Finally && w.From.Step == "" {
		c.boundary(w.From.Offset, func() { c.begin(w) })
	}
	if w.Mode != Finally && w.To.Set && w.To.Step == "" {
		c.boundary(w.To.Offset, func() { c.end(w) })
	}
}

// never is the time of what has not happened.
const never time.Duration = -1

// boundary does something at an instant, before all else that happens then.
func (c *Checker) boundary(at time.Duration, do func()) {
	if at <= c.now() {
		do()
		return
	}
	c.run.Engine.AtTurn(at, kindBoundary, c.run.Engine.NewTurn(), engine.Func(do))
}

// Stepped implements sim.Observer: windows that count from the step begin.
func (c *Checker) Stepped(step *fault.Step) {
	if step.Name == "" || c.stepped[step.Name] {
		return
	}
	c.stepped[step.Name] = true
	for _, w := range c.watches {
		if w.From.Set && w.From.Step == step.Name {
			c.later(w.From.Offset, w, c.begin)
		}
		if w.To.Set && w.To.Step == step.Name {
			c.later(w.To.Offset, w, c.end)
		}
	}
}

// later does something with a watch some time after a step: with no time between, when the instant is over.
func (c *Checker) later(offset time.Duration, w *watch, do func(*watch)) {
	if offset > 0 {
		c.boundary(engine.Later(c.now(), offset), func() { do(w) })
		return
	}
	c.run.Engine.At(c.now(), kindLook, engine.Func(func() { do(w) }))
}

// begin opens a watch's window and looks for the first time.
func (c *Checker) begin(w *watch) {
	if w.state != waiting {
		return
	}
	w.state = open
	if w.Event != nil || w.Refused != nil {
		if w.Mode != At {
			w.said = 0
		}
	}
	c.look(w)
	if w.Mode == At && w.state == open {
		c.fail(w, "")
	}
}

// end closes a watch's window.
func (c *Checker) end(w *watch) {
	switch {
	case w.state != open:
	case w.Mode == Eventually:
		c.fail(w, "not by then")
	default:
		c.pass(w, never)
	}
}

// Observe implements store.Watcher.
func (c *Checker) Observe(change *store.Change) {
	deleted := change.Verb == journal.Deleted
	seq := c.run.Engine.Why.Cause() // the store has just set it to this record
	for _, g := range c.groups[change.Kind()] {
		if g.observe(change, deleted) {
			for _, w := range g.readers {
				c.touch(w, seq, change.New)
			}
		}
	}
	for _, w := range c.byKind[change.Kind()] {
		c.update(w, change, deleted, seq)
	}
	for _, w := range c.always {
		c.touch(w, seq, change.New)
	}
}

// update brings what a match or event check knows up to date.
func (c *Checker) update(w *watch, change *store.Change, deleted bool, seq uint64) {
	if w.Event != nil {
		e := change.New.(*store.Event)
		if deleted || !w.Event.holds(e) {
			return
		}
		n := said(e)
		if old, ok := change.Old.(*store.Event); ok {
			n = max(0, n-said(old))
		}
		w.said += n
		c.touch(w, seq, change.New)
		return
	}
	key := change.New.Key()
	is := !deleted && w.Match.Holds(change.New)
	if is {
		w.matched[key] = true
	} else {
		delete(w.matched, key)
	}
	c.touch(w, seq, change.New)
}

// Refused implements sim.Observer.
func (c *Checker) Refused(k *model.Kind, namespace, name string, err error) {
	for _, w := range c.watches {
		if w.Refused != nil && w.Refused.holds(k.Name, namespace, name, err.Error()) {
			w.said++
			w.lastRefusal = k.Name + " " + name + ": " + err.Error()
			c.touch(w, 0, nil)
		}
	}
}

// touch queues a look at the end of the instant.
func (c *Checker) touch(w *watch, seq uint64, o store.Object) {
	if w.state == decided {
		return
	}
	w.last, w.lastObject = seq, o
	if w.dirty || w.state != open {
		return
	}
	w.dirty = true
	c.dirty = append(c.dirty, w)
	if !c.looking {
		c.looking = true
		kind := kindLook
		if len(c.suite.Triggers) > 0 {
			kind = kindTrigger
		}
		c.run.Engine.At(c.now(), kind, engine.Func(c.lookAtDirty))
	}
}

// lookAtDirty looks at all checks that the instant has touched, in their order.
func (c *Checker) lookAtDirty() {
	c.looking = false
	list := c.dirty
	c.dirty = nil
	slices.SortFunc(list, func(a, b *watch) int { return slices.Index(c.watches, a) - slices.Index(c.watches, b) })
	for _, w := range list {
		w.dirty = false
		if w.state == open {
			c.look(w)
		}
	}
}

// look evaluates a condition and draws the conclusion.
func (c *Checker) look(w *watch) {
	is := c.holds(w)
	switch w.Mode {
	case At, Eventually:
		if is {
			c.pass(w, c.now())
		}
	case Always:
		if !is {
			c.fail(w, "")
		}
	case Never:
		if is {
			c.fail(w, "")
		}
	}
}

// holds evaluates a condition at this instant.
func (c *Checker) holds(w *watch) bool {
	switch {
	case w.Match != nil && w.Count >= 0:
		return len(w.matched) == w.Count
	case w.Match != nil:
		return len(w.matched) > 0
	case w.Event != nil || w.Refused != nil:
		return w.said >= max(1, w.Count)
	}
	out, err := w.CEL.eval(&evaluation{c, w})
	w.err = err
	if err != nil {
		return false
	}
	w.ever = true
	yes, _ := out.Value().(bool)
	return yes
}

// Finish decides what is left when the run has ended. cut says that it ended before its own time: what had no chance yet
// stays undecided.
func (c *Checker) Finish(cut bool) []Verdict {
	c.lookAtDirty()
	list := make([]Verdict, 0, len(c.suite.Checks))
	for _, w := range c.watches {
		if w.trigger != nil {
			continue
		}
		c.finish(w, cut)
		if w.Golden == "" {
			list = append(list, w.verdict)
		}
	}
	return list
}

func (c *Checker) finish(w *watch, cut bool) {
	switch {
	case w.state == decided:
	case cut && w.Mode == Finally:
		c.undecided(w, "the run was cut short")
	case w.Mode == Finally:
		if c.holds(w) {
			c.pass(w, never)
		} else {
			c.fail(w, "not at the end")
		}
	case w.state == waiting && w.From.Step != "" && !c.stepped[w.From.Step]:
		if cut {
			c.undecided(w, "the step "+w.From.Step+" was not reached")
		} else {
			c.fail(w, "the step "+w.From.Step+" never happened")
		}
	case w.state == waiting && cut:
		c.undecided(w, "its time was not reached")
	case w.state == waiting && w.Mode == At && (c.run.Options.Duration == 0 || c.due(w)):
		w.state = open
		if c.holds(w) {
			c.pass(w, c.now())
		} else {
			c.fail(w, "")
		}
	case w.state == waiting:
		c.fail(w, "the run ended before its time came")
	case w.Mode == Eventually && cut:
		c.undecided(w, "not until the run was cut short")
	case w.Mode == Eventually:
		c.fail(w, "not until the end of the run")
	case cut:
		c.undecided(w, "so far so good")
	default:
		c.pass(w, never)
	}
}

// due says whether the instant of an At has come exactly when the run ended.
func (c *Checker) due(w *watch) bool { return w.From.Step == "" && w.From.Offset <= c.now() }
