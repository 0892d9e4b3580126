package report_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"clustersim/report"
	"clustersim/report/timeline"
	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/journal"
)

// run carries out a scenario of the library. Long ones are cut at ten minutes.
func run(t testing.TB, name string, sinks ...journal.Sink) *sim.Run {
	t.Helper()
	s, problems := scenarios.LoadLibrary(name, scenarios.LoadOptions{})
	if s == nil {
		t.Fatal(problems)
	}
	o, err := s.Options(0)
	if err != nil {
		t.Fatal(err)
	}
	r, err := sim.New(o, sinks...)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Until(min(r.End(), 10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	return r
}

// records keeps everything.
type records []journal.Record

func (l *records) Record(r *journal.Record) error {
	*l = append(*l, *r)
	return nil
}

// eachScenario runs a test on every scenario of the library.
func eachScenario(t *testing.T, test func(t *testing.T, name string)) {
	for _, e := range scenarios.Library() {
		t.Run(e.Name, func(t *testing.T) { test(t, e.Name) })
	}
}

// A line holds the record's time, kind and verb, and the very JSON of the object, whatever was cached of its pod.
func TestWatchLogIsTheObjects(t *testing.T) {
	eachScenario(t, func(t *testing.T, name string) {
		var out bytes.Buffer
		log, kept := report.NewWatchLog(&out), &records{}
		run(t, name, log, kept)
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != len(*kept) {
			t.Fatalf("%d lines for %d records", len(lines), len(*kept))
		}
		for i := range *kept {
			r := &(*kept)[i]
			var line struct {
				T    float64
				Kind string
				Verb string
				Obj  json.RawMessage
			}
			if err := json.Unmarshal([]byte(lines[i]), &line); err != nil {
				t.Fatal(err)
			}
			if at := time.Duration(line.T*1e6+0.5) * time.Microsecond; at != r.At.Truncate(time.Microsecond) || line.Kind != r.Object.Kind().Name || line.Verb != r.Verb.String() {
				t.Fatalf("line %d is %v %s %s, want %v %s %v", i, at, line.Kind, line.Verb, r.At, r.Object.Kind().Name, r.Verb)
			}
			want, err := json.Marshal(r.Object.API())
			if err != nil {
				t.Fatal(err)
			}
			if string(line.Obj) != string(want) {
				t.Fatalf("line %d:\n%s\nwant\n%s", i, line.Obj, want)
			}
		}
	})
}

// What the collector keeps of many pods agrees with the story that it keeps of few.
func TestCollectorAgreesWithTheStory(t *testing.T) {
	eachScenario(t, func(t *testing.T, name string) {
		told, counted := report.NewCollector(), report.NewCollector()
		told.Stories, counted.Stories = -1, 0
		r := run(t, name, told, counted)
		a, b := told.Timeline(name, r.Engine.Now()), counted.Timeline(name, r.Engine.Now())
		if len(a.Pods) != len(b.Pods) {
			t.Fatalf("%d pods in the story, %d counted", len(a.Pods), len(b.Pods))
		}
		for i := range a.Pods {
			p := a.Pods[i]
			p.Lane, p.Containers, p.Changes = timeline.Lane{}, nil, nil
			if b.Pods[i].WhyNot == "" {
				p.WhyNot = "" // the story also takes refusals that only an Event tells
			}
			if !reflect.DeepEqual(p, b.Pods[i]) {
				t.Errorf("story   %+v\ncounted %+v", p, b.Pods[i])
			}
		}
		if !reflect.DeepEqual(a.Nodes, b.Nodes) {
			t.Errorf("nodes differ:\n%+v\n%+v", a.Nodes, b.Nodes)
		}
	})
}

// A result is valid JSON, the same in YAML, and its times are in the order of a pod's life.
func TestResult(t *testing.T) {
	eachScenario(t, func(t *testing.T, name string) {
		c := report.NewCollector()
		c.Stories, c.Phases = 0, true
		r := run(t, name, c)
		out := &report.RunResult{Scenario: name, Seed: 1<<64 - 1, Digest: r.Journal.Digest(), Time: r.Engine.Now(), Warnings: []string{"a \"quote\"", "two\nlines"}}
		c.Fill(out)
		var text, yamlText bytes.Buffer
		if err := out.WriteJSON(&text); err != nil {
			t.Fatal(err)
		}
		if err := out.WriteYAML(&yamlText); err != nil {
			t.Fatal(err)
		}
		var fromJSON, fromYAML map[string]any
		if err := json.Unmarshal(text.Bytes(), &fromJSON); err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		if err := yaml.Unmarshal(yamlText.Bytes(), &fromYAML); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(fromJSON, fromYAML) {
			t.Errorf("YAML and JSON differ:\n%v\n%v", fromJSON, fromYAML)
		}
		if got := fromJSON["warnings"].([]any)[1]; got != "two\nlines" {
			t.Errorf("warning %q", got)
		}
		bound := 0
		for i := range out.Pods {
			p := &out.Pods[i]
			lifeInOrder(t, p)
			if p.Scheduled >= 0 {
				bound++
			}
		}
		if bound != out.Scheduling.Bound {
			t.Errorf("%d bound, counted %d", out.Scheduling.Bound, bound)
		}
	})
}

// lifeInOrder wants what happened to be in order, and the timeline to end in the phase that is said.
func lifeInOrder(t *testing.T, p *report.PodResult) {
	t.Helper()
	last := p.Created
	for _, at := range []time.Duration{p.Scheduled, p.Initialized, p.ContainersStarted, p.Ready} {
		if at >= 0 && at < last {
			t.Errorf("%s/%s: not in order: %+v", p.Namespace, p.Name, *p)
		}
		last = max(last, at)
	}
	if p.Ready < 0 && p.Phase == "" || len(p.Timeline) == 0 {
		t.Fatalf("%s/%s: no phase or timeline: %+v", p.Namespace, p.Name, *p)
	}
	for i := 1; i < len(p.Timeline); i++ {
		a, b := p.Timeline[i-1], p.Timeline[i]
		if b.At < a.At || a.Phase == b.Phase && a.Reason == b.Reason {
			t.Errorf("%s/%s: transitions %v, %v", p.Namespace, p.Name, a, b)
		}
	}
	if end := p.Timeline[len(p.Timeline)-1]; end.Phase != p.Phase || end.Reason != p.Reason {
		t.Errorf("%s/%s ends as %s %q, its timeline as %v", p.Namespace, p.Name, p.Phase, p.Reason, end)
	}
}

func TestAppendSeconds(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0"}, {time.Second, "1"}, {1322 * time.Millisecond, "1.322"}, {1004 * time.Millisecond, "1.004"},
		{2826700 * time.Microsecond, "2.8267"}, {time.Microsecond, "0.000001"}, {999, "0"}, {-1500 * time.Millisecond, "-1.5"},
		{100 * time.Hour, "360000"}, {1<<63 - 1, "9223372036.854775"},
	} {
		if got := string(report.AppendSeconds(nil, c.d)); got != c.want {
			t.Errorf("%v: %s, want %s", c.d, got, c.want)
		}
	}
}

// BenchmarkCollector is the cost of a record: less than a microsecond.
func BenchmarkCollector(b *testing.B) {
	kept := &records{}
	run(b, "reproducible", kept)
	for _, phases := range []bool{false, true} {
		b.Run(map[bool]string{false: "text", true: "result"}[phases], func(b *testing.B) {
			b.ReportAllocs()
			var c *report.Collector
			for i := range b.N {
				k := i % len(*kept)
				if k == 0 {
					c = report.NewCollector()
					c.Stories, c.Phases = 0, phases
				}
				_ = c.Record(&(*kept)[k])
			}
		})
	}
}

// BenchmarkWatchLog is the cost of a line.
func BenchmarkWatchLog(b *testing.B) {
	kept := &records{}
	run(b, "reproducible", kept)
	b.ReportAllocs()
	l := report.NewWatchLog(discard{})
	for i := range b.N {
		_ = l.Record(&(*kept)[i%len(*kept)])
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
