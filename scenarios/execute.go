package scenarios

import (
	"sync"
	"time"

	"clustersim/report"
	"clustersim/report/metric"
	"clustersim/sim"
)

// Execution is one replication of a scenario that was carried out.
type Execution struct {
	Run      int    // number of the replication, from 0
	Seed     uint64 // that it had
	Checks   []report.CheckResult
	Metrics  *metric.Data
	Time     time.Duration // simulated
	Digest   string
	Notes    []sim.Note
	Goldens  []Golden
	Finished *sim.Run // to look at, or to run further; only Run and Try keep it
}

// Execute carries out one replication and judges it. interrupt, if not nil, is asked now and then; its error ends the run. The
// error is one of the run: a limit, an interruption, options that contradict themselves.
func (s *Scenario) Execute(run int, interrupt func() error) (*Execution, error) {
	return s.execute(run, interrupt, false)
}

func (s *Scenario) execute(run int, interrupt func() error, keep bool) (*Execution, error) {
	o, err := s.Options(run)
	if err != nil {
		return nil, err
	}
	j := s.Judge()
	r, err := sim.New(o, j.Sinks()...)
	if err != nil {
		return nil, err
	}
	r.Engine.Interrupt = interrupt
	_, err = r.Run()
	e := &Execution{Run: run, Seed: o.Seed, Time: r.Engine.Now(), Notes: r.Notes, Digest: r.Journal.Digest()}
	e.Checks = j.Checks(r, err != nil)
	e.Metrics = j.Metrics()
	e.Goldens = j.Goldens(r)
	if keep {
		e.Finished = r
	}
	return e, err
}

// Trial is a scenario with all its replications: what `simulate test` and Go tests carry out.
type Trial struct {
	Name     string // what it is called in the output
	Scenario *Scenario
	Runs     int // replications; 0: as many as the scenario says
}

// Tried is what came of a Trial.
type Tried struct {
	*Trial
	Executions []*Execution // one for each replication that could be carried out, in order
	Thresholds []report.ThresholdResult
	Err        error // the first error of a replication
	Skipped    bool  // another trial failed before its turn
}

// Failed says whether a check or a threshold is broken or undecided, or a run could not finish.
func (t *Tried) Failed() bool {
	if t.Err != nil {
		return true
	}
	failed, undecided := report.Verdicts(nil, t.Thresholds)
	for _, e := range t.Executions {
		f, u := report.Verdicts(e.Checks, nil)
		failed, undecided = failed+f, undecided+u
	}
	return failed+undecided > 0
}

// Time is the simulated time of all replications.
func (t *Tried) Time() (sum time.Duration) {
	for _, e := range t.Executions {
		sum += e.Time
	}
	return sum
}

// TryAll carries out trials, at most parallel replications at a time, each on a core of its own, and tells of them in their order.
// With failFast it begins none after the first that failed.
func TryAll(trials []Trial, parallel int, failFast bool, interrupt func() error, tell func(*Tried)) {
	q := newQueue(trials)
	var all sync.WaitGroup
	for range max(1, min(parallel, q.planned())) {
		all.Go(func() {
			for i, k, ok := q.take(); ok; i, k, ok = q.take() {
				e, err := trials[i].Scenario.Execute(k, interrupt)
				q.done(i, k, e, err)
			}
		})
	}
	stopped := false
	for i := range trials {
		t := &Tried{Trial: &trials[i], Skipped: stopped}
		if !t.Skipped {
			t.gather(q.wait(i))
		}
		tell(t)
		if failFast && !t.Skipped && t.Failed() {
			stopped = true
			q.stop()
		}
	}
	all.Wait()
}

// gather puts the outcome of a trial together.
func (t *Tried) gather(results []*Execution, errs []error) {
	var data []*metric.Data
	for k, e := range results {
		if e != nil {
			t.Executions = append(t.Executions, e)
			data = append(data, e.Metrics)
		}
		if t.Err == nil {
			t.Err = errs[k]
		}
	}
	if t.Err == nil {
		t.Thresholds = t.Scenario.Thresholds(metric.Merge(data...))
	}
}
