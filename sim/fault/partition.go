package fault

import "fmt"

// What the kubelet does behind a partition.
const (
	KubeletRunning = "running" // goes on: restarts containers, probes them, cannot report
	KubeletFrozen  = "frozen"  // does nothing until the partition heals
)

// Partition takes a node off the network: the control plane hears nothing of it and it nothing of the control plane;
// its containers go on.
type Partition struct {
	Target
	Kubelet string `json:"kubelet" enum:"running,frozen"` // running (default) or frozen
}

// Check implements Action.
func (a *Partition) Check() error {
	switch a.Kubelet {
	case "", KubeletRunning, KubeletFrozen:
		return a.check()
	}
	return fmt.Errorf("kubelet: must be %s or %s, got %q", KubeletRunning, KubeletFrozen, a.Kubelet)
}

// Run implements Runner.
func (a *Partition) Run(c Cluster) (func(), error) {
	return each(c, &a.Target, func(m Machine) { m.Cut(a.Kubelet == KubeletFrozen) }, Machine.Heal)
}
