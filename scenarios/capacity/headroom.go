package capacity

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/scheduler"
)

// Headroom is how many more of a pod fit, as cluster-capacity puts it.
type Headroom struct {
	Pod     string   `json:"pod"`
	Needs   string   `json:"needs"`
	Current int      `json:"current"` // pods of this class that run or wait; 0 for one that is new
	Count   int      `json:"count"`   // more of it fit
	Limited bool     `json:"limited,omitempty"`
	Reasons []string `json:"reasons"` // why not one more
	Message string   `json:"message"` // upstream's
	Nodes   []OnNode `json:"nodes"`   // those that take some, in the order of how many
}

// OnNode is how many pods a node takes.
type OnNode struct {
	Node string `json:"node"`
	Pods int    `json:"pods"`
}

// maxHeadroom ends the count for a pod that asks for nothing on nodes that limit nothing.
const maxHeadroom = 1_000_000

// Headroom counts how many more of a pod fit once all pods that wait have been placed. limit ends the count (0 = none).
func (c *Cluster) Headroom(pod *corev1.Pod, limit int) *Headroom {
	t := c.newTrial(c.Nodes, false)
	t.bindAll()
	t.placeAll(c.Waiting, -1)
	return t.headroom(pod, limit)
}

// headroom counts, and takes the pods away again.
func (t *trial) headroom(pod *corev1.Pod, limit int) *Headroom {
	if limit <= 0 || limit > maxHeadroom {
		limit = maxHeadroom
	}
	h := &Headroom{Pod: pod.Name, Needs: t.cluster.describe(t.cluster.needs(pod))}
	proto := unbound(pod)
	on := map[string]int{}
	var placed []*scheduler.Pod
	for h.Count < limit {
		p := t.Compile(numbered(proto, h.Count))
		node := t.Place(p)
		if node == "" {
			h.Message, h.Reasons = t.Why(p)
			break
		}
		on[node]++
		h.Count++
		placed = append(placed, p)
	}
	h.Limited = h.Count == limit
	for _, p := range placed {
		t.Remove(p)
	}
	for node, n := range on { // unordered: sorted below
		h.Nodes = append(h.Nodes, OnNode{node, n})
	}
	slices.SortFunc(h.Nodes, func(a, b OnNode) int { return cmp.Or(cmp.Compare(b.Pods, a.Pods), cmp.Compare(a.Node, b.Node)) })
	return h
}
