package kubelet

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// Usage is what a running container of the pod uses at this instant of a resource, cpu in millicores and anything else in
// bytes, and when it was started: what a metrics server would be told. ok is false if the container does not run, its node
// cannot be reached, or no scenario says what it uses.
func (k *Kubelets) Usage(p *store.Pod, container string, resource corev1.ResourceName) (n int64, started engine.Time, ok bool) {
	w := k.reachable(p)
	if w == nil {
		return 0, 0, false
	}
	for i := range w.containers {
		c := &w.containers[i]
		if c.spec.Name != container || !c.newest.running() {
			continue
		}
		if used := c.newest.use.of(resource); used != nil {
			n, ok = used.at(w.now()), true
		}
		if share, shared := k.share(w, c.behavior, resource); shared {
			n, ok = n+share, true
		}
		return n, c.newest.started, ok
	}
	return 0, 0, false
}

// NextUsage is the first instant after now at which the pod's containers, as long as those run that run now, use more or less
// of a resource by the passage of time alone; engine.Never if there is none.
func (k *Kubelets) NextUsage(p *store.Pod, resource corev1.ResourceName) engine.Time {
	at := engine.Never
	w := k.reachable(p)
	if w == nil {
		return at
	}
	for i := range w.containers {
		c := &w.containers[i]
		if !c.newest.running() {
			continue
		}
		at = min(at, c.newest.use.of(resource).next(w.now()))
		if c.behavior != nil {
			for _, step := range c.behavior.Load[string(resource)].Steps {
				if step.At > w.now() {
					at = min(at, step.At)
					break
				}
			}
		}
	}
	return at
}

// reachable is the worker of the pod, nil if it has none or its node cannot be asked.
func (k *Kubelets) reachable(p *store.Pod) *worker {
	if node := k.nodes[p.NodeName]; node != nil && node.online() {
		return node.workers[p.UID]
	}
	return nil
}

// metered reports whether a scenario says what the container uses.
func (c *container) metered() bool {
	return c.behavior != nil && len(c.behavior.Usage)+len(c.behavior.Load) > 0
}

// usageChanged tells who reads usage that the pod's containers use more or less from now on. What one pod bears of a load
// changes what the others bear.
func (w *worker) usageChanged() {
	h := w.node.k.Hearer
	if h == nil {
		return
	}
	for i := range w.containers {
		if c := &w.containers[i]; c.metered() {
			if len(c.behavior.Load) > 0 {
				h.UsageChanged(nil)
				return
			}
			h.UsageChanged(w.pod)
		}
	}
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
	return k.load(s, resource, k.engine.Now()) / max(k.bearers(b), 1), true
}

// load is the whole of a load at t.
func (k *Kubelets) load(s world.Series, resource corev1.ResourceName, t engine.Time) int64 {
	total := s.Value.Int(k.engine.Stream("load/" + string(resource)))
	for _, step := range s.Steps {
		if step.At <= t {
			total = step.N
		}
	}
	return bounded(total)
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
