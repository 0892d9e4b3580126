package invariant

import (
	"fmt"
	"slices"
	"time"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// Rule is one thing that must always be so.
type Rule struct {
	Name  string // "pod-phase"
	About string // one line

	// check says what is wrong with a step, "" if nothing is.
	check func(c *Checker, s *step) string
}

// step is one record with what was before it.
type step struct {
	*journal.Record
	key      store.Key
	api      model.Object // the object as the API server shows it; nil for Events
	old      model.Object // its last state; nil if it was added, and for Events
	pod      *store.Pod   // nil: it is none
	podOld   *store.Pod   // nil: it is none, or was added
	existing *existing    // what the checker knows of the object; nil for one that was not there
}

// Broken is a rule that was broken: by which record, when, and how.
type Broken struct {
	Rule string
	Seq  uint64 // of the record; 0: found at the end
	At   time.Duration
	Verb journal.Verb
	Kind string
	Key  store.Key
	What string
}

// Error implements error.
func (b *Broken) Error() string {
	if b.Seq == 0 {
		return fmt.Sprintf("invariant %s: broken at the end, %v: %s %s: %s", b.Rule, b.At, b.Kind, b.Key, b.What)
	}
	return fmt.Sprintf("invariant %s: broken at %v by record %d, %s %s %s: %s", b.Rule, b.At, b.Seq, b.Verb, b.Kind, b.Key, b.What)
}

// Checker holds records to the rules. Use New.
type Checker struct {
	Records  int   // seen
	Restarts int32 // the highest restart count seen, so that a test can tell that something has happened

	state
}

// New returns a checker that has seen nothing.
func New() *Checker { return &Checker{state: newState()} }

// Rules lists what is checked, in order.
func Rules() []Rule {
	return slices.Concat(objectRules, podRules, nodeRules, workloadRules, policyRules, storageRules)
}

var rules = Rules()

// Record implements journal.Sink. The error is a *Broken.
func (c *Checker) Record(r *journal.Record) error {
	c.Records++
	s := c.step(r)
	for i := range rules {
		if what := rules[i].check(c, s); what != "" {
			return &Broken{Rule: rules[i].Name, Seq: r.Seq, At: r.At, Verb: r.Verb, Kind: r.Object.Kind().Name, Key: s.key, What: what}
		}
	}
	c.keep(s)
	return nil
}

// step puts a record beside the state before it.
func (c *Checker) step(r *journal.Record) *step {
	s := &step{Record: r}
	if o, ok := r.Object.(store.Object); ok {
		s.key = o.Key()
	}
	if r.Object.Kind() == model.Event {
		return s
	}
	s.existing = c.live[id{r.Object.Kind(), s.key}]
	s.pod, _ = r.Object.(*store.Pod)
	if s.existing != nil {
		s.podOld = s.existing.pod
	}
	if s.pod == nil {
		s.api = r.Object.API()
		if s.existing != nil {
			s.old = s.existing.api
		}
	}
	return s
}
