package controller

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/rule"
)

// monitorWorkers is how many nodes a pass handles at a time.
const monitorWorkers = 8

// monitorPass looks at the nodes for which somebody asked: first new and deleted ones, then the health of each, then
// the state of the zones. It ends when all its writes have been answered.
//
// Differs: the instant of a pass is that of its beginning for every node; upstream reads the clock again for each.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go monitorNodeHealth.
func (c *nodeLifecycle) monitorPass(now engine.Time) {
	names := c.takeDue(now)
	var added, visits []*nodeHealth
	for _, name := range names {
		c.lookAt(name)
		h, n := c.nodes[name], c.env.Store.Node(name)
		switch {
		case n != nil && h == nil:
			h = c.meet(n, now)
			c.nodeEvent(h, "RegisteredNode", "event: Registered Node "+name+" in Controller")
			added = append(added, h)
		case n == nil && h != nil:
			c.nodeEvent(h, "RemovingNode", "event: Removing Node "+name+" from Controller")
			c.uncount(h)
			delete(c.nodes, name)
			delete(c.why, name)
			continue
		case n == nil:
			continue
		}
		c.addZone(zoneKey(n))
		visits = append(visits, h)
	}
	c.greet(added, func() { c.visitAll(visits, now) })
}

// takeDue removes and returns, sorted, the nodes that this pass looks at.
func (c *nodeLifecycle) takeDue(now engine.Time) []string {
	var names []string
	if c.monitor.every {
		for _, o := range c.env.Store.List(model.Node) {
			names = append(names, o.Key().Name)
		}
		names = append(names, sortedKeys(c.nodes)...)
	}
	for name, at := range c.due { // unordered: sorted below
		if at <= now {
			names = append(names, name)
			delete(c.due, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// greet removes what NoExecute taints a new node brought along.
func (c *nodeLifecycle) greet(added []*nodeHealth, done func()) {
	if len(added) == 0 {
		done()
		return
	}
	c.lookAt(added[0].name)
	c.markReachable(added[0].name, func() { c.greet(added[1:], done) })
}

// visitAll visits the nodes with a few workers and ends the pass when all are through.
func (c *nodeLifecycle) visitAll(visits []*nodeHealth, now engine.Time) {
	next, busy := 0, 0
	var work func()
	work = func() {
		if next < len(visits) {
			next++
			c.visit(visits[next-1], now, work)
			return
		}
		if busy--; busy == 0 {
			c.handleDisruption(c.endPass)
		}
	}
	busy = max(1, min(monitorWorkers, len(visits)))
	for range busy {
		work()
	}
}

// endPass ends the pass and asks for the next one that is needed.
func (c *nodeLifecycle) endPass() {
	c.monitor.finish()
	earliest := never
	for _, at := range c.due { // unordered: a minimum
		earliest = min(earliest, at)
	}
	c.monitor.want(earliest)
}

// visit declares a node Unknown if it was silent for too long, and then sees to its taints and pods.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go tryUpdateNodeHealth.
func (c *nodeLifecycle) visit(h *nodeHealth, now engine.Time, done func()) {
	c.lookAt(h.name)
	n := c.env.Store.Node(h.name)
	if n == nil {
		done()
		return
	}
	observed := readyStatus(n)
	deadline := c.probe(h, now) + c.grace(observed != "")
	if now < deadline || observed == corev1.ConditionUnknown {
		c.watchOver(h, observed, deadline, now)
		c.settle(h, n, observed, done)
		return
	}
	stamp := c.now()
	c.env.Engine.Act(rule.NodeUnknown)
	c.api.write(func() {
		if h.posted > now { // the kubelet was faster: upstream gets a conflict and looks again
			c.look(h.name, c.env.Engine.Now())
		} else {
			_ = c.env.Store.UpdateNode(h.name, func(n *corev1.Node) bool { return declareUnknown(n, stamp) })
		}
		if n = c.env.Store.Node(h.name); n == nil {
			done()
			return
		}
		c.settle(h, n, observed, done)
	})
}

// probe returns when a pass first saw the node's last heartbeat.
func (c *nodeLifecycle) probe(h *nodeHealth, now engine.Time) engine.Time {
	renewed, ok := c.env.Heartbeats.LastRenewal(h.name, now)
	if c.env.Reference {
		if ok && renewed > h.lease {
			h.lease, h.leaseSeen = renewed, now
		}
		if h.posted > h.postedSeen {
			h.postedSeen, h.leaseSeen = h.posted, now
		}
		return max(h.base, h.leaseSeen)
	}
	probe := h.base
	if ok {
		probe = max(probe, min(c.monitor.after(renewed), now))
	}
	if h.posted > longAgo {
		probe = max(probe, c.monitor.from(h.posted))
	}
	return probe
}

// watchOver makes sure that a pass looks at the node when its grace period ends, if it ends before the node is heard.
func (c *nodeLifecycle) watchOver(h *nodeHealth, ready corev1.ConditionStatus, deadline, now engine.Time) {
	if ready == corev1.ConditionUnknown {
		return
	}
	next, ok := c.env.Heartbeats.NextRenewal(h.name, now)
	if !ok || c.monitor.after(next) > c.monitor.from(deadline) {
		c.look(h.name, deadline)
		return
	}
	c.noteFlapping(h.name, now)
}

// noteFlapping has every pass executed if the grace period is so short, or renewals are so rare, that nodes in the best
// of health can turn Unknown between two of them.
func (c *nodeLifecycle) noteFlapping(node string, now engine.Time) {
	next, ok := c.env.Heartbeats.NextRenewal(node, now)
	if !ok {
		return
	}
	if then, ok := c.env.Heartbeats.NextRenewal(node, next); ok && then-next+2*c.monitor.period >= c.grace(true) {
		c.monitor.every = true
	}
}

// settle takes the node's Ready condition to its zone, its taints and, if this pass took Ready away, its pods.
// observed is what Ready was when the pass began.
func (c *nodeLifecycle) settle(h *nodeHealth, n *corev1.Node, observed corev1.ConditionStatus, done func()) {
	c.count(h, n)
	current := readyStatus(n)
	if current == "" {
		done()
		return
	}
	lost := observed == corev1.ConditionTrue && current != corev1.ConditionTrue
	c.taintByHealth(n, current, func() {
		if !lost {
			done()
			return
		}
		c.nodeEvent(h, "NodeNotReady", "status is now: NodeNotReady")
		c.markPods(c.env.pods.on(h.name), done)
	})
}

// taintByHealth swaps the NoExecute taint if the other one is there, queues the node for tainting if none is, and takes
// both off a ready node.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go processTaintBaseEviction.
func (c *nodeLifecycle) taintByHealth(n *corev1.Node, ready corev1.ConditionStatus, done func()) {
	own, other := noExecuteTaints(ready)
	switch {
	case ready == corev1.ConditionTrue:
		c.markReachable(n.Name, done)
		return
	case hasTaint(n.Spec.Taints, other.Key, other.Effect):
		c.env.Engine.Act(rule.NodeNoExecuteTaint)
		c.swapTaints(n.Name, []corev1.Taint{own}, []corev1.Taint{other}, done)
		return
	}
	q := c.queueOf(n)
	q.why[n.Name] = c.env.Engine.Why
	q.add(n.Name, c.env.Engine.Now(), !hasTaint(n.Spec.Taints, own.Key, own.Effect))
	c.wantTainting()
	done()
}

// markReachable takes both NoExecute taints off the node and the node out of its queue.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go markNodeAsReachable.
func (c *nodeLifecycle) markReachable(node string, done func()) {
	n := c.env.Store.Node(node)
	if n == nil {
		done()
		return
	}
	c.env.Engine.Act(rule.NodeReachable)
	unknown, notReady := noExecuteTaints(corev1.ConditionUnknown)
	var there []corev1.Taint
	for _, t := range [...]corev1.Taint{unknown, notReady} {
		if hasTaint(n.Spec.Taints, t.Key, t.Effect) {
			there = append(there, t)
		}
	}
	c.api.writeAll(len(there), func(i int) { c.removeTaints(node, there[i:i+1]) }, func() {
		c.queueOf(n).remove(node)
		done()
	})
}

var unknownByMonitor = [...]corev1.NodeConditionType{corev1.NodeReady, corev1.NodeMemoryPressure, corev1.NodeDiskPressure, corev1.NodePIDPressure}

// declareUnknown sets the conditions that kubelets post to Unknown. It returns false if Ready is Unknown already.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go tryUpdateNodeHealth.
func declareUnknown(n *corev1.Node, now metav1.Time) bool {
	if readyStatus(n) == corev1.ConditionUnknown {
		return false
	}
	for _, t := range unknownByMonitor {
		switch c := nodeCondition(n, t); {
		case c == nil:
			n.Status.Conditions = append(n.Status.Conditions, corev1.NodeCondition{Type: t, Status: corev1.ConditionUnknown,
				Reason: "NodeStatusNeverUpdated", Message: "Kubelet never posted node status.",
				LastHeartbeatTime: n.CreationTimestamp, LastTransitionTime: now})
		case c.Status != corev1.ConditionUnknown:
			c.Status, c.Reason, c.Message = corev1.ConditionUnknown, "NodeStatusUnknown", "Kubelet stopped posting node status."
			c.LastTransitionTime = now
		}
	}
	return true
}
