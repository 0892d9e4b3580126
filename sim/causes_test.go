package sim_test

import (
	"fmt"
	"strings"
	"testing"

	"clustersim/scenarios"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
)

// causes is a journal.Sink that wants a rule of every record and a cause of every one that is not the scenario's.
type causes struct {
	seq    uint64
	failed []string
	seen   map[rule.ID]int
	log    func(string)
}

func (c *causes) next(seq, cause uint64) {
	if seq <= c.seq || cause >= seq {
		c.failed = append(c.failed, fmt.Sprintf("entry %d after %d is caused by %d", seq, c.seq, cause))
	}
	c.seq = seq
}

// Record implements journal.Sink.
func (c *causes) Record(r *journal.Record) error {
	c.next(r.Seq, r.Cause)
	c.seen[r.Rule]++
	what := fmt.Sprintf("%d < %d  %v %s %s %v: %s", r.Seq, r.Cause, r.At, r.Verb, r.Object.Kind().Name, keyOf(r), r.Rule)
	if r.Rule == 0 {
		c.failed = append(c.failed, "no rule: "+what)
	} else if r.Cause == 0 && r.At > 0 && !causeless(r.Rule) {
		c.failed = append(c.failed, "no cause: "+what)
	}
	if c.log != nil {
		c.log(what)
	}
	return nil
}

// Mark implements journal.MarkSink.
func (c *causes) Mark(m *journal.Mark) error {
	c.next(m.Seq, m.Cause)
	if c.log != nil {
		c.log(fmt.Sprintf("%d < %d  %v mark %s %s %s %v %s", m.Seq, m.Cause, m.At, m.Type, m.Name, m.Action, m.Targets, m.Place))
	}
	return nil
}

// causeless are the rules of which time alone is the cause, or what was there before the run.
func causeless(r rule.ID) bool {
	switch r {
	case rule.PressureEviction, rule.QuotaCount:
		return true
	}
	return false
}

// Every record of the library's runs says by which rule it was written and what led to it.
func TestEveryRecordHasItsCause(t *testing.T) {
	for _, e := range scenarios.Library() {
		t.Run(e.Name, func(t *testing.T) {
			c := &causes{seen: map[rule.ID]int{}}
			if testing.Verbose() && strings.Contains(t.Name(), "tour") {
				c.log = func(s string) { t.Log(s) }
			}
			r := newRun(t, libraryOptions(t, e.Name), c)
			toEnd(t, r)
			for i, f := range c.failed {
				if i == 10 {
					t.Fatalf("... and %d more", len(c.failed)-i)
				}
				t.Error(f)
			}
		})
	}
}
