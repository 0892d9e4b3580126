package controller

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/admission"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/store"
)

// sync brings the pods of one set in line and writes its status.
//
// Source: k8s v1.36.3 pkg/controller/daemon/daemon_controller.go syncDaemonSet.
func (c *daemonSets) sync(key store.Key, done func(error)) {
	s := c.byKey[key]
	if s == nil {
		done(nil)
		return
	}
	set := s.set
	if sel := set.Spec.Selector; sel != nil && len(sel.MatchLabels) == 0 && len(sel.MatchExpressions) == 0 {
		c.pods.event(set, record.Warning, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.")
		done(nil)
		return
	}
	if set.DeletionTimestamp != nil {
		done(nil)
		return
	}
	c.constructHistory(s, set, func(old []*appsv1.ControllerRevision, err error) {
		if err != nil {
			done(fmt.Errorf("failed to construct revisions of DaemonSet: %w", err))
			return
		}
		c.claim(s, func(err error) {
			if err != nil {
				done(err)
				return
			}
			c.update(s, set, old, func(failed error) {
				c.updateStatus(s, set, func(err error) { done(cmp.Or(failed, err)) })
			})
		})
	})
}

// claim adopts orphans and releases pods that the selector does not match any more.
//
// Source: k8s v1.36.3 daemon_controller.go getDaemonPods, controller_ref_manager.go ClaimPods.
func (c *daemonSets) claim(s *daemonState, done func(error)) {
	if len(s.strays)+len(s.orphans) == 0 {
		done(nil)
		return
	}
	var patches []claimPatch
	adopts := false
	for key := range s.strays { // unordered: sorted below
		if p := c.env.Store.Pod(key); p != nil {
			patches = append(patches, claimPatch{pod: p})
		}
	}
	for key := range s.orphans { // unordered: sorted below
		if p := c.env.Store.Pod(key); p != nil && p.Deletion == nil && controllerUID(p.OwnerList()) == "" {
			patches = append(patches, claimPatch{pod: p, adopt: true})
			adopts = true
		}
	}
	slices.SortFunc(patches, func(a, b claimPatch) int { return cmp.Compare(a.pod.Index, b.pod.Index) })
	s.orphans = map[store.Key]bool{}
	if adopts {
		c.api.read() // is the set still there?
	}
	claimPods(c.api, c.env.Store, s.owners[0], patches, done)
}

// update creates what is missing and deletes what is too many, takes the next step of a rolling update, and forgets
// old revisions.
//
// Source: k8s v1.36.3 daemon_controller.go updateDaemonSet.
func (c *daemonSets) update(s *daemonState, set *appsv1.DaemonSet, old []*appsv1.ControllerRevision, done func(error)) {
	create, remove := c.plan(s, set)
	c.syncNodes(s, set, create, remove, func(err error) {
		if err != nil {
			done(err)
			return
		}
		finish := func(err error) {
			if err != nil {
				done(err)
				return
			}
			c.cleanup(s, set, old, done)
		}
		if set.Spec.UpdateStrategy.Type != appsv1.RollingUpdateDaemonSetStrategyType || s.tally.outdated == 0 {
			finish(nil)
			return
		}
		create, remove := c.rollingUpdate(s, set)
		c.syncNodes(s, set, create, remove, finish)
	})
}

// plan says on which nodes a pod is to be created and which pods are to be deleted.
//
// Source: k8s v1.36.3 daemon_controller.go manage, getUnscheduledPodsWithoutNode. Upstream's order of nodes is that of a
// map; here it is their names'.
func (c *daemonSets) plan(s *daemonState, set *appsv1.DaemonSet) (create []string, remove []*store.Pod) {
	var unbound []*store.Pod
	for _, name := range sortedKeys(s.dirty) {
		n := s.nodes[name]
		before := len(create) + len(remove) + len(unbound)
		waits := false
		switch pods := n.live(); {
		case n.node == nil:
			for _, p := range pods {
				if p.NodeName == "" {
					unbound = append(unbound, p)
				}
			}
		case n.run && len(pods) == 0:
			create = append(create, name)
		case n.stay:
			var missing bool
			var extra []*store.Pod
			missing, extra, waits = c.prune(s, set, n, pods)
			remove = append(remove, extra...)
			if missing {
				create = append(create, name)
			}
		default:
			for _, p := range pods {
				if p.Deletion == nil {
					remove = append(remove, p)
				}
			}
		}
		if before == len(create)+len(remove)+len(unbound) && !waits {
			delete(s.dirty, name)
		}
	}
	return create, append(remove, unbound...)
}

// live are the pods that count: not those that have finished and are being deleted.
func (n *daemonNode) live() []*store.Pod {
	if !slices.ContainsFunc(n.pods, gone) {
		return n.pods
	}
	return slices.DeleteFunc(slices.Clone(n.pods), gone)
}

func gone(p *store.Pod) bool { return p.Terminal() && p.Deletion != nil }

// prune decides about a node that has pods and may keep them. missing says that a pod is to be created, waits that a
// failed one is to be deleted later.
//
// Source: k8s v1.36.3 daemon_controller.go podsShouldBeOnNode.
func (c *daemonSets) prune(s *daemonState, set *appsv1.DaemonSet, n *daemonNode, pods []*store.Pod) (missing bool, remove []*store.Pod, waits bool) {
	var running []*store.Pod
	for _, p := range pods {
		switch {
		case p.Deletion != nil:
		case p.Status.Phase == corev1.PodFailed:
			if d := c.failed(s, set, n.name); d > 0 {
				c.queue.addAfter(s.key, d)
				waits = true
				continue
			}
			c.pods.event(set, record.Warning, "FailedDaemonPod", fmt.Sprintf("Found failed daemon pod %s on node %s, will try to kill it", p.Key(), n.name))
			remove = append(remove, p)
		case p.Status.Phase == corev1.PodSucceeded:
			c.pods.event(set, record.Normal, "SucceededDaemonPod", fmt.Sprintf("Found succeeded daemon pod %s on node %s, will try to delete it", p.Key(), n.name))
			remove = append(remove, p)
		default:
			running = append(running, p)
		}
	}
	switch {
	case !surges(set) && len(running) > 1:
		remove = append(remove, running[1:]...)
	case surges(set) && len(running) == 0:
		missing = n.run
	case surges(set) && len(running) > 1:
		remove = append(remove, c.surplus(s, set, running)...)
	}
	return missing, remove, waits
}

// failed counts the failure of a node's pod and returns how long its deletion has to wait, 0 if it need not.
//
// Source: k8s v1.36.3 daemon_controller.go podsShouldBeOnNode, failedPodsBackoffKey; staging
// client-go/util/flowcontrol/backoff.go.
func (c *daemonSets) failed(s *daemonState, set *appsv1.DaemonSet, node string) engine.Time {
	now, b := c.env.Engine.Now(), s.failures[node]
	if b == nil || b.generation != set.Status.ObservedGeneration || now-b.since > 2*failedDaemonWaitUp {
		s.failures[node] = &backoff{failedDaemonWait, now, set.Status.ObservedGeneration}
		return 0
	}
	if now-b.since < b.wait {
		return b.wait
	}
	b.wait, b.since = min(2*b.wait, failedDaemonWaitUp), now
	return 0
}

// surplus are the pods of a node that go when new ones are created beside old ones: all but the oldest of either, and
// the old one as soon as the new one is available or it itself is not ready.
func (c *daemonSets) surplus(s *daemonState, set *appsv1.DaemonSet, running []*store.Pod) (remove []*store.Pod) {
	var fresh, old *store.Pod
	for _, p := range running {
		switch updated := p.LabelSet()[appsv1.DefaultDaemonSetUniqueLabelKey] == s.hash; {
		case updated && fresh == nil:
			fresh = p
		case !updated && old == nil:
			old = p
		default:
			remove = append(remove, p)
		}
	}
	if fresh != nil && old != nil && (!podReady(old) || available(fresh, set.Spec.MinReadySeconds, c.env.Store.Now())) {
		remove = append(remove, old)
	}
	return remove
}

// syncNodes creates pods for nodes, in batches that double each time, and then deletes pods.
//
// Source: k8s v1.36.3 daemon_controller.go syncNodes.
func (c *daemonSets) syncNodes(s *daemonState, set *appsv1.DaemonSet, create []string, remove []*store.Pod, done func(error)) {
	create, remove = create[:min(len(create), burstDaemons)], remove[:min(len(remove), burstDaemons)]
	if len(create)+len(remove) == 0 {
		done(nil)
		return
	}
	var errs []error
	note := func(err error) error {
		if err != nil && !namespaceTerminating(err) && !isNotFound(err) {
			errs = append(errs, err)
			return err
		}
		return nil
	}
	m := s.podManifest()
	slowStart(len(create), 1, func(i int, done func(error)) {
		id := admission.Identity{Namespace: s.key.Namespace, GenerateName: podPrefix(s.key.Name), Owners: s.owners,
			Edit: func(spec *corev1.PodSpec) { spec.Affinity = pinTo(spec.Affinity, create[i]) }}
		c.pods.create(set, m, id, func(err error) { done(note(err)) })
	}, func(int, error) {
		together(len(remove), func(i int, done func(error)) {
			c.pods.delete(set, remove[i].Key(), func(err error) { done(note(err)) })
		}, func(int, error) { done(aggregate(errs)) })
	})
}

// updated reports whether the pod is of the set's present template.
//
// Source: k8s v1.36.3 pkg/controller/daemon/util/daemonset_util.go IsPodUpdated.
func (s *daemonState) updated(p *store.Pod) bool {
	l, g := p.LabelSet(), s.set.Annotations[appsv1.DeprecatedTemplateGeneration]
	return s.hash != "" && l[appsv1.DefaultDaemonSetUniqueLabelKey] == s.hash || g != "" && strings.TrimLeft(l["pod-template-generation"], "0") == g
}
