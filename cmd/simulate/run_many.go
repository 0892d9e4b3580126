package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"clustersim/report"
	"clustersim/report/metric"
	"clustersim/report/timeline"
	"clustersim/sim/journal"
)

// crew carries out the replications of a plan, each on a core of its own. They begin in the order of the plan, and are told of in it.
type crew struct {
	app    *app
	flags  *runFlags
	plan   []replication
	done   []chan struct{} // closed when the outcome is there
	made   []outcome
	next   atomic.Int64 // the next to begin
	front  atomic.Int64 // the one that is told of next: its progress is shown
	cancel atomic.Bool
}

// outcome is what came of a replication.
type outcome struct {
	result *report.RunResult
	data   *metric.Data
	err    error
}

// begin sets the workers to work and returns what waits for them.
func (c *crew) begin(workers int) *sync.WaitGroup {
	c.done, c.made = make([]chan struct{}, len(c.plan)), make([]outcome, len(c.plan))
	for i := range c.done {
		c.done[i] = make(chan struct{})
	}
	all := &sync.WaitGroup{}
	for range max(1, min(workers, len(c.plan))) {
		all.Go(func() {
			for i := int(c.next.Add(1)) - 1; i < len(c.plan) && !c.cancel.Load(); i = int(c.next.Add(1)) - 1 {
				c.made[i] = c.one(i)
				close(c.done[i])
			}
		})
	}
	return all
}

// one carries out the i-th replication.
func (c *crew) one(i int) (out outcome) {
	p := &c.plan[i]
	p.turn = func() bool { return c.front.Load() == int64(i) }
	p.cancel = &c.cancel
	story := report.NewCollector()
	story.Stories, story.Phases = 0, c.flags.output != "text"
	j := p.scenario.Judge()
	r, err := p.execute(c.app, append([]journal.Sink{story}, j.NeededSinks()...)...)
	if err != nil {
		return outcome{err: err}
	}
	p.judge(j, r, err)
	return outcome{result: p.result(r, story), data: j.Metrics()}
}

// runMany carries out several replications or scenarios and compares them. What it prints does not depend on the number of cores.
func runMany(a *app, f *runFlags, plan []replication) error {
	if f.output == "text" {
		fmt.Fprintf(a.out, "%-24s %-4s %-20s %10s %8s %8s %8s %8s %9s %9s  %s\n",
			"SCENARIO", "RUN", "SEED", "SIMULATED", "PODS", "BOUND", "READY", "RESTARTS", "READY p50", "READY max", "DIGEST")
	} else {
		fmt.Fprintf(a.out, "{\"apiVersion\":%q,\"kind\":\"RunResultList\",\"items\":[\n", report.APIVersion)
	}
	c := &crew{app: a, flags: f, plan: plan}
	all := c.begin(int(f.parallel))
	failures, first := c.tell()
	c.cancel.Store(true)
	all.Wait()
	if f.output != "text" {
		fmt.Fprint(a.out, "]}\n")
	}
	for i := range plan {
		w := io.Writer(a.err)
		if f.output == "text" {
			w = a.out
		}
		if plan[i].told {
			writeFailuresOf(w, &plan[i])
		}
	}
	if first == nil {
		first = failures
	}
	return first
}

// tell prints the outcomes, one after the other. It returns what was not as demanded, and the error that ended it.
func (c *crew) tell() (failures, err error) {
	var measured []*metric.Data
	for i := range c.plan {
		c.front.Store(int64(i))
		<-c.done[i]
		p, o := &c.plan[i], &c.made[i]
		if o.err == nil {
			o.err = c.row(i)
		}
		if o.err != nil {
			return failures, o.err
		}
		p.told = true
		measured = append(measured, o.data)
		*o = outcome{}          // of many runs, the results are not kept
		if p.number == p.of-1 { // the last replication of its scenario
			p.thresholds = p.scenario.Thresholds(metric.Merge(measured...))
			measured = nil
		}
		if err := p.answer(); err != nil {
			failures = err
		}
	}
	return failures, nil
}

// row prints a replication: a row, or an item.
func (c *crew) row(i int) error {
	w, p, out := c.app.out, &c.plan[i], c.made[i].result
	if c.flags.output != "text" {
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		return out.WriteJSON(w)
	}
	restarts := 0
	waits := out.ReadyWaits()
	for k := range out.Pods {
		restarts += out.Pods[k].Restarts
	}
	median, last := "-", "-"
	if n := len(waits); n > 0 {
		median, last = timeline.Short(waits[(n-1)/2]), timeline.Short(waits[n-1])
	}
	_, err := fmt.Fprintf(w, "%-24s %-4d %-20d %10s %8d %8d %8d %8d %9s %9s  %.12s\n",
		out.Scenario, p.number, out.Seed, timeline.Short(out.Time), len(out.Pods), out.Scheduling.Bound, len(waits), restarts, median, last, out.Digest)
	if err == nil && c.app.outTerminal {
		err = w.Flush()
	}
	return err
}
