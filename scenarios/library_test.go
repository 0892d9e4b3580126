package scenarios

import (
	"strings"
	"testing"

	"clustersim/model"
)

// TestLibrary: every scenario loads, has a title and a story, demands something, and lints clean but for what its story is about.
func TestLibrary(t *testing.T) {
	meant := map[string]string{
		"scheduling/refused-before-filters": `the PersistentVolumeClaim "missing" is referenced and nowhere defined`,
		"lesson/12-node-selector":           "",
		"lifecycle/missing-key":             `the ConfigMap "not-there" is referenced and nowhere defined`,
		"recorded/private-registry":         `the Secret "nope" is referenced and nowhere defined`,
		"lesson/10-service-account":         `the ServiceAccount "nobody" is referenced and nowhere defined`,
	}
	for _, e := range Library() {
		data, err := Open(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		if e.Title == "" || !strings.HasPrefix(string(data), "# ") {
			t.Errorf("%s: needs a description and a comment at its head", e.Name)
		}
		s, problems := LoadLibrary(e.Name, LoadOptions{})
		for _, p := range problems {
			// Notes and API warnings belong to their stories: the dump, and the port that two containers want.
			if p.Severity != model.Note && !strings.Contains(p.Message, "accepted and not simulated") && !strings.Contains(p.Message, "duplicate port definition") {
				t.Errorf("%s", p)
			}
		}
		if s == nil {
			continue
		}
		for _, p := range s.Lint() {
			if p.Message != meant[e.Name] {
				t.Errorf("%s", p)
			}
		}
		if !s.Demands() {
			t.Errorf("%s: nothing is expected of it", e.Name)
		}
		if o, err := s.Options(0); err != nil || len(o.Nodes) == 0 || len(o.Workloads)+len(o.Steps) == 0 && len(o.Nodes[0].StaticPods) == 0 {
			t.Errorf("%s: %d nodes, %d workloads, %v", e.Name, len(o.Nodes), len(o.Workloads), err)
		}
		if base := e.Name[strings.LastIndexByte(e.Name, '/')+1:]; !strings.HasSuffix(base, s.Name) {
			t.Errorf("%s: its metadata.name is %q", e.Name, s.Name)
		}
	}
	if n := len(Library()); n < 40 {
		t.Errorf("the library lists %d scenarios", n)
	}
}

func TestOpenUnknown(t *testing.T) {
	_, problems := LoadLibrary("lesson/01-frist-pod", LoadOptions{})
	want := model.Problems{{Message: `there is no scenario "lesson/01-frist-pod" in the library (did you mean "lesson/01-first-pod"?)`}}
	if len(problems) != 1 || problems[0].Message != want[0].Message {
		t.Errorf("got %v, want %v", problems, want)
	}
	if _, err := Open("../library_test"); err == nil {
		t.Error("a path out of the library was opened")
	}
}
