package scheduler

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/config"
)

// MessageGated is what keeps a pod with scheduling gates waiting.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/strategy.go applySchedulingGatedCondition.
const MessageGated = "Scheduling is blocked due to non-empty scheduling gates"

// Planner places pods one by one, and nothing else happens: no queue, no preemption, no time. It is what `simulate
// schedule` runs. Use NewPlanner.
type Planner struct {
	profiles []*Profile
	snap     *Snapshot
	start    int // where the next cycle starts in the order of nodes
}

// NewPlanner returns a planner of an empty cluster, with out-of-tree plugins beside the ones of the registry. The profiles
// must be such as CheckProfile lets pass.
func NewPlanner(cfg config.Scheduler, more ...Registered) *Planner {
	p := newProfiles(cfg, more)
	return &Planner{profiles: p, snap: p[0].NewSnapshot()}
}

// SetNode adds a node or takes its new state in. The caller must not change the object afterwards.
func (l *Planner) SetNode(n *corev1.Node) { l.snap.SetNode(n) }

// SetObject takes in an object that is neither node nor pod.
func (l *Planner) SetObject(o model.Object) { l.snap.SetObject(o) }

// Bind counts a pod on the node of its spec.
func (l *Planner) Bind(pod *corev1.Pod) { l.snap.AddPod(l.profiles[0].Compile(pod), pod.Spec.NodeName) }

// Place runs one cycle for a pod and counts it on the chosen node. Options.Start is ignored: each cycle starts where the
// one before ended.
func (l *Planner) Place(pod *corev1.Pod, o Options) Result {
	res := Result{Pod: pod.Namespace + "/" + pod.Name, Nodes: []NodeResult{}}
	profile := profileNamed(l.profiles, pod.Spec.SchedulerName)
	switch {
	case profile == nil:
		res.Message = fmt.Sprintf("no scheduler takes it: schedulerName is %q", pod.Spec.SchedulerName)
		return res
	case len(pod.Spec.SchedulingGates) > 0:
		res.Message = MessageGated
		return res
	}
	o.Start, o.ScoreOne = l.start, true
	p := profile.Compile(pod)
	res = profile.Schedule(p, l.snap, o)
	l.start = res.Next
	if res.Chosen != "" {
		slot := l.snap.byName[res.Chosen]
		l.snap.reserveClaims(p, slot)
		l.snap.settleDevices(p, (&Cycle{p: profile, Snap: l.snap, Pod: p}).reserveDevices(slot))
		l.snap.AddPod(p, res.Chosen)
	}
	return res
}
