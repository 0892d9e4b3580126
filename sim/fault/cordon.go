package fault

import corev1 "k8s.io/api/core/v1"

// Cordon marks nodes unschedulable.
type Cordon struct{ Target }

// Check implements Action.
func (a *Cordon) Check() error { return a.check() }

// Uncordon makes nodes schedulable again.
type Uncordon struct{ Target }

// Check implements Action.
func (a *Uncordon) Check() error { return a.check() }

// Run implements Runner.
func (a *Cordon) Run(c Cluster) (func(), error) {
	return onNodes(c, &a.Target, cordon(true), cordon(false))
}

// Run implements Runner.
func (a *Uncordon) Run(c Cluster) (func(), error) { return onNodes(c, &a.Target, cordon(false), nil) }

func cordon(on bool) func(*corev1.Node) bool {
	return func(n *corev1.Node) bool {
		changed := n.Spec.Unschedulable != on
		n.Spec.Unschedulable = on
		return changed
	}
}
