package sweep

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"

	"clustersim/scenarios/capacity"
)

// CellSummary is what the replications of one cell come to.
type CellSummary struct {
	Scenario string            `json:"scenario"`
	Set      map[string]string `json:"set,omitempty"`
	Runs     int               `json:"runs"`
	// Passed is the share of the runs that broke no check, with Clopper-Pearson bounds.
	Passed  capacity.Interval `json:"passed"`
	Metrics []MetricSummary   `json:"metrics"`
}

// MetricSummary is one metric over the replications of a cell, at 95 %.
type MetricSummary struct {
	Metric string            `json:"metric"`
	Mean   capacity.Interval `json:"mean"`
	Median capacity.Interval `json:"p50"`
	P95    capacity.Interval `json:"p95"`
	// Against is the mean difference from the first cell of the same scenario, run by run with common random numbers;
	// nil for that cell itself, and where a run of either measured nothing.
	Against *capacity.Interval `json:"againstFirstCell,omitempty"`
}

// Level is the confidence of all intervals.
const Level = 0.95

// Summary is a whole sweep.
type Summary struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Plan       *Plan         `json:"plan"`
	Sweep      string        `json:"sweep"` // Plan.ID
	Units      int           `json:"units"`
	Seeds      string        `json:"seeds"`
	Results    string        `json:"resultsDigest"` // SHA-256 over the results in unit order
	Cells      []CellSummary `json:"cells"`
	Precision  *Precision    `json:"precision,omitempty"` // of a sweep that runs until it is precise
	Broken     []int         `json:"broken,omitempty"`    // units that panicked or hit a limit
}

// Summarize puts the results of a plan together. results are in unit order and complete.
func Summarize(p *Plan, results [][]byte) (*Summary, error) {
	s := &Summary{APIVersion: "simulate/v1alpha1", Kind: "SweepResult", Plan: p, Sweep: p.ID(), Units: len(results), Seeds: "replication r has a seed derived from the scenario's and r, the same in every cell"}
	all := make([]byte, 0, 64*len(results))
	parsed := make([]Result, len(results))
	for i, data := range results {
		all = append(append(all, data...), '\n')
		if err := json.Unmarshal(data, &parsed[i]); err != nil {
			return nil, err
		}
		if r := &parsed[i]; r.Panic != "" || r.Error != "" {
			s.Broken = append(s.Broken, i)
		}
	}
	s.Results = Digest(all)
	at := 0
	for i := range p.Inputs {
		in := &p.Inputs[i]
		first := parsed[at : at+in.Runs]
		for cell := range in.Cells() {
			s.Cells = append(s.Cells, summarizeCell(p, in.Set(cell), parsed[at:at+in.Runs], first, cell > 0))
			at += in.Runs
		}
	}
	return s, nil
}

func summarizeCell(p *Plan, set map[string]string, runs, first []Result, paired bool) CellSummary {
	c := CellSummary{Scenario: runs[0].Scenario, Set: set, Runs: len(runs)}
	passed := 0
	for i := range runs {
		if r := &runs[i]; len(r.Failed) == 0 && r.Error == "" && r.Panic == "" {
			passed++
		}
	}
	c.Passed = capacity.Proportion(passed, len(runs), Level)
	for _, name := range p.Metrics {
		var values, here, there []float64
		for i := range runs {
			v := runs[i].Metrics[name]
			if v == nil {
				continue
			}
			values = append(values, *v)
			if w := first[i].Metrics[name]; w != nil {
				here, there = append(here, *v), append(there, *w)
			}
		}
		if len(values) == 0 {
			continue
		}
		m := MetricSummary{Metric: name, Mean: capacity.Mean(values, Level), Median: capacity.Quantile(values, 0.5, Level), P95: capacity.Quantile(values, 0.95, Level)}
		if paired && len(here) == len(runs) {
			d := capacity.Paired(there, here, Level)
			m.Against = &d
		}
		c.Metrics = append(c.Metrics, m)
	}
	return c
}

// WriteRuns writes the raw table: a line for each unit, in order.
func WriteRuns(out io.Writer, p *Plan, results [][]byte) error {
	w := csv.NewWriter(out)
	names := map[string]bool{}
	for i := range p.Inputs {
		for _, a := range p.Inputs[i].Axes {
			names[a.Name] = true
		}
	}
	axes := slices.Sorted(maps.Keys(names))
	head := []string{"unit", "scenario"}
	head = append(append(head, axes...), "run", "seed", "digest", "simulated_seconds", "failed_checks", "error")
	_ = w.Write(append(head, p.Metrics...)) // Error has it
	for _, data := range results {
		var r Result
		if err := json.Unmarshal(data, &r); err != nil {
			return err
		}
		row := []string{strconv.Itoa(r.Unit), r.Scenario}
		for _, a := range axes {
			row = append(row, r.Set[a])
		}
		row = append(row, strconv.Itoa(r.Run), strconv.FormatUint(r.Seed, 10), r.Digest, strconv.FormatFloat(r.Time, 'f', -1, 64), strconv.Itoa(len(r.Failed)), r.Error+r.Panic)
		for _, m := range p.Metrics {
			cell := ""
			if v := r.Metrics[m]; v != nil {
				cell = strconv.FormatFloat(*v, 'g', -1, 64)
			}
			row = append(row, cell)
		}
		_ = w.Write(row)
	}
	w.Flush()
	return w.Error()
}
