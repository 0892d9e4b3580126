package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"clustersim/model"
	"clustersim/scenarios"
)

// testFlags are those of `simulate test`.
type testFlags struct {
	paths    []string
	set      []string
	seed     seed
	runs     count
	profile  string
	only     string
	parallel count
	failFast bool
	verbose  bool
	update   bool
	reports  []string
}

// newTest is `simulate test`.
func newTest(a *app) *cobra.Command {
	f := &testFlags{parallel: count(runtime.GOMAXPROCS(0))}
	c := &cobra.Command{
		Use:   "test PATH... [flags]",
		Short: "Run scenarios and say whether what they expect holds",
		Example: `  # All scenarios below a directory
  simulate test scenarios/

  # Those whose name matches, with every check, for the pipeline
  simulate test scenarios/ --run node-loss -v --report junit=out/junit.xml --report github

  # Scenarios of the library: one, or all of a topic
  simulate test lesson/

  # Write the golden timelines anew
  simulate test scenarios/ --update

  # Exit codes: 0 all hold, 1 something does not, 2 a scenario cannot be read,
  # 3 a run could not finish`,
		ValidArgsFunction: completeInput,
		RunE: func(_ *cobra.Command, args []string) error {
			f.paths = args
			return f.run(a)
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.only, "run", "", "only scenarios whose name matches `REGEX`")
	fs.Var(&f.parallel, "parallel", "at most `N` runs at a time, each on a core; the default is the number of cores")
	fs.BoolVar(&f.failFast, "fail-fast", false, "begin no other scenario after the first that fails")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "tell of every check and threshold")
	fs.StringArrayVar(&f.reports, "report", nil, "also write junit=`FILE`, json=FILE, or github (annotations on standard output); repeatable")
	fs.BoolVar(&f.update, "update", false, "write the golden timelines as they are now")
	fs.StringArrayVar(&f.set, "set", nil, "`NAME=VALUE` of a parameter, for scenarios that declare it; repeatable")
	fs.Var(&f.seed, "seed", "seed of all randomness, instead of the scenarios' `N`")
	fs.Var(&f.runs, "runs", "`N` replications, instead of what the scenarios say")
	fs.StringVar(&f.profile, "profile", "", "latencies and defaults, instead of the scenarios' `NAME`")
	return c
}

func (f *testFlags) run(a *app) error {
	if len(f.paths) == 0 {
		return usagef("nothing to test: give files, directories or names of library scenarios")
	}
	only, err := regexp.Compile(f.only)
	if err != nil {
		return usagef("--run %s: %v", f.only, err)
	}
	reports, err := f.openReports()
	if err != nil {
		return err
	}
	trials, bad, err := f.find(a, only)
	if err != nil {
		return err
	}
	began := time.Now()
	s := &session{app: a, flags: f, reports: reports, written: map[string][]byte{}}
	for _, b := range bad {
		s.broken(b)
	}
	if !f.failFast || len(bad) == 0 {
		scenarios.TryAll(trials, int(f.parallel), f.failFast, s.interrupt, s.tell)
	} else {
		s.skipped = len(trials)
	}
	if err := s.close(time.Since(began)); err != nil {
		return err
	}
	return s.answer()
}

// trial makes the trials of one scenario: one for each cell of its matrix.
func (f *testFlags) trials(name string, load func(scenarios.LoadOptions) (*scenarios.Scenario, model.Problems)) (list []scenarios.Trial, problems model.Problems) {
	opt, err := f.loadOptions()
	if err != nil {
		return nil, model.Problems{{Severity: model.Error, Message: err.Error()}}
	}
	given := opt.Set
	opt.Set = nil
	s, problems := load(opt)
	if s == nil {
		return nil, problems
	}
	seen := map[string]bool{}
	for _, cell := range s.Cells() {
		for _, name := range s.Params() {
			if v, ok := given[name]; ok {
				cell[name] = v
			}
		}
		label := cellName(s, cell)
		if seen[label] {
			continue // --set says what the axis would have
		}
		seen[label] = true
		one := s
		if len(cell) > 0 {
			opt.Set = cell
			var ps model.Problems
			if one, ps = load(opt); one == nil {
				return nil, ps
			}
		}
		if f.seed.given {
			one.Seed = f.seed.value
		}
		list = append(list, scenarios.Trial{Name: name + label, Scenario: one, Runs: int(f.runs)})
	}
	return list, append(problems, s.Lint()...)
}

// cellName is [workers=5] behind the name of a scenario with a matrix.
func cellName(s *scenarios.Scenario, cell map[string]string) string {
	text := ""
	for _, a := range s.Matrix() {
		if text != "" {
			text += ","
		}
		text += a.Name + "=" + cell[a.Name]
	}
	if text == "" {
		return ""
	}
	return "[" + text + "]"
}

func (f *testFlags) loadOptions() (scenarios.LoadOptions, error) {
	in := input{set: f.set, profile: f.profile}
	return in.loadOptions()
}

// writeGoldens writes the golden files of a trial. written are those before it: two timelines have no place in one file.
func writeGoldens(t *scenarios.Tried, written map[string][]byte) error {
	var list []scenarios.Golden
	for _, e := range t.Executions {
		list = append(list, e.Goldens...)
	}
	for _, g := range list {
		if old, ok := written[g.Path]; ok && bytes.Equal(old, g.Text) {
			continue
		} else if ok {
			return fmt.Errorf("golden: %s: %s has another timeline than what was written there: give each cell a file (golden: x-$(NAME).txt), and one run (runs: 1)", g.Path, t.Name)
		}
		written[g.Path] = g.Text
		if err := os.MkdirAll(filepath.Dir(g.Path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(g.Path, g.Text, 0o666); err != nil {
			return fmt.Errorf("golden: %w", err)
		}
	}
	return nil
}
