package main

import (
	"io/fs"
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

// find reads all scenarios that the arguments name. The error is a mistake in the arguments.
func (f *testFlags) find(a *app, only *regexp.Regexp) (trials []scenarios.Trial, bad []badScenario, err error) {
	take := func(name string, load func(scenarios.LoadOptions) (*scenarios.Scenario, model.Problems)) {
		if !only.MatchString(name) {
			return
		}
		list, problems := f.trials(name, load)
		if list == nil {
			bad = append(bad, badScenario{name, problems})
			return
		}
		_ = problems.Warnings().Format(a.err, maxProblems)
		trials = append(trials, list...)
	}
	for _, p := range f.paths {
		files, library, err := expandTest(p)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range library {
			take(name, func(o scenarios.LoadOptions) (*scenarios.Scenario, model.Problems) {
				return scenarios.LoadLibrary(name, o)
			})
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, nil, usagef("%v", err)
			}
			if !scenarios.Holds(data) {
				if name == p {
					return nil, nil, usagef("%s: holds no scenario", p)
				}
				continue
			}
			take(name, func(o scenarios.LoadOptions) (*scenarios.Scenario, model.Problems) {
				return scenarios.Load(name, data, o)
			})
		}
	}
	if len(trials)+len(bad) == 0 {
		return nil, nil, usagef("no scenario found below %s%s", strings.Join(f.paths, ", "), matching(f.only))
	}
	return trials, bad, nil
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
