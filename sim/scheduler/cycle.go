package scheduler

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// Cycle is one attempt to find a node for a pod. It reads a Snapshot and decides; it changes nothing but scratch space.
type Cycle struct {
	Snap *Snapshot
	Pod  *Pod
	p    *Profile

	skip     uint64 // plugins that have nothing to filter in this cycle
	skipped  uint64 // the same, as the cycle began
	quiet    uint64 // plugins that have nothing to score
	nodes    []int32
	feasible []int32
	totals   []int64
	scores   []int64
	fault    string    // what a plugin could not do: the attempt fails, not the pod; "" = nothing
	judged   []Verdict // by place in Snap.order; 0 = feasible or not looked at
}

// Node is the object of a node that a Part is asked about. It must not be changed.
func (c *Cycle) Node(n int32) *corev1.Node { return c.Snap.nodes[n].object }

// PodsOn are the pods that count on a node, in no order. They must not be changed.
func (c *Cycle) PodsOn(n int32) []*Pod { return c.Snap.nodes[n].pods }

// Resource is what a node has of a resource and what its pods request of it: cpu in thousandths of a core, the rest in
// whole units.
func (c *Cycle) Resource(n int32, name corev1.ResourceName) (allocatable, requested int64) {
	switch id := c.p.resourceID(name); id {
	case idPods:
		return c.Snap.rows[n].maxPods, c.Snap.rows[n].pods
	case idIgnored:
		return 0, 0
	default:
		return c.Snap.capacity(n, id, false)
	}
}

// Diagnosis is why a pod got no node.
type Diagnosis struct {
	Nodes     int       // in the snapshot
	PreFilter Verdict   // the rejection of the pod as a whole, 0 = none
	Judged    []Verdict // else one a node in order; 0 = not looked at, as plugins had narrowed the nodes down
	Looked    int       // nodes looked at
	Plugins   uint64    // plugins that had a say, as bits by their place in the registry
	narrowed  uint64
}

// outcome is what a cycle decided.
type outcome struct {
	slot      int32 // -1 = none
	next      int   // where the next cycle starts
	evaluated int
	feasible  int
}

// begin readies the cycle for a pod. It returns the rejection if the pod is turned down before any node is looked at.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/runtime/framework.go RunPreFilterPlugins.
func (c *Cycle) begin(p *Profile, s *Snapshot, pod *Pod) Verdict {
	c.p, c.Snap, c.Pod, c.skip, c.quiet, c.fault = p, s, pod, 0, 0, ""
	sh := pod.Shape
	for _, i := range sh.begins[:sh.last] {
		v, filters, scores := sh.parts[i].Begin(c)
		if v != 0 && p.lineup.has(i, PointPreFilter) {
			return v
		}
		if !filters {
			c.skip |= 1 << i
		}
		if !scores {
			c.quiet |= 1 << i
		}
	}
	c.skipped = c.skip
	return sh.reject
}

// fail notes that a filter could not do its work.
func (c *Cycle) fail(plugin string, err error) {
	if c.fault == "" {
		c.fault = fmt.Sprintf("running %q filter plugin: %v", plugin, err)
	}
}

// local reports whether nothing but local filters has a say in this cycle; for scores, see alone.
func (c *Cycle) local() bool {
	for i := range c.Pod.Shape.rest {
		if c.skip>>c.Pod.Shape.rest[i].plugin&1 == 0 {
			return false
		}
	}
	return true
}

// alone reports whether nothing but local scores counts in this cycle.
func (c *Cycle) alone() bool {
	for i := range c.Pod.Shape.wide {
		if c.quiet>>c.Pod.Shape.wide[i].plugin&1 == 0 {
			return false
		}
	}
	return true
}

// candidates are the slots to look at: all nodes in order, or those that the shape names.
func (c *Cycle) candidates() []int32 {
	names := c.Pod.Shape.narrow
	if names == nil {
		return c.Snap.order
	}
	c.nodes = c.nodes[:0]
	for _, name := range names {
		if slot, ok := c.Snap.byName[name]; ok && c.Snap.nodes[slot].object != nil {
			c.nodes = append(c.nodes, slot)
		}
	}
	// Upstream's order is that of a Go set; ours is the tree's.
	for i := 1; i < len(c.nodes); i++ {
		for j := i; j > 0 && c.Snap.place[c.nodes[j]] < c.Snap.place[c.nodes[j-1]]; j-- {
			c.nodes[j], c.nodes[j-1] = c.nodes[j-1], c.nodes[j]
		}
	}
	return c.nodes
}

// judgeBare runs the filters on a node as it is.
func (c *Cycle) judgeBare(n int32) Verdict {
	sh := c.Pod.Shape
	for i := range sh.local {
		if v := sh.local[i].fn(c, n); v != 0 {
			return v
		}
	}
	return c.judgeRest(sh, n)
}

func (c *Cycle) judgeRest(sh *Shape, n int32) Verdict {
	for i := range sh.rest {
		if f := &sh.rest[i]; c.skip>>f.plugin&1 == 0 {
			if v := f.fn(c, n); v != 0 {
				return v
			}
		}
	}
	return 0
}

// diagnose writes down why every node failed.
func (c *Cycle) diagnose(rejected Verdict) *Diagnosis {
	d := &Diagnosis{Nodes: len(c.Snap.order), PreFilter: rejected}
	if rejected != 0 {
		d.Plugins = 1 << c.p.rejections[rejected].Plugin
		return d
	}
	d.narrowed = c.Pod.Shape.narrows
	d.Plugins = d.narrowed
	if cap(c.judged) < d.Nodes {
		c.judged = make([]Verdict, d.Nodes)
	}
	d.Judged = c.judged[:d.Nodes]
	clear(d.Judged)
	slots := c.candidates()
	d.Looked = len(slots)
	cl := c.class()
	for _, slot := range slots {
		var v Verdict
		if cl == nil || len(c.yieldTo(slot)) > 0 {
			v = c.judge(slot)
		} else if v = c.cell(cl, slot); v >= 0 {
			v = c.judgeRest(c.Pod.Shape, slot)
		} else {
			v = -v
		}
		d.Judged[c.Snap.place[slot]] = v
		d.Plugins |= 1 << c.p.rejections[v].Plugin
	}
	c.diagnoseNominated(d)
	return d
}

// diagnoseNominated adds the nominated node, which is asked before plugins have narrowed the nodes down. The plugin that
// turned it down then counts as one of those that did so.
func (c *Cycle) diagnoseNominated(d *Diagnosis) {
	_, slot := c.tryNominated()
	if slot < 0 {
		return
	}
	v := c.judge(slot)
	d.Plugins |= 1 << c.p.rejections[v].Plugin
	d.narrowed |= 1 << c.p.rejections[v].Plugin
	if place := c.Snap.place[slot]; d.Judged[place] == 0 {
		d.Judged[place] = v
		d.Looked++
	}
}
