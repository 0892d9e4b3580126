package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"clustersim/model"
	"clustersim/scenarios"
)

// badScenario is a file that cannot be read as a scenario.
type badScenario struct {
	name     string
	problems model.Problems
}

// chooser is --run: which scenarios are meant.
type chooser struct {
	text string
	*regexp.Regexp
}

// takes says whether one of the names is meant. A printed name is taken as it stands too: its [workers=3] is no set of letters.
func (c chooser) takes(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return c.MatchString(name) || strings.Contains(name, c.text) })
}

// finding is what find has come to.
type finding struct {
	flags    *testFlags
	app      *app
	only     chooser
	trials   []scenarios.Trial
	bad      []badScenario
	planned  int
	declared map[string]bool // parameters of all scenarios
}

// take reads a scenario and keeps what is meant of it.
func (f *finding) take(name string, load func(scenarios.LoadOptions) (*scenarios.Scenario, model.Problems)) error {
	list, problems := f.flags.trials(name, load)
	if list == nil {
		if f.only.takes(name) {
			f.bad = append(f.bad, badScenario{name, problems})
		}
		return nil
	}
	for _, p := range list[0].Scenario.Params() {
		f.declared[p] = true
	}
	list = slices.DeleteFunc(list, func(t scenarios.Trial) bool { return !f.only.takes(t.Name, t.Scenario.Name) })
	if len(list) == 0 {
		return nil
	}
	_ = problems.Warnings().Format(f.app.err, maxProblems)
	f.trials = append(f.trials, list...)
	for i := range list {
		n := list[i].Runs
		if n == 0 {
			n = list[i].Scenario.Runs
		}
		if f.planned += n; f.planned > scenarios.MaxRuns {
			return usagef("%s: more than %d runs in all", list[i].Name, scenarios.MaxRuns)
		}
	}
	return nil
}

// undeclared looks for a --set that is for nobody.
func (f *finding) undeclared() error {
	if len(f.bad) > 0 {
		return nil // it may be for one of them
	}
	opt, err := f.flags.loadOptions()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(opt.Set)) {
		if !f.declared[name] {
			return usagef("--set: no scenario has a parameter %q in spec.params", name)
		}
	}
	return nil
}

// find reads all scenarios that the arguments name. The error is a mistake in the arguments.
func (f *testFlags) find(a *app, only *regexp.Regexp) (trials []scenarios.Trial, bad []badScenario, err error) {
	in := &finding{flags: f, app: a, only: chooser{f.only, only}, declared: map[string]bool{}}
	for _, p := range f.paths {
		files, library, err := expandTest(p)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range library {
			if err := in.take(name, func(o scenarios.LoadOptions) (*scenarios.Scenario, model.Problems) {
				return scenarios.LoadLibrary(name, o)
			}); err != nil {
				return nil, nil, err
			}
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, nil, usagef("%v", err)
			}
			if !scenarios.Holds(data) && !scenarios.Broken(data) {
				if name == p {
					return nil, nil, usagef("%s: holds no scenario", p)
				}
				continue
			}
			if err := in.take(name, func(o scenarios.LoadOptions) (*scenarios.Scenario, model.Problems) {
				return scenarios.Load(name, data, o)
			}); err != nil {
				return nil, nil, err
			}
		}
	}
	if len(in.trials)+len(in.bad) == 0 {
		return nil, nil, usagef("no scenario found below %s%s", strings.Join(f.paths, ", "), matching(f.only))
	}
	return in.trials, in.bad, in.undeclared()
}

func matching(only string) string {
	if only == "" {
		return ""
	}
	return " whose name matches " + only
}

// expandTest turns an argument into files, or into names of library scenarios.
func expandTest(p string) (files, library []string, err error) {
	info, err := os.Stat(p)
	switch {
	case err == nil && !info.IsDir():
		return []string{p}, nil, nil
	case err == nil:
		err = filepath.WalkDir(p, func(name string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir() && name != p && strings.HasPrefix(e.Name(), "."):
				return filepath.SkipDir
			case !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)):
				files = append(files, filepath.ToSlash(name))
			}
			return nil
		})
		if err != nil {
			return nil, nil, usagef("%v", err)
		}
		return files, nil, nil
	}
	for _, e := range scenarios.Library() {
		if e.Name == strings.TrimSuffix(p, ".yaml") || strings.HasPrefix(e.Name, strings.TrimSuffix(p, "/")+"/") {
			library = append(library, e.Name)
		}
	}
	if library == nil {
		return nil, nil, usagef("%s: no such file or directory, nor a scenario of the library", p)
	}
	return nil, library, nil
}
