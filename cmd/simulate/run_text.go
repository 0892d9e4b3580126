package main

import (
	"fmt"
	"time"

	"clustersim/report"
	"clustersim/report/timeline"
	"clustersim/sim"
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
