package controller

import (
	"cmp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// podGC deletes pods that nobody else will delete.
//
// Source: k8s v1.36.3 pkg/controller/podgc/gc_controller.go.
type podGC struct {
	env  *Env
	api  *api
	loop *loop

	terminated int                      // pods in a terminal phase
	unbound    map[store.Key]engine.Why // pods being deleted that no node has, and since what
	quarantine map[string]engine.Time   // nodes that were missing, and when to look again
	why        map[string]engine.Why    // what a node is looked at for
}

func newPodGC(env *Env) Reconciler {
	c := &podGC{env: env, api: env.newAPI(), unbound: map[store.Key]engine.Why{}, quarantine: map[string]engine.Time{}, why: map[string]engine.Why{}}
	c.loop = newLoop(env.Engine, "pod-gc", env.Config.PodGCPeriod, env.Reference, c.pass)
	return c
}

// Start implements Reconciler.
func (c *podGC) Start() {
	for _, o := range c.env.Store.List(model.Pod) {
		c.note(nil, o.(*store.Pod))
	}
	c.loop.start()
}

// Observe implements store.Watcher.
func (c *podGC) Observe(ch *store.Change) {
	if ch.Kind() == model.Node {
		c.observeNode(ch)
		return
	}
	old, p, ok := ch.Pods()
	if !ok {
		return
	}
	if ch.Verb == journal.Deleted {
		delete(c.unbound, p.Key())
		if p.Terminal() {
			c.terminated--
		}
		return
	}
	c.note(old, p)
}

// note asks for a pass if the pod has become one that is to be collected.
func (c *podGC) note(old, p *store.Pod) {
	now := c.env.Engine.Now()
	if p.Terminal() && (old == nil || !old.Terminal()) {
		c.terminated++
		if c.tooMany() > 0 {
			c.loop.want(now)
		}
	}
	if p.NodeName != "" && (old == nil || old.NodeName == "") && c.env.Store.Node(p.NodeName) == nil {
		c.why[p.NodeName] = c.env.Engine.Why
		c.loop.want(now)
	}
	if p.Deletion == nil || old != nil && old.Deletion != nil {
		return
	}
	if p.NodeName == "" {
		c.unbound[p.Key()] = c.env.Engine.Why
		c.loop.want(now)
	} else if n := c.env.Store.Node(p.NodeName); n != nil && outOfService(n) {
		c.why[p.NodeName] = c.env.Engine.Why
		c.loop.want(now)
	}
}

func (c *podGC) observeNode(ch *store.Change) {
	n := store.AsNode(ch.New)
	if c.env.pods.any(n.Name) && (ch.Verb == journal.Deleted || outOfService(n)) {
		c.why[n.Name] = c.env.Engine.Why
		c.loop.want(c.env.Engine.Now())
	}
}

// outOfService reports whether the node is not ready and somebody has said that it will not come back.
func outOfService(n *corev1.Node) bool {
	tainted := slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeOutOfService })
	return tainted && readyStatus(n) != corev1.ConditionTrue
}

// tooMany is the number of finished pods above the threshold.
func (c *podGC) tooMany() int {
	if t := c.env.Config.TerminatedPodGCThreshold; t > 0 {
		return max(0, c.terminated-t)
	}
	return 0
}

// pass collects, in upstream's order: finished pods, pods of nodes out of service, orphans, pods that were never bound.
func (c *podGC) pass(now engine.Time) {
	finished, stuck := c.finished(), c.stuck()
	orphans := c.orphans(now)
	c.together(finished, rule.PodGCTerminated, func() {
		c.together(stuck, rule.PodGCOutOfService, func() {
			c.collect(orphans, rule.PodGCOrphan, "PodGC: node no longer exists", func() { c.collect(c.neverBound(), rule.PodGCOutOfService, "", c.endPass) })
		})
	})
}

// endPass ends the pass and asks for the one in which a quarantine ends.
func (c *podGC) endPass() {
	c.loop.finish()
	for node, at := range c.quarantine { // unordered: a minimum
		if c.env.pods.any(node) && c.env.Store.Node(node) == nil {
			c.loop.want(at)
		}
	}
	if c.tooMany() > 0 {
		c.loop.want(c.env.Engine.Now())
	}
}

// finished returns the finished pods above the threshold: evicted ones first, then the oldest.
func (c *podGC) finished() []store.Key {
	n := c.tooMany()
	if n == 0 {
		return nil
	}
	var pods []*store.Pod
	for _, o := range c.env.Store.List(model.Pod) {
		if p := o.(*store.Pod); p.Terminal() {
			pods = append(pods, p)
		}
	}
	return keysOf(byEvictionAndAge(pods)[:n])
}

// stuck returns the terminating pods of nodes that are out of service.
//
// Source: k8s v1.36.3 gc_controller.go gcTerminating.
func (c *podGC) stuck() []store.Key {
	var pods []*store.Pod
	for _, node := range c.env.pods.names() {
		if n := c.env.Store.Node(node); n == nil || !outOfService(n) {
			continue
		}
		for _, key := range c.env.pods.on(node) {
			if p := c.env.Store.Pod(key); p != nil && p.Deletion != nil {
				pods = append(pods, p)
			}
		}
	}
	return keysOf(byEvictionAndAge(pods))
}

// orphans puts nodes that are missing into quarantine and returns the pods of those whose quarantine is over.
//
// Source: k8s v1.36.3 gc_controller.go gcOrphaned, discoverDeletedNodes.
func (c *podGC) orphans(now engine.Time) []store.Key {
	over := map[string]bool{}
	for node, at := range c.quarantine { // unordered: each for itself
		if at <= now {
			delete(c.quarantine, node)
			// One that was over before the last pass was forgotten then, with no pod left to collect.
			over[node] = at > c.loop.latest(now-1)
		}
	}
	var pods []*store.Pod
	for _, node := range c.env.pods.names() {
		if c.env.Store.Node(node) != nil {
			continue
		}
		if _, in := c.quarantine[node]; !in {
			c.quarantine[node] = now + c.env.Config.PodGCQuarantine
		}
		if !over[node] {
			continue
		}
		c.api.read()
		for _, key := range c.env.pods.on(node) {
			pods = append(pods, c.env.Store.Pod(key))
		}
	}
	slices.SortFunc(pods, func(a, b *store.Pod) int { return compareKeys(a.Key(), b.Key()) })
	return keysOf(pods)
}

// neverBound returns the pods being deleted that no node has.
func (c *podGC) neverBound() []store.Key {
	keys := make([]store.Key, 0, len(c.unbound))
	for k := range c.unbound { // unordered: sorted below
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

// together collects pods all at once, as upstream does with a goroutine each.
func (c *podGC) together(keys []store.Key, by rule.ID, done func()) {
	left := len(keys)
	if left == 0 {
		done()
	}
	for i := range keys {
		c.collect(keys[i:i+1], by, "", func() {
			if left--; left == 0 {
				done()
			}
		})
	}
}

// collect sets each pod that has not finished to Failed, with a DisruptionTarget condition if there is a reason, and
// deletes it without grace.
//
// Source: k8s v1.36.3 gc_controller.go markFailedAndDeletePodWithCondition.
func (c *podGC) collect(keys []store.Key, by rule.ID, reason string, done func()) {
	if len(keys) == 0 {
		done()
		return
	}
	key, next := keys[0], func() { c.collect(keys[1:], by, reason, done) }
	p := c.env.Store.Pod(key)
	if p == nil {
		next()
		return
	}
	c.env.Engine.Why = c.whyOf(p).By(by)
	writes := []func(){func() {
		_, _ = c.env.Store.UpdatePod(key, string(p.UID), func(p *store.Pod) bool { return c.fail(p, reason) })
	}, func() {
		zero := int64(0)
		_ = c.env.Store.DeletePod(key, "", &zero)
	}}
	if p.Terminal() {
		writes = writes[1:]
	}
	c.api.writeAll(len(writes), func(i int) { writes[i]() }, next)
}

// whyOf is what the pod is collected for.
func (c *podGC) whyOf(p *store.Pod) engine.Why {
	if why, ok := c.unbound[p.Key()]; ok {
		return why
	}
	if why, ok := c.why[p.NodeName]; ok {
		return why
	}
	return c.env.Engine.Why
}

func (c *podGC) fail(p *store.Pod, reason string) bool {
	if p.Terminal() {
		return false
	}
	st := *p.Status
	st.Phase, st.ObservedGeneration = corev1.PodFailed, p.Generation
	p.Status = &st
	if reason != "" {
		disrupt(p, "DeletionByPodGC", reason, p.Clock(c.env.Engine.Now()))
	}
	return true
}

// byEvictionAndAge sorts evicted pods first, then by creation in whole seconds, then by name.
//
// Source: k8s v1.36.3 gc_controller.go byEvictionAndCreationTimestamp.
func byEvictionAndAge(pods []*store.Pod) []*store.Pod {
	evicted := func(p *store.Pod) int {
		if p.Status.Phase == corev1.PodFailed && p.Status.Reason == "Evicted" {
			return 0
		}
		return 1
	}
	created := func(p *store.Pod) time.Time { return p.Clock(p.Created).Time }
	slices.SortStableFunc(pods, func(a, b *store.Pod) int {
		return cmp.Or(cmp.Compare(evicted(a), evicted(b)), created(a).Compare(created(b)), strings.Compare(a.Name, b.Name))
	})
	return pods
}

func keysOf(pods []*store.Pod) []store.Key {
	keys := make([]store.Key, len(pods))
	for i, p := range pods {
		keys[i] = p.Key()
	}
	return keys
}
