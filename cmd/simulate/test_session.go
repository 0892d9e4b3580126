package main

import (
	"errors"
	"fmt"
	"time"

	"clustersim/report"
	"clustersim/report/timeline"
	"clustersim/scenarios"
	"clustersim/sim/engine"
)

// session is one `simulate test`: it prints as go test does, and feeds the reports.
type session struct {
	*app
	flags   *testFlags
	reports []testReport

	passed, failed, skipped, checks int
	code                            int               // the worst that has happened
	written                         map[string][]byte // goldens of --update
}

// interrupt ends runs on Ctrl-C.
func (s *session) interrupt() error {
	if s.interrupted.Load() {
		return errInterrupted
	}
	return nil
}

// worse keeps the exit code that says more: 130, 3, 2, 1.
func (s *session) worse(code int) { s.code = max(s.code, code) }

// broken tells of a file that cannot be read.
func (s *session) broken(b badScenario) {
	fmt.Fprintf(s.out, "FAIL  %s  [cannot be read]\n", b.name)
	_ = s.out.Flush()
	_ = b.problems.Errors().Format(s.err, maxProblems)
	s.failed++
	s.worse(exitUsage)
	for _, r := range s.reports {
		r.broken(b)
	}
}

// tell prints what came of a scenario.
func (s *session) tell(t *scenarios.Tried) {
	if t.Skipped {
		s.skipped++
		return
	}
	if s.flags.update && t.Err == nil {
		if err := writeGoldens(t, s.written); err != nil {
			fmt.Fprintf(s.err, "%v\n", err)
			s.worse(exitUsage)
		} else {
			forgive(t)
		}
	}
	checks := 0
	for _, e := range t.Executions {
		checks = max(checks, len(e.Checks))
	}
	checks += len(t.Thresholds)
	s.checks += checks
	seconds := timeline.Clock(t.Time())
	switch {
	case t.Err != nil:
		s.unfinished(t)
	case t.Failed():
		s.failed++
		s.worse(exitNo)
		fmt.Fprintf(s.out, "FAIL  %s  %s\n", t.Name, seconds)
	default:
		s.passed++
		none := ""
		if checks == 0 {
			none = "  [no checks]"
		}
		fmt.Fprintf(s.out, "ok    %s  %s%s\n", t.Name, seconds, none)
	}
	s.details(t)
	_ = s.out.Flush()
	for _, r := range s.reports {
		r.tell(t)
	}
}

// forgive lets golden checks pass that were just written.
func forgive(t *scenarios.Tried) {
	for _, e := range t.Executions {
		n := len(e.Checks) - len(e.Goldens)
		for i := range e.Goldens {
			e.Checks[n+i].Outcome, e.Checks[n+i].At = report.Passed, report.Never
		}
	}
}

// unfinished tells of a run that was cut off.
func (s *session) unfinished(t *scenarios.Tried) {
	s.failed++
	var limit *engine.LimitError
	switch {
	case errors.Is(t.Err, errInterrupted):
		s.worse(exitInterrupted)
		fmt.Fprintf(s.out, "FAIL  %s  [interrupted]\n", t.Name)
		return
	case errors.As(t.Err, &limit):
		s.worse(exitUnfinished)
	default:
		s.worse(exitUsage)
	}
	fmt.Fprintf(s.out, "FAIL  %s  %s  [could not finish]\n    %v\n", t.Name, timeline.Clock(t.Time()), t.Err)
}

// details prints the checks that did not pass; with -v all of them.
func (s *session) details(t *scenarios.Tried) {
	for _, e := range t.Executions {
		label := ""
		if len(t.Executions) > 1 {
			label = fmt.Sprintf("run %d, seed %d: ", e.Run, e.Seed)
		}
		for i := range e.Checks {
			v := e.Checks[i]
			v.Name = label + v.Name
			switch {
			case v.Outcome != report.Passed:
				writeFailure(s.out, &v, "    ")
			case s.flags.verbose:
				at := ""
				if v.At >= 0 {
					at = "  " + timeline.Clock(v.At)
				}
				fmt.Fprintf(s.out, "    ok          %s%s\n", v.Name, at)
			}
		}
		if s.flags.verbose {
			for _, n := range e.Notes {
				fmt.Fprintf(s.out, "    note        %s%s: %s: %s\n", label, timeline.Clock(n.At), n.What, n.Message)
			}
		}
	}
	for i := range t.Thresholds {
		if !t.Thresholds[i].Passed || s.flags.verbose {
			writeThreshold(s.out, &t.Thresholds[i], "    ")
		}
	}
}

// close prints the sum and writes the reports. How long it took on this machine goes to standard error alone.
func (s *session) close(took time.Duration) error {
	word := "ok"
	if s.failed > 0 {
		word = "FAIL"
	}
	skipped := ""
	if s.skipped > 0 {
		skipped = fmt.Sprintf(", %d not begun", s.skipped)
	}
	fmt.Fprintf(s.out, "%s: %s, %d failed%s; %s\n", word, many(s.passed+s.failed, "scenario"), s.failed, skipped, many(s.checks, "check"))
	fmt.Fprintf(s.err, "%.1fs on this machine\n", took.Seconds())
	for _, r := range s.reports {
		if err := r.close(s.app); err != nil {
			return usagef("--report: %v", err)
		}
	}
	return nil
}

// answer is the exit code.
func (s *session) answer() error {
	if s.code != 0 {
		return &exit{code: s.code}
	}
	return nil
}
