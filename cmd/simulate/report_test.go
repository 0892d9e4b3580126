package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"clustersim/report/output"
	"clustersim/report/table"
)

// storied are runs with something in them for every format: restarts, a lost node, a rollout, names that mean harm.
var storied = []string{"tour", "nodeloss/crash", "lifecycle/crash-loop", "testdata/hostile.yaml"}

// Two runs give the same bytes in every format and part.
func TestReportsAreStable(t *testing.T) {
	for _, f := range output.Formats {
		parts := f.Parts
		if len(parts) == 0 {
			parts = []string{""}
		}
		for _, part := range parts {
			args := []string{"report", "nodeloss/crash", "-o", f.Name}
			if part != "" {
				args = append(args, "--part", part)
			}
			first := printed(t, args...)
			if second := printed(t, args...); first != second || first == "" {
				t.Errorf("-o %s --part %q: two runs give %d and %d bytes, and they differ", f.Name, part, len(first), len(second))
			}
			if f.Name == "png" {
				if _, err := png.Decode(strings.NewReader(first)); err != nil {
					t.Errorf("--part %s: %v", part, err)
				}
			}
		}
	}
}

// A directory takes all parts.
func TestReportDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new") + "/"
	printed(t, "report", "tour", "-o", "csv", "--out", dir)
	for _, part := range table.Parts {
		text, err := os.ReadFile(filepath.Join(dir, part+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatalf("%s: %d rows, %v", part, len(rows), err)
		}
		if !slices.Equal(rows[0], table.Columns[part]) {
			t.Errorf("%s begins with %v", part, rows[0])
		}
	}
}

// Every column is documented, in order.
func TestColumnsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/formats/report.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range table.Parts {
		_, section, ok := strings.Cut(string(text), "\n### "+part+"\n")
		if !ok {
			t.Fatalf("report.md has no section %q", part)
		}
		section, _, _ = strings.Cut(section, "\n#")
		var documented []string
		for _, line := range strings.Split(section, "\n") {
			if rest, ok := strings.CutPrefix(line, "| `"); ok {
				for _, name := range strings.Split(strings.SplitN(rest, " | ", 2)[0], ", ") {
					documented = append(documented, strings.Trim(name, "`"))
				}
			}
		}
		if !slices.Equal(documented, table.Columns[part]) {
			t.Errorf("%s: documented %v, written %v", part, documented, table.Columns[part])
		}
	}
}

// OpenMetrics parses with Prometheus' own parser; families are whole, and times of a series go up.
func TestOpenMetricsParses(t *testing.T) {
	for _, scenario := range storied {
		text := printed(t, "report", "-f", scenario, "-o", "openmetrics")
		p := textparse.NewOpenMetricsParser([]byte(text), labels.NewSymbolTable())
		last, n, family, done := map[string]int64{}, 0, "", map[string]bool{}
		for {
			kind, err := p.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", scenario, err)
			}
			switch kind {
			case textparse.EntryType:
				name, _ := p.Type()
				if family = string(name); done[family] {
					t.Errorf("%s: %s comes twice", scenario, family)
				}
				done[family] = true
			case textparse.EntrySeries:
				_, at, v := p.Series()
				var l labels.Labels
				p.Labels(&l)
				id := l.String()
				if before, ok := last[id]; at == nil || math.IsNaN(v) || ok && *at <= before || l.Get("__name__") != family {
					t.Errorf("%s: %s at %v after %d in %s", scenario, id, at, last[id], family)
					continue
				}
				last[id] = *at
				n++
			}
		}
		if n < 50 || !done["kube_pod_status_phase"] || !done["kube_node_status_condition"] {
			t.Errorf("%s: %d samples of %d families", scenario, n, len(done))
		}
	}
}

// traceEvent is one event of a trace.
type traceEvent struct {
	Ph, Name, Cat, S, Bp string
	Pid, Tid, ID         int
	Ts, Dur              float64
	Args                 map[string]any
}

// Traces are valid: slices of a thread nest, processes and threads are named, each flow has its two ends within slices.
func TestTraceIsValid(t *testing.T) {
	flows := 0
	for _, scenario := range storied {
		var trace struct{ TraceEvents []traceEvent }
		if err := json.Unmarshal([]byte(printed(t, "report", "-f", scenario, "-o", "trace")), &trace); err != nil {
			t.Fatal(err)
		}
		type thread struct{ pid, tid int }
		slicesOf, named, processes, ends := map[thread][]traceEvent{}, map[thread]bool{}, map[int]bool{}, map[int]string{}
		for _, e := range trace.TraceEvents {
			at := thread{e.Pid, e.Tid}
			switch {
			case e.Ph == "X":
				slicesOf[at] = append(slicesOf[at], e)
			case e.Ph == "M" && e.Name == "thread_name":
				named[at] = true
			case e.Ph == "M" && e.Name == "process_name":
				processes[e.Pid] = true
			case e.Ph == "s" || e.Ph == "f":
				ends[e.ID] += e.Ph
				flows++
			case e.Ph != "M" && e.Ph != "C" && e.Ph != "i":
				t.Errorf("%s: phase %q", scenario, e.Ph)
			}
			if e.Ts < 0 || e.Dur < 0 || !processes[e.Pid] {
				t.Errorf("%s: %+v", scenario, e)
			}
		}
		for at, list := range slicesOf { // unordered: each thread is checked by itself
			if !named[at] {
				t.Errorf("%s: thread %v has no name", scenario, at)
			}
			slices.SortStableFunc(list, func(a, b traceEvent) int { return cmp.Or(cmp.Compare(a.Ts, b.Ts), cmp.Compare(b.Dur, a.Dur)) })
			var open []float64
			for _, e := range list {
				for len(open) > 0 && open[len(open)-1] <= e.Ts && e.Dur > 0 {
					open = open[:len(open)-1]
				}
				if len(open) > 0 && e.Ts+e.Dur > open[len(open)-1]+1e-6 {
					t.Errorf("%s: %s at %v on %v does not nest", scenario, e.Name, e.Ts, at)
				}
				open = append(open, e.Ts+e.Dur)
			}
		}
		for id, both := range ends { // unordered: each flow is checked by itself
			if both != "sf" {
				t.Errorf("%s: flow %d has the ends %q", scenario, id, both)
			}
		}
		for _, e := range trace.TraceEvents {
			if e.Ph != "s" && e.Ph != "f" {
				continue
			}
			if !slices.ContainsFunc(slicesOf[thread{e.Pid, e.Tid}], func(s traceEvent) bool { return s.Ts <= e.Ts && e.Ts <= s.Ts+s.Dur }) {
				t.Errorf("%s: flow %d ends at %v outside any slice", scenario, e.ID, e.Ts)
			}
		}
	}
	if flows == 0 {
		t.Error("no flow from any fault")
	}
}
