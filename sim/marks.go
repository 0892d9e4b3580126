package sim

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/fault"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
)

// mark puts a mark into the journal: what is done from here on follows from it, by the rule.
func (r *Run) mark(m *journal.Mark, by rule.ID) {
	m.At = r.Engine.Now()
	m.Cause = r.Engine.Why.Cause()
	r.Engine.Why = engine.Because(r.Journal.Mark(m), by)
}

// MarkVerdict puts the verdict of a check into the journal: its name and mode, where it stands, what was found.
func (r *Run) MarkVerdict(name, mode, place, message string, failed bool) {
	why := r.Engine.Why
	r.mark(&journal.Mark{Type: journal.Verdict, Name: name, Action: mode, Place: place, Message: message, Failed: failed}, 0)
	r.Engine.Why = why // a check changes nothing
}

// markCreated is the mark of a manifest that is sent to the API server.
func (r *Run) markCreated(m *model.Manifest) {
	r.Engine.Why = 0
	if !r.Journal.Marked() { // nobody reads it: its number alone is used
		r.Engine.Why = engine.Because(r.Journal.Skip(), rule.ScenarioCreate)
		return
	}
	name := cmp.Or(m.Object.GetName(), m.Object.GetGenerateName()+"*")
	namespace := ""
	if m.Kind.Namespaced {
		namespace = cmp.Or(m.Object.GetNamespace(), metav1.NamespaceDefault)
	}
	r.mark(&journal.Mark{Type: journal.Created, Action: "create", Targets: []string{objectName(m.Kind.Name, namespace, name)}, Place: m.Place.String()}, rule.ScenarioCreate)
}

// markJoin is the mark of a machine that starts later than the cluster.
func (r *Run) markJoin(node string) {
	r.Engine.Why = 0
	r.mark(&journal.Mark{Type: journal.Begun, Action: "nodeStart", Targets: []string{"Node/" + node}}, rule.ScenarioNode)
}

// objectName is KIND/NAMESPACE/NAME, or KIND/NAME.
func objectName(kind, namespace, name string) string {
	if namespace == "" {
		return kind + "/" + name
	}
	return kind + "/" + namespace + "/" + name
}

// markStep is the mark of a step that begins.
func (s *steps) markStep(step *fault.Step) {
	s.run.mark(&journal.Mark{Type: journal.Begun, Name: step.Name, Action: step.ActionName, Targets: s.targets(step.Action), Place: step.Position}, rule.ScenarioStep)
}

// markEnd is the mark of a step that is undone.
func (s *steps) markEnd(step *fault.Step, targets []string) {
	s.run.mark(&journal.Mark{Type: journal.Ended, Name: step.Name, Action: step.ActionName, Targets: targets, Place: step.Position}, rule.ScenarioRevert)
}

// targets names what an action is for, as far as it can be told before it runs.
func (s *steps) targets(a fault.Action) []string {
	switch t := a.(type) {
	case fault.NodeTarget:
		return s.nodeTargets(t.Nodes())
	case fault.ObjectTarget:
		k, namespace, name := t.Ref().Resolve()
		return []string{objectName(k.Name, namespace, name)}
	case *fault.Apply:
		var out []string
		for _, m := range t.Objects {
			namespace := ""
			if m.Kind.Namespaced {
				namespace = cmp.Or(m.Object.GetNamespace(), metav1.NamespaceDefault)
			}
			out = append(out, objectName(m.Kind.Name, namespace, m.Object.GetName()))
		}
		return out
	}
	return nil
}

func (s *steps) nodeTargets(t *fault.Target) []string {
	machines, err := s.named(t)
	if err != nil {
		return nil
	}
	machines = s.some(machines, t.Mode) // the same draws as the action's own
	out := make([]string, len(machines))
	for i, m := range machines {
		out[i] = "Node/" + m.Name()
	}
	return out
}
