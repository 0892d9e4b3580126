package controller

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

const second = time.Second

// statusOf is the status that a sync writes: the pods as it found them, and the error that it met.
//
// Source: k8s v1.36.3 pkg/controller/replicaset/replica_set_utils.go calculateStatus.
func (c *replicaSets) statusOf(v replicas, seen snapshot, failed error) appsv1.ReplicaSetStatus {
	st := v.status
	now := c.env.Store.Clock(seen.at)
	st.Replicas, st.FullyLabeledReplicas, st.ReadyReplicas = int32(seen.active), int32(seen.labelled), int32(seen.ready)
	st.AvailableReplicas = st.ReadyReplicas
	if v.minReady > 0 {
		st.AvailableReplicas = 0
		for _, p := range seen.pods {
			if available(p, v.minReady, now) {
				st.AvailableReplicas++
			}
		}
	}
	st.TerminatingReplicas = nil
	if c.of.terminating {
		n := int32(seen.terminating)
		st.TerminatingReplicas = &n
	}
	has := slices.IndexFunc(st.Conditions, func(c appsv1.ReplicaSetCondition) bool { return c.Type == appsv1.ReplicaSetReplicaFailure })
	switch {
	case failed != nil && has < 0:
		reason := "FailedCreate"
		if seen.active > v.want {
			reason = "FailedDelete"
		}
		st.Conditions = append(slices.Clone(st.Conditions), appsv1.ReplicaSetCondition{Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue,
			LastTransitionTime: metav1.NewTime(now).Rfc3339Copy(), Reason: reason, Message: failed.Error()})
	case failed == nil && has >= 0:
		st.Conditions = slices.Delete(slices.Clone(st.Conditions), has, has+1)
	}
	if len(st.Conditions) == 0 {
		st.Conditions = nil
	}
	return st
}

// available reports whether the pod has been ready for so many seconds.
//
// Source: k8s v1.36.3 pkg/api/v1/pod/util.go IsPodAvailable.
func available(p *store.Pod, minReady int32, now time.Time) bool {
	if !podReady(p) {
		return false
	}
	since := readySince(p)
	return minReady == 0 || !since.IsZero() && !since.Add(time.Duration(minReady)*second).After(now)
}

// updateStatus writes the status if it has changed and ends the sync. If somebody changed the object meanwhile it is
// read again, once.
//
// Source: k8s v1.36.3 replica_set_utils.go updateReplicaSetStatus.
func (c *replicaSets) updateStatus(s *replicaState, v replicas, seen snapshot, failed error, done func(error)) {
	seen.at = c.env.Engine.Now()
	st := c.statusOf(v, seen, failed)
	o := v.object
	finish := func(err error) {
		if err == nil {
			err = failed
		}
		if err == nil {
			c.checkAgain(s, v, seen, st)
		}
		done(err)
	}
	same := st
	same.ObservedGeneration = v.status.ObservedGeneration
	if o.GetGeneration() == v.status.ObservedGeneration && equality.Semantic.DeepEqual(same, v.status) {
		finish(nil)
		return
	}
	st.ObservedGeneration = o.GetGeneration()
	try := func(revision string, next func(error)) {
		c.api.write(func() { next(c.putStatus(s.key, o, revision, st)) })
	}
	try(o.GetResourceVersion(), func(err error) {
		if err == nil {
			finish(nil)
			return
		}
		c.api.read()
		fresh := c.env.Store.Get(c.of.kind, s.key)
		if fresh == nil {
			finish(store.NotFound(c.of.kind, s.key.Name))
			return
		}
		try(fresh.API().GetResourceVersion(), finish)
	})
}

// putStatus writes the status into the object of that revision.
func (c *replicaSets) putStatus(key store.Key, seen model.Object, revision string, st appsv1.ReplicaSetStatus) error {
	o := c.env.Store.Get(c.of.kind, key)
	switch {
	case o == nil || o.API().GetUID() != seen.GetUID():
		return store.NotFound(c.of.kind, key.Name)
	case o.API().GetResourceVersion() != revision:
		return conflict(c.of.kind, key.Name)
	}
	return c.env.Store.Replace(c.of.kind, c.of.withStatus(o.API(), st))
}

// checkAgain queues the object for the moment at which the next of its pods has been ready for long enough.
//
// Source: k8s v1.36.3 pkg/controller/controller_utils.go FindMinNextPodAvailabilityCheck.
func (c *replicaSets) checkAgain(s *replicaState, v replicas, seen snapshot, st appsv1.ReplicaSetStatus) {
	if v.minReady == 0 || st.ReadyReplicas == st.AvailableReplicas {
		return
	}
	wait, now := engine.Time(v.minReady)*second, c.env.Store.Clock(seen.at)
	found := false
	for _, p := range seen.pods {
		if !podReady(p) {
			continue
		}
		since := readySince(p)
		if since.IsZero() {
			continue
		}
		d := since.Add(time.Duration(v.minReady) * second).Sub(now)
		if d > 0 && (!found || d < wait) {
			wait, found = d, true
		}
	}
	c.queue.addAfter(s.key, wait-(c.env.Engine.Now()-seen.at))
}
