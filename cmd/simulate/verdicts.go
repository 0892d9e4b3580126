package main

import (
	"fmt"
	"io"
	"strings"

	"clustersim/report"
	"clustersim/report/timeline"
)

// writeVerdicts prints what came of all checks and thresholds.
func writeVerdicts(w io.Writer, checks []report.CheckResult, thresholds []report.ThresholdResult) {
	if len(checks) > 0 {
		fmt.Fprint(w, "\nChecks\n")
	}
	for i := range checks {
		v := &checks[i]
		if v.Outcome != report.Passed {
			writeFailure(w, v, "  ")
			continue
		}
		at := ""
		if v.At >= 0 {
			at = " (" + timeline.Clock(v.At) + ")"
		}
		fmt.Fprintf(w, "  ok          %s%s\n", v.Name, at)
	}
	if len(thresholds) > 0 {
		fmt.Fprint(w, "\nThresholds\n")
	}
	for i := range thresholds {
		writeThreshold(w, &thresholds[i], "  ")
	}
}

// writeFailures prints what did not pass.
func writeFailures(w io.Writer, checks []report.CheckResult, thresholds []report.ThresholdResult) {
	for i := range checks {
		if checks[i].Outcome != report.Passed {
			writeFailure(w, &checks[i], "")
		}
	}
	for i := range thresholds {
		if !thresholds[i].Passed {
			writeThreshold(w, &thresholds[i], "")
		}
	}
}

// writeFailuresOf prints what did not pass of one of several runs.
func writeFailuresOf(w io.Writer, p *replication) {
	if failed, undecided := report.Verdicts(p.checks, p.thresholds); failed+undecided == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s, run %d:\n", p.scenario.Name, p.number)
	writeFailures(w, p.checks, p.thresholds)
}

// writeFailure prints one check that did not pass: its name and place, the instant, the objects, the causes, and the commands
// that show more.
func writeFailure(w io.Writer, v *report.CheckResult, indent string) {
	for line := range strings.Lines(v.Story() + "\n") {
		fmt.Fprint(w, indent, line)
	}
}

func writeThreshold(w io.Writer, t *report.ThresholdResult, indent string) {
	word := "ok"
	if !t.Passed {
		word = "FAILED"
	}
	runs := ""
	if t.Runs > 1 {
		runs = fmt.Sprintf(", over %d runs", t.Runs)
	}
	fmt.Fprintf(w, "%s%-10s  %s: %s (%s%s)", indent, word, t.Metric, t.Text, t.Shown, runs)
	if !t.Passed {
		fmt.Fprintf(w, " (%s)", t.Place)
	}
	fmt.Fprintln(w)
	if t.Replay != "" {
		fmt.Fprintf(w, "%s    replay   %s\n", indent, t.Replay)
	}
}
