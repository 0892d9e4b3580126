package controller

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var kindNodeUpdate = engine.NewKind("node lifecycle queue", engine.RankController, false)

// nodeLifecycle is the node lifecycle controller: the node monitor (node_monitor.go), taints from conditions
// (node_taints.go) and the rate-limited NoExecute tainting of zones (node_no_execute.go, zone.go).
//
// Source: k8s v1.36.3 pkg/controller/nodelifecycle/node_lifecycle_controller.go.
type nodeLifecycle struct {
	env    *Env
	api    *api
	events *record.Recorder

	monitor *loop
	tainter *loop

	nodes map[string]*nodeHealth
	due   map[string]engine.Time // nodes that a pass has to look at, and from when on
	why   map[string]engine.Why  // what a pass has to look at them for
	zones map[string]*zone
	// queues are the tainting queues of zones; like upstream's they outlive their zone.
	queues map[string]*taintQueue

	updating map[string]bool // nodes whose NoSchedule taints are being written; true: look again afterwards
}

// nodeHealth is what the monitor remembers of a node.
type nodeHealth struct {
	name string
	uid  types.UID
	// base is the probe that comes from no heartbeat: the first sight of the node, its creation, the end of a full
	// disruption of the cluster.
	base   engine.Time
	posted engine.Time // when the kubelet last wrote Ready.lastHeartbeatTime

	zone    string // the zone that counts it, if counted
	counted bool
	ready   bool

	// Only with Env.Reference, which looks at every pass instead of computing.
	lease, leaseSeen, postedSeen engine.Time
}

func newNodeLifecycle(env *Env) Reconciler {
	c := &nodeLifecycle{env: env, api: env.newAPI(), nodes: map[string]*nodeHealth{}, due: map[string]engine.Time{}, why: map[string]engine.Why{},
		zones: map[string]*zone{}, queues: map[string]*taintQueue{}, updating: map[string]bool{}}
	c.events = env.newRecorder("node-controller", c.api)
	// A pass takes some milliseconds, so the cadence is a little longer than the period (recorded: 5.004 s).
	period := env.Config.NodeMonitorPeriod + env.Latency.ControllerSync
	c.monitor = newLoop(env.Engine, "node-monitor", period, env.Reference, c.monitorPass)
	c.tainter = newLoop(env.Engine, "no-execute", noExecutePeriod, false, c.taintPass)
	return c
}

// grace is the grace period of a node that has, or has not, a Ready condition.
func (c *nodeLifecycle) grace(posted bool) engine.Time {
	if posted {
		return c.env.Config.NodeMonitorGracePeriod
	}
	return c.env.Config.NodeStartupGracePeriod
}

// Start implements Reconciler: the nodes are known, their zones have settled, and the limiters are full.
func (c *nodeLifecycle) Start() {
	for _, o := range c.env.Store.List(model.Node) {
		n := store.AsNode(o)
		h := c.meet(n, c.monitor.from(c.env.Engine.Now()))
		if renewed, ok := c.env.Heartbeats.LastRenewal(n.Name, c.env.Engine.Now()); ok {
			h.base = longAgo
			if seen := c.monitor.after(renewed); seen <= c.env.Engine.Now() {
				h.lease, h.leaseSeen = renewed, seen // in a pass before the run began
			}
		}
		c.count(h, n)
		if _, heard := c.env.Heartbeats.NextRenewal(n.Name, c.env.Engine.Now()); !heard || !c.healthy(n) {
			c.look(n.Name, c.env.Engine.Now())
		}
		if readyStatus(n) != corev1.ConditionTrue && (hasTaint(n.Spec.Taints, corev1.TaintNodeNotReady, corev1.TaintEffectNoExecute) || hasTaint(n.Spec.Taints, corev1.TaintNodeUnreachable, corev1.TaintEffectNoExecute)) {
			c.queueOf(n).done(n.Name)
		}
		c.noteFlapping(n.Name, c.env.Engine.Now())
		c.reconcileTaints(n)
	}
	c.settleZones()
	c.monitor.start()
}

// healthy reports whether a pass would leave the node's taints alone.
func (c *nodeLifecycle) healthy(n *corev1.Node) bool {
	return readyStatus(n) == corev1.ConditionTrue && !hasTaint(n.Spec.Taints, corev1.TaintNodeNotReady, corev1.TaintEffectNoExecute) &&
		!hasTaint(n.Spec.Taints, corev1.TaintNodeUnreachable, corev1.TaintEffectNoExecute)
}

// meet begins to remember a node.
func (c *nodeLifecycle) meet(n *corev1.Node, seen engine.Time) *nodeHealth {
	h := &nodeHealth{name: n.Name, uid: n.UID, base: seen, posted: longAgo, lease: longAgo, leaseSeen: longAgo, postedSeen: longAgo}
	if nodeCondition(n, corev1.NodeReady) == nil {
		h.base = c.env.Store.Since(n.CreationTimestamp.Time)
	}
	c.nodes[n.Name] = h
	c.addZone(zoneKey(n))
	return h
}

// look asks for a pass that looks at the node, at or after t.
func (c *nodeLifecycle) look(node string, t engine.Time) {
	if at, ok := c.due[node]; !ok || t < at {
		c.due[node] = t
	}
	c.monitor.want(t)
}

// heartbeatsChanged lets the next pass work out until when the node counts as alive.
func (c *nodeLifecycle) heartbeatsChanged(node string) {
	c.why[node] = c.env.Engine.Why
	c.look(node, c.env.Engine.Now())
}

// lookAt lets what is done from here on be for the sake of what the node was looked at for.
func (c *nodeLifecycle) lookAt(node string) { c.env.Engine.Why = c.why[node].By(rule.NodeWatch) }

// Observe implements store.Watcher.
func (c *nodeLifecycle) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.Node:
		c.observeNode(ch)
	case model.Pod:
		c.observePod(ch)
	}
}

func (c *nodeLifecycle) observeNode(ch *store.Change) {
	n, now := store.AsNode(ch.New), c.env.Engine.Now()
	if ch.Verb != journal.Modified {
		c.why[n.Name] = c.env.Engine.Why
		c.look(n.Name, now)
		if ch.Verb == journal.Added {
			c.reconcileTaints(n)
		}
		return
	}
	old := store.AsNode(ch.Old)
	if h := c.nodes[n.Name]; h != nil && heartbeat(old) != heartbeat(n) {
		h.posted = now
	}
	if c.matters(old, n) {
		c.why[n.Name] = c.env.Engine.Why
		c.look(n.Name, now)
	}
	c.reconcileTaints(n)
}

// heartbeat is Ready.lastHeartbeatTime; ok is false without the condition.
func heartbeat(n *corev1.Node) (h struct {
	at metav1.Time
	ok bool
}) {
	if r := nodeCondition(n, corev1.NodeReady); r != nil {
		h.at, h.ok = r.LastHeartbeatTime, true
	}
	return h
}

// matters reports whether a monitor pass could act differently on the changed node.
func (c *nodeLifecycle) matters(old, n *corev1.Node) bool {
	for _, key := range [...]string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
		if hasTaint(old.Spec.Taints, key, corev1.TaintEffectNoExecute) != hasTaint(n.Spec.Taints, key, corev1.TaintEffectNoExecute) {
			return true
		}
	}
	return readyStatus(old) != readyStatus(n) || zoneKey(old) != zoneKey(n) || excluded(old) != excluded(n)
}

// observePod handles pods that are bound to a node which is not ready.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go processPod.
func (c *nodeLifecycle) observePod(ch *store.Change) {
	old, p, _ := ch.Pods()
	if ch.Verb == journal.Deleted {
		c.events.Forget(p.UID)
		return
	}
	if p.NodeName == "" || old != nil && old.NodeName == p.NodeName || !notYetUnready(p) {
		return
	}
	n := c.env.Store.Node(p.NodeName)
	if n == nil || c.nodes[p.NodeName] == nil || readyStatus(n) == corev1.ConditionTrue || readyStatus(n) == "" {
		return
	}
	key := p.Key()
	c.env.Engine.After(0, kindNodeUpdate, engine.Func(func() { c.markPods([]store.Key{key}, func() {}) }))
}

// markPods sets Ready to False on pods whose kubelet is not heard any more. Reason and message stay as they were.
//
// Source: k8s v1.36.3 pkg/controller/util/node/controller_utils.go MarkPodsNotReady.
func (c *nodeLifecycle) markPods(keys []store.Key, done func()) {
	c.env.Engine.Act(rule.NodePodsUnready)
	var marked []store.Key
	for _, k := range keys {
		if p := c.env.Store.Pod(k); p != nil && notYetUnready(p) {
			marked = append(marked, k)
		}
	}
	c.api.writeAll(len(marked), func(i int) {
		p, err := c.env.Store.UpdatePod(marked[i], "", func(p *store.Pod) bool {
			if !notYetUnready(p) {
				return false
			}
			ready := *store.Condition(p.Status, corev1.PodReady)
			ready.Status = corev1.ConditionFalse
			st := *p.Status
			st.Conditions = store.SetCondition(st.Conditions, ready, p.Clock(c.env.Engine.Now()))
			p.Status = &st
			return true
		})
		if err == nil {
			c.events.Pod(p, "", record.Warning, "NodeNotReady", "Node is not ready")
		}
	}, done)
}

// notYetUnready reports whether the pod has a Ready condition that is not False.
func notYetUnready(p *store.Pod) bool {
	r := store.Condition(p.Status, corev1.PodReady)
	return r != nil && r.Status != corev1.ConditionFalse
}

// nodeEvent records an Event on a node in the node controller's form.
func (c *nodeLifecycle) nodeEvent(h *nodeHealth, reason, text string) {
	c.events.Node(h.name, h.uid, record.Normal, reason, fmt.Sprintf("Node %s %s", h.name, text))
}

// now is the virtual wall clock with the precision of API timestamps.
func (c *nodeLifecycle) now() metav1.Time {
	return metav1.NewTime(c.env.Store.Now().Truncate(time.Second))
}
