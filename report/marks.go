package report

import (
	"cmp"
	"strings"

	"clustersim/report/timeline"
	"clustersim/sim/journal"
)

// Mark implements journal.MarkSink. It never fails.
func (c *Collector) Mark(m *journal.Mark) error {
	if h, ok := Happening(m); ok {
		c.cluster.Add(h)
	}
	return nil
}

// Happening is a mark as the story of a run tells it; ok is false for objects that the scenario sends, which their own stories
// begin with.
func Happening(m *journal.Mark) (h timeline.Happening, ok bool) {
	h = timeline.Happening{At: m.At, Kind: timeline.Fault, Subject: "Step " + cmp.Or(m.Name, m.Action), Status: "begins", Text: m.Action}
	if len(m.Targets) > 0 {
		h.Text += " " + strings.Join(m.Targets, ", ")
	}
	switch m.Type {
	case journal.Created:
		return h, false
	case journal.Ended:
		h.Kind, h.Status = timeline.Note, "ends"
	case journal.Verdict:
		h.Kind, h.Subject, h.Status, h.Text, h.Quiet = timeline.Note, strings.TrimSpace("Check "+m.Name), "passed", m.Message, true
		if m.Failed {
			h.Kind, h.Status, h.Quiet = timeline.Warning, "failed", false
		}
	}
	return h, true
}
