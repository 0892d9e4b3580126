package journal

import "time"

// MarkType is what sort of thing a Mark says.
type MarkType uint8

// The types of marks.
const (
	Created MarkType = iota // the scenario sends an object to the API server, as `kubectl create` does
	Begun                   // a step of the timeline, or a failure, begins
	Ended                   // it is over: undone by `for`, or repaired
	Verdict                 // a check was decided
)

// String is the type as the journal file writes it.
func (t MarkType) String() string { return [...]string{"create", "begin", "end", "verdict"}[t] }

// Mark is an entry of the journal that is no change of an object: the scenario did something, or a check was decided. What
// follows from it names it as its cause. Marks are not part of the digest.
type Mark struct {
	Seq, Cause uint64
	At         time.Duration // since the start of the run
	Type       MarkType
	Name       string   // of the step or check, as the scenario gives it; "" = none
	Action     string   // "nodeCrash"; "create"; of a check, its mode ("eventually"); of a failure model, "failure"
	Targets    []string // "Node/worker-1", "Deployment/default/web": what it acts on, as far as it is known when it begins
	Place      string   // file:line:col of the scenario or manifest; "" = none
	Message    string   // of a verdict: what was found
	Failed     bool     // of a verdict: the check does not hold
}

// MarkSink is a Sink that takes marks too, in order with the records.
type MarkSink interface{ Mark(m *Mark) error }

// Mark numbers a mark, hands it on and returns its Seq.
func (j *Journal) Mark(m *Mark) uint64 {
	j.seq++
	m.Seq = j.seq
	if j.err != nil {
		return j.seq
	}
	for _, s := range j.marks {
		if err := s.Mark(m); err != nil {
			j.err = err
			break
		}
	}
	return j.seq
}

// Skip numbers a mark that nobody would take.
func (j *Journal) Skip() uint64 {
	j.seq++
	return j.seq
}

// Marked reports whether anybody takes marks: whoever makes costly ones may ask.
func (j *Journal) Marked() bool { return len(j.marks) > 0 }
