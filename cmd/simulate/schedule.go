package main

import (
	"encoding/json"
	"os"

	"github.com/spf13/cobra"

	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/config"
	"clustersim/sim/scheduler"
)

// scheduleFlags are those of `simulate schedule`.
type scheduleFlags struct {
	input
	allNodes bool
	tieBreak string
	output   string
	config   string
}

// newSchedule is `simulate schedule`.
func newSchedule(a *app) *cobra.Command {
	f := &scheduleFlags{}
	c := &cobra.Command{
		Use:   "schedule {-f FILE | NAME}... [flags]",
		Short: "Place the pods of the input, one by one, and run nothing",
		Example: `  # Where each pod would go, and why the others would not
  simulate schedule -f nodes.yaml -f pods.yaml

  # What every node says of every pod: the plugin that turns it down, or the scores
  simulate schedule -f cluster.yaml --all-nodes -o jsonl

  # On a cluster of three nodes, for a file without any
  simulate schedule -f pods.yaml --nodes 3 --node-cpu 8

  # With the scheduler's own configuration
  simulate schedule -f cluster.yaml --scheduler-config scheduler.yaml`,
		ValidArgsFunction: completeInput,
		RunE: func(_ *cobra.Command, args []string) error {
			f.files = append(f.files, args...)
			return f.run(a)
		},
	}
	f.register(c)
	fs := c.Flags()
	fs.BoolVar(&f.allNodes, "all-nodes", false, "look at every node, however many there are, instead of sampling")
	fs.StringVar(&f.tieBreak, "tie-break", "upstream", "`WHICH` of equally good nodes: upstream (as kube-scheduler) or first (by name)")
	fs.StringVar(&f.config, "scheduler-config", "", "a KubeSchedulerConfiguration in this `FILE`, instead of the scenario's")
	fs.StringVarP(&f.output, "output", "o", "text", "`FORMAT`: text, or jsonl (a line of JSON each pod)")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "jsonl"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("tie-break", cobra.FixedCompletions([]string{"upstream", "first"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (f *scheduleFlags) check() error {
	switch f.output {
	case "text", "jsonl":
	default:
		return usagef("-o %s: must be text or jsonl", f.output)
	}
	switch f.tieBreak {
	case "upstream", "first":
	default:
		return usagef("--tie-break %s: must be upstream or first", f.tieBreak)
	}
	return nil
}

func (f *scheduleFlags) run(a *app) error {
	if err := f.check(); err != nil {
		return err
	}
	s, err := f.one(a)
	if err != nil {
		return err
	}
	if err := s.problems.Format(a.err, maxProblems); err != nil {
		return err
	}
	o, err := s.options(0, 1)
	if err != nil {
		return usagef("%v", err)
	}
	if f.config != "" {
		if err := configureScheduler(a, f.config, f.profile, &o.Components); err != nil {
			return err
		}
	}
	p, err := sim.NewPlacement(o)
	if err != nil {
		return usagef("%v", err)
	}
	how := scheduler.Options{AllNodes: f.allNodes, FirstTie: f.tieBreak == "first", Brief: f.output == "text"}
	if f.output == "jsonl" {
		err = writePlacements(a, p, how)
	} else {
		err = writePlacementTable(a, p, how)
	}
	writeNotes(a.err, p.Notes)
	return err
}

// configureScheduler lays the scheduler's own file over a profile's settings.
func configureScheduler(a *app, file, profile string, c *config.Components) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return usagef("%v", err)
	}
	fresh, _ := config.Profile(profile)
	problems := scenarios.ReadSchedulerConfig(file, data, &fresh.Scheduler)
	_ = problems.Format(a.err, maxProblems)
	if problems.HasErrors() {
		return &exit{code: exitUsage}
	}
	c.Scheduler = fresh.Scheduler
	return nil
}

// writePlacements writes a line of JSON for each pod, as it is placed.
func writePlacements(a *app, p *sim.Placement, how scheduler.Options) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	for {
		res, ok := p.Next(how)
		if !ok || a.interrupted.Load() {
			return interruptedError(a)
		}
		if err := enc.Encode(&res); err != nil {
			return err
		}
	}
}

// interruptedError ends a command that Ctrl-C cut short.
func interruptedError(a *app) error {
	if a.interrupted.Load() {
		return &exit{code: exitInterrupted}
	}
	return nil
}
