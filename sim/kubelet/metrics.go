package kubelet

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// Usage is what the pod's containers use at this instant of a resource, cpu in millicores and anything else in bytes: what
// a metrics server would answer. ok is false if the pod runs on no machine, or no scenario says what it uses.
func (k *Kubelets) Usage(p *store.Pod, resource corev1.ResourceName) (n int64, ok bool) {
	node := k.nodes[p.NodeName]
	if node == nil {
		return 0, false
	}
	w := node.workers[p.UID]
	if w == nil {
		return 0, false
	}
	for i := range w.containers {
		c := &w.containers[i]
		if !c.newest.running() {
			continue
		}
		if used := c.newest.use.of(resource); used != nil {
			n, ok = n+used.at(w.now()), true
		}
		if share, shared := k.share(w, c.behavior, resource); shared {
			n, ok = n+share, true
		}
	}
	return n, ok
}

// share is the pod's part of a load that all ready pods of a behaviour bear together; one that is not ready bears nothing.
// Its series counts from the start of the run.
func (k *Kubelets) share(w *worker, b *world.Behavior, resource corev1.ResourceName) (n int64, ok bool) {
	if b == nil {
		return 0, false
	}
	s, ok := b.Load[string(resource)]
	if !ok || !w.podReady() {
		return 0, ok
	}
	total := s.Value.Int(k.engine.Stream("load/" + string(resource)))
	for _, step := range s.Steps {
		if step.At <= k.engine.Now() {
			total = step.N
		}
	}
	return bounded(total) / max(k.bearers(b), 1), true
}

// bearers counts the containers that bear a behaviour's load.
func (k *Kubelets) bearers(b *world.Behavior) int64 {
	now := k.engine.Now()
	if c := k.borne[b]; c.n > 0 && c.at == now {
		return c.n
	}
	n := int64(0)
	for _, node := range k.order {
		for _, w := range node.order {
			for i := range w.containers {
				if c := &w.containers[i]; c.behavior == b && c.newest.running() && w.podReady() {
					n++
				}
			}
		}
	}
	if k.borne == nil {
		k.borne = map[*world.Behavior]bearing{}
	}
	k.borne[b] = bearing{now, n}
	return n
}

// bearing remembers a count for the instant at which it was made: a controller asks for one pod after another.
type bearing struct {
	at engine.Time
	n  int64
}

// podReady reports whether the pod's Ready condition is True by the kubelet's last word.
func (w *worker) podReady() bool {
	st := w.status.current
	if st == nil || w.mode != syncing {
		return false
	}
	c := find(st.Conditions, corev1.PodReady)
	return c != nil && c.Status == corev1.ConditionTrue
}

// of is the profile of a resource, nil if nothing is known of it.
func (u *consumption) of(resource corev1.ResourceName) profile {
	switch {
	case u == nil:
	case resource == corev1.ResourceCPU:
		return u.cpu
	case resource == corev1.ResourceMemory:
		return u.memory
	case resource == corev1.ResourceEphemeralStorage:
		return u.disk
	}
	return nil
}
