package controller

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var (
	kindTaintQueue = engine.NewKind("taint eviction queue", engine.RankController, false)
	kindEvict      = engine.NewKind("taint eviction timer", engine.RankTimer, false)
)

// taintEviction deletes pods that do not tolerate the NoExecute taints of their node.
//
//	            taint seen                  time is up
//	(nothing) ------------> timer (kept) ---------------> deleting --> (nothing)
//	    ^                     |
//	    +---------------------+  taints gone, pod gone, tolerated for ever, not tolerated at all: "Cancelling deletion"
//
// Source: k8s v1.36.3 pkg/controller/tainteviction/taint_eviction.go, timed_workers.go.
type taintEviction struct {
	env    *Env
	api    *api
	events *record.Recorder

	tainted map[string][]corev1.Taint // the NoExecute taints of nodes that have any
	work    map[store.Key]*eviction
	nodes   map[string]bool    // queued nodes
	pods    map[store.Key]bool // queued pods
}

// eviction is the work on one pod: waiting for its timer, or under way.
type eviction struct {
	since    engine.Time
	timer    engine.Timer
	underway bool
}

func newTaintEviction(env *Env) Reconciler {
	c := &taintEviction{env: env, api: env.newAPI(), tainted: map[string][]corev1.Taint{}, work: map[store.Key]*eviction{},
		nodes: map[string]bool{}, pods: map[store.Key]bool{}}
	c.events = env.newRecorder("taint-eviction-controller", c.api)
	return c
}

// Start implements Reconciler: like a controller that has just started, it begins all timers anew.
func (c *taintEviction) Start() {
	for _, o := range c.env.Store.List(model.Node) {
		if n := store.AsNode(o); len(noExecute(n.Spec.Taints)) > 0 {
			c.queueNode(n.Name)
		}
	}
}

// Observe implements store.Watcher.
func (c *taintEviction) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.Node:
		n := store.AsNode(ch.New)
		var old []corev1.Taint
		if ch.Verb == journal.Modified {
			old = noExecute(store.AsNode(ch.Old).Spec.Taints)
		}
		now := noExecute(n.Spec.Taints)
		if ch.Verb == journal.Deleted || !slices.EqualFunc(old, now, sameTaint) {
			c.queueNode(n.Name)
		}
	case model.Pod:
		c.observePod(ch)
	}
}

func (c *taintEviction) observePod(ch *store.Change) {
	old, p, _ := ch.Pods()
	key := p.Key()
	if ch.Verb == journal.Deleted {
		c.events.Forget(p.UID)
		if c.work[key] != nil {
			c.queuePod(key)
		}
		return
	}
	if p.NodeName == "" || old != nil && old.NodeName == p.NodeName && (old.Template == p.Template || slices.EqualFunc(old.Spec().Tolerations, p.Spec().Tolerations, sameToleration)) {
		return
	}
	if c.tainted[p.NodeName] != nil || c.work[key] != nil || c.nodes[p.NodeName] {
		c.queuePod(key)
	}
}

func sameToleration(a, b corev1.Toleration) bool {
	if (a.TolerationSeconds == nil) != (b.TolerationSeconds == nil) || a.TolerationSeconds != nil && *a.TolerationSeconds != *b.TolerationSeconds {
		return false
	}
	a.TolerationSeconds, b.TolerationSeconds = nil, nil
	return a == b
}

func (c *taintEviction) queueNode(name string) {
	if !c.nodes[name] {
		c.nodes[name] = true
		c.env.Engine.After(0, kindTaintQueue, engine.Func(func() { c.handleNode(name) }))
	}
}

func (c *taintEviction) queuePod(key store.Key) {
	if !c.pods[key] {
		c.pods[key] = true
		c.env.Engine.After(0, kindTaintQueue, engine.Func(func() { c.handlePod(key) }))
	}
}

// handleNode decides for all pods of a node whose NoExecute taints changed.
//
// Source: k8s v1.36.3 taint_eviction.go handleNodeUpdate.
func (c *taintEviction) handleNode(name string) {
	delete(c.nodes, name)
	n := c.env.Store.Node(name)
	if n == nil {
		delete(c.tainted, name)
		return
	}
	taints := noExecute(n.Spec.Taints)
	if len(taints) == 0 {
		delete(c.tainted, name)
	} else {
		c.tainted[name] = taints
	}
	for _, key := range c.env.pods.on(name) {
		if len(taints) == 0 {
			c.cancel(key)
		} else if p := c.env.Store.Pod(key); p != nil {
			c.decide(key, taints, p.Spec().Tolerations)
		}
	}
}

// handlePod decides for a pod that was bound, changed its tolerations, or is gone.
//
// Source: k8s v1.36.3 taint_eviction.go handlePodUpdate.
func (c *taintEviction) handlePod(key store.Key) {
	delete(c.pods, key)
	p := c.env.Store.Pod(key)
	if p == nil {
		c.cancel(key)
		return
	}
	if taints := c.tainted[p.NodeName]; taints != nil {
		c.decide(key, taints, p.Spec().Tolerations)
	}
}

// decide starts, keeps or cancels the timer of a pod on a tainted node. A timer that runs is kept even if the taints or
// the tolerations are others by now.
//
// Source: k8s v1.36.3 taint_eviction.go processPodOnNode.
func (c *taintEviction) decide(key store.Key, taints []corev1.Taint, tolerations []corev1.Toleration) {
	stay, all := tolerationTime(taints, tolerations)
	w := c.work[key]
	switch {
	case !all:
		c.cancel(key)
		c.begin(key, 0)
	case stay == forever:
		c.cancel(key)
	case w == nil:
		c.begin(key, stay)
	}
}

// begin starts the timer of a pod.
func (c *taintEviction) begin(key store.Key, stay engine.Time) {
	w := &eviction{since: c.env.Engine.Now()}
	c.work[key] = w
	if stay <= 0 {
		c.evict(key, w)
		return
	}
	w.timer = c.env.Engine.After(stay, kindEvict, engine.Func(func() { c.evict(key, w) }))
}

// cancel forgets the work on a pod. If its timer still ran, an Event says so.
func (c *taintEviction) cancel(key store.Key) {
	w := c.work[key]
	if w == nil {
		return
	}
	delete(c.work, key)
	if c.env.Engine.Cancel(w.timer) {
		c.env.Engine.Act(rule.TaintEvictionCancelled)
		c.event(key, "Cancelling deletion of Pod "+key.String())
	}
}

// evict writes the DisruptionTarget condition and then deletes the pod with its own grace.
//
// Source: k8s v1.36.3 taint_eviction.go addConditionAndDeletePod.
func (c *taintEviction) evict(key store.Key, w *eviction) {
	w.underway = true
	c.env.Engine.Act(rule.TaintEviction)
	c.event(key, "Marking for deletion Pod "+key.String())
	c.api.read()
	done := func() {
		if c.work[key] == w {
			delete(c.work, key)
		}
	}
	if p := c.env.Store.Pod(key); p == nil {
		done() // Differs: upstream asks four more times, 10 ms apart
		return
	} else if targeted(p) {
		c.api.write(func() {
			_ = c.env.Store.DeletePod(key, "", nil)
			done()
		})
		return
	}
	c.api.writeAll(2, func(i int) {
		if i == 0 {
			_, _ = c.env.Store.UpdatePod(key, "", func(p *store.Pod) bool {
				return disrupt(p, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", p.Clock(c.env.Engine.Now()))
			})
			return
		}
		_ = c.env.Store.DeletePod(key, "", nil)
	}, done)
}

// targeted reports whether the pod has this controller's DisruptionTarget condition already.
func targeted(p *store.Pod) bool {
	d := store.Condition(p.Status, corev1.DisruptionTarget)
	return d != nil && d.Status == corev1.ConditionTrue && d.Reason == "DeletionByTaintManager" && d.ObservedGeneration == p.Generation
}

// event records an Event on a pod that is known by name alone, so that its reference has no UID.
func (c *taintEviction) event(key store.Key, message string) {
	c.events.Event(store.Reference{Kind: model.Pod, Namespace: key.Namespace, Name: key.Name}, record.Normal, "TaintManagerEviction", message)
}
