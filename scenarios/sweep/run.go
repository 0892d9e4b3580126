package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"clustersim/model"
	"clustersim/report"
	"clustersim/report/metric"
	"clustersim/scenarios"
	"clustersim/sim"
)

// DefaultMetrics are measured where a plan names none.
var DefaultMetrics = []string{
	"time_to_ready_seconds:p(50)", "time_to_ready_seconds:max", "pod_wait_seconds:max", "pods_unschedulable:max",
	"ready_ratio:min", "lost_replica_seconds:sum", "container_restarts:count", "evictions:count", "job_seconds:max", "cost:sum",
}

// Result is one unit's, as it is stored.
type Result struct {
	Unit     int                 `json:"unit"`
	Scenario string              `json:"scenario"`
	Set      map[string]string   `json:"set,omitempty"`
	Run      int                 `json:"run"`
	Seed     uint64              `json:"seed"`
	Digest   string              `json:"digest"` // of the journal
	Time     float64             `json:"time"`   // simulated seconds
	Failed   []string            `json:"failedChecks,omitempty"`
	Metrics  map[string]*float64 `json:"metrics"`         // null: nothing was measured
	Error    string              `json:"error,omitempty"` // the run could not finish: a limit
	Panic    string              `json:"panic,omitempty"`
}

// question is a metric and what is asked of it.
type question struct {
	text string
	sel  metric.Selector
	agg  metric.Aggregate
}

// parseMetric reads NAME{labels}:AGGREGATE; without an aggregate it is the metric's default.
func parseMetric(text string) (q question, err error) {
	q.text = text
	name, agg := text, ""
	if i := strings.LastIndexByte(text, ':'); i > strings.LastIndexByte(text, '}') && i >= 0 {
		name, agg = text[:i], text[i+1:]
	}
	if q.sel, err = metric.ParseSelector(name); err != nil {
		return q, err
	}
	q.agg = q.sel.Metric.Default()
	if agg != "" {
		q.agg, err = metric.ParseAggregate(agg, q.sel.Metric)
	}
	return q, err
}

// CheckMetric reports what is wrong with a metric of a plan.
func CheckMetric(text string) error {
	_, err := parseMetric(text)
	return err
}

// Loaded is a plan that can be run.
type Loaded struct {
	plan  *Plan
	files fs.FS
	ask   []question
	lock  sync.Mutex
	cells map[[2]int]*scenarios.Scenario // by input and cell
}

// Open readies a plan for running. The errors of its scenarios come when their first unit runs.
func (p *Plan) Open(bundle []byte) (*Loaded, error) {
	if Digest(bundle) != p.Bundle {
		return nil, errors.New("the bundle is not the one of the plan")
	}
	files, err := openBundle(bundle)
	if err != nil {
		return nil, err
	}
	l := &Loaded{plan: p, files: files, cells: map[[2]int]*scenarios.Scenario{}}
	for _, text := range p.Metrics {
		q, err := parseMetric(text)
		if err != nil {
			return nil, fmt.Errorf("metric %s: %w", text, err)
		}
		l.ask = append(l.ask, q)
	}
	return l, nil
}

// scenario is that of a cell.
func (l *Loaded) scenario(u Unit) (*scenarios.Scenario, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	key := [2]int{u.Input, u.Cell}
	if s := l.cells[key]; s != nil {
		return s, nil
	}
	in := &l.plan.Inputs[u.Input]
	opt := scenarios.LoadOptions{Set: in.Set(u.Cell), Profile: l.plan.Profile}
	var s *scenarios.Scenario
	var problems model.Problems
	if in.Library {
		s, problems = scenarios.LoadLibrary(in.Name, opt)
	} else {
		data, err := fs.ReadFile(l.files, in.Name)
		if err != nil {
			return nil, err
		}
		opt.FS = l.files
		s, problems = scenarios.Load(in.Name, data, opt)
	}
	if s == nil {
		return nil, errors.New(problems.Errors()[0].String())
	}
	if l.plan.Seed != nil {
		s.Seed = *l.plan.Seed
	}
	if len(l.cells) > 64 {
		clear(l.cells) // cells come one after another
	}
	l.cells[key] = s
	return s, nil
}

// Run carries out one unit. It fits Runner. Its error is one of the plan or of the context; a run that hits a limit is a
// result.
func (l *Loaded) Run(ctx context.Context, unit int) ([]byte, error) {
	u := l.plan.At(unit)
	in := &l.plan.Inputs[u.Input]
	s, err := l.scenario(u)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	o, err := s.Options(u.Run)
	if err != nil {
		return nil, err
	}
	if l.plan.Until > 0 {
		o.Duration = l.plan.Until
	}
	j := s.Judge()
	r, err := sim.New(o, j.Sinks()...)
	if err != nil {
		return nil, err
	}
	r.Engine.Interrupt = ctx.Err
	_, err = r.Run()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	out := Result{Unit: unit, Scenario: s.Name, Set: in.Set(u.Cell), Run: u.Run, Seed: o.Seed, Digest: r.Journal.Digest(), Time: r.Engine.Now().Seconds(), Metrics: map[string]*float64{}}
	if err != nil {
		out.Error = err.Error()
	}
	for _, c := range j.Checks(r, err != nil) {
		if c.Outcome == report.Failed {
			out.Failed = append(out.Failed, c.Name)
		}
	}
	data := j.Metrics()
	for _, q := range l.ask {
		out.Metrics[q.text] = nil
		if v, ok := data.Value(q.sel, q.agg); ok {
			out.Metrics[q.text] = &v
		}
	}
	return json.Marshal(&out)
}
