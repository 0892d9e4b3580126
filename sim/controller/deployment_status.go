package controller

import (
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"clustersim/sim/engine"
)

// deploymentCondition returns the condition of that type, nil if there is none.
func deploymentCondition(st *appsv1.DeploymentStatus, t appsv1.DeploymentConditionType) *appsv1.DeploymentCondition {
	for i := range st.Conditions {
		if st.Conditions[i].Type == t {
			return &st.Conditions[i]
		}
	}
	return nil
}

// setCondition puts a condition at the end, in the place of the one of its type, unless that has the same status and
// reason. Its time of transition is kept while the status stays.
//
// Source: k8s v1.36.3 pkg/controller/deployment/util/deployment_util.go SetDeploymentCondition.
func (r *rollout) setCondition(st *appsv1.DeploymentStatus, t appsv1.DeploymentConditionType, status corev1.ConditionStatus, reason, message string) {
	now := r.now()
	putCondition(st, appsv1.DeploymentCondition{Type: t, Status: status, Reason: reason, Message: message, LastUpdateTime: now, LastTransitionTime: now})
}

func putCondition(st *appsv1.DeploymentStatus, c appsv1.DeploymentCondition) {
	if old := deploymentCondition(st, c.Type); old != nil && old.Status == c.Status {
		if old.Reason == c.Reason {
			return
		}
		c.LastTransitionTime = old.LastTransitionTime
	}
	dropCondition(st, c.Type)
	st.Conditions = append(st.Conditions, c)
}

// dropCondition removes a condition. The slice is a new one.
func dropCondition(st *appsv1.DeploymentStatus, t appsv1.DeploymentConditionType) {
	var out []appsv1.DeploymentCondition
	for _, c := range st.Conditions {
		if c.Type != t {
			out = append(out, c)
		}
	}
	st.Conditions = out
}

func hasProgressDeadline(d *appsv1.Deployment) bool {
	return d.Spec.ProgressDeadlineSeconds != nil && *d.Spec.ProgressDeadlineSeconds != maxInt32
}

// checkPaused notes in the condition Progressing that the Deployment was paused or resumed: its deadline does not run
// meanwhile.
//
// Source: k8s v1.36.3 pkg/controller/deployment/sync.go checkPausedConditions.
func (r *rollout) checkPaused() {
	st := &r.d.Status
	c := deploymentCondition(st, appsv1.DeploymentProgressing)
	if !hasProgressDeadline(&r.d) || c != nil && c.Reason == "ProgressDeadlineExceeded" {
		return
	}
	noted := c != nil && c.Reason == "DeploymentPaused"
	switch {
	case r.d.Spec.Paused && !noted:
		r.setCondition(st, appsv1.DeploymentProgressing, corev1.ConditionUnknown, "DeploymentPaused", "Deployment is paused")
	case !r.d.Spec.Paused && noted:
		r.setCondition(st, appsv1.DeploymentProgressing, corev1.ConditionUnknown, "DeploymentResumed", "Deployment is resumed")
	default:
		return
	}
	r.putStatus()
}

// calculate is the status that the ReplicaSets' statuses add up to.
//
// Source: k8s v1.36.3 sync.go calculateStatus.
func (r *rollout) calculate() appsv1.DeploymentStatus {
	d, all := &r.d, r.allSets()
	available := availableOf(all)
	terminating := int32(0)
	st := appsv1.DeploymentStatus{ObservedGeneration: d.Generation, AvailableReplicas: available, UnavailableReplicas: max(0, sizeOf(all)-available),
		CollisionCount: d.Status.CollisionCount, Conditions: slices.Clone(d.Status.Conditions), TerminatingReplicas: &terminating}
	for _, rs := range all {
		st.Replicas += rs.Status.Replicas
		st.ReadyReplicas += rs.Status.ReadyReplicas
		switch {
		case rs.Status.TerminatingReplicas != nil:
			terminating += *rs.Status.TerminatingReplicas
		case rs.Status.ObservedGeneration != 0:
			st.TerminatingReplicas = nil // its controller does not tell
		}
	}
	if r.newRS != nil {
		st.UpdatedReplicas = r.newRS.Status.Replicas
	}
	if available >= *d.Spec.Replicas-maxUnavailable(d) {
		r.setCondition(&st, appsv1.DeploymentAvailable, corev1.ConditionTrue, "MinimumReplicasAvailable", "Deployment has minimum availability.")
	} else {
		r.setCondition(&st, appsv1.DeploymentAvailable, corev1.ConditionFalse, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
	}
	return st
}

// putPlainStatus appends the write of the status, if it has changed, without a look at progress.
//
// Source: k8s v1.36.3 sync.go syncDeploymentStatus.
func (r *rollout) putPlainStatus() {
	if st := r.calculate(); !equality.Semantic.DeepEqual(r.d.Status, st) {
		r.d.Status = st
		r.putStatus()
	}
}

// isComplete reports whether all replicas are updated and available and no old ones are left.
//
// Source: k8s v1.36.3 deployment_util.go DeploymentComplete.
func isComplete(d *appsv1.Deployment, st *appsv1.DeploymentStatus) bool {
	n := *d.Spec.Replicas
	return st.UpdatedReplicas == n && st.Replicas == n && st.AvailableReplicas == n && st.ObservedGeneration >= d.Generation
}

// isProgressing reports whether the new status shows any progress.
//
// Source: k8s v1.36.3 deployment_util.go DeploymentProgressing.
func isProgressing(old, st *appsv1.DeploymentStatus) bool {
	return st.UpdatedReplicas > old.UpdatedReplicas || st.Replicas-st.UpdatedReplicas < old.Replicas-old.UpdatedReplicas ||
		st.ReadyReplicas > old.ReadyReplicas || st.AvailableReplicas > old.AvailableReplicas
}

// hasTimedOut reports whether there has been no progress for too long.
//
// Source: k8s v1.36.3 deployment_util.go DeploymentTimedOut.
func hasTimedOut(d *appsv1.Deployment, st *appsv1.DeploymentStatus, now time.Time) bool {
	c := deploymentCondition(st, appsv1.DeploymentProgressing)
	switch {
	case c == nil || c.Reason == "NewReplicaSetAvailable":
		return false
	case c.Reason == "ProgressDeadlineExceeded":
		return true
	}
	return c.LastUpdateTime.Add(deadlineOf(d)).Before(now)
}

func deadlineOf(d *appsv1.Deployment) time.Duration {
	return time.Duration(*d.Spec.ProgressDeadlineSeconds) * time.Second
}

// putRolloutStatus appends the write of the status with what it tells of progress or, if nothing has changed, plans the
// next look at it.
//
// Source: k8s v1.36.3 progress.go syncRolloutStatus.
func (r *rollout) putRolloutStatus() {
	st := r.calculate()
	if !hasProgressDeadline(&r.d) {
		dropCondition(&st, appsv1.DeploymentProgressing)
	}
	current := deploymentCondition(&r.d.Status, appsv1.DeploymentProgressing)
	done := st.Replicas == st.UpdatedReplicas && current != nil && current.Reason == "NewReplicaSetAvailable"
	if hasProgressDeadline(&r.d) && !done {
		r.judgeProgress(&st, current)
	}
	if c := r.failure(); c != nil {
		putCondition(&st, *c)
	} else if deploymentCondition(&st, appsv1.DeploymentReplicaFailure) != nil {
		dropCondition(&st, appsv1.DeploymentReplicaFailure)
	}
	if equality.Semantic.DeepEqual(r.d.Status, st) {
		r.planCheck(&st)
		return
	}
	r.d.Status = st
	r.putStatus()
}

// judgeProgress sets the condition Progressing.
func (r *rollout) judgeProgress(st *appsv1.DeploymentStatus, current *appsv1.DeploymentCondition) {
	subject := fmt.Sprintf("Deployment %q", r.d.Name)
	if r.newRS != nil {
		subject = fmt.Sprintf("ReplicaSet %q", r.newRS.Name)
	}
	switch {
	case isComplete(&r.d, st):
		r.setCondition(st, appsv1.DeploymentProgressing, corev1.ConditionTrue, "NewReplicaSetAvailable", subject+" has successfully progressed.")
	case isProgressing(&r.d.Status, st):
		now := r.now()
		c := appsv1.DeploymentCondition{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "ReplicaSetUpdated",
			Message: subject + " is progressing.", LastUpdateTime: now, LastTransitionTime: now}
		if current != nil {
			if current.Status == corev1.ConditionTrue {
				c.LastTransitionTime = current.LastTransitionTime
			}
			dropCondition(st, appsv1.DeploymentProgressing)
		}
		putCondition(st, c)
	case hasTimedOut(&r.d, st, r.c.env.Store.Now()):
		r.setCondition(st, appsv1.DeploymentProgressing, corev1.ConditionFalse, "ProgressDeadlineExceeded", subject+" has timed out progressing.")
	}
}

// failure is the condition of a ReplicaSet that cannot create or delete pods: the new one's, else an old one's.
//
// Source: k8s v1.36.3 progress.go getReplicaFailures.
func (r *rollout) failure() *appsv1.DeploymentCondition {
	sets := r.oldRSs
	if r.newRS != nil {
		sets = append([]*appsv1.ReplicaSet{r.newRS}, sets...)
	}
	for _, rs := range sets {
		for _, c := range rs.Status.Conditions {
			if c.Type == appsv1.ReplicaSetReplicaFailure {
				return &appsv1.DeploymentCondition{Type: appsv1.DeploymentReplicaFailure, Status: c.Status, LastUpdateTime: c.LastTransitionTime,
					LastTransitionTime: c.LastTransitionTime, Reason: c.Reason, Message: c.Message}
			}
		}
	}
	return nil
}

// planCheck queues the Deployment for the moment at which it will have made no progress for too long. Where nothing is to
// be waited for, a check that was planned before is taken back: it would change nothing.
//
// Source: k8s v1.36.3 progress.go requeueStuckDeployment.
func (r *rollout) planCheck(st *appsv1.DeploymentStatus) {
	key := keyOf(&r.d)
	c := deploymentCondition(&r.d.Status, appsv1.DeploymentProgressing)
	if !hasProgressDeadline(&r.d) || c == nil || isComplete(&r.d, st) || c.Reason == "ProgressDeadlineExceeded" {
		r.c.queue.cancelDelayed(key)
		return
	}
	after := engine.Time(c.LastUpdateTime.Add(deadlineOf(&r.d)).Sub(r.c.env.Store.Now()))
	if after < time.Second {
		r.c.queue.retry(key)
		return
	}
	r.c.queue.addAfter(key, after+time.Second)
}
