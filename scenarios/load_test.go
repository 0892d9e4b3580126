package scenarios

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRecordedScenarios loads cases as they were written for the recordings of a real cluster. The library has all of them.
func TestRecordedScenarios(t *testing.T) {
	names, err := filepath.Glob("testdata/recorded/*.yaml")
	if err != nil || len(names) < 4 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, problems := Load(name, data, LoadOptions{})
		for _, p := range problems.Errors() {
			t.Errorf("%s", p)
		}
		if s == nil {
			continue
		}
		for _, p := range s.Lint() {
			t.Logf("lint: %s", p)
		}
		o, err := s.Options(0)
		if err != nil || len(o.Nodes) == 0 {
			t.Errorf("%s: %d nodes, %v", name, len(o.Nodes), err)
		}
	}
}
