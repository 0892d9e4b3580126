package world

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// NodeTemplate is one machine of the simulated world together with the Node object that its kubelet registers.
// Templates with a count are expanded before they come here: one NodeTemplate, one node.
type NodeTemplate struct {
	Object     *corev1.Node // name, labels, taints, capacity, allocatable; status.nodeInfo.kubeletVersion
	Images     []string     // references already in the image cache
	StaticPods []*corev1.Pod
	StartAt    time.Duration // 0: registered and Ready before t=0, without events
	Price      float64       // per hour, for reports
	Failures   *Failures
	TemplateID string // the scenario's id of the template, "" if none
	// NoKubelet nodes are objects only: nothing renews their lease (an imported Node that says it is not Ready).
	NoKubelet bool
}

// Failures is a node's failure model.
type Failures struct {
	MTBF   Value // up time between repairs and the next crash
	MTTR   Value // down time
	Notice time.Duration
}

// NamedImage is an Image with its reference.
type NamedImage struct {
	Ref string
	Image
}
