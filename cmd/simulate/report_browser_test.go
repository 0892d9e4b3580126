package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// openReport makes the page of a run and opens it from disk.
func openReport(t *testing.T, width, height int, args ...string) (*browser, string) {
	t.Helper()
	b := newBrowser(t, width, height)
	file := filepath.Join(t.TempDir(), "report.html")
	printed(t, append(append([]string{"report"}, args...), "--out", file)...)
	b.open(file)
	return b, file
}

// printed is what a command prints: to standard error, if nothing else.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	c := command(args...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil && !strings.Contains(stderr.String(), "(NotFound)") {
		t.Fatalf("simulate %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	if len(out) == 0 {
		return stderr.String()
	}
	return string(out)
}

// What the page shows at an instant is what get prints, and its YAML what get -o yaml prints.
func TestPageShowsWhatGetPrints(t *testing.T) {
	for _, c := range []struct {
		scenario string
		objects  []string
		at       []string
	}{
		{"tour", []string{"pod/web", "node/node-2"}, []string{"0s", "500ms", "1.004s", "1.0041s", "1.1s", "2s", "4.5s", "8.2s", "11.4s", "18.32s", "18.4s", "59s",
			"61s", "1m49.4s", "129.5s", "3m", "200.2s", "201.0071s", "250s", "5m"}},
		{"workloads/rollout", []string{"deployment/web"}, []string{"1s", "5s", "30s", "61s", "75.5s"}},
		{"lifecycle/crash-loop", nil, []string{"3s", "20s", "1m", "3m", "10m"}},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			b, file := openReport(t, 1400, 1000, c.scenario)
			for _, at := range c.at {
				b.eval(fmt.Sprintf(`location.hash = "#t=%s"; readHash(); S.ns = ""; S.tab = "pods"; changed("t", "tab", "selection", "filter"); flush()`, at))
				want := printed(t, "get", "pods", "-A", "-f", c.scenario, "--at", at)
				if got := b.eval(`$("get-pods").textContent`); got != want {
					t.Errorf("at %s the page shows\n%s\nand get prints\n%s", at, got, want)
				}
				for _, object := range c.objects {
					b.sameYAML(c.scenario, object, at)
				}
			}
			b.clean(file)
		})
	}
}

// sameYAML compares one object on the page with get -o yaml.
func (b *browser) sameYAML(scenario, object, at string) {
	b.t.Helper()
	kind, name, _ := strings.Cut(object, "/")
	got := b.eval(fmt.Sprintf(`(() => {
		const o = D.objects.list.find(o => o.kind.toLowerCase() === %q && o.name === %q);
		selectObject(o.id); S.tab = "object"; changed("tab"); flush();
		return $("yaml") ? $("yaml").textContent : "";
	})()`, kind, name))
	want := printed(b.t, "get", object, "-f", scenario, "--at", at, "-o", "yaml")
	if strings.Contains(want, "(NotFound)") {
		want = ""
	}
	if got != want {
		b.t.Errorf("at %s the page shows %s as\n%s\nand get prints\n%s", at, object, got, want)
	}
}
