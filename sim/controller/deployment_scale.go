package controller

import (
	"math"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// fenceposts are the surge and the unavailable replicas that a rolling update may have: the surge rounded up, the
// unavailable rounded down, and one of the latter if both are zero.
//
// Source: k8s v1.36.3 pkg/controller/deployment/util/deployment_util.go ResolveFenceposts.
func fenceposts(d *appsv1.Deployment) (surge, unavailable int32) {
	u := d.Spec.Strategy.RollingUpdate
	if u == nil {
		u = &appsv1.RollingUpdateDeployment{}
	}
	of := func(v *intstr.IntOrString, up bool) int32 {
		n, err := intstr.GetScaledValueFromIntOrPercent(intstr.ValueOrDefault(v, intstr.FromInt32(0)), int(*d.Spec.Replicas), up)
		if err != nil {
			return 0 // validation lets no such value in
		}
		return int32(n)
	}
	surge, unavailable = of(u.MaxSurge, true), of(u.MaxUnavailable, false)
	if surge == 0 && unavailable == 0 {
		unavailable = 1
	}
	return surge, unavailable
}

func isRolling(d *appsv1.Deployment) bool {
	return d.Spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType
}

// maxSurge is how many replicas there may be above the number wanted.
func maxSurge(d *appsv1.Deployment) int32 {
	if !isRolling(d) {
		return 0
	}
	surge, _ := fenceposts(d)
	return surge
}

// maxUnavailable is how many of the replicas wanted may be unavailable.
func maxUnavailable(d *appsv1.Deployment) int32 {
	if !isRolling(d) || *d.Spec.Replicas == 0 {
		return 0
	}
	_, unavailable := fenceposts(d)
	return min(unavailable, *d.Spec.Replicas)
}

// sizeOf sums up the replicas that the ReplicaSets want.
func sizeOf(sets []*appsv1.ReplicaSet) (n int32) {
	for _, rs := range sets {
		n += *rs.Spec.Replicas
	}
	return n
}

// availableOf sums up the available replicas of the ReplicaSets.
func availableOf(sets []*appsv1.ReplicaSet) (n int32) {
	for _, rs := range sets {
		n += rs.Status.AvailableReplicas
	}
	return n
}

// activeSets are the ReplicaSets that want replicas.
func activeSets(sets []*appsv1.ReplicaSet) (out []*appsv1.ReplicaSet) {
	for _, rs := range sets {
		if *rs.Spec.Replicas > 0 {
			out = append(out, rs)
		}
	}
	return out
}

// allSets are the old ReplicaSets and the new one, if there is one.
func (r *rollout) allSets() []*appsv1.ReplicaSet {
	out := slices.Clone(r.oldRSs)
	if r.newRS != nil {
		out = append(out, r.newRS)
	}
	return out
}

// newReplicas is the size that the new ReplicaSet should have.
//
// Source: k8s v1.36.3 deployment_util.go NewRSNewReplicas.
func newReplicas(d *appsv1.Deployment, all []*appsv1.ReplicaSet, rs *appsv1.ReplicaSet) int32 {
	if !isRolling(d) {
		return *d.Spec.Replicas
	}
	surge := int32(0)
	if u := d.Spec.Strategy.RollingUpdate; u != nil && u.MaxSurge != nil {
		n, err := intstr.GetScaledValueFromIntOrPercent(u.MaxSurge, int(*d.Spec.Replicas), true)
		if err == nil {
			surge = int32(n)
		}
	}
	room := *d.Spec.Replicas + surge - sizeOf(all)
	if room <= 0 {
		return *rs.Spec.Replicas
	}
	return *rs.Spec.Replicas + min(room, *d.Spec.Replicas-*rs.Spec.Replicas)
}

// isScaling reports whether the Deployment's size differs from the one that its ReplicaSets know.
//
// Source: k8s v1.36.3 pkg/controller/deployment/sync.go isScalingEvent.
func (r *rollout) isScaling() bool {
	return slices.ContainsFunc(activeSets(r.allSets()), func(rs *appsv1.ReplicaSet) bool {
		n, ok := countAnnotation(rs, desiredReplicasAnnotation)
		return ok && n != *r.d.Spec.Replicas
	})
}

// scaleOnly appends the steps for a Deployment that has a new size, or that is paused.
//
// Source: k8s v1.36.3 sync.go sync.
func (r *rollout) scaleOnly() {
	r.findSets(false)
	r.do(func() {
		r.scale()
		if _, ok := rollbackTo(&r.d); r.d.Spec.Paused && !ok {
			r.cleanup()
		}
		r.do(func() { r.putPlainStatus() })
	})
}

// scale gives a new size to the one ReplicaSet that has replicas or, during a rollout, to all of them in proportion.
//
// Source: k8s v1.36.3 sync.go scale.
func (r *rollout) scale() {
	d := &r.d
	if rs, ok := r.activeOrLatest(); ok {
		if rs != nil {
			r.scaleSet(rs, *d.Spec.Replicas, false)
		}
		return
	}
	if isSaturated(d, r.newRS) {
		for _, old := range activeSets(r.oldRSs) {
			r.scaleSet(old, 0, false)
		}
		return
	}
	if isRolling(d) {
		r.scaleInProportion()
	}
}

// activeOrLatest returns the one ReplicaSet that wants replicas or, if none does, the newest. ok is false if several do.
// It leaves the old ReplicaSets sorted from the newest to the oldest, as upstream does.
//
// Source: k8s v1.36.3 deployment_util.go FindActiveOrLatest.
func (r *rollout) activeOrLatest() (rs *appsv1.ReplicaSet, ok bool) {
	if r.newRS == nil && len(r.oldRSs) == 0 {
		return nil, false
	}
	slices.SortStableFunc(r.oldRSs, func(a, b *appsv1.ReplicaSet) int { return byAge(b, a) })
	switch active := activeSets(r.allSets()); len(active) {
	case 0:
		if r.newRS != nil {
			return r.newRS, true
		}
		return r.oldRSs[0], true
	case 1:
		return active[0], true
	}
	return nil, false
}

// isSaturated reports whether the ReplicaSet has all replicas of the Deployment, and all are available.
//
// Source: k8s v1.36.3 deployment_util.go IsSaturated.
func isSaturated(d *appsv1.Deployment, rs *appsv1.ReplicaSet) bool {
	if rs == nil {
		return false
	}
	desired, ok := countAnnotation(rs, desiredReplicasAnnotation)
	return ok && *rs.Spec.Replicas == *d.Spec.Replicas && desired == *d.Spec.Replicas && rs.Status.AvailableReplicas == *d.Spec.Replicas
}

// scaleInProportion shares what is to be added or taken away among the ReplicaSets by their sizes.
func (r *rollout) scaleInProportion() {
	d, sets := &r.d, activeSets(r.allSets())
	allowed := int32(0)
	if *d.Spec.Replicas > 0 {
		allowed = *d.Spec.Replicas + maxSurge(d)
	}
	toAdd := allowed - sizeOf(sets)
	if toAdd != 0 {
		slices.SortStableFunc(sets, func(a, b *appsv1.ReplicaSet) int { return bySize(a, b, toAdd > 0) })
	}
	added, sizes := int32(0), make([]int32, len(sets))
	for i, rs := range sets {
		sizes[i] = *rs.Spec.Replicas
		if toAdd != 0 {
			share := proportion(d, rs, toAdd, added)
			sizes[i] += share
			added += share
		}
	}
	if len(sizes) > 0 && toAdd != 0 {
		sizes[0] = max(0, sizes[0]+toAdd-added)
	}
	for i, rs := range sets {
		r.scaleSet(rs, sizes[i], true)
	}
}

// bySize puts larger ReplicaSets first; among equals the newer or the older ones.
//
// Source: k8s v1.36.3 pkg/controller/controller_utils.go ReplicaSetsBySizeNewer, ReplicaSetsBySizeOlder.
func bySize(a, b *appsv1.ReplicaSet, newer bool) int {
	if d := *b.Spec.Replicas - *a.Spec.Replicas; d != 0 {
		return int(d)
	}
	if newer {
		return byAge(b, a)
	}
	return byAge(a, b)
}

// proportion is the share of a ReplicaSet in what is to be added in all, of which some is given away already.
//
// Source: k8s v1.36.3 deployment_util.go GetReplicaSetProportion, getReplicaSetFraction.
func proportion(d *appsv1.Deployment, rs *appsv1.ReplicaSet, toAdd, added int32) int32 {
	if *rs.Spec.Replicas == 0 || toAdd == added {
		return 0
	}
	fraction := -*rs.Spec.Replicas
	if *d.Spec.Replicas > 0 {
		was, ok := countAnnotation(rs, maxReplicasAnnotation)
		if !ok || was == 0 {
			was = d.Status.Replicas
		}
		fraction = 0
		if was != 0 {
			size := float64(*rs.Spec.Replicas*(*d.Spec.Replicas+maxSurge(d))) / float64(was)
			fraction = int32(math.Floor(size+0.5)) - *rs.Spec.Replicas
		}
	}
	if toAdd > 0 {
		return min(fraction, toAdd-added)
	}
	return max(fraction, toAdd-added)
}
