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
	profile *Profile
	snap    *Snapshot
	start   int // where the next cycle starts in the order of nodes
}

// NewPlanner returns a planner of an empty cluster.
func NewPlanner(cfg config.Scheduler) *Planner {
	p := profileOf(cfg)
	return &Planner{profile: p, snap: p.NewSnapshot()}
}

// SetNode adds a node or takes its new state in. The caller must not change the object afterwards.
func (l *Planner) SetNode(n *corev1.Node) { l.snap.SetNode(n) }

// SetObject takes in an object that is neither node nor pod.
func (l *Planner) SetObject(o model.Object) { l.snap.SetObject(o) }

// Bind counts a pod on the node of its spec.
func (l *Planner) Bind(pod *corev1.Pod) { l.snap.AddPod(l.profile.Compile(pod), pod.Spec.NodeName) }

// Place runs one cycle for a pod and counts it on the chosen node. Options.Start is ignored: each cycle starts where the
// one before ended.
func (l *Planner) Place(pod *corev1.Pod, o Options) Result {
	res := Result{Pod: pod.Namespace + "/" + pod.Name, Nodes: []NodeResult{}}
	switch {
	case pod.Spec.SchedulerName != DefaultSchedulerName:
		res.Message = fmt.Sprintf("no scheduler takes it: schedulerName is %q", pod.Spec.SchedulerName)
		return res
	case len(pod.Spec.SchedulingGates) > 0:
		res.Message = MessageGated
		return res
	}
	o.Start, o.ScoreOne = l.start, true
	p := l.profile.Compile(pod)
	res = l.profile.Schedule(p, l.snap, o)
	l.start = res.Next
	if res.Chosen != "" {
		l.snap.AddPod(p, res.Chosen)
	}
	return res
}
