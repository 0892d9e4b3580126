package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"clustersim/model"
	"clustersim/scenarios"
	"clustersim/scenarios/sweep"
)

// plan reads the scenarios once, to find their mistakes, and packs all that they lead to.
func (f *sweepFlags) plan(a *app) (*sweep.Plan, []byte, error) {
	axes, err := f.axes()
	if err != nil {
		return nil, nil, err
	}
	p := &sweep.Plan{Version: version(), Profile: f.profile, Metrics: f.metrics, Until: f.until.duration}
	if len(p.Metrics) == 0 {
		p.Metrics = sweep.DefaultMetrics
	}
	if f.seed.given {
		p.Seed = &f.seed.value
	}
	files := &sweep.Files{}
	for _, name := range f.files {
		in, err := f.input(a, name, axes, files)
		if err != nil {
			return nil, nil, err
		}
		p.Inputs = append(p.Inputs, *in)
	}
	if err := p.Check(); err != nil {
		return nil, nil, usagef("%v", err)
	}
	bundle, called, err := files.Bundle()
	if err != nil {
		return nil, nil, err
	}
	for i := range p.Inputs {
		if in := &p.Inputs[i]; !in.Library {
			in.Name = called(in.Name)
		}
	}
	p.Bundle = sweep.Digest(bundle)
	return p, bundle, nil
}

// input loads one scenario with the first value of each axis.
func (f *sweepFlags) input(a *app, name string, axes []sweep.Axis, files *sweep.Files) (*sweep.Input, error) {
	in := &sweep.Input{Name: name, Axes: axes}
	opt := scenarios.LoadOptions{Set: in.Set(0), Profile: f.profile, Opened: files.Opened}
	var s *scenarios.Scenario
	var problems model.Problems
	if !exists(name) && inLibrary(name) {
		in.Library = true
		s, problems = scenarios.LoadLibrary(strings.TrimSuffix(name, ".yaml"), scenarios.LoadOptions{Set: in.Set(0), Profile: f.profile})
	} else {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, usagef("%v", err)
		}
		files.Opened(name, data)
		s, problems = scenarios.Load(name, data, opt)
	}
	if s == nil {
		_ = problems.Errors().Format(a.err, maxProblems)
		return nil, &exit{code: exitUsage}
	}
	for _, m := range s.Matrix() {
		if !slices.ContainsFunc(axes, func(x sweep.Axis) bool { return x.Name == m.Name }) {
			in.Axes = append(in.Axes, sweep.Axis{Name: m.Name, Values: m.Values})
		}
	}
	if in.Runs = int(f.runs); in.Runs == 0 {
		in.Runs = s.Runs
	}
	return in, nil
}

// axes are those of --set.
func (f *sweepFlags) axes() (out []sweep.Axis, err error) {
	for _, pair := range f.set {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, usagef("--set %s: must be NAME=VALUES", pair)
		}
		if slices.ContainsFunc(out, func(x sweep.Axis) bool { return x.Name == name }) {
			return nil, usagef("--set %s: given twice", name)
		}
		values, err := valuesOf(text)
		if err != nil {
			return nil, usagef("--set %s: %v", name, err)
		}
		out = append(out, sweep.Axis{Name: name, Values: values})
	}
	return out, nil
}

// maxRange bounds a range of values.
const maxRange = 100_000

// valuesOf reads 3..50, a,b,c, or one value.
func valuesOf(text string) ([]string, error) {
	from, to, ok := strings.Cut(text, "..")
	a, err1 := strconv.ParseInt(from, 10, 64)
	b, err2 := strconv.ParseInt(to, 10, 64)
	if !ok || err1 != nil || err2 != nil {
		return strings.Split(text, ","), nil
	}
	if b < a || b-a >= maxRange {
		return nil, fmt.Errorf("%s: must be a range of at most %d whole numbers, the smaller first", text, maxRange)
	}
	var out []string
	for n := a; n <= b; n++ {
		out = append(out, strconv.FormatInt(n, 10))
	}
	return out, nil
}
