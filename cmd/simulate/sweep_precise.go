package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"clustersim/scenarios/capacity"
	"clustersim/scenarios/sweep"
)

// mostLooked is how many runs of a cell --until-precise takes at most, where --runs does not say.
const mostLooked = 1024

// untilPrecise runs more and more of each cell until the first metric's mean is known well enough.
func (f *sweepFlags) untilPrecise(ctx context.Context, a *app, plan *sweep.Plan, bundle []byte) error {
	share, err := strconv.ParseFloat(strings.TrimSuffix(f.precise, "%"), 64)
	if strings.HasSuffix(f.precise, "%") {
		share /= 100
	}
	if err != nil || !(share > 0 && share < 1) {
		return usagef("--until-precise %s: must be a share above 0 and below 1, such as 0.05 or 5%%", f.precise)
	}
	most := mostLooked
	if f.runs > 0 {
		most = int(f.runs)
	}
	if most < 2 {
		return usagef("--until-precise: one run tells nothing about precision; give more --runs")
	}
	again := &sweep.Again{}
	for _, n := range capacity.Looks(most) {
		for i := range plan.Inputs {
			plan.Inputs[i].Runs = n
		}
		if err := plan.Check(); err != nil {
			return usagef("%v", err)
		}
		bar := newSweepBar(a, plan.Units())
		results, err := f.local(ctx, plan, bundle, bar, again)
		bar.clear()
		if err != nil {
			return f.stopped(a, err, bar)
		}
		precision, err := sweep.Look(plan, results, most, share)
		if err != nil {
			return err
		}
		if precision.Reached || n == most {
			return f.finish(a, plan, results, precision)
		}
	}
	return nil
}

// writePrecision says how a sweep that runs until it is precise has ended.
func writePrecision(p *page, s *sweep.Summary) {
	t := s.Precision
	if t == nil {
		return
	}
	looks := make([]string, len(t.Looks))
	for i, n := range t.Looks {
		looks[i] = strconv.Itoa(n)
	}
	how := "every mean"
	if !t.Reached {
		how = "not every mean"
	}
	p.line("Stopped at %d runs a cell: %s of %s is known within %s; looks at %s, alpha 5%% shared out over all of them", t.Runs, how, t.Metric, percent(t.Relative), strings.Join(looks, ", "))
	rows := [][]string{{"N", "MEAN", "", "", "CELL"}}
	for i := range t.Cells {
		c := &t.Cells[i]
		precise := "precise"
		if !c.Precise {
			precise = "not precise"
		}
		rows = append(rows, []string{strconv.Itoa(c.N), figure(c.Estimate), fmt.Sprintf("%s to %s", figure(c.Low), figure(c.High)), precise, sweptCell(&s.Cells[i])})
	}
	p.table("rr", rows)
}
