package scenarios

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/sim/fault"
)

// linter collects what is legal but surely not meant.
type linter struct {
	*Scenario
	*inventory
	problems model.Problems
}

// Lint says what is legal but probably not meant: selectors that match nothing, targets that do not exist, steps after the
// end, references to objects that are nowhere defined. All are warnings: each is also a thing that one may want to simulate.
func (s *Scenario) Lint() model.Problems {
	l := &linter{Scenario: s, inventory: newInventory(s)}
	l.selectors()
	l.targets()
	l.ends()
	l.references()
	l.checks()
	l.twice()
	for _, p := range l.unused {
		l.warn(p.place, "the parameter %q stands nowhere: no $(%s)", p.name, p.name)
	}
	return sorted(l.problems)
}

func (l *linter) warn(at model.Place, format string, args ...any) {
	l.problems = append(l.problems, l.problemAt(at, format, args...))
}

// selectors looks for behaviours that no container takes.
func (l *linter) selectors() {
	for i := range l.options.Behaviors {
		b, at := &l.options.Behaviors[i], l.spec.Behaviors[i].Place
		pods, found := 0, false
		for j := range l.pods {
			p := &l.pods[j]
			if !l.selects(&b.Select, p) {
				continue
			}
			pods++
			found = found || b.Container == "" || b.Container == "*" ||
				p.hasContainer(func(c *corev1.Container) bool { return c.Name == b.Container })
		}
		switch {
		case pods == 0:
			l.warn(at, "the behavior's selector matches no pod")
		case !found:
			l.warn(at, "no pod that the behavior selects has a container %q", b.Container)
		}
	}
}

// targets looks for steps whose nodes or object do not exist.
func (l *linter) targets() {
	moving := l.labelsMove()
	for i := range l.spec.Timeline {
		s := &l.spec.Timeline[i]
		switch a := s.action.(type) {
		case fault.NodeTarget:
			l.nodeTarget(s, a.Nodes(), moving)
		case fault.ObjectTarget:
			k, namespace, name := a.Ref().Resolve()
			if k != nil && !l.knows(k, namespace, name) {
				in := ""
				if namespace != "" {
					in = " in namespace " + namespace
				}
				l.warn(s.at, "%s: the scenario brings no %s %q%s", s.entry.Name, k.Name, name, in)
			}
		}
		if a, ok := s.action.(*fault.KillContainer); ok {
			l.killTarget(s, a)
		}
	}
}

func (l *linter) killTarget(s *Step, a *fault.KillContainer) {
	_, namespace, name := a.Resolve()
	known, has := false, a.Container == ""
	for i := range l.pods {
		if p := &l.pods[i]; p.namespace == namespace && p.name.matches(name) {
			known = true
			has = has || p.hasContainer(func(c *corev1.Container) bool { return c.Name == a.Container })
		}
	}
	if known && !has {
		l.warn(s.at, "killContainer: Pod %q has no container %q", name, a.Container)
	}
}

// labelsMove says whether steps change the labels of nodes.
func (l *linter) labelsMove() bool {
	for _, s := range l.options.Steps {
		switch a := s.Action.(type) {
		case *fault.Label:
			return true
		case *fault.Patch:
			if k, _, _ := a.Resolve(); k == model.Node {
				return true
			}
		}
	}
	return false
}

func (l *linter) nodeTarget(s *Step, t *fault.Target, labelsMove bool) {
	switch {
	case t.Node != "":
		if _, ok := l.nodes[t.Node]; !ok {
			l.warn(s.at, "%s: there is no node %q", s.entry.Name, t.Node)
		}
	case t.Zone != "":
		if !l.anyNode(func(set labels.Set) bool { return set[corev1.LabelTopologyZone] == t.Zone }) {
			l.warn(s.at, "%s: no node is in zone %q", s.entry.Name, t.Zone)
		}
	case t.Select != "" && !labelsMove:
		if sel, err := labels.Parse(t.Select); err == nil && !l.anyNode(func(set labels.Set) bool { return sel.Matches(set) }) {
			l.warn(s.at, "%s: no node matches %q", s.entry.Name, t.Select)
		}
	}
}

func (l *linter) anyNode(f func(labels.Set) bool) bool {
	for _, set := range l.nodes { // unordered: any
		if f(set) {
			return true
		}
	}
	return false
}

// ends looks for what the run never reaches, and for a run that nothing ends.
func (l *linter) ends() {
	end := l.options.Duration
	for i := range l.spec.Workloads {
		w := &l.spec.Workloads[i]
		if end > 0 && w.At >= end {
			l.warn(w.Place, "the workload comes at %s, the run ends at %s", w.At, end)
		}
		if a := w.Arrivals; a != nil && end == 0 && a.Until == 0 && a.Count == 0 {
			l.warn(a.Place, "the arrivals never end: give them until or count, or the scenario a duration")
		}
	}
	if end == 0 {
		return
	}
	for i := range l.spec.Timeline {
		s := &l.spec.Timeline[i]
		if at, ok := l.timeOf(s, 0); ok && at >= end {
			l.warn(s.Place, "the step comes at %s, the run ends at %s", at, end)
		}
	}
}

// timeOf is the first time of a step; ok is false if that depends on the run.
func (l *linter) timeOf(s *Step, depth int) (at time.Duration, ok bool) {
	switch {
	case s.At != nil:
		return *s.At, true
	case s.Every != nil:
		return *s.Every, true
	case s.After != nil && depth <= len(l.spec.Timeline):
		for i := range l.spec.Timeline {
			if other := &l.spec.Timeline[i]; other.Name == s.After.Step {
				at, ok = l.timeOf(other, depth+1)
				return at + s.After.Delay, ok
			}
		}
	}
	return 0, false
}
