package scenarios_test

import (
	"bytes"
	"strings"
	"testing"

	"clustersim/scenarios"
)

// Formatting twice changes nothing more, keeps every comment, and what is formatted is the same scenario.
func TestFormat(t *testing.T) {
	for _, e := range scenarios.Library() {
		data, err := scenarios.Open(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		once, err := scenarios.Format(e.Name, data)
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		twice, err := scenarios.Format(e.Name, once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%s: formatting again changes it (%v)", e.Name, err)
		}
		for line := range strings.Lines(string(data)) {
			if text := strings.TrimSpace(line); strings.HasPrefix(text, "# ") && !bytes.Contains(once, []byte(text)) {
				t.Errorf("%s: lost the comment %s", e.Name, text)
			}
		}
		opt := scenarios.LoadOptions{FS: scenarios.LibraryFS()}
		was, _ := scenarios.Load(e.Name+".yaml", data, opt)
		is, problems := scenarios.Load(e.Name+".yaml", once, opt)
		if was == nil || is == nil {
			t.Errorf("%s: %v", e.Name, problems)
			continue
		}
		a, _ := was.Options(0)
		b, _ := is.Options(0)
		if len(a.Nodes) != len(b.Nodes) || len(a.Steps) != len(b.Steps) || len(a.Workloads) != len(b.Workloads) || a.Duration != b.Duration {
			t.Errorf("%s: another scenario", e.Name)
		}
	}
}
