package controller

import (
	appsv1 "k8s.io/api/apps/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// count is the status of the pods as the sync found them.
//
// Source: k8s v1.36.3 pkg/controller/statefulset/stateful_set_control.go computeReplicaStatus.
func (st *statefulSync) count() appsv1.StatefulSetStatus {
	collisions := st.revisions.collisions
	out := appsv1.StatefulSetStatus{ObservedGeneration: st.set.Generation, CurrentRevision: st.revisions.current.Name,
		UpdateRevision: st.revisions.update.Name, CollisionCount: &collisions}
	s := st.state
	out.Replicas, out.ReadyReplicas = int32(len(s.pods)), int32(s.ready)
	out.CurrentReplicas, out.UpdatedReplicas = int32(s.living[out.CurrentRevision]), int32(s.living[out.UpdateRevision])
	out.AvailableReplicas = out.ReadyReplicas
	if min := st.set.Spec.MinReadySeconds; min > 0 {
		out.AvailableReplicas = 0
		for _, p := range s.pods { // unordered: a sum
			if healthy(p) && available(p, min, st.now) {
				out.AvailableReplicas++
			}
		}
	}
	return out
}

// updateStatus writes the status if it tells something new. If somebody changed the set meanwhile it is read again.
//
// Source: k8s v1.36.3 stateful_set_control.go updateStatefulSetStatus; stateful_set_utils.go completeRollingUpdate,
// inconsistentStatus; stateful_set_status_updater.go.
func (c *statefulSets) updateStatus(st *statefulSync, done func(error)) {
	s, old := &st.status, &st.set.Status
	want := int32(replicaCount(st.set.Spec.Replicas))
	if st.set.Spec.UpdateStrategy.Type == appsv1.RollingUpdateStatefulSetStrategyType && s.UpdatedReplicas == want && s.ReadyReplicas == want && s.Replicas == want {
		s.CurrentReplicas, s.CurrentRevision = s.UpdatedReplicas, s.UpdateRevision
	}
	if s.ObservedGeneration <= old.ObservedGeneration && s.Replicas == old.Replicas && s.CurrentReplicas == old.CurrentReplicas && s.ReadyReplicas == old.ReadyReplicas &&
		s.UpdatedReplicas == old.UpdatedReplicas && s.CurrentRevision == old.CurrentRevision && s.AvailableReplicas == old.AvailableReplicas && s.UpdateRevision == old.UpdateRevision {
		done(nil)
		return
	}
	c.putStatus(st, st.set.ResourceVersion, statusTries, done)
}

// statusTries is how often the write of a status is tried when others change the object.
// Source: k8s v1.36.3 staging client-go/util/retry/util.go DefaultRetry.
const statusTries = 5

func (c *statefulSets) putStatus(st *statefulSync, revision string, tries int, done func(error)) {
	c.api.write(func() {
		var err error
		found := c.env.Store.Update(statefulSetKind, st.state.key, func(o model.Object) bool {
			switch {
			case o.GetUID() != st.set.UID:
				err = store.NotFound(statefulSetKind, st.set.Name)
			case o.GetResourceVersion() != revision:
				err = conflict(statefulSetKind, st.set.Name)
			default:
				o.(*appsv1.StatefulSet).Status = st.status
			}
			return err == nil
		})
		if found != nil {
			err = found
		}
		if isConflict(err) && tries > 1 {
			c.putStatus(st, c.env.Store.Get(statefulSetKind, st.state.key).API().GetResourceVersion(), tries-1, done)
			return
		}
		done(err)
	})
}

// checkAgain queues the set for the moment at which the next of its pods has been ready for long enough.
//
// Source: k8s v1.36.3 stateful_set.go syncStatefulSet; pkg/controller/controller_utils.go FindMinNextPodAvailabilityCheck.
func (c *statefulSets) checkAgain(st *statefulSync) {
	minReady := st.set.Spec.MinReadySeconds
	if minReady == 0 || st.status.ReadyReplicas == st.status.AvailableReplicas {
		return
	}
	wait, found := engine.Time(minReady)*second, false
	for _, p := range st.state.pods { // unordered: the least
		since := readySince(p)
		if !podReady(p) || since.IsZero() {
			continue
		}
		if d := since.Add(engine.Time(minReady) * second).Sub(st.now); d > 0 && (!found || d < wait) {
			wait, found = d, true
		}
	}
	c.queue.addAfter(st.state.key, max(wait-c.env.Store.Now().Sub(st.now), 0))
}
