package check

import (
	"fmt"
	"time"

	"clustersim/report"
)

// Mode says when a condition has to hold.
type Mode uint8

// The modes.
const (
	Finally    Mode = iota // at the end of the run
	At                     // at the instant From, before what happens then
	Eventually             // at some instant from From to To
	Always                 // at every instant from From, before To
	Never                  // at no instant from From, before To
)

// String is the mode as a scenario writes it.
func (m Mode) String() string {
	return [...]string{"finally", "at", "eventually", "always", "never"}[m]
}

// Instant is a time of the run: Offset since the start or, with Step, since the first time that the step of this name was carried
// out. Unset is the start for From, the end of the run for To.
type Instant struct {
	Set    bool
	Step   string
	Offset time.Duration
}

// String writes the instant as a scenario does.
func (i Instant) String() string {
	switch {
	case !i.Set:
		return "the end"
	case i.Step == "":
		return i.Offset.String()
	case i.Offset == 0:
		return i.Step
	}
	return i.Step + "+" + i.Offset.String()
}

// Check is one thing that must hold. Exactly one of CEL, Match, Event, Refused and Golden is set.
type Check struct {
	Name     string
	Place    string // file:line:col
	Mode     Mode
	From, To Instant
	CEL      *Program
	Match    *Match
	Event    *EventMatch
	Refused  *RefusedMatch
	Golden   string // a file; whoever runs the suite compares it
	// Count: of Match exactly, of Event and Refused at least; -1: at least one.
	Count int
	Text  string // the condition in words
}

// Expects says what the check wants, in words.
func (c *Check) Expects() string {
	window := ""
	switch {
	case c.Mode == At:
		window = " " + c.From.String()
	case c.Mode == Finally:
	case c.From.Set && (c.From.Step != "" || c.From.Offset > 0):
		window = fmt.Sprintf(" from %s to %s", c.From, c.To)
	case c.Mode == Eventually && c.To.Set:
		window = " by " + c.To.String()
	case c.To.Set:
		window = " until " + c.To.String()
	}
	return c.Mode.String() + window + ": " + c.Text
}

// Trigger is a step that waits for an expression to become true.
type Trigger struct {
	Step int // index in the run's options
	When *Program
}

// Suite is what a Checker looks after.
type Suite struct {
	Checks   []Check
	Triggers []Trigger
	// Explain, if set, tells the causes of a record, the nearest first. Without it the checker tells what the records say.
	Explain func(seq uint64) []string
}

// Verdict is what came of a check.
type Verdict = report.CheckResult
