package controller

import (
	"cmp"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/store"
)

// statefulSync is one sync of a set: what it found, and what it does.
type statefulSync struct {
	*statefulSets
	state     *statefulState
	set       *appsv1.StatefulSet
	revisions setRevisions
	now       time.Time // of the decisions

	replicas  []replica // the ordinals that there ought to be
	condemned []replica // the others, highest ordinal first
	unhealthy *store.Pod
	status    appsv1.StatefulSetStatus
}

// replica is one ordinal and its pod, nil if there is none.
type replica struct {
	ordinal int
	pod     *store.Pod
}

// A step is what is to be done about a replica. do is nil if there is nothing; stop ends the pass, with OrderedReady.
type step struct {
	do   func(done func(error))
	stop bool
}

func (st *statefulSync) monotonic() bool {
	return st.set.Spec.PodManagementPolicy != appsv1.ParallelPodManagement
}

func firstOrdinal(set *appsv1.StatefulSet) int {
	if set.Spec.Ordinals != nil {
		return int(set.Spec.Ordinals.Start)
	}
	return 0
}

// split sorts the pods into those that the set ought to have and those that it ought not, and finds the first that is
// not available.
//
// Source: k8s v1.36.3 pkg/controller/statefulset/stateful_set_control.go updateStatefulSet.
func (st *statefulSync) split() {
	start, n := firstOrdinal(st.set), replicaCount(st.set.Spec.Replicas)
	st.replicas = make([]replica, n)
	for i := range st.replicas {
		st.replicas[i] = replica{start + i, st.state.pods[start+i]}
	}
	have := 0
	for _, r := range st.replicas {
		if r.pod != nil {
			have++
		}
	}
	if have < len(st.state.pods) {
		for ordinal, p := range st.state.pods { // unordered: sorted below
			if ordinal < start || ordinal >= start+n {
				st.condemned = append(st.condemned, replica{ordinal, p})
			}
		}
	}
	slices.SortFunc(st.condemned, func(a, b replica) int { return cmp.Compare(b.ordinal, a.ordinal) })
	for _, r := range st.replicas {
		if r.pod == nil || st.unavailable(r.pod) {
			st.unhealthy = r.pod
			return
		}
	}
	for i := len(st.condemned) - 1; i >= 0; i-- {
		if st.unavailable(st.condemned[i].pod) {
			st.unhealthy = st.condemned[i].pod
			return
		}
	}
}

func (st *statefulSync) unavailable(p *store.Pod) bool {
	return p.Deletion != nil || !available(p, st.set.Spec.MinReadySeconds, st.now)
}

func healthy(p *store.Pod) bool {
	return p.Status.Phase == corev1.PodRunning && podReady(p)
}

func revisionOfPod(p *store.Pod) string { return p.LabelSet()[appsv1.StatefulSetRevisionLabel] }

// run does what this sync can do.
//
// Source: k8s v1.36.3 stateful_set_control.go updateStatefulSet.
func (st *statefulSync) run(done func(error)) {
	if st.set.DeletionTimestamp != nil {
		done(nil)
		return
	}
	st.all(len(st.replicas), func(i int) step { return st.forReplica(st.replicas[i]) }, func(stopped bool, err error) {
		if stopped || err != nil {
			done(err)
			return
		}
		st.all(len(st.condemned), func(i int) step { return st.fixClaims(st.condemned[i]) }, func(stopped bool, err error) {
			if stopped || err != nil {
				done(err)
				return
			}
			st.all(len(st.condemned), func(i int) step { return st.forCondemned(st.condemned[i]) }, func(stopped bool, err error) {
				if stopped || err != nil {
					done(err)
					return
				}
				st.rollOut(done)
			})
		})
	})
}

// all takes the steps of n replicas: one after another until one stops the pass, or, with Parallel, in batches that double
// each time.
//
// Source: k8s v1.36.3 stateful_set_control.go runForAll.
func (st *statefulSync) all(n int, decide func(i int) step, done func(stopped bool, err error)) {
	if !st.monotonic() {
		slowStart(n, 1, func(i int, done func(error)) {
			if s := decide(i); s.do != nil {
				s.do(done)
			} else {
				done(nil)
			}
		}, func(_ int, err error) { done(false, err) })
		return
	}
	var from func(i int)
	from = func(i int) {
		for ; i < n; i++ {
			s := decide(i)
			if s.do != nil {
				s.do(func(err error) {
					if err != nil || s.stop {
						done(true, err)
						return
					}
					from(i + 1)
				})
				return
			}
			if s.stop {
				done(true, nil)
				return
			}
		}
		done(false, nil)
	}
	from(0)
}

// forReplica decides about an ordinal that there ought to be.
//
// Source: k8s v1.36.3 stateful_set_control.go processReplica.
func (st *statefulSync) forReplica(r replica) step {
	p, ordered := r.pod, st.monotonic()
	switch {
	case p == nil && st.staleClaim(r):
		return step{stop: true}
	case p == nil:
		return step{func(done func(error)) { st.createPod(r, done) }, ordered}
	case p.Terminal() && p.Deletion == nil:
		return step{func(done func(error)) { st.deletePod(p, done) }, true}
	case p.Terminal():
		return step{stop: true} // the next one is made when this object is gone
	}
	claims := st.missingClaims(r)
	if p.Status.Phase != corev1.PodPending {
		claims = nil
	}
	wait := p.Deletion != nil || !healthy(p) || !available(p, st.set.Spec.MinReadySeconds, st.now)
	if ordered && wait {
		if len(claims) > 0 {
			return step{func(done func(error)) { st.createClaims(r, claims, done) }, true}
		}
		return step{stop: true}
	}
	if len(claims) == 0 && st.inOrder(r) {
		return step{}
	}
	return step{do: func(done func(error)) {
		st.createClaims(r, claims, func(err error) {
			if err != nil {
				done(err)
				return
			}
			st.updatePod(r, done)
		})
	}}
}

// forCondemned decides about a pod that ought not to be: with OrderedReady it goes when all below it are available, or
// if it is itself the first that is not.
//
// Source: k8s v1.36.3 stateful_set_control.go processCondemned.
func (st *statefulSync) forCondemned(r replica) step {
	p, ordered := r.pod, st.monotonic()
	if p.Deletion != nil {
		return step{stop: ordered}
	}
	if ordered && p != st.unhealthy && (!healthy(p) || !available(p, st.set.Spec.MinReadySeconds, st.now)) {
		return step{stop: true}
	}
	return step{func(done func(error)) { st.deletePod(p, done) }, true}
}

// rollOut deletes the highest pod that is of another revision than it ought to be, once all above it are available.
//
// Source: k8s v1.36.3 stateful_set_control.go updateStatefulSet, the part without MaxUnavailableStatefulSet.
func (st *statefulSync) rollOut(done func(error)) {
	strategy := st.set.Spec.UpdateStrategy
	if strategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		done(nil)
		return
	}
	partition := 0
	if strategy.RollingUpdate != nil {
		partition = int(value(strategy.RollingUpdate.Partition))
	}
	for i := len(st.replicas) - 1; i >= partition; i-- {
		p := st.replicas[i].pod
		if p == nil {
			break // made by this sync, with Parallel: not available
		}
		if revisionOfPod(p) != st.revisions.update.Name && p.Deletion == nil {
			st.deletePod(p, func(err error) {
				if err == nil {
					st.status.CurrentReplicas--
				}
				done(err)
			})
			return
		}
		if st.unavailable(p) {
			break
		}
	}
	done(nil)
}
