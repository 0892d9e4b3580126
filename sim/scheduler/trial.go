package scheduler

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/config"
)

// Trial places pods and takes them back again, for questions of what would be: no queue, no preemption, no time. Its
// cycles are those of Planner, with what is remembered of siblings: fast enough to try thousands of clusters. Use NewTrial.
type Trial struct {
	profiles []*Profile
	snap     *Snapshot
	c        Cycle
	start    int // where the next cycle starts in the order of nodes
}

// NewTrial returns a Trial of an empty cluster. The configuration must be such as CheckProfile lets pass.
func NewTrial(cfg config.Scheduler, more ...Registered) *Trial {
	p := newProfiles(cfg, more)
	return &Trial{profiles: p, snap: p[0].NewSnapshot()}
}

// SetNode adds a node or takes its new state in. The caller must not change the object afterwards.
func (t *Trial) SetNode(n *corev1.Node) { t.snap.SetNode(n) }

// RemoveNode takes a node away. Its pods have to be removed as well.
func (t *Trial) RemoveNode(name string) { t.snap.RemoveNode(name) }

// SetObject takes in an object that is neither node nor pod.
func (t *Trial) SetObject(o model.Object) { t.snap.SetObject(o) }

// Compile makes of an API object what Place takes. A Pod belongs to this Trial and is on at most one node at a time.
func (t *Trial) Compile(pod *corev1.Pod) *Pod {
	p := profileNamed(t.profiles, pod.Spec.SchedulerName)
	if p == nil {
		p = t.profiles[0]
	}
	return p.Compile(pod)
}

// Bind counts a pod on a node without asking anybody.
func (t *Trial) Bind(p *Pod, node string) { t.snap.AddPod(p, node) }

// Remove takes a pod off its node, if it is on one.
func (t *Trial) Remove(p *Pod) {
	t.snap.unreserveClaims(p)
	t.snap.RemovePod(p)
}

// NodeOf is the node that a pod counts on, "" if there is none.
func (t *Trial) NodeOf(p *Pod) string { return t.snap.NodeOf(p) }

// Place runs one cycle and counts the pod on the chosen node, which it returns; "" if none fits.
func (t *Trial) Place(p *Pod) string {
	if t.refuses(p) != "" {
		return ""
	}
	t.snap.Update()
	if len(t.snap.order) == 0 || t.c.begin(p.Shape.profile, t.snap, p) != 0 {
		return ""
	}
	o := t.c.pick(t.start)
	t.start = o.next
	if o.slot < 0 {
		return ""
	}
	t.snap.reserveClaims(p, o.slot)
	name := t.snap.nodes[o.slot].name
	t.snap.AddPod(p, name)
	return name
}

// refuses is why no cycle is run for a pod at all.
func (t *Trial) refuses(p *Pod) string {
	switch {
	case profileNamed(t.profiles, p.Spec.SchedulerName) == nil && p.Spec.SchedulerName != "":
		return fmt.Sprintf("no scheduler takes it: schedulerName is %q", p.Spec.SchedulerName)
	case len(p.Spec.SchedulingGates) > 0:
		return MessageGated
	}
	return ""
}

// Why is why a pod that Place found no node for has none, as the cluster is now: upstream's message, and its reasons
// without counts.
func (t *Trial) Why(p *Pod) (message string, reasons []string) {
	if m := t.refuses(p); m != "" {
		return m, []string{m}
	}
	t.snap.Update()
	if len(t.snap.order) == 0 {
		return MessageNoNodes, []string{MessageNoNodes}
	}
	profile := p.Shape.profile
	d := t.c.diagnose(t.c.begin(profile, t.snap, p))
	return profile.FilterMessage(d), profile.reasons(d)
}

// Fits calls yield with each node that would take the pod now, in the order of nodes.
func (t *Trial) Fits(p *Pod, yield func(node string)) {
	t.snap.Update()
	if t.refuses(p) != "" || len(t.snap.order) == 0 || t.c.begin(p.Shape.profile, t.snap, p) != 0 {
		return
	}
	for _, slot := range t.c.candidates() {
		if t.c.judge(slot) == 0 {
			yield(t.snap.nodes[slot].name)
		}
	}
}
