package admission

import (
	"bytes"
	"maps"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/diff"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"clustersim/model"
)

// fixed is upstream's ValidateImmutableField for a field below the given path.
func fixed(now, before any, path ...string) field.ErrorList {
	return apivalidation.ValidateImmutableField(now, before, field.NewPath(path[0], path[1:]...))
}

// validateObjectChange says what an update may not change in kinds outside of apps/v1.
//
// Differs: values and differences in the messages name fields as the API does, not as upstream's internal types do.
//
// Source: k8s v1.36.3 pkg/apis/{core,batch,storage,scheduling}/validation/validation.go.
func validateObjectChange(o, old model.Object) field.ErrorList {
	switch o := o.(type) {
	case *batchv1.Job:
		return jobChange(o, old.(*batchv1.Job))
	case *corev1.PersistentVolumeClaim:
		return claimChange(o, old.(*corev1.PersistentVolumeClaim))
	case *corev1.PersistentVolume:
		return volumeChange(o, old.(*corev1.PersistentVolume))
	case *corev1.Secret:
		was := old.(*corev1.Secret)
		return append(fixed(o.Type, was.Type, "type"), sealed(was.Immutable, o.Immutable, !maps.EqualFunc(o.Data, was.Data, bytes.Equal), false)...)
	case *corev1.ConfigMap:
		was := old.(*corev1.ConfigMap)
		return sealed(was.Immutable, o.Immutable, !maps.Equal(o.Data, was.Data), !maps.EqualFunc(o.BinaryData, was.BinaryData, bytes.Equal))
	case *corev1.Node:
		return nodeChange(o, old.(*corev1.Node))
	case *storagev1.StorageClass:
		was := old.(*storagev1.StorageClass)
		errs := append(fixed(o.Parameters, was.Parameters, "parameters"), fixed(o.Provisioner, was.Provisioner, "provisioner")...)
		errs = append(errs, fixed(o.ReclaimPolicy, was.ReclaimPolicy, "reclaimPolicy")...)
		return append(errs, fixed(o.VolumeBindingMode, was.VolumeBindingMode, "volumeBindingMode")...)
	case *schedulingv1.PriorityClass:
		was := old.(*schedulingv1.PriorityClass)
		errs := field.ErrorList{}
		if o.Value != was.Value {
			errs = append(errs, field.Forbidden(field.NewPath("value"), "may not be changed in an update."))
		}
		return append(errs, fixed(o.PreemptionPolicy, was.PreemptionPolicy, "preemptionPolicy")...)
	}
	return nil
}

// sealed says what may not change of a ConfigMap or Secret that is immutable.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateSecretUpdate, ValidateConfigMapUpdate.
func sealed(was, is *bool, data, binary bool) (errs field.ErrorList) {
	if was == nil || !*was {
		return nil
	}
	for _, c := range []struct {
		name    string
		changed bool
	}{{"immutable", is == nil || !*is}, {"data", data}, {"binaryData", binary}} {
		if c.changed {
			errs = append(errs, field.Forbidden(field.NewPath(c.name), "field is immutable when `immutable` is set"))
		}
	}
	return errs
}

// claimChange: once it is bound a claim may ask for more room, and nothing else.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimUpdate.
func claimChange(o, old *corev1.PersistentVolumeClaim) (errs field.ErrorList) {
	is, was := o.DeepCopy().Spec, old.DeepCopy().Spec
	if was.VolumeName == "" {
		was.VolumeName = is.VolumeName
	}
	if was.StorageClassName == nil && is.StorageClassName != nil && old.Annotations[corev1.BetaStorageClassAnnotation] == "" {
		was.StorageClassName = is.StorageClassName // given later by the default class
	}
	if o.Status.Phase == corev1.ClaimBound {
		if is.Resources.Requests != nil {
			is.Resources.Requests[corev1.ResourceStorage] = old.Spec.Resources.Requests[corev1.ResourceStorage]
		}
		is.VolumeAttributesClassName = was.VolumeAttributesClassName
	}
	if !equality.Semantic.DeepEqual(is, was) {
		errs = append(errs, field.Forbidden(field.NewPath("spec"), "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"+diff.Diff(was, is)))
	}
	size, before := o.Spec.Resources.Requests[corev1.ResourceStorage], old.Spec.Resources.Requests[corev1.ResourceStorage]
	if has := old.Status.Capacity[corev1.ResourceStorage]; size.Cmp(before) < 0 && size.Cmp(has) <= 0 {
		errs = append(errs, field.Forbidden(field.NewPath("spec", "resources", "requests", "storage"), "field can not be less than status.capacity"))
	}
	return append(errs, fixed(o.Spec.VolumeMode, old.Spec.VolumeMode, "volumeMode")...)
}

// volumeChange: what a volume is made of stays.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidatePersistentVolumeUpdate.
func volumeChange(o, old *corev1.PersistentVolume) (errs field.ErrorList) {
	if is, was := o.Spec.PersistentVolumeSource, old.Spec.PersistentVolumeSource; !equality.Semantic.DeepEqual(is, was) {
		errs = append(errs, field.Forbidden(field.NewPath("spec", "persistentvolumesource"), "spec.persistentvolumesource is immutable after creation\n"+diff.Diff(was, is)))
	}
	errs = append(errs, fixed(o.Spec.VolumeMode, old.Spec.VolumeMode, "volumeMode")...)
	if old.Spec.NodeAffinity != nil && !equality.Semantic.DeepEqual(o.Spec.NodeAffinity, old.Spec.NodeAffinity) {
		errs = append(errs, field.Invalid(field.NewPath("nodeAffinity"), o.Spec.NodeAffinity, apivalidation.FieldImmutableErrorMsg+", except for updating from beta label to GA"))
	}
	return errs
}

// nodeChange: what is given to a node once stays.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateNodeUpdate.
func nodeChange(o, old *corev1.Node) (errs field.ErrorList) {
	if len(old.Spec.PodCIDRs) > 0 && !equality.Semantic.DeepEqual(o.Spec.PodCIDRs, old.Spec.PodCIDRs) {
		errs = append(errs, field.Forbidden(field.NewPath("spec", "podCIDRs"), "node updates may not change podCIDR except from \"\" to valid"))
	}
	if old.Spec.ProviderID != "" && o.Spec.ProviderID != old.Spec.ProviderID {
		errs = append(errs, field.Forbidden(field.NewPath("spec", "providerID"), "node updates may not change providerID except from \"\" to valid"))
	}
	return errs
}

// jobChange: a Job may change its parallelism, back-off limit, deadline, TTL and suspension. Its template may change where
// its pods run as long as it is suspended and none of them is left.
//
// Source: k8s v1.36.3 pkg/apis/batch/validation/validation.go ValidateJobSpecUpdate, validatePodTemplateUpdate,
// validateCompletions; pkg/registry/batch/job/strategy.go validationOptionsForJob.
func jobChange(o, old *batchv1.Job) (errs field.ErrorList) {
	is, was := &o.Spec, old.Spec.DeepCopy()
	if is.CompletionMode == nil || *is.CompletionMode != batchv1.IndexedCompletion {
		errs = append(errs, fixed(is.Completions, was.Completions, "spec", "completions")...)
	} else if is.Completions != nil && is.Parallelism != nil && !equality.Semantic.DeepEqual(is.Completions, was.Completions) && *is.Completions != *is.Parallelism {
		errs = append(errs, field.Invalid(field.NewPath("spec", "completions"), is.Completions, "can only be modified in tandem with spec.parallelism"))
	}
	errs = append(errs, fixed(is.Selector, was.Selector, "spec", "selector")...)
	errs = append(errs, jobTemplateChange(&is.Template, was, old)...)
	errs = append(errs, fixed(is.CompletionMode, was.CompletionMode, "spec", "completionMode")...)
	errs = append(errs, fixed(is.PodFailurePolicy, was.PodFailurePolicy, "spec", "podFailurePolicy")...)
	errs = append(errs, fixed(is.BackoffLimitPerIndex, was.BackoffLimitPerIndex, "spec", "backoffLimitPerIndex")...)
	errs = append(errs, fixed(is.ManagedBy, was.ManagedBy, "spec", "managedBy")...)
	return append(errs, fixed(is.SuccessPolicy, was.SuccessPolicy, "spec", "successPolicy")...)
}

func jobTemplateChange(t *corev1.PodTemplateSpec, was *batchv1.JobSpec, old *batchv1.Job) field.ErrorList {
	before := &was.Template
	suspended := was.Suspend != nil && *was.Suspend
	free := old.Status.StartTime == nil
	for _, c := range old.Status.Conditions {
		free = free || c.Type == batchv1.JobSuspended && c.Status == corev1.ConditionTrue
	}
	if suspended && free && old.Status.Active == 0 {
		before.Labels, before.Annotations = t.Labels, t.Annotations
		before.Spec.NodeSelector, before.Spec.Tolerations, before.Spec.SchedulingGates = t.Spec.NodeSelector, t.Spec.Tolerations, t.Spec.SchedulingGates
		freeNodeAffinity(before, t)
		for _, l := range [][2][]corev1.Container{{t.Spec.Containers, before.Spec.Containers}, {t.Spec.InitContainers, before.Spec.InitContainers}} {
			for i := range l[1] {
				if len(l[0]) == len(l[1]) && l[0][i].Name == l[1][i].Name {
					l[1][i].Resources = l[0][i].Resources
				}
			}
		}
		return fixed(t.Spec, before.Spec, "spec", "template", "spec")
	}
	return fixed(t, before, "spec", "template")
}

// freeNodeAffinity takes the node affinity of the new template for the old one's.
func freeNodeAffinity(before, t *corev1.PodTemplateSpec) {
	is, was := t.Spec.Affinity, before.Spec.Affinity
	switch {
	case is == nil && was != nil:
		if was.NodeAffinity = nil; *was == (corev1.Affinity{}) {
			before.Spec.Affinity = nil
		}
	case is != nil && was == nil:
		before.Spec.Affinity = &corev1.Affinity{NodeAffinity: is.NodeAffinity}
	case is != nil:
		was.NodeAffinity = is.NodeAffinity
	}
}
