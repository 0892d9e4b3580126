package controller

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
)

// rolling appends the steps of a rolling update: grow the new ReplicaSet or, where that is not possible, shrink old ones.
//
// Source: k8s v1.36.3 pkg/controller/deployment/rolling.go rolloutRolling.
func (r *rollout) rolling() {
	r.findSets(true)
	r.do(func() {
		if r.reconcileNew() || r.reconcileOld() {
			r.do(func() { r.putRolloutStatus() })
			return
		}
		if isComplete(&r.d, &r.d.Status) {
			r.cleanup()
		}
		r.do(func() { r.putRolloutStatus() })
	})
}

// reconcileNew gives the new ReplicaSet its size and reports whether that changes.
//
// Source: k8s v1.36.3 rolling.go reconcileNewReplicaSet.
func (r *rollout) reconcileNew() bool {
	want, has := *r.d.Spec.Replicas, *r.newRS.Spec.Replicas
	switch {
	case has == want:
		return false
	case has > want:
		return r.scaleSet(r.newRS, want, false)
	}
	return r.scaleSet(r.newRS, newReplicas(&r.d, r.allSets(), r.newRS), false)
}

// reconcileOld shrinks old ReplicaSets as far as availability allows: first by what is not available anyway, the oldest
// first, then by what the new ReplicaSet makes up for. It reports whether anything changes.
//
// Source: k8s v1.36.3 rolling.go reconcileOldReplicaSets.
func (r *rollout) reconcileOld() bool {
	old := activeSets(r.oldRSs)
	if len(old) == 0 {
		return false
	}
	least := *r.d.Spec.Replicas - maxUnavailable(&r.d)
	mayGo := sizeOf(r.allSets()) - least - (*r.newRS.Spec.Replicas - r.newRS.Status.AvailableReplicas)
	if mayGo <= 0 {
		return false
	}
	slices.SortStableFunc(old, byAge)
	shrunk := int32(0)
	r.lenient(func() {
		n, ok := r.shrinkUnhealthy(old, mayGo)
		if ok {
			shrunk = n + r.shrinkHealthy(old, availableOf(append(slices.Clone(old), r.newRS))-least)
		}
	})
	return shrunk > 0
}

// shrinkUnhealthy takes replicas that are not available off old ReplicaSets, at most n in all, and puts into old what
// they will be. ok is false if one of them has more available replicas than it wants: its status is not up to date, so
// nothing can be said.
//
// Source: k8s v1.36.3 rolling.go cleanupUnhealthyReplicas.
func (r *rollout) shrinkUnhealthy(old []*appsv1.ReplicaSet, n int32) (done int32, ok bool) {
	for i, rs := range old {
		unavailable := *rs.Spec.Replicas - rs.Status.AvailableReplicas
		switch {
		case done >= n:
			return done, true
		case unavailable < 0:
			return 0, false
		case unavailable > 0:
			take := min(n-done, unavailable)
			old[i] = r.shrink(rs, *rs.Spec.Replicas-take)
			done += take
		}
	}
	return done, true
}

// shrinkHealthy takes n replicas off old ReplicaSets, the oldest first.
//
// Source: k8s v1.36.3 rolling.go scaleDownOldReplicaSetsForRollingUpdate.
func (r *rollout) shrinkHealthy(old []*appsv1.ReplicaSet, n int32) (done int32) {
	for _, rs := range old {
		if take := min(*rs.Spec.Replicas, n-done); take > 0 {
			r.shrink(rs, *rs.Spec.Replicas-take)
			done += take
		}
	}
	return done
}

// shrink appends the write of a smaller size and returns the ReplicaSet as it will be.
func (r *rollout) shrink(rs *appsv1.ReplicaSet, size int32) *appsv1.ReplicaSet {
	to := *rs
	r.scaleSet(rs, size, false)
	to.Spec.Replicas = &size
	setReplicasAnnotations(&r.d, &to)
	r.do(func() { r.refetch(&to) })
	return &to
}

// lenient appends what f appends. If a write of it fails, the rest of it is left out and the sync goes on, as upstream
// does where the next sync will find what is left to do.
func (r *rollout) lenient(f func()) {
	before := len(r.steps)
	f()
	steps := slices.Clone(r.steps[before:])
	r.steps = append(r.steps[:before], func(done func(error)) {
		oneByOne(len(steps), func(i int, done func(error)) { steps[i](done) }, func(error) { done(nil) })
	})
}

// recreate appends the steps of a rollout without overlap: shrink the old ReplicaSets to nothing, wait until their pods
// are gone, then grow the new one.
//
// Source: k8s v1.36.3 recreate.go rolloutRecreate.
func (r *rollout) recreate() {
	r.findSets(false)
	r.do(func() {
		scaled := false
		for _, rs := range activeSets(r.oldRSs) {
			scaled = r.scaleSet(rs, 0, false) || scaled
		}
		if scaled || r.oldPodsRunning() {
			r.do(func() { r.putRolloutStatus() })
			return
		}
		if r.newRS == nil {
			r.findSets(true)
		}
		r.do(func() {
			r.scaleSet(r.newRS, *r.d.Spec.Replicas, false)
			if isComplete(&r.d, &r.d.Status) {
				r.cleanup()
			}
			r.do(func() { r.putRolloutStatus() })
		})
	})
}

// oldPodsRunning reports whether any pod of another template has not finished. A pod that is stuck Terminating on a lost
// node counts.
//
// Source: k8s v1.36.3 recreate.go oldPodsRunning.
func (r *rollout) oldPodsRunning() bool {
	for _, rs := range r.oldRSs {
		if rs.Status.Replicas > 0 {
			return true
		}
	}
	for _, rs := range r.sets {
		if r.newRS != nil && r.newRS.UID == rs.UID {
			continue
		}
		for _, p := range r.c.env.owned.pods[rs.UID] { // unordered: any will do
			if !p.Terminal() {
				return true
			}
		}
	}
	return false
}
