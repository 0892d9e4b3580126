package controller

import (
	"fmt"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"

	"clustersim/model"
	"clustersim/sim/record"
	"clustersim/sim/store"
)

// rollbackTo reads the deprecated annotation that asks for a rollback. ok is false if there is none.
//
// Source: k8s v1.36.3 pkg/controller/deployment/rollback.go getRollbackTo.
func rollbackTo(d *appsv1.Deployment) (revision int64, ok bool) {
	text := d.Annotations[appsv1.DeprecatedRollbackTo]
	if text == "" {
		return 0, false
	}
	revision, err := strconv.ParseInt(text, 10, 64)
	return revision, err == nil
}

// rollback appends the steps that give the Deployment the template of an earlier revision, 0 for the last one, and that
// take the wish for it away.
//
// Source: k8s v1.36.3 rollback.go rollback.
func (r *rollout) rollback() {
	r.findSets(true)
	r.do(func() {
		revision, _ := rollbackTo(&r.d)
		all := r.allSets()
		if revision == 0 {
			if revision = lastRevision(all); revision == 0 {
				r.event(record.Warning, "DeploymentRollbackRevisionNotFound", "Unable to find last revision.")
				r.putRolledBack("")
				return
			}
		}
		for _, rs := range all {
			if v, err := revisionAt(rs); err == nil && v == revision {
				r.rollbackTo(rs, revision)
				return
			}
		}
		r.event(record.Warning, "DeploymentRollbackRevisionNotFound", "Unable to find the revision to rollback to.")
		r.putRolledBack("")
	})
}

// rollbackTo takes over the template and the annotations of the ReplicaSet.
//
// Source: k8s v1.36.3 rollback.go rollbackToTemplate.
func (r *rollout) rollbackTo(rs *appsv1.ReplicaSet, revision int64) {
	if equalIgnoringHash(&r.d.Spec.Template, &rs.Spec.Template) {
		r.event(record.Warning, "DeploymentRollbackTemplateUnchanged", "The rollback revision contains the same template as current deployment %q", r.d.Name)
		r.putRolledBack("")
		return
	}
	r.d.Spec.Template = rs.Spec.Template
	r.d.Spec.Template.Labels = withoutKey(rs.Spec.Template.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	annotations := map[string]string{}
	for k, v := range r.d.Annotations { // unordered: into a map
		if notCopied[k] {
			annotations[k] = v
		}
	}
	for k, v := range rs.Annotations { // unordered: into a map
		if !notCopied[k] {
			annotations[k] = v
		}
	}
	r.d.Annotations = annotations
	r.putRolledBack(fmt.Sprintf("Rolled back deployment %q to revision %d", r.d.Name, revision))
}

// putRolledBack appends the write of the Deployment without the wish for a rollback.
//
// Source: k8s v1.36.3 rollback.go updateDeploymentAndClearRollbackTo.
func (r *rollout) putRolledBack(message string) {
	r.d.Annotations = withoutKey(r.d.Annotations, appsv1.DeprecatedRollbackTo)
	r.write(func() error {
		o := r.c.env.Store.Get(model.Deployment, keyOf(&r.d))
		if o == nil {
			return store.NotFound(model.Deployment, r.d.Name)
		}
		if o.API().GetResourceVersion() != r.revision {
			return conflict(model.Deployment, r.d.Name)
		}
		d := *o.API().(*appsv1.Deployment)
		d.Spec, d.Annotations = r.d.Spec, r.d.Annotations
		d.Generation++
		if err := r.c.env.Store.Replace(model.Deployment, &d); err != nil {
			return err
		}
		if message != "" {
			r.event(record.Normal, "DeploymentRollback", "%s", message)
		}
		return nil
	})
}
