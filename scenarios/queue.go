package scenarios

import "sync"

// queue hands out the replications of trials in their order and keeps what came of them. It holds nothing for what has not begun: a
// million replications cost what those at work and those done cost.
type queue struct {
	trials []Trial

	lock    sync.Mutex
	changed *sync.Cond
	trial   int // the next to hand out
	run     int
	stopped bool
	at      []progress
}

// progress is what is known of a trial.
type progress struct {
	done    int // replications that have ended
	results []*Execution
	errs    []error
}

func newQueue(trials []Trial) *queue {
	q := &queue{trials: trials, at: make([]progress, len(trials))}
	q.changed = sync.NewCond(&q.lock)
	return q
}

// runs is how many replications a trial has.
func (t *Trial) runs() int {
	if t.Runs > 0 {
		return t.Runs
	}
	return t.Scenario.Runs
}

// planned is how many replications there are in all.
func (q *queue) planned() (n int) {
	for i := range q.trials {
		n += q.trials[i].runs()
	}
	return n
}

// take is the next replication to do; ok is false if there is none.
func (q *queue) take() (trial, run int, ok bool) {
	q.lock.Lock()
	defer q.lock.Unlock()
	for q.trial < len(q.trials) && q.run == q.trials[q.trial].runs() {
		q.trial, q.run = q.trial+1, 0
	}
	if q.stopped || q.trial == len(q.trials) {
		return 0, 0, false
	}
	p := &q.at[q.trial]
	p.results, p.errs = append(p.results, nil), append(p.errs, nil)
	q.run++
	return q.trial, q.run - 1, true
}

// done keeps the outcome of a replication.
func (q *queue) done(trial, run int, e *Execution, err error) {
	q.lock.Lock()
	defer q.lock.Unlock()
	p := &q.at[trial]
	p.results[run], p.errs[run] = e, err
	if p.done++; p.done == q.trials[trial].runs() {
		q.changed.Broadcast()
	}
}

// wait returns what came of a trial when all its replications have ended, and forgets it.
func (q *queue) wait(trial int) ([]*Execution, []error) {
	q.lock.Lock()
	defer q.lock.Unlock()
	p := &q.at[trial]
	for p.done < q.trials[trial].runs() {
		q.changed.Wait()
	}
	results, errs := p.results, p.errs
	*p = progress{done: p.done}
	return results, errs
}

// stop hands out nothing more.
func (q *queue) stop() {
	q.lock.Lock()
	defer q.lock.Unlock()
	q.stopped = true
}
