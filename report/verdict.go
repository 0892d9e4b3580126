package report

import (
	"fmt"
	"strings"
	"time"
)

// Outcome is what came of a check.
type Outcome string

// The outcomes.
const (
	Passed Outcome = "passed"
	Failed Outcome = "failed"
	// Undecided: the run was cut short before the check's time came.
	Undecided Outcome = "undecided"
)

// CheckResult is the verdict on one check of a scenario.
type CheckResult struct {
	Name    string
	Place   string // file:line:col of the check
	Expects string // what must hold and when, in words: "eventually, by 60s: match Pod"
	Outcome Outcome
	// At is the instant that decided: the first violating one of always and never, the first satisfying one of eventually; Never
	// where the end of the window or of the run decided.
	At      time.Duration
	Message string   // one line, of a failure
	Details []string // the objects as they were and as they were wanted
	Cause   []string // the chain of records that led there, the nearest first
	// Object is what the failure is about, KIND/NAME, "" if that is no single object; Seq the record that decided, 0 for none.
	Object, Namespace string
	Seq               uint64
	Why, Replay       string // commands that show more: simulate why ..., simulate run ...
}

// ThresholdResult is the verdict on one threshold.
type ThresholdResult struct {
	Metric   string // the selector: time_to_ready_seconds{app="web"}
	Text     string // p(95) < 30s
	Place    string // file:line:col
	Passed   bool
	Measured bool    // there was something to compare
	Value    float64 // in the metric's unit
	Shown    string  // the value as a person reads it
	Runs     int     // that were measured together
	Replay   string  // the command that measures it again, of a threshold that does not hold
}

// Verdicts counts the checks and thresholds that failed or stayed undecided.
func Verdicts(checks []CheckResult, thresholds []ThresholdResult) (failed, undecided int) {
	for i := range checks {
		switch checks[i].Outcome {
		case Failed:
			failed++
		case Undecided:
			undecided++
		}
	}
	for i := range thresholds {
		if !thresholds[i].Passed {
			failed++
		}
	}
	return failed, undecided
}

// Story tells a check that did not pass in lines: its name and place, the instant, the objects, the causes, and the commands that
// show more.
func (v *CheckResult) Story() string {
	var b strings.Builder
	word := "FAILED"
	if v.Outcome == Undecided {
		word = "undecided"
	}
	at := ""
	if v.At >= 0 {
		at = fmt.Sprintf(" at %.3fs", v.At.Seconds())
	}
	fmt.Fprintf(&b, "%-10s  %s%s (%s)\n", word, v.Name, at, v.Place)
	line := func(what, text string) {
		if text != "" {
			fmt.Fprintf(&b, "    %-9s%s\n", what, text)
		}
	}
	line("wanted", v.Expects)
	line("but", v.Message)
	for _, d := range v.Details {
		line("", d)
	}
	for i, c := range v.Cause {
		line([]string{"after", "because"}[min(i, 1)], c)
	}
	line("replay", v.Replay)
	line("why", v.Why)
	return strings.TrimRight(b.String(), "\n")
}
