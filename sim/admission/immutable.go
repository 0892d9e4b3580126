package admission

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"clustersim/model"
)

// validateChange says what an update of a workload may not change: the selector or, of a StatefulSet, all but a few fields.
//
// Source: k8s v1.36.3 pkg/apis/apps/validation/validation.go ValidateStatefulSetUpdate, ValidateDaemonSetSpecUpdate;
// pkg/registry/apps/{deployment,replicaset}/strategy.go ValidateUpdate.
func validateChange(o, old model.Object) (errs field.ErrorList) {
	selector := func(now, before *metav1.LabelSelector) {
		if !equality.Semantic.DeepEqual(now, before) {
			errs = append(errs, field.Invalid(field.NewPath("spec", "selector"), now, "field is immutable"))
		}
	}
	switch o := o.(type) {
	case *appsv1.Deployment:
		selector(o.Spec.Selector, old.(*appsv1.Deployment).Spec.Selector)
	case *appsv1.ReplicaSet:
		selector(o.Spec.Selector, old.(*appsv1.ReplicaSet).Spec.Selector)
	case *appsv1.DaemonSet:
		selector(o.Spec.Selector, old.(*appsv1.DaemonSet).Spec.Selector)
	case *appsv1.StatefulSet:
		was := &old.(*appsv1.StatefulSet).Spec
		is := o.Spec
		is.Replicas, is.Template, is.UpdateStrategy, is.MinReadySeconds = was.Replicas, was.Template, was.UpdateStrategy, was.MinReadySeconds
		is.Ordinals, is.RevisionHistoryLimit, is.PersistentVolumeClaimRetentionPolicy = was.Ordinals, was.RevisionHistoryLimit, was.PersistentVolumeClaimRetentionPolicy
		if !equality.Semantic.DeepEqual(&is, was) {
			errs = append(errs, field.Forbidden(field.NewPath("spec"), "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "+
				"'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"))
		}
	}
	return append(errs, validateObjectChange(o, old)...)
}
