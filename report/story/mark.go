package story

import (
	"strings"

	"clustersim/sim/journal"
)

// sentAtMost is how many objects that the scenario sent are remembered.
const sentAtMost = 20_000

// WasBefore reports whether a record tells of what was there before the run began.
func WasBefore(r *journal.Record) bool { return r.At == 0 && r.Cause == 0 }

// cause follows each record to the fault that it comes from.
type cause struct {
	roots []int32 // by number in the journal: 1 + that of the fault, 0 for none
	root  int32   // of the record at hand
}

// follow gives a record the root of its cause.
func (c *cause) follow(seq, from uint64) {
	c.root = 0
	if from < uint64(len(c.roots)) {
		c.root = c.roots[from]
	}
	c.set(seq, c.root)
}

func (c *cause) set(seq uint64, root int32) {
	for uint64(len(c.roots)) <= seq {
		c.roots = append(c.roots, 0)
	}
	c.roots[seq] = root
}

// Mark implements journal.MarkSink. It never fails.
func (c *Collector) Mark(m *journal.Mark) error {
	f := Fault{At: m.At, To: Never, Action: m.Action, Name: m.Name, Detail: targets(m.Targets), Place: m.Place, Seq: m.Seq}
	switch m.Type {
	case journal.Created:
		if len(c.story.Sent) < sentAtMost {
			c.story.Sent = append(c.story.Sent, f)
		}
	case journal.Begun:
		c.story.Faults = append(c.story.Faults, f)
		c.cause.set(m.Seq, int32(len(c.story.Faults)))
	case journal.Ended:
		for i := range c.story.Faults {
			if c.story.Faults[i].Seq == m.Cause {
				c.story.Faults[i].To = m.At
			}
		}
		f.Action += " ends"
		c.story.Faults = append(c.story.Faults, f)
		c.cause.set(m.Seq, int32(len(c.story.Faults)))
	case journal.Verdict:
		c.story.Checks = append(c.story.Checks, Check{At: m.At, Name: m.Name, Passed: !m.Failed, Mode: m.Action, Text: m.Message})
	}
	return nil
}

// targets says what a step acts on, as kubectl would name it; of many the first.
func targets(list []string) string {
	const most = 5
	text := strings.ToLower(strings.Join(list[:min(most, len(list))], ", "))
	text = strings.ReplaceAll(text, "/default/", "/")
	if len(list) > most {
		text += ", ..."
	}
	return text
}
