package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"clustersim/scenarios/sweep"
	"clustersim/scenarios/sweep/jetstream"
)

// sweepFlags are those of `simulate sweep`.
type sweepFlags struct {
	files    []string
	set      []string
	seed     seed
	profile  string
	runs     count
	until    ending
	metrics  []string
	out      string
	resume   bool
	parallel count
	workers  count
	nats     string
	output   string
	plot     string
	precise  string
}

// newSweep is `simulate sweep`.
func newSweep(a *app) *cobra.Command {
	f := &sweepFlags{}
	c := &cobra.Command{
		Use:   "sweep {-f FILE | NAME}... [flags]",
		Short: "Run scenarios many times, with other seeds and parameters, and compare",
		Example: `  # 200 replications, with intervals
  simulate sweep -f s.yaml --runs 200

  # For each number of workers, 20 replications; differences by common random numbers
  simulate sweep -f s.yaml --runs 20 --set workers=3..10

  # A matrix, another measure, the files into a folder
  simulate sweep -f s.yaml --set workers=3,5 --metric 'time_to_ready_seconds:p(95)' --out res

  # Go on where it was interrupted
  simulate sweep -f s.yaml --runs 2000 --resume

  # As many runs as it takes to know the mean within 5 %
  simulate sweep -f s.yaml --metric 'time_to_ready_seconds:p(95)' --until-precise 5%

  # In four processes; on the workers that listen at a NATS server
  simulate sweep -f s.yaml --runs 2000 --workers 4
  simulate sweep -f s.yaml --runs 2000 --nats nats://nats:4222`,
		ValidArgsFunction: completeInput,
		RunE: func(_ *cobra.Command, args []string) error {
			f.files = append(f.files, args...)
			return f.run(a)
		},
	}
	fs := c.Flags()
	fs.StringArrayVarP(&f.files, "filename", "f", nil, "scenario `FILE`, or name of a library scenario; repeatable")
	fs.StringArrayVar(&f.set, "set", nil, "`NAME=VALUES` of a parameter: one, a list a,b,c, or a range 3..50; repeatable")
	fs.Var(&f.seed, "seed", "seed of all randomness, instead of the scenario's `N`")
	fs.StringVar(&f.profile, "profile", "", "latencies and defaults: v1.36, containerd or instant, instead of the scenario's `NAME`")
	fs.Var(&f.runs, "runs", "`N` replications of each cell, instead of what the scenario says")
	fs.Var(&f.until, "until", "end each run at this `TIME`, instead of when the scenario says")
	fs.StringArrayVar(&f.metrics, "metric", nil, "measure `NAME{labels}:AGGREGATE`, instead of the usual ones; repeatable")
	fs.StringVar(&f.out, "out", "", "put the results into this `DIR` (default: sweep-NAME)")
	fs.BoolVar(&f.resume, "resume", false, "keep the results that an interrupted sweep has left there")
	fs.Var(&f.parallel, "parallel", "`N` runs at a time in this process (default: one a core)")
	fs.Var(&f.workers, "workers", "`N` processes run it, over a queue in this one")
	fs.StringVar(&f.nats, "nats", "", "run it on the workers that listen at the NATS server of this `URL`")
	fs.StringVarP(&f.output, "output", "o", "text", "`FORMAT` on standard output: text, json")
	fs.StringVar(&f.precise, "until-precise", "", "run 32 of each cell, 64, and so on up to --runs (default 1024), until the first metric's mean is known within this `SHARE`, such as 5%")
	fs.StringVar(&f.plot, "plot", "", "draw the first metric into this `FILE`.svg or .png")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (f *sweepFlags) check() error {
	switch {
	case f.output != "text" && f.output != "json":
		return usagef("-o %s: must be text or json", f.output)
	case len(f.files) == 0:
		return usagef("nothing to sweep: give scenarios with -f FILE, or names of library scenarios (simulate run --list)")
	case f.parallel > 0 && (f.workers > 0 || f.nats != ""):
		return usagef("--parallel is for one process; with --workers or --nats each worker runs one at a time")
	case f.precise != "" && (f.workers > 0 || f.nats != "" || f.resume):
		return usagef("--until-precise is for one process, and for one go")
	case f.until.given && f.until.duration == 0:
		return usagef("--until settled: is for scenarios; a sweep takes a time")
	}
	if f.plot != "" {
		if _, err := plotFormat(f.plot); err != nil {
			return err
		}
	}
	for _, m := range f.metrics {
		if err := sweep.CheckMetric(m); err != nil {
			return usagef("--metric %s: %v", m, err)
		}
	}
	return nil
}

func (f *sweepFlags) run(a *app) error {
	if err := f.check(); err != nil {
		return err
	}
	plan, bundle, err := f.plan(a)
	if err != nil {
		return err
	}
	if f.out == "" {
		f.out = "sweep-" + traceTitle(plan.Inputs[0].Name)
	}
	if err := os.MkdirAll(f.out, 0o777); err != nil {
		return usagef("%v", err)
	}
	ctx, cancel := a.context()
	defer cancel()
	if f.precise != "" {
		return f.untilPrecise(ctx, a, plan, bundle)
	}
	bar := newSweepBar(a, plan.Units())
	var results [][]byte
	if f.workers > 0 || f.nats != "" {
		results, err = f.remote(ctx, plan, bundle, bar)
	} else {
		results, err = f.local(ctx, plan, bundle, bar, nil)
	}
	bar.clear()
	if err != nil {
		return f.stopped(a, err, bar)
	}
	return f.finish(a, plan, results, nil)
}

// context ends with Ctrl-C.
func (a *app) context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		for ctx.Err() == nil {
			if a.interrupted.Load() {
				cancel(errInterrupted)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	return ctx, func() { cancel(nil) }
}

// stopped words why a sweep is not whole.
func (f *sweepFlags) stopped(a *app, err error, bar *sweepBar) error {
	var breach *jetstream.BreachError
	switch {
	case a.interrupted.Load():
		return &exit{exitInterrupted, fmt.Sprintf("interrupted after %d of %s; --resume goes on from there", bar.done, many(bar.units, "run"))}
	case errors.As(err, &breach):
		return &exit{exitUnfinished, "error: " + breach.Error()}
	}
	return usagef("%v", err)
}

// local runs everything in this process.
func (f *sweepFlags) local(ctx context.Context, plan *sweep.Plan, bundle []byte, bar *sweepBar, again *sweep.Again) ([][]byte, error) {
	loaded, err := plan.Open(bundle)
	if err != nil {
		return nil, err
	}
	run := sweep.Runner(loaded.Run)
	if again != nil {
		run = again.Runner(plan, run)
	}
	path := filepath.Join(f.out, "partial.jsonl")
	kept, err := sweep.Keep(path, plan.ID(), f.resume)
	if err != nil {
		return nil, err
	}
	bar.resumed(len(kept.Results))
	done := make(map[int]bool, len(kept.Results))
	for unit := range kept.Results { // unordered: into a set
		done[unit] = true
	}
	err = sweep.Local(ctx, plan.Units(), int(f.parallel), func(unit int) bool { return done[unit] }, run, func(unit int, result []byte) error {
		bar.show(len(kept.Results) + 1)
		return kept.Add(unit, result)
	})
	if closed := kept.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	results := make([][]byte, plan.Units())
	for unit, r := range kept.Results { // unordered: each has its place
		if unit < 0 || unit >= len(results) {
			return nil, fmt.Errorf("%s: a result for unit %d of %d", path, unit, len(results))
		}
		results[unit] = r
	}
	return results, nil
}

// finish writes the files and prints the summary.
func (f *sweepFlags) finish(a *app, plan *sweep.Plan, results [][]byte, precision *sweep.Precision) error {
	summary, err := sweep.Summarize(plan, results)
	if err != nil {
		return err
	}
	summary.Precision = precision
	if err := f.write(plan, summary, results); err != nil {
		return usagef("%v", err)
	}
	if f.plot != "" {
		if err := plot(f.plot, sweepFigure(plan, summary)); err != nil {
			return err
		}
	}
	if f.output == "json" {
		return writeSweepJSON(a.out, summary)
	}
	writeSweepText(a.out, plan, summary)
	_, err = fmt.Fprintf(a.out, "\nWritten to %s: result.json, runs.csv\n", f.out)
	return err
}
