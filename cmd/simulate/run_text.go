package main

import (
	"fmt"
	"io"
	"time"

	"clustersim/report"
	"clustersim/report/metric"
	"clustersim/report/timeline"
	"clustersim/sim"
	"clustersim/sim/journal"
)

// notesShown is how many notes the story of a run lists.
const notesShown = 50

// writeText tells the story of one run.
func writeText(a *app, f *runFlags, p *replication, r *sim.Run, c *report.Collector) error {
	title := r.Options.Name
	if d := r.Options.Description; d != "" {
		title += " (" + d + ")"
	}
	o := timeline.Options{Width: a.width, Color: a.color(f.color)}
	if err := timeline.PhaseTimeline(a.out, c.Timeline(title, r.Engine.Now()), o); err != nil {
		return err
	}
	if len(r.Notes) > 0 {
		fmt.Fprint(a.out, "\nNotes\n")
		for i, n := range r.Notes {
			if i == notesShown {
				fmt.Fprintf(a.out, "  ... and %d more\n", len(r.Notes)-i)
				break
			}
			fmt.Fprintf(a.out, "%10s  %s: %s\n", timeline.Clock(n.At), n.What, n.Message)
		}
	}
	_, err := fmt.Fprintf(a.out, "\nSimulated time  %s, %s\nEngine events   %d\nSeed            %d\nDigest          %s\n",
		timeline.Clock(r.Engine.Now()), howEnded(r), r.Engine.Ran(), r.Options.Seed, r.Journal.Digest())
	return err
}

// howEnded says why the run is over.
func howEnded(r *sim.Run) string {
	switch end := r.End(); {
	case r.Engine.Now() >= end:
		return "the duration that was asked for"
	case r.Engine.Settled():
		return "when nothing was left to happen but retries and periodic work"
	case r.Options.Duration == 0 && r.Engine.Now() >= time.Hour:
		return "not settled: something goes on (--until sets another end)"
	}
	return "cut short"
}

// runMany carries out several replications or scenarios and compares them.
func runMany(a *app, f *runFlags, plan []replication) error {
	var first error
	switch f.output {
	case "text":
		fmt.Fprintf(a.out, "%-24s %-4s %-20s %10s %8s %8s %8s %8s %9s %9s  %s\n",
			"SCENARIO", "RUN", "SEED", "SIMULATED", "PODS", "BOUND", "READY", "RESTARTS", "READY p50", "READY max", "DIGEST")
	default:
		fmt.Fprintf(a.out, "{\"apiVersion\":%q,\"kind\":\"RunResultList\",\"items\":[\n", report.APIVersion)
	}
	var measured []*metric.Data
	var failures error
	for i := range plan {
		data, err := plan[i].one(a, f, i)
		if err != nil {
			first = err
			break
		}
		measured = append(measured, data)
		if plan[i].number == plan[i].of-1 { // the last replication of its scenario
			plan[i].thresholds = plan[i].scenario.Thresholds(metric.Merge(measured...))
			measured = nil
		}
		if err := plan[i].answer(); err != nil {
			failures = err
		}
	}
	if f.output != "text" {
		fmt.Fprint(a.out, "]}\n")
	}
	for i := range plan {
		p := &plan[i]
		w := io.Writer(a.err)
		if f.output == "text" {
			w = a.out
		}
		writeFailuresOf(w, p)
	}
	if first == nil {
		first = failures
	}
	return first
}

// one does the i-th of several runs: a row, or an item.
func (p *replication) one(a *app, f *runFlags, i int) (*metric.Data, error) {
	c := report.NewCollector()
	c.Stories, c.Phases = 0, f.output != "text"
	j := p.scenario.Judge()
	r, err := p.execute(a, append([]journal.Sink{c}, j.NeededSinks()...)...)
	if err != nil {
		return nil, err
	}
	p.judge(j, r, err)
	out := p.result(r, c)
	if f.output != "text" {
		if i > 0 {
			fmt.Fprint(a.out, ",")
		}
		return j.Metrics(), out.WriteJSON(a.out)
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
	_, err = fmt.Fprintf(a.out, "%-24s %-4d %-20d %10s %8d %8d %8d %8d %9s %9s  %.12s\n",
		out.Scenario, p.number, out.Seed, timeline.Short(out.Time), len(out.Pods), out.Scheduling.Bound, len(waits), restarts, median, last, out.Digest)
	return j.Metrics(), err
}
