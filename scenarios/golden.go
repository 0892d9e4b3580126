package scenarios

import (
	"bytes"
	"fmt"
	"strings"

	"clustersim/report"
	"clustersim/report/timeline"
	"clustersim/scenarios/check"
	"clustersim/sim"
)

// Golden is the timeline of a run as a check wants it in a file.
type Golden struct {
	Path string
	Text []byte // as it is
}

// goldens are the checks that compare a file.
func (s *Scenario) goldens() (list []*check.Check) {
	for i := range s.suite.Checks {
		if k := &s.suite.Checks[i]; k.Golden != "" {
			list = append(list, k)
		}
	}
	return list
}

// Goldens are the files that the scenario's golden checks compare, as this run would have them: what `simulate test --update`
// writes.
func (j *Judge) Goldens(r *sim.Run) (list []Golden) {
	for _, k := range j.scenario.goldens() {
		list = append(list, Golden{k.Golden, j.timeline(r)})
	}
	return list
}

// timeline is the story of the run, as `simulate run` prints it.
func (j *Judge) timeline(r *sim.Run) []byte {
	var b bytes.Buffer
	run := j.story.Timeline(r.Options.Name, r.Engine.Now())
	if err := timeline.PhaseTimeline(&b, run, timeline.Options{MaxPods: 1 << 20, MaxLines: 1 << 20}); err != nil {
		panic("invariant: a buffer takes what is written: " + err.Error())
	}
	return b.Bytes()
}

// golden compares the run with a file. cut says that it ended before its own time.
func (j *Judge) golden(k *check.Check, r *sim.Run, cut bool) report.CheckResult {
	v := report.CheckResult{Name: k.Name, Place: k.Place, Expects: k.Expects(), Outcome: report.Passed, At: report.Never}
	if cut {
		v.Outcome, v.Message = report.Undecided, "the run was cut short"
		return v
	}
	want, err := j.scenario.files.read(k.Golden)
	is := j.timeline(r)
	switch {
	case err != nil:
		v.Outcome, v.At, v.Message = report.Failed, r.Engine.Now(), fmt.Sprintf("%v (simulate test --update writes it)", err)
	case !bytes.Equal(is, bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))):
		v.Outcome, v.At, v.Message = report.Failed, r.Engine.Now(), "the timeline differs (simulate test --update writes the new one)"
		v.Details = firstDifference(string(want), string(is))
	}
	return v
}

// firstDifference shows the first lines that differ.
func firstDifference(want, is string) []string {
	a, b := strings.Split(want, "\n"), strings.Split(is, "\n")
	for i := range max(len(a), len(b)) {
		line := func(list []string) string {
			if i < len(list) {
				return list[i]
			}
			return "(the end)"
		}
		if line(a) != line(b) {
			return []string{fmt.Sprintf("line %d", i+1), "- " + line(a), "+ " + line(b)}
		}
	}
	return nil
}
