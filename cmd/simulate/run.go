package main

import (
	"bufio"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"clustersim/report"
	"clustersim/report/story"
	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/invariant"
	"clustersim/sim/journal"
)

// runFlags are those of `simulate run`.
type runFlags struct {
	input
	until    ending
	runs     count
	output   string
	list     bool
	record   string
	strict   bool
	parallel count
	color    string
	tale     tale

	profiling profiling
}

// newRun is `simulate run`.
func newRun(a *app) *cobra.Command {
	f := &runFlags{parallel: count(runtime.GOMAXPROCS(0))}
	c := &cobra.Command{
		Use:   "run {-f FILE | NAME}... [flags]",
		Short: "Run scenarios or plain manifests and tell what happened",
		Example: `  # A scenario of the library; all of them: simulate run --list
  simulate run tour

  # A plain manifest, on three nodes of 2 CPUs, for an hour
  simulate run -f pod.yaml --nodes 3 --node-cpu 2 --until 1h

  # What comes on standard input, another seed, the result as JSON
  simulate run -f - --seed 7 -o json < web.yaml

  # Sentence by sentence, with the rule behind each
  simulate run tour --narrate

  # Every change of every object, a line of JSON each
  simulate run tour -o jsonl

  # Ten replications of a scenario, with a parameter
  simulate run -f rollout.yaml --set replicas=5 --runs 10`,
		ValidArgsFunction: completeInput,
		RunE: func(_ *cobra.Command, args []string) error {
			f.files = append(f.files, args...)
			stop, err := f.profiling.start()
			if err != nil {
				return err
			}
			defer stop()
			return f.run(a)
		},
	}
	f.register(c)
	fs := c.Flags()
	fs.Var(&f.until, "until", "end at this `TIME`, or when \"settled\", instead of when the scenario says")
	fs.Var(&f.runs, "runs", "`N` replications, instead of what the scenario says")
	fs.Var(&f.parallel, "parallel", "at most `N` runs at a time, each on a core; the default is the number of cores")
	fs.StringVarP(&f.output, "output", "o", "text", "`FORMAT`: text, json, yaml (the result), jsonl (every change)")
	fs.BoolVar(&f.list, "list", false, "list the scenarios of the library")
	fs.StringVar(&f.record, "record", "", "keep the journal in this `FILE` (compressed if it ends in .gz): get, describe, events, timeline, why and diff read it with --run")
	fs.StringVar(&f.color, "color", "auto", "`WHEN` to colour: auto, always, never")
	fs.BoolVar(&f.strict, "check", false, "hold every change to the simulator's own invariants; a broken one ends the run with exit code 3")
	f.tale.register(c)
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json", "yaml", "jsonl"}, cobra.ShellCompDirectiveNoFileComp))
	f.profiling.register(fs)
	return c
}

func (f *runFlags) check() error {
	switch f.output {
	case "text", "json", "yaml", "jsonl":
	default:
		return usagef("-o %s: must be text, json, yaml or jsonl", f.output)
	}
	if err := f.tale.check(f.output); err != nil {
		return err
	}
	return checkColor(f.color)
}

func checkColor(choice string) error {
	switch choice {
	case "auto", "always", "never":
		return nil
	}
	return usagef("--color %s: must be auto, always or never", choice)
}

func (f *runFlags) run(a *app) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.list {
		return listLibrary(a.out)
	}
	sources, err := f.load(a)
	if err != nil {
		return err
	}
	for i := range sources {
		sources[i].problems = append(sources[i].problems, sources[i].scenario.Lint()...)
		if err := sources[i].problems.Format(a.err, maxProblems); err != nil {
			return err
		}
	}
	plan := f.plan(sources)
	switch {
	case f.record != "" && len(plan) > 1:
		return usagef("--record keeps one run; the input asks for %d (--runs 1)", len(plan))
	case f.output == "jsonl" && len(plan) > 1:
		return usagef("-o jsonl writes one run; the input asks for %d (--runs 1)", len(plan))
	case f.output == "jsonl":
		return plan[0].watchLog(a)
	case f.tale.asked && len(plan) > 1:
		return usagef("--narrate tells one run; the input asks for %d (--runs 1)", len(plan))
	case f.tale.asked:
		return f.tale.tell(a, &plan[0])
	case len(plan) > 1:
		return runMany(a, f, plan)
	}
	return plan[0].tell(a, f)
}

// replication is one run to do.
type replication struct {
	*source
	number int
	of     int
	until  ending
	strict bool   // hold it to the invariants
	record string // file to keep the journal in; "" = none

	checks     []report.CheckResult
	thresholds []report.ThresholdResult

	// Of one that runs beside others:
	turn   func() bool  // whether its progress may be shown; nil: always
	cancel *atomic.Bool // ends it early
	told   bool         // its row has been printed
}

func (f *runFlags) plan(sources []source) (plan []replication) {
	for i := range sources {
		n := int(f.runs)
		if n == 0 {
			n = sources[i].scenario.Runs
		}
		for k := range n {
			plan = append(plan, replication{source: &sources[i], number: k, of: n, until: f.until, strict: f.strict, record: f.record})
		}
	}
	return plan
}

// execute makes the run and carries it out. The run is nil if it could not begin; with an error beside it, it has ended
// early, and what it did until then is worth telling.
func (p *replication) execute(a *app, sinks ...journal.Sink) (*sim.Run, error) {
	o, err := p.options(p.number, p.of)
	if err != nil {
		return nil, err
	}
	if p.until.given {
		o.Duration = p.until.duration
	}
	label := ""
	if p.of > 1 {
		label = fmt.Sprintf("run %d/%d  ", p.number+1, p.of)
	}
	var checker *invariant.Checker
	if p.strict {
		checker = invariant.New()
		sinks = append(sinks, checker)
	}
	var kept *tape
	if p.record != "" {
		if kept, err = p.newTape(p.record, o); err != nil {
			return nil, err
		}
		sinks = append(sinks, kept)
	}
	r, bar, err := a.newSim(o, label, sinks...)
	if err != nil {
		return nil, err
	}
	bar.turn = p.turn
	if p.cancel != nil {
		look := r.Engine.Interrupt
		r.Engine.Interrupt = func() error {
			if p.cancel.Load() {
				return errInterrupted
			}
			return look()
		}
	}
	if kept != nil {
		kept.Begin()
	}
	measure(r, sinks)
	if err = a.until(r, bar, -1); err == nil && checker != nil {
		err = finished(r, checker.End(r.Engine.Now()))
	}
	if kept != nil {
		if failed := kept.finish(r, err); err == nil {
			err = failed
		}
	}
	return r, err
}

// measure lets reports ask what containers use, where the scenario says so.
func measure(r *sim.Run, sinks []journal.Sink) {
	for _, s := range sinks {
		if m, ok := s.(interface{ Measure(story.Used) }); ok && r.Metered() {
			m.Measure(r.Used)
		}
	}
}

// tell runs once and prints the story or the result.
func (p *replication) tell(a *app, f *runFlags) error {
	c := report.NewCollector()
	c.Phases = f.output != "text"
	if c.Phases {
		c.Stories = 0
	}
	files, err := p.outputs(a)
	if err != nil {
		return err
	}
	needs(files, c)
	j := p.scenario.Judge()
	r, err := p.execute(a, append(append([]journal.Sink{c}, sinksOf(files)...), j.NeededSinks()...)...)
	if r == nil {
		return err
	}
	f.profiling.keep(r, c)
	p.judge(j, r, err)
	p.thresholds = p.scenario.Thresholds(j.Metrics())
	if failed := p.writeOutputs(a, f, files, r, c); err == nil {
		err = failed
	}
	var written error
	switch f.output {
	case "text":
		written = writeText(a, f, p, r, c)
		writeVerdicts(a.out, p.checks, p.thresholds)
	case "json":
		written = p.result(r, c).WriteJSON(a.out)
	case "yaml":
		written = p.result(r, c).WriteYAML(a.out)
	}
	if f.output != "text" {
		writeFailures(a.err, p.checks, p.thresholds)
	}
	if f.output != "text" {
		writeNotes(a.err, r.Notes)
	}
	unsettled(a.err, r, err)
	if err == nil {
		err = written
	}
	if err == nil {
		err = p.answer()
	}
	return err
}

// judge keeps the verdicts of the checks. A run that was given another end, or was cut short, leaves some undecided.
func (p *replication) judge(j *scenarios.Judge, r *sim.Run, err error) {
	p.checks = j.Checks(r, err != nil || p.until.given)
}

// answer is the error of a run that was carried out and did not do what its scenario demands. What an end given on the
// command line left undecided is no failure.
func (p *replication) answer() error {
	failed, undecided := report.Verdicts(p.checks, p.thresholds)
	if failed > 0 || undecided > 0 && !p.until.given {
		return &exit{code: exitNo}
	}
	return nil
}

// unsettled says so where a run without a duration was cut off.
func unsettled(w io.Writer, r *sim.Run, err error) {
	if err == nil && r.Options.Duration == 0 && !r.Engine.Settled() {
		fmt.Fprintf(w, "note: after %v of simulated time the run had not settled; --until sets another end\n", r.Engine.Now())
	}
}

// watchLog runs once and writes every change as it happens.
func (p *replication) watchLog(a *app) error {
	log := report.NewWatchLog(a.out)
	r, err := p.execute(a, log)
	if r == nil {
		return err
	}
	if closed := log.Close(); err == nil {
		err = closed
	}
	writeNotes(a.err, r.Notes)
	unsettled(a.err, r, err)
	return err
}

// result puts the outcome of a run together.
func (p *replication) result(r *sim.Run, c *report.Collector) *report.RunResult {
	out := &report.RunResult{
		Scenario: r.Options.Name, Version: version(), Kubernetes: scenarios.DefaultVersion, Profile: r.Options.Profile, Inputs: p.inputs,
		Seed: r.Options.Seed, Run: p.number, Digest: r.Journal.Digest(), Settled: r.Engine.Settled(), Time: r.Engine.Now(), Events: r.Engine.Ran(),
	}
	c.Fill(out)
	out.Checks, out.Thresholds = p.checks, p.thresholds
	out.Scheduling.Attempts = r.Attempts()
	for _, w := range p.problems {
		out.Warnings = append(out.Warnings, w.String())
	}
	for _, n := range r.Notes {
		out.Notes = append(out.Notes, report.NoteResult{At: n.At, What: n.What, Message: n.Message})
	}
	return out
}

// writeNotes prints what happened that stopped nothing.
func writeNotes(w io.Writer, notes []sim.Note) {
	for i, n := range notes {
		if i == maxProblems {
			fmt.Fprintf(w, "... and %d more notes\n", len(notes)-i)
			return
		}
		fmt.Fprintf(w, "%s: %s: %s\n", n.At.Round(time.Millisecond), n.What, n.Message)
	}
}

// listLibrary names the embedded scenarios.
func listLibrary(w *bufio.Writer) error {
	width := 0
	for _, e := range scenarios.Library() {
		width = max(width, len(e.Name))
	}
	for _, e := range scenarios.Library() {
		fmt.Fprintf(w, "%-*s  %s\n", width, e.Name, e.Title)
	}
	return nil
}
