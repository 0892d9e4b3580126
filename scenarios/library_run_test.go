package scenarios_test

import (
	"strings"
	"testing"

	"clustersim/report"
	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/invariant"
)

// refusals are in every note of the stories that are about them; no other story has notes.
var refusals = map[string]string{
	"lesson/10-service-account": `pods "refused" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found`,
	"workloads/drain":           "workloads/drain.yaml:",
	"workloads/quota":           "is forbidden: ",
	"workloads/quota-counts":    `pods "third" is forbidden: exceeded quota`,
}

// TestStories runs every story of the library, beside the invariants, and wants all that it expects.
func TestStories(t *testing.T) {
	for _, e := range scenarios.Library() {
		t.Run(e.Name, func(t *testing.T) {
			r, j := tellStory(t, e.Name)
			for _, n := range r.Notes {
				if want := refusals[e.Name]; want == "" || !strings.Contains(n.Message, want) {
					t.Errorf("%v: %s: %s", n.At, n.What, n.Message)
				}
			}
			if len(r.Notes) == 0 && refusals[e.Name] != "" {
				t.Error("nothing was refused")
			}
			for _, v := range j.Checks(r, false) {
				if v.Outcome != report.Passed {
					t.Error(v.Story())
				}
			}
			for _, th := range j.Thresholds() {
				if !th.Passed {
					t.Errorf("%s: %s: %s (%s)", th.Metric, th.Text, th.Shown, th.Place)
				}
			}
		})
	}
}

func tellStory(t *testing.T, name string) (*sim.Run, *scenarios.Judge) {
	s, problems := scenarios.LoadLibrary(name, scenarios.LoadOptions{})
	if s == nil || problems.HasErrors() {
		t.Fatal(problems)
	}
	o, err := s.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	j, c := s.Judge(), invariant.New()
	r, err := sim.New(o, append(j.Sinks(), c)...)
	if err == nil {
		_, err = r.Run()
	}
	if err == nil {
		err = c.End(r.Engine.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	return r, j
}
