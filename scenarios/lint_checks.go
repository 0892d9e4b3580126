package scenarios

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/report/metric"
	"clustersim/scenarios/check"
	"clustersim/sim/world"
)

// selection is a label selector in an expression, and where it stands.
type selection struct {
	check.Selection
	place model.Place
}

// checks looks for checks that can see nothing: selectors and names that match nothing, times after the end.
func (l *linter) checks() {
	for _, s := range l.selections {
		l.selection(s)
	}
	for i := range l.spec.Expect {
		e := &l.spec.Expect[i]
		l.checkTimes(e)
		if e.Match != nil {
			l.matchName(e.Match)
		}
		if e.Event != nil && e.Event.Regarding != nil {
			l.regarding(e.Event)
		}
	}
	for i := range l.limits {
		l.limit(&l.limits[i])
	}
}

func (l *linter) selection(s selection) {
	sel, err := labels.Parse(s.Selector)
	if err != nil || sel.Empty() || l.patched {
		return
	}
	switch s.Kind {
	case model.Pod:
		if sel = written(sel); !l.anyPod(func(p *podShape) bool { return sel.Matches(p.labels) }) {
			l.warn(s.place, "cel: the scenario brings no pod that matches %q", s.Selector)
		}
	case model.Node:
		if !l.labelsMove() && !l.anyNode(func(set labels.Set) bool { return sel.Matches(set) }) {
			l.warn(s.place, "cel: no node matches %q", s.Selector)
		}
	}
}

// byControllers are labels that controllers give to pods: no manifest has them.
var byControllers = []string{
	"pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
	"job-name", "batch.kubernetes.io/job-name", "controller-uid", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-completion-index",
}

// written is what a selector asks of the labels that manifests have.
func written(sel labels.Selector) labels.Selector {
	list, _ := sel.Requirements()
	out := labels.NewSelector()
	for _, r := range list {
		if !slices.Contains(byControllers, r.Key()) {
			out = out.Add(r)
		}
	}
	return out
}

// checkTimes looks for instants that the run does not reach.
func (l *linter) checkTimes(e *Expectation) {
	end := l.options.Duration
	if end == 0 {
		return
	}
	look := func(i *instant, what string, last bool) {
		if i == nil {
			return
		}
		at := i.Offset
		if i.Step != "" {
			step, ok := l.stepTime(i.Step)
			if !ok {
				return
			}
			at += step
		}
		if at > end || at == end && !last {
			l.warn(i.Place, "%s: %s is after the end of the run at %s", what, at, end)
		}
	}
	look(e.At, "at", true)
	if v := e.Eventually; v != nil {
		look(v.By, "eventually.by", true)
		look(v.After, "eventually.after", false)
		if v.After != nil && v.Within != nil {
			look(&instant{v.After.Place, check.Instant{Step: v.After.Step, Offset: v.After.Offset + *v.Within}}, "eventually.within", true)
		}
	}
	for _, w := range []*Window{e.Always, e.Never} {
		if w != nil {
			look(w.From, "from", false)
			look(w.To, "to", true)
		}
	}
}

// stepTime is when a step comes first; ok is false if that depends on the run.
func (l *linter) stepTime(name string) (time.Duration, bool) {
	for i := range l.spec.Timeline {
		if s := &l.spec.Timeline[i]; s.Name == name {
			return l.timeOf(s, 0)
		}
	}
	return 0, false
}

// matchName looks at the name that a match speaks of.
func (l *linter) matchName(p *pattern) {
	kind, namespace, name := "", "", ""
	place := p.Place
	for _, f := range p.root.Fields {
		if f.Name == "kind" {
			kind = f.Value.Text
		}
		if f.Name != "metadata" {
			continue
		}
		for _, m := range f.Value.Fields {
			switch m.Name {
			case "name":
				name, place = m.Value.Text, m.Value.Place
			case "namespace":
				namespace = m.Value.Text
			}
		}
	}
	if k := model.FindKind(kind); k != nil && name != "" && !l.anyNamed(k, namespace, name) {
		l.warn(place, "match: the scenario brings no %s %q", k.Name, name)
	}
}

func (l *linter) regarding(e *EventCheck) {
	kind, name, _ := strings.Cut(e.Regarding.Name, "/")
	if k := model.FindKind(kind); k != nil && !l.anyNamed(k, "", name) {
		l.warn(e.Regarding.Place, "event.regarding: the scenario brings no %s %q", k.Name, name)
	}
}

// anyNamed says whether an object of a name, or of a glob, can exist in a namespace ("" = any).
func (l *linter) anyNamed(k *model.Kind, namespace, name string) bool {
	if k == model.Pod {
		return l.anyPod(func(p *podShape) bool { return (namespace == "" || p.namespace == namespace) && p.name.matches(name) })
	}
	for id := range l.objects { // unordered: any
		parts := strings.SplitN(id, "/", 3)
		if parts[0] == k.Name && (namespace == "" || parts[1] == namespace) && world.Match(name, parts[2]) {
			return true
		}
	}
	if k == model.Node {
		for n := range l.nodes { // unordered: any
			if world.Match(name, n) {
				return true
			}
		}
		return false
	}
	return strings.ContainsAny(name, "*?") || l.knows(k, orDefault(namespace), name)
}

func orDefault(namespace string) string {
	if namespace == "" {
		return "default"
	}
	return namespace
}

// limit looks at the labels of a threshold that only pods have.
func (l *linter) limit(t *Threshold) {
	if !t.Selector.Metric.PodLabels || l.patched {
		return
	}
	for _, m := range t.Selector.Matchers {
		if m.Not || builtIn(t.Selector.Metric, m.Label) {
			continue
		}
		if !l.anyPod(func(p *podShape) bool { return p.labels[m.Label] == m.Value }) {
			l.warn(t.Place, "thresholds: the scenario brings no pod with %s=%s", m.Label, m.Value)
			return
		}
	}
}

func builtIn(m *metric.Metric, label string) bool {
	for _, l := range m.Labels {
		if l == label {
			return true
		}
	}
	return false
}

// twice looks for objects that workloads create a second time: the API server refuses that.
func (l *linter) twice() {
	first := map[string]model.Place{}
	for _, w := range l.options.Workloads {
		if w.Arrivals != nil {
			continue
		}
		for _, m := range w.Manifests {
			if m.Object.GetName() == "" {
				continue
			}
			id := key(m.Kind, m.Object.GetNamespace(), m.Object.GetName())
			if at, again := first[id]; again {
				if at == m.Place {
					continue // the same file, given twice
				}
				l.warn(m.Place, "a second %s %q (first at %s): the API server refuses it as long as the first is there", m.Kind.Name, m.Object.GetName(), at)
				continue
			}
			first[id] = m.Place
		}
	}
}
