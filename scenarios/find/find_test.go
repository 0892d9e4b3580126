package find

import (
	"os"
	"strings"
	"testing"

	"clustersim/report"
	"clustersim/scenarios"
)

// A race among 40 objects, which happens for some seeds only, becomes a scenario of fewer than 8 objects that fails by itself, in
// which the rollout, the node's loss and the drain still meet.
func TestPlantedRace(t *testing.T) {
	text, err := os.ReadFile("testdata/race.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := &Search{File: "testdata/race.yaml", Text: text, Seed: 90, Tries: 40, Runs: 400}
	f, err := s.Run()
	if err != nil || f == nil {
		t.Fatalf("found %v, %v", f, err)
	}
	if f.Before.Objects != 40 || f.After.Objects >= 8 || f.After.Steps > 3 || f.After.Duration >= f.Before.Duration {
		t.Errorf("before %v, after %v\n%s", f.Before, f.After, f.Text)
	}
	if f.Tried < 2 {
		t.Errorf("the first seed breaks it: that is no race")
	}
	for _, part := range [...]string{"setImage", "nodeCrash", "drain", "name: web", "somebody serves"} {
		if !strings.Contains(string(f.Text), part) {
			t.Errorf("without %s:\n%s", part, f.Text)
		}
	}
	small, problems := scenarios.Load("found.yaml", f.Text, scenarios.LoadOptions{})
	if small == nil {
		t.Fatal(problems)
	}
	e, err := small.Execute(0, nil)
	if err != nil || len(e.Checks) != 1 || e.Checks[0].Outcome != report.Failed {
		t.Fatalf("what was found does not fail by itself: %+v, %v", e.Checks, err)
	}
}
