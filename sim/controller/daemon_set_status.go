package controller

import (
	appsv1 "k8s.io/api/apps/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// daemonTally counts the nodes of a set.
type daemonTally struct {
	desired, current, misscheduled int32
	ready, updated                 int32
	outdated                       int32 // nodes with a pod of a former template that is not being deleted

	rollWaiting, rollOldUnavailable int32 // nodes in these states, where ready is available
}

func (t *daemonTally) add(o daemonTally, sign int32) {
	t.desired += sign * o.desired
	t.current += sign * o.current
	t.misscheduled += sign * o.misscheduled
	t.ready += sign * o.ready
	t.updated += sign * o.updated
	t.outdated += sign * o.outdated
	t.rollWaiting += sign * o.rollWaiting
	t.rollOldUnavailable += sign * o.rollOldUnavailable
}

// weigh is what a node adds to the tally.
//
// Source: k8s v1.36.3 pkg/controller/daemon/daemon_controller.go updateDaemonSetStatus.
func (s *daemonState) weigh(n *daemonNode) (t daemonTally) {
	switch n.roll = s.rollStateOf(n, podReady); n.roll {
	case rollWaiting:
		t.rollWaiting = 1
	case rollOldUnavailable:
		t.rollOldUnavailable = 1
	}
	pods := n.live()
	for _, p := range pods {
		if p.Deletion == nil && !s.updated(p) {
			t.outdated = 1
		}
	}
	if n.node == nil {
		return t
	}
	if !n.run {
		if len(pods) > 0 {
			t.misscheduled = 1
		}
		return t
	}
	t.desired = 1
	if len(pods) == 0 {
		return t
	}
	t.current = 1
	if podReady(pods[0]) {
		t.ready = 1
	}
	if s.updated(pods[0]) {
		t.updated = 1
	}
	return t
}

// available counts the nodes whose pod has been ready for long enough.
func (c *daemonSets) available(s *daemonState, minReady int32) int32 {
	if minReady == 0 {
		return s.tally.ready
	}
	n, now := int32(0), c.env.Store.Now()
	for _, d := range s.nodes { // unordered: a sum
		if d.counted.ready > 0 && available(d.live()[0], minReady, now) {
			n++
		}
	}
	return n
}

// updateStatus writes the status if it has changed. If somebody changed the set meanwhile it is read again, once.
//
// Source: k8s v1.36.3 daemon_controller.go updateDaemonSetStatus, storeDaemonSetStatus.
func (c *daemonSets) updateStatus(s *daemonState, set *appsv1.DaemonSet, done func(error)) {
	t, st := s.tally, set.Status
	st.DesiredNumberScheduled, st.CurrentNumberScheduled, st.NumberMisscheduled = t.desired, t.current, t.misscheduled
	st.NumberReady, st.UpdatedNumberScheduled, st.NumberAvailable = t.ready, t.updated, c.available(s, set.Spec.MinReadySeconds)
	st.NumberUnavailable = st.DesiredNumberScheduled - st.NumberAvailable
	st.ObservedGeneration = max(st.ObservedGeneration, set.Generation)
	finish := func(err error) {
		if err == nil && set.Spec.MinReadySeconds > 0 && st.NumberReady != st.NumberAvailable {
			c.queue.addAfter(s.key, engine.Time(set.Spec.MinReadySeconds)*second)
		}
		done(err)
	}
	if sameDaemonStatus(&st, &set.Status) {
		finish(nil)
		return
	}
	put := func(revision string, next func(error)) {
		c.api.write(func() {
			var err error
			found := c.env.Store.Update(daemonSetKind, s.key, func(o model.Object) bool {
				switch {
				case o.GetUID() != set.UID:
					err = store.NotFound(daemonSetKind, set.Name)
				case o.GetResourceVersion() != revision:
					err = conflict(daemonSetKind, set.Name)
				default:
					to := &o.(*appsv1.DaemonSet).Status
					st.CollisionCount, st.Conditions = to.CollisionCount, to.Conditions
					*to = st
				}
				return err == nil
			})
			if found != nil {
				err = found
			}
			next(err)
		})
	}
	put(set.ResourceVersion, func(err error) {
		if err == nil {
			finish(nil)
			return
		}
		c.api.read()
		fresh := c.env.Store.Get(daemonSetKind, s.key)
		if fresh == nil {
			finish(store.NotFound(daemonSetKind, s.key.Name))
			return
		}
		put(fresh.API().GetResourceVersion(), finish)
	})
}

func sameDaemonStatus(a, b *appsv1.DaemonSetStatus) bool {
	return a.DesiredNumberScheduled == b.DesiredNumberScheduled && a.CurrentNumberScheduled == b.CurrentNumberScheduled && a.NumberMisscheduled == b.NumberMisscheduled &&
		a.NumberReady == b.NumberReady && a.UpdatedNumberScheduled == b.UpdatedNumberScheduled && a.NumberAvailable == b.NumberAvailable &&
		a.NumberUnavailable == b.NumberUnavailable && a.ObservedGeneration == b.ObservedGeneration
}
