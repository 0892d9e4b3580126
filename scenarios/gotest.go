package scenarios

import (
	"fmt"
	"maps"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"clustersim/model"
	"clustersim/report"
)

// TB is what Run needs of a *testing.T.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// RunOptions change how Run carries a scenario out. The zero value leaves it as its file says.
type RunOptions struct {
	LoadOptions
	Runs int // replications, over the file's; 0 = the file's
}

// Run loads a scenario file, carries out all its replications and all combinations of its matrix, and reports to t each check and
// each threshold that does not hold, as `simulate test` prints them. It returns the replications with their runs, for what else a
// test wants to look at.
func Run(t TB, path string, options ...RunOptions) []*Execution {
	t.Helper()
	var o RunOptions
	if len(options) > 0 {
		o = options[0]
	}
	data, err := files{FS: o.FS}.read(path)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	s, problems := Load(path, data, o.LoadOptions)
	if s == nil {
		var text strings.Builder
		_ = problems.Errors().Format(&text, 0)
		t.Fatalf("%s", text.String())
		return nil
	}
	var all []*Execution
	for _, cell := range s.Cells() {
		one, opt := s, o.LoadOptions
		if len(cell) > 0 {
			opt.Set = maps.Clone(o.Set)
			if opt.Set == nil {
				opt.Set = map[string]string{}
			}
			maps.Copy(opt.Set, cell)
			if one, problems = Load(path, data, opt); one == nil {
				t.Fatalf("%v", problems.Errors())
				return nil
			}
		}
		all = append(all, one.Try(t, o.Runs)...)
	}
	return all
}

// Try carries out the scenario's replications (0: as many as it says) and reports to t what does not hold.
func (s *Scenario) Try(t TB, runs int) []*Execution {
	t.Helper()
	if runs == 0 {
		runs = s.Runs
	}
	tried := &Tried{Trial: &Trial{Name: s.Name, Scenario: s}}
	results, errs := make([]*Execution, runs), make([]error, runs)
	for k := range runs {
		results[k], errs[k] = s.execute(k, nil, true)
	}
	tried.gather(results, errs)
	for _, e := range tried.Executions {
		for i := range e.Checks {
			if v := &e.Checks[i]; v.Outcome != report.Passed {
				t.Errorf("%s: run %d (seed %d): %s", s.Name, e.Run, e.Seed, v.Story())
			}
		}
	}
	for i := range tried.Thresholds {
		if th := &tried.Thresholds[i]; !th.Passed {
			t.Errorf("%s: %s: %s: %s (%s)", s.Name, th.Metric, th.Text, th.Shown, th.Place)
		}
	}
	if tried.Err != nil {
		t.Fatalf("%s: %v", s.Name, tried.Err)
	}
	return tried.Executions
}

// FromObjects makes a scenario of Kubernetes objects, all created at 0s; Nodes among them become machines. Without Nodes it runs on a
// default cluster (LoadOptions.Nodes). The objects are copied. The error lists everything that is wrong with them.
func FromObjects(name string, objects []runtime.Object, opt LoadOptions) (*Scenario, error) {
	manifests := make([]model.Manifest, 0, len(objects))
	for i, o := range objects {
		m, err := model.FromObject(o, model.Place{File: fmt.Sprintf("%s[%d]", name, i)})
		if err != nil {
			return nil, err
		}
		manifests = append(manifests, m)
	}
	s, problems := FromManifests(name, manifests, opt)
	if s == nil {
		var text strings.Builder
		_ = problems.Errors().Format(&text, 0)
		return nil, fmt.Errorf("%s", strings.TrimSpace(text.String()))
	}
	return s, nil
}

// ReadFile loads a scenario from the machine's file system. The scenario is nil if there is an error among the problems.
func ReadFile(path string, opt LoadOptions) (*Scenario, model.Problems) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, model.Problems{{Severity: model.Error, Message: reason(path, err).Error()}}
	}
	return Load(path, data, opt)
}
