package scheduler

import corev1 "k8s.io/api/core/v1"

// ReasonNodeUnschedulable is NodeUnschedulable's only reason.
const ReasonNodeUnschedulable = "node(s) were unschedulable"

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go.
var nodeUnschedulable = &Plugin{
	Name:   "NodeUnschedulable",
	Points: PointFilter,
	Doc:    "Turns cordoned nodes (spec.unschedulable) down, unless the pod tolerates node.kubernetes.io/unschedulable:NoSchedule.",
	Events: NodeAdd | NodeTaint | PodToleration,
	Compile: func(k *Compiler) Part {
		if toleratesUnschedulable(k.Spec) {
			return Part{Queue: unschedulableQueue}
		}
		reject := k.Verdict(UnschedulableAndUnresolvable, ReasonNodeUnschedulable)
		return Part{Queue: unschedulableQueue, Filter: func(c *Cycle, n int32) Verdict {
			if c.Snap.rows[n].unschedulable {
				return reject
			}
			return 0
		}}
	},
}

func toleratesUnschedulable(spec *corev1.PodSpec) bool {
	return tolerates(spec.Tolerations, &corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
}

func unschedulableQueue(ev *Event) bool {
	if ev.Type == PodToleration {
		return ev.Own && toleratesUnschedulable(ev.NewPod.Spec)
	}
	return !ev.NewNode.Spec.Unschedulable && (ev.OldNode == nil || ev.OldNode.Spec.Unschedulable)
}
