package sim

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/sim/engine"
	"clustersim/sim/fault"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

var (
	kindStepRun    = engine.NewKind("timeline step", engine.RankWorld, false)
	kindStepRepeat = engine.NewKind("timeline step that repeats", engine.RankWorld, true)
	kindRevert     = engine.NewKind("timeline step reverted", engine.RankWorld, false)
	kindFailure    = engine.NewKind("node failure", engine.RankWorld, true)
	kindRepair     = engine.NewKind("node repair", engine.RankWorld, false)
)

// steps runs the timeline. It is the fault.Cluster that actions act on.
type steps struct {
	run      *Run
	machines map[string][]fault.Machine // by step name: the machines it took
	added    map[*world.Pattern]int
	current  *fault.Step
	times    map[*fault.Step]int
	within   bool // a step goes on after its beginning
}

func newSteps(r *Run) *steps {
	s := &steps{run: r, machines: map[string][]fault.Machine{}, added: map[*world.Pattern]int{}, times: map[*fault.Step]int{}}
	for i := range r.Options.Steps {
		step := &r.Options.Steps[i]
		switch {
		case step.Every > 0:
			s.repeat(step, step.Every)
		case step.After == "" && !step.When:
			r.Engine.At(step.At, kindStepRun, engine.Func(func() { s.do(step) }))
		}
	}
	for _, n := range r.Options.Nodes {
		s.failures(n)
	}
	return s
}

func (s *steps) repeat(step *fault.Step, at engine.Time) {
	if step.Until > 0 && at >= step.Until {
		return
	}
	kind := kindStepRepeat
	if step.Until > 0 {
		kind = kindStepRun
	}
	s.run.Engine.At(at, kind, engine.Func(func() {
		s.do(step)
		s.repeat(step, at+step.Every)
	}))
}

// do carries out a step, queues its end, and the steps that follow it.
func (s *steps) do(step *fault.Step) {
	s.current = step
	s.times[step]++
	name := noteName(step)
	s.markStep(step)
	if a, ok := step.Action.(fault.Runner); ok {
		revert, err := a.Run(s)
		if err != nil {
			s.run.note(name, "%s: %v", step.Position, err)
		}
		if revert != nil && step.For > 0 {
			targets := s.targets(step.Action)
			s.run.Engine.After(step.For, kindRevert, engine.Func(func() {
				s.markEnd(step, targets)
				revert()
			}))
		}
	}
	for _, o := range s.run.observers {
		o.Stepped(step)
	}
	if step.Name == "" {
		return
	}
	for i := range s.run.Options.Steps {
		next := &s.run.Options.Steps[i]
		if next.After == step.Name {
			s.run.Engine.After(next.Delay, kindStepRun, engine.Func(func() { s.do(next) }))
		}
	}
}

// noteName is what notes of a step are filed under.
func noteName(step *fault.Step) string {
	if step.Name != "" {
		return "step " + step.Name
	}
	return "step " + step.ActionName
}

// Notes implements fault.Cluster.
func (s *steps) Notes() func(format string, args ...any) {
	step := s.current
	return func(format string, args ...any) {
		s.run.note(noteName(step), "%s: %s", step.Position, fmt.Sprintf(format, args...))
	}
}

// Continue implements fault.Cluster.
func (s *steps) Continue() func(do func()) {
	step := s.current
	return func(do func()) {
		current, within := s.current, s.within
		s.current, s.within = step, true
		s.run.Engine.Act(rule.ScenarioStep)
		do()
		s.current, s.within = current, within
	}
}

// failures queues the crashes and repairs of a node's failure model.
func (s *steps) failures(n world.NodeTemplate) {
	f := n.Failures
	if f == nil || !f.MTBF.IsSet() {
		return
	}
	draws := s.run.Engine.Stream("failures/" + n.Object.Name)
	var fail func()
	fail = func() {
		s.run.Engine.After(f.MTBF.Duration(draws), kindFailure, engine.Func(func() {
			m := s.run.Kubelets.Node(n.Object.Name)
			targets := []string{"Node/" + n.Object.Name}
			s.run.Engine.Why = 0
			s.run.mark(&journal.Mark{Type: journal.Begun, Action: "failure", Targets: targets}, rule.ScenarioFailure)
			m.Crash()
			s.run.Engine.After(f.MTTR.Duration(draws), kindRepair, engine.Func(func() {
				s.run.mark(&journal.Mark{Type: journal.Ended, Action: "failure", Targets: targets}, rule.ScenarioFailure)
				m.Recover()
				fail()
			}))
		}))
	}
	fail()
}

// Engine implements fault.Cluster.
func (s *steps) Engine() *engine.Engine { return s.run.Engine }

// Store implements fault.Cluster.
func (s *steps) Store() *store.Store { return s.run.Store }

// World implements fault.Cluster.
func (s *steps) World() *world.World { return s.run.world }

// API implements fault.Cluster.
func (s *steps) API() fault.API { return s.run.api }

// AddNode implements fault.Cluster.
func (s *steps) AddNode(t world.NodeTemplate) { s.run.Kubelets.AddNode(t, false) }

// Added implements fault.Cluster.
func (s *steps) Added(p *world.Pattern) int {
	s.added[p]++
	return s.added[p]
}

// Stream implements fault.Cluster: one stream for each step, purpose and time that the step has run.
func (s *steps) Stream(purpose string) *engine.Stream {
	return s.run.Engine.Stream(fmt.Sprintf("step/%s/%d/%s", s.id(s.current), s.times[s.current], purpose))
}

// id tells a step from all others, by its name or as the n-th nameless one of its action: another step beside it leaves its
// stream as it was.
func (s *steps) id(step *fault.Step) string {
	if step.Name != "" {
		return "named/" + step.Name
	}
	n := 0
	for i := range s.run.Options.Steps {
		o := &s.run.Options.Steps[i]
		if o == step {
			break
		}
		if o.Name == "" && o.ActionName == step.ActionName {
			n++
		}
	}
	return fmt.Sprintf("%s/%d", step.ActionName, n)
}

// Machines implements fault.Cluster.
func (s *steps) Machines(t *fault.Target) ([]fault.Machine, error) {
	found, err := s.named(t)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no node matches the target")
	}
	found = s.some(found, t.Mode)
	if s.current.Name != "" && !s.within {
		s.machines[s.current.Name] = found
	}
	return found, nil
}

// named are the machines that a target names, before its mode thins them out.
func (s *steps) named(t *fault.Target) (found []fault.Machine, err error) {
	if t.Step != "" {
		return s.machines[t.Step], nil
	}
	selector, err := labels.Parse(t.Select)
	if err != nil {
		return nil, err
	}
	for _, n := range s.run.Kubelets.Nodes() {
		if s.matches(t, n.Name(), selector) {
			found = append(found, n)
		}
	}
	return found, nil
}

func (s *steps) matches(t *fault.Target, name string, selector labels.Selector) bool {
	if t.Node != "" {
		return t.Node == name
	}
	l := s.run.Kubelets.Node(name).Labels()
	if t.Zone != "" {
		return l[corev1.LabelTopologyZone] == t.Zone
	}
	return selector.Matches(labels.Set(l))
}

// some thins machines out by mode: which ones is drawn.
func (s *steps) some(ms []fault.Machine, mode fault.Mode) []fault.Machine {
	n := mode.Of(len(ms))
	if n == len(ms) {
		return ms
	}
	draws, left := s.Stream("mode"), slices.Clone(ms)
	for i := range n {
		j := i + int(draws.Int64N(int64(len(left)-i)))
		left[i], left[j] = left[j], left[i]
	}
	return left[:n]
}
