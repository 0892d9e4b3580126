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
		{"lifecycle/crash-loop", []string{"node/node1"}, []string{"3s", "20s", "4m59.9s", "5m", "5m0.1s", "10m"}},
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

// The keys do what the help says, and filters leave what matches.
func TestPageKeysAndFilters(t *testing.T) {
	b, file := openReport(t, 1400, 1000, "nodeloss/replacement")
	want := func(what, script, want string) {
		t.Helper()
		if got := b.eval(script); got != want {
			t.Errorf("%s: %s is %s, want %s", what, script, got, want)
		}
	}
	b.eval(`document.activeElement.blur()`)
	b.key("Home", "", 0)
	want("Home", "S.t", "0")
	b.key("ArrowRight", "", 0)
	firstChange := b.eval("S.t")
	if firstChange == "0" {
		t.Error("→ stays at 0")
	}
	b.key("ArrowRight", "", 0)
	b.key("ArrowLeft", "", 0)
	want("→ and ←", "S.t", firstChange)
	b.key("End", "", 0)
	want("End", "S.t === D.meta.end", "true")
	b.key("ArrowDown", "", 0)
	want("↓", "podLink(S.pod)", "app-1")
	b.key("ArrowLeft", "", 8)
	want("shift ← goes to a change of the pod", `podChanges(S.pod).includes(S.t - 1)`, "true")
	for i, tab := range []string{"pods", "nodes", "object", "events", "why"} {
		b.key(fmt.Sprint(i+1), fmt.Sprint(i+1), 0)
		want("a digit", "S.tab", tab)
	}
	b.key("+", "+", 0)
	want("+", "S.to - S.from < D.meta.end", "true")
	b.key("0", "0", 0)
	want("0", "S.to - S.from === D.meta.end", "true")
	b.key("g", "g", 0)
	want("g", "S.group", "node")
	b.key("/", "/", 0)
	want("/", "document.activeElement.id", "search")
	b.call("Input.insertText", map[string]any{"text": "replacement"}, nil)
	b.eval("flush()")
	want("a search", "rows.filter(r => r.pod >= 0).map(r => podLink(r.pod)).join()", "replacement")
	want("a search", `S.t = D.meta.end; S.tab = "pods"; changed("t", "tab"); flush(); $("get-pods").textContent.trim().split("\n").length`, "2")
	want("the address", `location.hash.includes("q=replacement")`, "true")
	b.key("Escape", "", 0)
	b.key("Escape", "", 0)
	want("esc", `S.query + S.pod`, "-1")
	b.eval(`document.querySelector(".chip[data-state='4']").click(); flush()`)
	want("only what is ready", `rows.filter(r => r.pod >= 0).every(r => D.seg.state[podSegment(r.pod)] === 4) && rows.some(r => r.pod >= 0)`, "true")
	b.eval(`document.querySelector(".chip[data-state='4']").click(); flush()`)
	b.eval(`$("gantt-table-button").click(); flush()`)
	want("the table of the lanes", `document.querySelectorAll(".gantt-table tbody tr").length > 5`, "true")
	b.eval(`document.querySelector(".chart button").click(); flush()`)
	want("the table of a chart", `document.querySelectorAll(".chart-table tbody tr").length > 5`, "true")
	b.key(" ", " ", 0)
	b.eval(`new Promise(done => setTimeout(done, 200))`)
	b.key(" ", " ", 0)
	want("space plays", `S.t > 0 && S.t < D.meta.end && !S.playing`, "true")
	b.clean(file)
}

// Whatever the manifests say stays text.
func TestPageKeepsHostileTexts(t *testing.T) {
	b, file := openReport(t, 1400, 1000, "testdata/hostile.yaml")
	b.eval(`select(0); flush()`)
	for _, tab := range []string{"pods", "nodes", "object", "events", "why"} {
		b.eval(fmt.Sprintf(`S.tab = %q; changed("tab"); flush()`, tab))
		if title := b.eval(`document.title`); title != "hostile" {
			t.Errorf("%s: the title is %q", tab, title)
		}
	}
	if n := b.eval(`document.querySelectorAll("img, script:not(body > script), iframe, body > :not(header, div, main, footer, script, noscript)").length`); n != "0" {
		t.Errorf("%s elements that the page does not make", n)
	}
	want := printed(t, "get", "pod", "web", "-f", "testdata/hostile.yaml", "-o", "yaml")
	if got := b.eval(`S.tab = "object"; changed("tab"); flush(); $("yaml").textContent`); got != want {
		t.Errorf("the page shows\n%s\nand get prints\n%s", got, want)
	}
	if !strings.Contains(b.eval(`$("top").textContent`), "</script><script>document.title='owned'</script> <img") {
		t.Error("the description is not as it was written")
	}
	b.clean(file)
}

// At 400 pixels nothing is cut off at the side; pictures are kept where SIMULATE_SHOTS says.
func TestPageFitsAPhone(t *testing.T) {
	for _, width := range []int{400, 1400} {
		b, file := openReport(t, width, 1000, "nodeloss/zone-down")
		b.eval(`setTime(120e6); S.group = "node"; selectPod(3); changed("filter"); flush()`)
		for _, tab := range []string{"pods", "nodes", "object", "events", "why"} {
			b.eval(fmt.Sprintf(`S.tab = %q; changed("tab"); flush()`, tab))
			if got := b.eval(`document.documentElement.scrollWidth`); got != fmt.Sprint(width) {
				t.Errorf("%s at %d: the page is %s wide", tab, width, got)
			}
			b.shot(fmt.Sprintf("%s-%d-full", tab, width))
		}
		b.clean(file)
	}
}

// At the end the page says of every node who turns a waiting pod down, as describe --verdict does; before that it names the command.
func TestPageSaysTheVerdictNodeByNode(t *testing.T) {
	for _, width := range []int{400, 1400} {
		b, file := openReport(t, width, 1000, "scheduling/reasons-in-order")
		b.eval(`selectPod(0); S.tab = "why"; changed("tab"); flush()`)
		want := "small-1, small-10, small-2, small-3, small-4, small-5, small-6, small-7, small-8, small-9: NodeResourcesFit Insufficient cpu\n" +
			"tainted-1, tainted-2: TaintToleration node(s) had untolerated taint(s); NodeResourcesFit Insufficient cpu"
		if got := b.eval(`[...document.querySelectorAll("#verdict tbody tr")].map(r => r.children[0].textContent + ": " + [...r.children[1].children].map(p => p.textContent).join("; ")).join("\n")`); got != want {
			t.Errorf("the page says\n%s\nwant\n%s", got, want)
		}
		b.shot(fmt.Sprintf("verdict-%d-full", width))
		if got := b.eval(`setTime(10e6); flush(); !$("verdict") && $("panel-why").textContent.includes("simulate describe pod big --verdict -f scheduling/reasons-in-order --at 10s")`); got != "true" {
			t.Error("at 10 s the command is not named")
		}
		if got := b.eval(`document.documentElement.scrollWidth`); got != fmt.Sprint(width) {
			t.Errorf("at %d the page is %s wide", width, got)
		}
		b.clean(file)
	}
}
