package scenarios

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSharedScenarios loads every recorded case where the recordings lie beside the checkout; a few of them are kept in
// testdata.
func TestSharedScenarios(t *testing.T) {
	var names []string
	for _, glob := range []string{"testdata/recorded/*.yaml", "../../shared/recordings/*/scenario.yaml", "../../shared/kubectl/*/scenario.yaml", "../../shared/scheduling/*.yaml"} {
		found, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
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
	t.Logf("%d files", len(names))
}
