package timeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// example is a pod that is pulled, crashes once and becomes ready, and one that finds no node.
func example() []Pod {
	return []Pod{{
		Namespace: "default", Name: "web", Node: "node-1", Status: "Running", Restarts: 1,
		Created: 0, Bound: ms(1000), Ready: ms(20000), Finished: Never, Gone: Never,
		Lane: Lane{Name: "web", Segments: []Segment{
			{0, ms(1000), Pending, "Pending"}, {ms(1000), ms(5000), Pulling, "ContainerCreating"}, {ms(5000), ms(8000), NotReady, "Running"},
			{ms(8000), ms(18000), BackOff, "Error"}, {ms(18000), ms(20000), NotReady, "Running"}, {ms(20000), Forever, Ready, "Running"},
		}, Marks: []Mark{{ms(9000), Warning, "BackOff"}}},
		Containers: []Lane{{Name: "app", Segments: []Segment{
			{ms(1000), ms(5000), Pulling, ""}, {ms(5000), ms(8000), NotReady, ""}, {ms(8000), ms(18000), Failed, "Error, exit code 1"},
			{ms(18000), ms(20000), NotReady, ""}, {ms(20000), Forever, Ready, ""},
		}, Marks: []Mark{{ms(18000), Restart, "restarted after Error, exit code 1"}}}},
		Changes: []Change{
			{At: 0, Status: "Pending", Text: "created"},
			{At: ms(1000), Status: "Pending", Text: "bound to node-1; now true: PodScheduled"},
			{At: ms(5000), Status: "Running", Text: "app: running"},
			{At: ms(8000), Status: "Error", Text: "event Warning BackOff: app: Back-off restarting failed container", Repeats: 2, Last: ms(17500)},
		},
	}, {
		Namespace: "default", Name: "too-big", Status: "Pending", Created: ms(2000), Bound: Never, Ready: Never, Finished: Never, Gone: Never,
		WhyNot: "0/1 nodes are available: 1 Insufficient cpu.",
		Lane:   Lane{Name: "too-big", Segments: []Segment{{ms(2000), Forever, Pending, "Pending"}}},
	}}
}

// 60 columns: 17 of names with their gap, and 43 cells of 30 s / 43.
const exampleChart = `simulated time   0s            10s           20s
                 ┬─────────────┬─────────────┬─────────────┬
default/web      ·▒▒▒▒▒▒▓▓▓▓~!~~~~~~~~~~~~~▓▓▓██████████████
  app             ▒▒▒▒▒▒▓▓▓▓xxxxxxxxxxxxxxR▓▓▓██████████████
default/too-big    ·········································

· pending, no node yet   ▒ pulling image
▓ running, not ready   █ running and ready   ~ backing off
x failed   ! warning event   R restart   one column is 698ms
`

func TestText(t *testing.T) {
	var got strings.Builder
	if err := Text(&got, example(), Options{Width: 60, To: 30 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if got.String() != exampleChart {
		t.Errorf("got\n%s\nwant\n%s", got.String(), exampleChart)
	}
	var ascii strings.Builder
	if err := Text(&ascii, example(), Options{Width: 60, To: 30 * time.Second, ASCII: true}); err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("·", ".", "▒", "%", "▓", "+", "█", "#", "┬", "+", "─", "-").Replace(exampleChart)
	if ascii.String() != want {
		t.Errorf("got\n%s\nwant\n%s", ascii.String(), want)
	}
}

// Colour adds escape sequences and nothing else.
func TestColourIsOnlyAnAddition(t *testing.T) {
	var plain, colour strings.Builder
	_ = Text(&plain, example(), Options{To: 30 * time.Second})
	_ = Text(&colour, example(), Options{To: 30 * time.Second, Color: true})
	stripped := ""
	for rest := colour.String(); rest != ""; {
		before, after, ok := strings.Cut(rest, "\x1b[")
		stripped += before
		if !ok {
			break
		}
		_, rest, _ = strings.Cut(after, "m")
	}
	if stripped != plain.String() {
		t.Errorf("without escapes\n%s\nwant\n%s", stripped, plain.String())
	}
	if colour.String() == plain.String() {
		t.Error("no colour")
	}
}

func TestShortStatesStayVisible(t *testing.T) {
	pod := Pod{Namespace: "a", Name: "b", Lane: Lane{Segments: []Segment{
		{0, ms(50000), Ready, ""}, {ms(50000), ms(50001), Failed, ""}, {ms(50001), Forever, Ready, ""},
	}}}
	var got strings.Builder
	_ = Text(&got, []Pod{pod}, Options{To: 100 * time.Second})
	if !strings.Contains(got.String(), "█x█") {
		t.Errorf("a failure of 1 ms in 100 s is lost:\n%s", got.String())
	}
}

func TestEmptyAndDegenerate(t *testing.T) {
	var got strings.Builder
	if err := Text(&got, nil, Options{}); err != nil || got.String() != "No pods.\n" {
		t.Errorf("got %q, %v", got.String(), err)
	}
	for _, p := range []Pod{{}, {Name: strings.Repeat("x", 300), Lane: Lane{Segments: []Segment{{0, 0, Ready, ""}, {5, 3, Failed, ""}}}}} {
		for _, o := range []Options{{}, {Width: 1}, {From: time.Hour}, {To: 1}, {To: Forever - 1}} {
			if err := Text(new(strings.Builder), []Pod{p}, o); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestScale(t *testing.T) {
	for _, s := range []scale{{0, 30 * time.Second, 43}, {time.Hour, 150 * 365 * 24 * time.Hour, 200}, {0, 7, 60}} {
		for i := 0; i < s.cells; i++ {
			if s.at(i) == s.at(i+1) {
				continue // more cells than nanoseconds
			}
			if got := s.cell(s.at(i)); got != i {
				t.Errorf("%v: cell %d begins at %v, which falls into %d", s, i, s.at(i), got)
			}
		}
		if s.at(s.cells) != s.to {
			t.Errorf("%v ends at %v", s, s.at(s.cells))
		}
		if s.cell(s.from-1) != -1 || s.cell(s.to+1) != -1 {
			t.Errorf("%v: cells outside", s)
		}
	}
}

func TestDurations(t *testing.T) {
	for _, test := range []struct {
		d            time.Duration
		short, clock string
	}{
		{0, "0s", "0.000s"}, {Never, "-", "-"}, {250 * time.Microsecond, "250µs", "0.000s"}, {ms(6), "6ms", "0.006s"}, {ms(1322), "1.3s", "1.322s"},
		{ms(9960), "10s", "9.960s"}, {ms(45400), "45s", "45.400s"}, {150 * time.Second, "2m30s", "150.000s"}, {ms(1000250), "16m40s", "16m40.250s"},
		{3*time.Hour + 5*time.Minute, "3h5m", "3h5m0.000s"}, {49 * time.Hour, "2d1h", "49h0m0.000s"}, {48 * time.Hour, "2d", "48h0m0.000s"},
	} {
		if got := Short(test.d); got != test.short {
			t.Errorf("Short(%v) = %s, want %s", test.d, got, test.short)
		}
		if got := Clock(test.d); got != test.clock {
			t.Errorf("Clock(%v) = %s, want %s", test.d, got, test.clock)
		}
	}
	for n, want := range map[int64]string{0: "0", 1023: "1023", 1024: "1Ki", 1536: "1.5Ki", 8 << 30: "8Gi", 512 << 20: "512Mi", 3<<50 + 1<<49: "3.5Pi"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestFormats(t *testing.T) {
	var got bytes.Buffer
	if err := CSV(&got, example()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"namespace,pod,container,kind,from_s,to_s,state,label\n",
		"default,web,,segment,0,1,Pending,Pending\n",
		"default,web,app,segment,8,18,Failed,\"Error, exit code 1\"\n",
		"default,web,app,mark,18,18,Restart,\"restarted after Error, exit code 1\"\n",
		"default,too-big,,segment,2,,Pending,Pending\n",
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("CSV lacks %q:\n%s", want, got.String())
		}
	}
	got.Reset()
	if err := JSON(&got, example()); err != nil {
		t.Fatal(err)
	}
	var pods []struct {
		Name         string
		Ready, Bound *float64
		Pod          struct {
			Segments []struct {
				From  float64
				To    *float64
				State string
			}
		}
		Containers []struct{ Name string }
	}
	if err := json.Unmarshal(got.Bytes(), &pods); err != nil {
		t.Fatal(err)
	}
	if len(pods) != 2 || *pods[0].Ready != 20 || pods[1].Bound != nil || pods[0].Pod.Segments[3].State != "BackOff" ||
		*pods[0].Pod.Segments[3].To != 18 || pods[0].Pod.Segments[5].To != nil || pods[0].Containers[0].Name != "app" {
		t.Errorf("got %s", got.String())
	}
	got.Reset()
	if err := Markdown(&got, example(), Options{Width: 60, To: 30 * time.Second, Color: true}); err != nil {
		t.Fatal(err)
	}
	want := "| default/web | node-1 | Running | 1 | 0s | 1s | 20s | - |\n| default/too-big |  | Pending | 0 | 2s | - | - | - |\n\n```text\n" + exampleChart + "```\n"
	if !strings.HasSuffix(got.String(), want) {
		t.Errorf("got\n%s\nwant at the end\n%s", got.String(), want)
	}
}

// crowd is many pods of three owners on many nodes.
func crowd(n int) Run {
	r := Run{Title: "crowd", Until: time.Minute}
	for i := 0; i < n; i++ {
		created := ms(int64(i))
		p := Pod{Namespace: "default", Name: fmt.Sprintf("web-%05d", i), Owner: fmt.Sprintf("ReplicaSet/web-%d", i%3), Status: "Running", Node: "node-1",
			Created: created, Bound: created + ms(5), Ready: created + ms(int64(300+i)), Finished: Never, Gone: Never}
		p.Lane.Segments = []Segment{{created, created + ms(5), Pending, ""}, {created + ms(5), p.Ready, Waiting, ""}, {p.Ready, Forever, Ready, ""}}
		if i == 7 {
			p.Node, p.Status, p.Bound, p.Ready, p.WhyNot = "", "Pending", Never, Never, "0/100 nodes are available: 100 Insufficient cpu."
			p.Lane.Segments = []Segment{{created, Forever, Pending, ""}}
		}
		r.Pods = append(r.Pods, p)
	}
	for i := 0; i < 100; i++ {
		r.Nodes = append(r.Nodes, Node{Name: fmt.Sprintf("node-%d", i), Status: "Ready", Pods: 5, CPURequested: int64(10 * i), CPUAllocatable: 4000,
			MemoryRequested: 1 << 30, MemoryAllocatable: 8 << 30, PodsAllocatable: 110})
	}
	return r
}

func TestCrowdsAreSummarised(t *testing.T) {
	r := crowd(3000)
	var chart, story strings.Builder
	if err := Text(&chart, r.Pods, Options{To: r.Until}); err != nil {
		t.Fatal(err)
	}
	if err := PhaseTimeline(&story, r, Options{Width: 100}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(chart.String()+story.String(), "\n"); n > 100 {
		t.Errorf("%d lines for 3000 pods:\n%s%s", n, chart.String(), story.String())
	}
	for _, want := range []string{
		"crowd: 3000 pods on 100 nodes, 1m of simulated time\nAt the end: 2999 Running, 1 Pending\n",
		"  OWNER                     PODS  READY  FIRST  MEDIAN  LAST  RESTARTS  AT THE END\n" +
			"  default/ReplicaSet/web-0  1000   1000  300ms    1.8s  3.3s         0  1000 Running\n",
		"  2999 pods bound, after 5ms (median) and at most 5ms; 1 pod without a node\n",
		"       1 x  0/100 nodes are available: 100 Insufficient cpu.\n",
		"  default/web-00007  Pending  -     0/100 nodes are available: 100 Insufficient cpu.\n",
		"  default/web-02999    3.3s  2.999s   3.004s  6.298s  node-1\n",
		"  100 Ready; together 500 pods, CPU 49500m of 400 (12%), memory 100Gi of 800Gi (12%)\n",
		"  node-99  Ready   5 of 110  990m of 4 (24%)  1Gi of 8Gi (12%)\n  node-98 ",
		"  default/web-00007  (none)       -  0/100 nodes are available: 100 Insufficient cpu.\n  ... and 2999 pods that waited less\n",
	} {
		if !strings.Contains(story.String(), want) {
			t.Errorf("lacks %q:\n%s", want, story.String())
		}
	}
	if !strings.Contains(chart.String(), "Ready       2999") {
		t.Errorf("no count of ready pods:\n%s", chart.String())
	}
}

const exampleStory = `example: 2 pods on 1 node, 30s of simulated time
At the end: 1 Running, 1 Pending

    0.000s  Pod default/web  Pending  created
    1.000s  Pod default/web  Pending  bound to node-1; now true: PodScheduled
    5.000s  Pod default/web  Running  app: running
    8.000s  Pod default/web  Error    event Warning BackOff: app: Back-off
                                      restarting failed container (2 times more,
                                      the last at 17.500s)

Scheduling
  POD              NODE    WAITED  WHY NOT SOONER
  default/web      node-1      1s  -
  default/too-big  (none)       -  0/1 nodes are available: 1 Insufficient cpu.

Nodes at the end
  NODE    STATUS      PODS    CPU REQUESTED  MEMORY REQUESTED
  node-1  Ready   1 of 110  500m of 4 (12%)  1Gi of 8Gi (12%)
`

func TestPhaseTimeline(t *testing.T) {
	r := Run{Title: "example", Until: 30 * time.Second, Pods: example(), Nodes: []Node{{Name: "node-1", Status: "Ready", Pods: 1,
		CPURequested: 500, CPUAllocatable: 4000, MemoryRequested: 1 << 30, MemoryAllocatable: 8 << 30, PodsAllocatable: 110}}}
	var got strings.Builder
	if err := PhaseTimeline(&got, r, Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	if got.String() != exampleStory {
		t.Errorf("got\n%s\nwant\n%s", got.String(), exampleStory)
	}
}

func TestLongStoriesAreCut(t *testing.T) {
	p := example()[0]
	p.Changes = nil
	for i := 0; i < 500; i++ {
		p.Changes = append(p.Changes, Change{At: ms(int64(i)), Status: "Running", Text: fmt.Sprintf("change %d", i)})
	}
	var got strings.Builder
	_ = PhaseTimeline(&got, Run{Pods: []Pod{p}}, Options{MaxLines: 20})
	if n := strings.Count(got.String(), "Pod default/web"); n != 21 {
		t.Errorf("%d lines, want 20 and one about the rest", n)
	}
	for _, want := range []string{"change 14\n", "480 lines left out", "change 495\n", "change 499\n"} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("lacks %q:\n%s", want, got.String())
		}
	}
}

func TestRealRunsFitTheTerminal(t *testing.T) {
	for _, name := range realRuns(t) {
		r := recordedRun(t, name)
		for _, o := range []Options{{}, {ASCII: true, Width: 60}, {MaxPods: 1}} {
			o.To = r.Until
			var got strings.Builder
			if err := Text(&got, r.Pods, o); err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(got.String(), "\n") {
				if n := utf8.RuneCountInString(line); n > o.width() {
					t.Errorf("%s: %d columns: %s", name, n, line)
				}
				if o.ASCII && len(line) != utf8.RuneCountInString(line) {
					t.Errorf("%s: not ASCII: %s", name, line)
				}
			}
		}
	}
}

func realRuns(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("../kubectl/testdata/recorded")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}
