package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"clustersim/report"
	"clustersim/report/metric"
	"clustersim/scenarios/check"
	"clustersim/sim"
	"clustersim/sim/journal"
	"clustersim/sim/world"
)

// Judge looks after the checks of one replication and measures it. Give its Sinks to sim.New, run, and ask for the verdicts.
type Judge struct {
	scenario *Scenario
	checker  *check.Checker
	story    *report.Collector // for goldens
}

// Judge returns the judge of one replication.
func (s *Scenario) Judge() *Judge {
	j := &Judge{scenario: s, checker: check.New(&check.Suite{Checks: s.suite.Checks})}
	j.checker.Measure(metric.Options{Price: s.prices()})
	if len(s.goldens()) > 0 {
		j.story = report.NewCollector()
		j.story.Stories = -1
	}
	return j
}

// Demands says whether the scenario has anything to judge: checks or thresholds.
func (s *Scenario) Demands() bool { return len(s.suite.Checks) > 0 || len(s.limits) > 0 }

// Sinks are what the run must be given.
func (j *Judge) Sinks() []journal.Sink {
	list := []journal.Sink{j.checker}
	if j.story != nil {
		list = append(list, j.story)
	}
	return list
}

// NeededSinks are Sinks if the scenario demands something, else none: a run that nothing is demanded of costs nothing more. There
// are then no metrics.
func (j *Judge) NeededSinks() []journal.Sink {
	if !j.scenario.Demands() {
		return nil
	}
	return j.Sinks()
}

// Metrics is what was measured until now.
func (j *Judge) Metrics() *metric.Data { return j.checker.Metrics() }

// Checks are the verdicts on all checks, when the run has ended. cut says that it ended before its own time.
func (j *Judge) Checks(r *sim.Run, cut bool) []report.CheckResult {
	list := j.checker.Finish(cut)
	for _, g := range j.scenario.goldens() {
		list = append(list, j.golden(g, r, cut))
	}
	for i := range list {
		if v := &list[i]; v.Outcome == report.Failed {
			j.scenario.commands(v, r)
		}
	}
	return list
}

// commands are how to see a failure again. What the end decided needs the whole run: one that is cut short decides nothing at its end.
func (s *Scenario) commands(v *report.CheckResult, r *sim.Run) {
	seed := r.Options.Seed
	until := (v.At + time.Millisecond).Truncate(time.Millisecond)
	input := s.input()
	v.Replay = fmt.Sprintf("simulate run %s --seed %d --runs 1", input, seed)
	if v.At < r.Engine.Now() {
		v.Replay += fmt.Sprintf(" --until %s", until)
	}
	if v.Object != "" && !strings.HasPrefix(v.Object, "Event/") {
		in := ""
		if v.Namespace != "" && v.Namespace != "default" {
			in = " -n " + v.Namespace
		}
		v.Why = fmt.Sprintf("simulate why %s%s %s --seed %d --at %s", strings.ToLower(v.Object[:1])+v.Object[1:], in, input, seed, until)
	}
}

// input is how a command line names the scenario.
func (s *Scenario) input() string {
	name := "-f " + s.File
	if s.library {
		name = strings.TrimSuffix(s.File, ".yaml")
	}
	for _, k := range slices.Sorted(maps.Keys(s.set)) {
		name += " --set " + shellQuote(k+"="+s.set[k])
	}
	return name
}

// shellQuote quotes what a shell would take apart.
func shellQuote(s string) string {
	if strings.ContainsAny(s, " \t\n'\"\\$`*?[]{}()<>|&;#~!") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// Thresholds are the verdicts on the scenario's thresholds, over one run or several (metric.Merge).
func (s *Scenario) Thresholds(d *metric.Data) []report.ThresholdResult {
	list := make([]report.ThresholdResult, 0, len(s.limits))
	for i := range s.limits {
		l := &s.limits[i]
		v, ok := d.Value(l.Selector, l.Aggregate)
		r := report.ThresholdResult{Metric: l.Selector.String(), Text: l.Text, Place: l.Place.String(), Measured: ok, Runs: d.Runs()}
		if ok {
			r.Value, r.Passed = v, l.Holds(v)
			r.Shown = l.Aggregate.String() + " = " + l.Selector.Metric.Format(l.Aggregate, v)
		} else {
			r.Shown = "nothing was measured"
		}
		if !r.Passed {
			r.Replay = fmt.Sprintf("simulate run %s --seed %d --runs %d", s.input(), s.Seed, max(1, d.Runs()))
		}
		list = append(list, r)
	}
	return list
}

// Thresholds are the verdicts on the scenario's thresholds over this replication alone.
func (j *Judge) Thresholds() []report.ThresholdResult { return j.scenario.Thresholds(j.Metrics()) }

// prices knows the price of every node that the scenario can bring.
func (s *Scenario) prices() func(string) float64 {
	known := map[string]float64{}
	for _, n := range s.options.Nodes {
		known[n.Object.Name] = n.Price
	}
	return func(name string) float64 {
		if p, ok := known[name]; ok {
			return p
		}
		for _, p := range s.patterns { // nodes that came later
			if world.Match(strings.NewReplacer("{i}", "*", "{zone}", "*").Replace(p.Name), name) {
				return p.Proto.Price
			}
		}
		return 0
	}
}
