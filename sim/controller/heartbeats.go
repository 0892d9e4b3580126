package controller

import "clustersim/sim/engine"

// Heartbeats is what the kubelets' leases would say. Leases are renewed every 10 s x (1 + 0.04 U) by every node, so
// they are not written: the kubelet side computes them from each node's phase.
//
// Source: k8s v1.36.3 staging component-helpers/apimachinery/lease/controller.go.
type Heartbeats interface {
	// LastRenewal is the last renewal of the node's lease strictly before the instant; ok is false if there was none.
	LastRenewal(node string, before engine.Time) (at engine.Time, ok bool)
	// NextRenewal is the first renewal strictly after the instant; ok is false while the node is down or cut off.
	NextRenewal(node string, after engine.Time) (at engine.Time, ok bool)
}

// alwaysHeard stands in for the kubelets of a run that has none: every node is heard at every pass.
type alwaysHeard struct{}

func (alwaysHeard) LastRenewal(_ string, before engine.Time) (engine.Time, bool) {
	return before - 1, true
}
func (alwaysHeard) NextRenewal(_ string, after engine.Time) (engine.Time, bool) {
	return after + 1, true
}
