package story

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/report/kubectl"
	"clustersim/sim/journal"
)

// nodeLife is a node while it is watched.
type nodeLife struct {
	Node
	id    int32
	ready bool
}

// nodeID numbers a node. One that is bound to before it is seen gets a number too.
func (c *Collector) nodeID(name string) int32 {
	if name == "" {
		return -1
	}
	return c.nodeOf(name).id
}

func (c *Collector) nodeOf(name string) *nodeLife {
	n := c.nodes[name]
	if n == nil {
		n = &nodeLife{Node: Node{Name: name, Added: c.now, Gone: Never}, id: int32(len(c.order))}
		c.nodes[name] = n
		c.order = append(c.order, n)
	}
	return n
}

func (c *Collector) observeNode(r *journal.Record, o *corev1.Node) {
	n := c.nodeOf(o.Name)
	if r.Verb == journal.Deleted {
		n.Gone = r.At
		n.Segments = closedNode(n.Segments, r.At)
		c.allocate(n, r.At, 0, 0, false)
		return
	}
	n.Gone = Never
	n.CreatedAPI = o.CreationTimestamp.Time
	of := o.Status.Allocatable
	n.PodsMax = of.Pods().Value()
	id := c.story.Strings.ID
	n.Zone = id(o.Labels[corev1.LabelTopologyZone])
	ready := false
	for i := range o.Status.Conditions {
		if t := &o.Status.Conditions[i]; t.Type == corev1.NodeReady {
			ready = t.Status == corev1.ConditionTrue
		}
	}
	c.allocate(n, r.At, of.Cpu().MilliValue(), of.Memory().Value(), ready)
	status, taints := id(kubectl.NodeStatus(o)), id(taintText(o.Spec.Taints))
	if k := len(n.Segments); k > 0 {
		open := &n.Segments[k-1]
		if open.To == Forever && open.Status == status && open.Taints == taints {
			return
		}
		n.Segments = closedNode(n.Segments, r.At)
	}
	n.Segments = append(n.Segments, NodeSegment{From: c.seen, To: Forever, Status: status, Taints: taints, Root: c.cause.root})
}

// closedNode ends the open segment; one without length is dropped.
func closedNode(list []NodeSegment, at time.Duration) []NodeSegment {
	k := len(list)
	if k == 0 || list[k-1].To != Forever {
		return list
	}
	if list[k-1].From == at {
		return list[:k-1]
	}
	list[k-1].To = at
	return list
}

func taintText(taints []corev1.Taint) string {
	var b strings.Builder
	for i := range taints {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(taints[i].ToString())
	}
	return b.String()
}

// allocate keeps the cluster's totals in step with a node's allocatable resources and readiness.
func (c *Collector) allocate(n *nodeLife, at time.Duration, cpu, memory int64, ready bool) {
	c.totals.cpuAllocatable += cpu - n.CPU
	c.totals.memoryAllocatable += memory - n.Memory
	n.CPU, n.Memory = cpu, memory
	if ready != n.ready {
		c.totals.nodesReady += one(ready) - one(n.ready)
		n.ready = ready
	}
	c.sample(at)
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
