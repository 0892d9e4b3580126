package kubectl

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"clustersim/model"
)

// printedCluster holds testdata/printed/objects.yaml at the moment of the oracle's clock.
func printedCluster(t *testing.T) *Cluster {
	t.Helper()
	text, err := os.ReadFile("testdata/printed/objects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{Now: time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)}
	for _, document := range strings.Split(string(text), "\n---\n") {
		var head struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal([]byte(document), &head); err != nil {
			t.Fatal(err)
		}
		k := model.FindKind(head.Kind)
		if k == nil {
			t.Fatalf("unknown kind %q", head.Kind)
		}
		o := k.New()
		if err := yaml.UnmarshalStrict([]byte(document), o); err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		c.Objects = append(c.Objects, o)
	}
	return c
}

// printed reads a file of the oracle: a command after # and what it printed.
func printed(t *testing.T, path string) (commands []string, outputs map[string]string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	outputs = map[string]string{}
	for _, line := range strings.SplitAfter(string(text), "\n") {
		if command, ok := strings.CutPrefix(line, "# "); ok {
			commands = append(commands, strings.TrimSpace(command))
		} else if len(commands) > 0 {
			outputs[commands[len(commands)-1]] += line
		}
	}
	return commands, outputs
}

// TestPrintedByUpstream compares byte by byte with what upstream's own printers and describers make of the same objects.
func TestPrintedByUpstream(t *testing.T) {
	c := printedCluster(t)
	for _, path := range []string{"testdata/printed/tables.txt", "testdata/printed/sheets.txt"} {
		commands, outputs := printed(t, path)
		if len(commands) == 0 {
			t.Fatalf("%s is empty", path)
		}
		for _, command := range commands {
			namespace := ""
			words := strings.Fields(command)
			if n := len(words); words[n-2] == "-n" {
				namespace, command = words[n-1], strings.Join(words[:n-2], " ")
			} else if words[n-1] == "-n" { // cluster-scoped
				command = strings.Join(words[:n-1], " ")
			}
			got, want := run(t, c, namespace, command), outputs[strings.Join(words, " ")]
			if got != want {
				t.Errorf("%s\n%s", command, firstDifference(want, got))
			}
		}
	}
}

// firstDifference shows the first line that differs, with the one before.
func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	var out bytes.Buffer
	shown := 0
	for i := 0; i < max(len(a), len(b)) && shown < 6; i++ {
		x, y := "(end)", "(end)"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			out.WriteString("upstream: " + x + "|\nhere:     " + y + "|\n")
			shown++
		}
	}
	return out.String()
}
