package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"clustersim/report/timeline"
	"clustersim/scenarios"
	"clustersim/scenarios/find"
)

// findFlags are those of `simulate find`.
type findFlags struct {
	set   []string
	seed  seed
	tries int
	runs  int
	check string
	shift time.Duration
	out   string
}

// newFind is `simulate find`.
func newFind(a *app) *cobra.Command {
	f := &findFlags{}
	c := &cobra.Command{
		Use:   "find {FILE | NAME} [flags]",
		Short: "Search for a seed that breaks a check, and make the scenario small",
		Example: `  # Does any of a hundred seeds break what the scenario expects?
  simulate find rollout.yaml --seeds 100

  # Also with the faults up to 30 seconds earlier or later; what is found goes to a file
  simulate find rollout.yaml --seeds 200 --shift 30s --out found.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("find takes one scenario: a file, or the name of a library scenario")
			}
			return nil
		},
		ValidArgsFunction: completeInput,
		RunE:              func(_ *cobra.Command, args []string) error { return f.run(a, args[0]) },
	}
	fs := c.Flags()
	fs.IntVar(&f.tries, "seeds", 100, "try `N` seeds, from the scenario's own on")
	fs.Var(&f.seed, "seed", "the first seed, instead of the scenario's `N`")
	fs.StringVar(&f.check, "check", "", "only the check of this `NAME`")
	fs.DurationVar(&f.shift, "shift", 0, "move each step of the timeline by up to this `TIME`, another way for each seed")
	fs.IntVar(&f.runs, "shrink-runs", 5000, "at most `N` runs to make it small")
	fs.StringArrayVar(&f.set, "set", nil, "`NAME=VALUE` of a parameter of the scenario; repeatable")
	fs.StringVar(&f.out, "out", "", "write what is found to this `FILE` instead of standard output")
	return c
}

func (f *findFlags) run(a *app, name string) error {
	if f.tries < 1 {
		return usagef("--seeds %d: must be at least 1", f.tries)
	}
	if f.shift < 0 {
		return usagef("--shift %v: must not be negative", f.shift)
	}
	in := input{set: f.set}
	opt, err := in.loadOptions()
	if err != nil {
		return err
	}
	s := &find.Search{File: filepath.ToSlash(name), Load: opt, Tries: f.tries, Runs: f.runs, Check: f.check, Shift: f.shift, Interrupt: func() error {
		if a.interrupted.Load() {
			return errInterrupted
		}
		return nil
	}}
	if !exists(name) && inLibrary(name) {
		s.Text, err = scenarios.Open(name)
		s.Load.FS = scenarios.LibraryFS()
		s.File = name + ".yaml"
	} else {
		s.Text, err = os.ReadFile(name)
	}
	if err != nil {
		return usagef("%v", err)
	}
	loaded, problems := scenarios.Load(s.File, s.Text, s.Load)
	if loaded == nil || problems.HasErrors() {
		_ = problems.Errors().Format(a.err, maxProblems)
		return &exit{code: exitUsage}
	}
	if f.check != "" && !slices.Contains(loaded.Checks(), f.check) {
		known := "it has none"
		if names := loaded.Checks(); len(names) > 0 {
			known = "known: " + strings.Join(names, ", ")
		}
		return usagef("--check %s: the scenario has no such check (%s)", f.check, known)
	}
	if s.Seed = loaded.Seed; f.seed.given {
		s.Seed = f.seed.value
	}
	if a.errTerminal {
		s.Tell = func(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }
	}
	found, err := s.Run()
	switch {
	case errors.Is(err, errInterrupted):
		return &exit{exitInterrupted, interruptedSearch(s)}
	case err != nil:
		return usagef("%v", err)
	case found == nil:
		if f.tries == 1 {
			fmt.Fprintf(a.err, "no check breaks with the seed %d\n", s.Seed)
			return nil
		}
		fmt.Fprintf(a.err, "no check breaks with the seeds %d to %d\n", s.Seed, s.Seed+uint64(f.tries)-1)
		return nil
	}
	return f.tell(a, s, found)
}

// interruptedSearch says how far a search came.
func interruptedSearch(s *find.Search) string {
	if s.BrokenBy != nil {
		return fmt.Sprintf("interrupted: seed %d breaks a check; it was being made small", *s.BrokenBy)
	}
	return fmt.Sprintf("interrupted in try %d of %d: no check had broken", max(s.Tried, 1), s.Tries)
}

// tell says what was found and writes it. The exit code is that of a "no": what was expected does not hold.
func (f *findFlags) tell(a *app, s *find.Search, found *find.Found) error {
	when := "when the run ends"
	if found.Check.At >= 0 {
		when = "at " + timeline.Clock(found.Check.At)
	}
	fmt.Fprintf(a.err, "seed %d breaks %q %s, after %d tries: %s\n", found.Seed, firstOf(found.Check.Name, found.Check.Expects), when, found.Tried, found.Check.Message)
	fmt.Fprintf(a.err, "made small in %d runs: %v, before: %v\n", found.Shrunk, found.After, found.Before)
	if f.out == "" {
		_, _ = a.out.Write(found.Text)
		return &exit{code: exitNo}
	}
	if err := os.WriteFile(f.out, found.Text, 0o644); err != nil {
		return usagef("--out: %v", err)
	}
	fmt.Fprintf(a.err, "it fails by itself: simulate test %s\n", f.out)
	return &exit{code: exitNo}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
