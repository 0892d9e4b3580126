package controller

import (
	"fmt"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"clustersim/model"
	"clustersim/sim/record"
	"clustersim/sim/rule"
)

// findSets appends the steps that tell the new ReplicaSet from the old ones and bring its annotations, and the revision
// of the Deployment, up to date. If there is no new ReplicaSet it is made, if so wanted.
//
// Source: k8s v1.36.3 pkg/controller/deployment/sync.go getAllReplicaSetsAndSyncRevision, getNewReplicaSet.
func (r *rollout) findSets(create bool) {
	r.do(func() {
		r.newRS, r.oldRSs = nil, nil
		for _, rs := range r.sets {
			if r.newRS == nil && r.matches(rs) {
				r.newRS = rs
			} else {
				r.oldRSs = append(r.oldRSs, rs)
			}
		}
		switch revision := maxRevision(r.oldRSs) + 1; {
		case r.newRS != nil:
			r.refreshNew(revision)
		case create:
			r.createNew(revision)
		}
	})
}

// refreshNew brings an existing new ReplicaSet up to date.
func (r *rollout) refreshNew(revision int64) {
	was := r.newRS
	rs := *was
	changed := setRevisionAnnotations(&r.d, &rs, revision)
	if changed || rs.Spec.MinReadySeconds != r.d.Spec.MinReadySeconds {
		rs.Spec.MinReadySeconds = r.d.Spec.MinReadySeconds
		r.newRS = &rs
		r.putSet(was, &rs, func() { r.refetch(&rs) })
		return
	}
	update := r.setRevision(rs.Annotations[revisionAnnotation])
	if hasProgressDeadline(&r.d) && deploymentCondition(&r.d.Status, appsv1.DeploymentProgressing) == nil {
		r.setCondition(&r.d.Status, appsv1.DeploymentProgressing, corev1.ConditionTrue, "FoundNewReplicaSet", fmt.Sprintf("Found new replica set %q", rs.Name))
		update = true
	}
	if update {
		r.putStatus()
	}
}

// refetch makes rs what the API server answered to the write of it.
func (r *rollout) refetch(rs *appsv1.ReplicaSet) {
	if o := r.c.env.Store.Get(model.ReplicaSet, keyOf(rs)); o != nil {
		*rs = *o.API().(*appsv1.ReplicaSet)
	}
}

// createNew makes the ReplicaSet of the Deployment's template.
func (r *rollout) createNew(revision int64) {
	r.newRS = r.setOf(revision)
	count := *r.newRS.Spec.Replicas
	r.steps = append(r.steps, func(done func(error)) {
		before := r.c.env.Engine.Why.Rule()
		r.act(rule.DeploymentNewSet)
		r.c.api.write(func() {
			_, err := r.c.env.API.Create(model.ReplicaSet, r.newRS)
			switch {
			case err == nil:
				r.refetch(r.newRS)
				r.created(revision, count)
				r.act(before)
			case isAlreadyExists(err):
				r.collided()
			case !namespaceTerminating(err):
				r.notCreated(err)
			}
			if err != nil {
				r.finishThen(err)
			}
			done(nil)
		})
	})
}

// finishThen has the steps that were appended be done, no others, and the sync end with the error.
func (r *rollout) finishThen(err error) {
	r.steps = append(slices.Clip(r.urgent), func(done func(error)) { done(err) })
	r.urgent = nil
}

// created tells of the new ReplicaSet.
func (r *rollout) created(revision int64, count int32) {
	if count > 0 {
		r.event(record.Normal, "ScalingReplicaSet", "Scaled up replica set %s from 0 to %d", r.newRS.Name, count)
	}
	update := r.setRevision(strconv.FormatInt(revision, 10))
	if hasProgressDeadline(&r.d) {
		r.setCondition(&r.d.Status, appsv1.DeploymentProgressing, corev1.ConditionTrue, "NewReplicaSetCreated", fmt.Sprintf("Created new replica set %q", r.newRS.Name))
		update = true
	}
	if update {
		rest := r.steps
		r.steps = nil
		r.putStatus()
		r.steps = append(r.steps, rest...)
	}
}

// collided counts a collision: another object has the name, so the next sync adds to what is hashed. A ReplicaSet that is
// the Deployment's own would have been found before.
func (r *rollout) collided() {
	n := int32(1)
	if r.d.Status.CollisionCount != nil {
		n = *r.d.Status.CollisionCount + 1
	}
	r.d.Status.CollisionCount = &n
	r.putUrgent()
}

// notCreated tells of a refusal.
func (r *rollout) notCreated(err error) {
	message := fmt.Sprintf("Failed to create new replica set %q: %v", r.newRS.Name, err)
	if hasProgressDeadline(&r.d) {
		r.setCondition(&r.d.Status, appsv1.DeploymentProgressing, corev1.ConditionFalse, "ReplicaSetCreateError", message)
		r.putUrgent()
	}
	r.event(record.Warning, "ReplicaSetCreateError", "%s", message)
}

// putUrgent has the status be written before the sync ends with an error; whether that succeeds does not matter.
func (r *rollout) putUrgent() {
	r.urgent = append(r.urgent, func(done func(error)) {
		r.c.api.write(func() {
			_ = r.writeStatus(r.d.Status, r.d.Annotations) // the sync ends with a graver error
			done(nil)
		})
	})
}

// setOf is the ReplicaSet that the Deployment's template asks for.
func (r *rollout) setOf(revision int64) *appsv1.ReplicaSet {
	d := &r.d
	hash := podTemplateHash(&d.Spec.Template, d.Status.CollisionCount)
	template := d.Spec.Template
	template.Labels = withKey(template.Labels, appsv1.DefaultDeploymentUniqueLabelKey, hash)
	selector := *d.Spec.Selector
	selector.MatchLabels = withKey(selector.MatchLabels, appsv1.DefaultDeploymentUniqueLabelKey, hash)
	rs := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: replicaSetName(d.Name, hash), Namespace: d.Namespace, Labels: template.Labels,
			OwnerReferences: []metav1.OwnerReference{newControllerRef(model.Deployment, d)},
		},
		Spec: appsv1.ReplicaSetSpec{Replicas: new(int32), MinReadySeconds: d.Spec.MinReadySeconds, Selector: &selector, Template: template},
	}
	*rs.Spec.Replicas = newReplicas(d, append(slices.Clone(r.oldRSs), rs), rs)
	setRevisionAnnotations(d, rs, revision)
	setReplicasAnnotations(d, rs)
	return rs
}

// replicaSetName joins the Deployment's name, cut if need be, and the hash.
//
// Source: k8s v1.36.3 sync.go generateReplicaSetName.
func replicaSetName(deployment, hash string) string {
	if longest := validation.DNS1123SubdomainMaxLength - 1 - len(hash); len(deployment) > longest {
		deployment = deployment[:longest]
	}
	return deployment + "-" + hash
}

// scaleSet appends the write that gives a ReplicaSet a new size, and its annotations those of the Deployment. It reports
// whether the size changes. With force the annotations are brought up to date even if it does not.
//
// Source: k8s v1.36.3 sync.go scaleReplicaSet.
func (r *rollout) scaleSet(rs *appsv1.ReplicaSet, size int32, force bool) (scaled bool) {
	resize := *rs.Spec.Replicas != size
	if !resize && !force {
		return false
	}
	to := *rs
	if !setReplicasAnnotations(&r.d, &to) && !resize {
		return false
	}
	from := *rs.Spec.Replicas
	to.Spec.Replicas = &size
	r.putSet(rs, &to, func() {
		if resize {
			direction := "up"
			if size < from {
				direction = "down"
			}
			r.event(record.Normal, "ScalingReplicaSet", "Scaled %s replica set %s from %d to %d", direction, rs.Name, from, size)
		}
	})
	return resize
}

// cleanup appends the deletion of old, empty ReplicaSets beyond the history limit, the lowest revisions first.
//
// Source: k8s v1.36.3 sync.go cleanupDeployment.
func (r *rollout) cleanup() {
	limit := r.d.Spec.RevisionHistoryLimit
	if limit == nil || *limit == maxInt32 {
		return
	}
	var alive []*appsv1.ReplicaSet
	for _, rs := range r.oldRSs {
		if rs.DeletionTimestamp == nil {
			alive = append(alive, rs)
		}
	}
	slices.SortStableFunc(alive, func(a, b *appsv1.ReplicaSet) int {
		x, errX := revisionAt(a)
		y, errY := revisionAt(b)
		if errX != nil || errY != nil || x == y {
			return byAge(a, b)
		}
		return before(x < y)
	})
	if len(alive) > int(*limit) {
		r.do(func() { r.act(rule.DeploymentCleanup) })
	}
	for _, rs := range alive[:max(0, len(alive)-int(*limit))] {
		if rs.Status.Replicas != 0 || *rs.Spec.Replicas != 0 || rs.Generation > rs.Status.ObservedGeneration {
			continue
		}
		r.write(func() error {
			err := r.c.env.API.Delete(model.ReplicaSet, keyOf(rs), nil, "")
			if isNotFound(err) {
				return nil
			}
			return err
		})
	}
}
