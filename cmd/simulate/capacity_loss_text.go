package main

import (
	"strconv"
	"strings"
	"time"

	"clustersim/report/timeline"
	"clustersim/scenarios/capacity"
)

// lossAnswer is what a loss costs in simulated time.
type lossAnswer struct{ *capacity.TimedLoss }

func (l *lossAnswer) text(p *page) {
	lost := strings.Join(l.Lost[:min(3, len(l.Lost))], ", ")
	if more := len(l.Lost) - 3; more > 0 {
		lost += ", ... and " + strconv.Itoa(more) + " more"
	}
	p.line("%s lost power at %s, once the cluster had settled (%s); looked for %s", many(len(l.Lost), "node"), span(l.At), lost, span(l.Until))
	p.line("%s ran there: %d replacements ready, %d not ready in that time, %d never evicted, %d without a controller", many(l.Pods, "pod"), l.Ready, l.Unready, l.Stayed, l.Bare)
	p.line("\nFrom the loss to a ready replacement, in seconds (%s)", many(l.TTR.N, "replacement"))
	rows := [][]string{{"", "P50", "P90", "P99", "MAX"}}
	row := func(name string, s capacity.Spread) {
		rows = append(rows, []string{name, figure(s.P50), figure(s.P90), figure(s.P99), figure(s.Max)})
	}
	for _, part := range l.Parts {
		row(part.Name, part.Spread)
	}
	row("all", l.TTR)
	p.table("lrrrr", rows)
	p.line("  parts add up for each pod, their quantiles do not; pod start alone (no pulls, no init) has an SLO of 5 s at p99")
	outages(p, l.Workload, l.LostReplicaSeconds, l.Availability)
}

func percent4(x float64) string { return strconv.FormatFloat(100*x, 'f', 3, 64) + "%" }

func span(seconds float64) string {
	return timeline.Short(time.Duration(seconds * float64(time.Second)))
}

func (l *lossAnswer) rows() [][]string {
	rows := [][]string{{"part", "n", "p50_seconds", "p90_seconds", "p99_seconds", "max_seconds"}}
	row := func(name string, s capacity.Spread) {
		rows = append(rows, []string{name, strconv.Itoa(s.N), raw(s.P50), raw(s.P90), raw(s.P99), raw(s.Max)})
	}
	for _, part := range l.Parts {
		row(part.Name, part.Spread)
	}
	row("all", l.TTR)
	return rows
}
