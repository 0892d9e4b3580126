package model

import (
	"fmt"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const noMatch = "`selector` does not match template `labels`"

// replicas checks a number of replicas.
func (e *errs) replicas(n *int32, p *field.Path) { nonNegativePointer(e, n, p, "replicas") }

// requiredSelector wants a selector that selects something; it returns it, nil if it cannot be used.
func (e *errs) requiredSelector(s *metav1.LabelSelector, kind string, p *field.Path) labels.Selector {
	if s == nil {
		e.required(p.Child("selector"), "")
		return labels.Nothing()
	}
	e.labelSelector(s, p.Child("selector"))
	if len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		e.invalid(p.Child("selector"), s, "empty selector is invalid for "+kind)
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil
	}
	return selector
}

// templateMatches wants the labels of a template to match the selector.
func (e *errs) templateMatches(selector labels.Selector, t *corev1.PodTemplateSpec, p *field.Path) {
	if !selector.Empty() && !selector.Matches(labels.Set(t.Labels)) {
		e.invalid(p.Child("metadata", "labels"), t.Labels, noMatch)
	}
}

// alwaysRunning wants the pods of a workload to be restarted for ever.
func (e *errs) alwaysRunning(t *corev1.PodTemplateSpec, kind string, p *field.Path) {
	if t.Spec.RestartPolicy != corev1.RestartPolicyAlways {
		e.add(field.NotSupported(p.Child("spec", "restartPolicy"), t.Spec.RestartPolicy, []corev1.RestartPolicy{corev1.RestartPolicyAlways}))
	}
	if t.Spec.ActiveDeadlineSeconds != nil {
		e.forbidden(p.Child("spec", "activeDeadlineSeconds"), "activeDeadlineSeconds in "+kind+" is not Supported")
	}
}

// replicaTemplate checks the template of Deployments and ReplicaSets.
func (e *errs) replicaTemplate(t *corev1.PodTemplateSpec, selector labels.Selector, p *field.Path) {
	e.templateMatches(selector, t, p)
	e.podTemplate(t, p)
	e.alwaysRunning(t, "ReplicaSet", p)
}

// Source: k8s v1.36.3 pkg/apis/apps/validation/validation.go ValidateDeploymentSpec.
func (e *errs) deployment(d *appsv1.Deployment) {
	s, p := &d.Spec, specPath
	e.meta(d, validation.NameIsDNSSubdomain)
	e.replicas(s.Replicas, p)
	if selector := e.requiredSelector(s.Selector, "deployment", p); selector != nil {
		e.replicaTemplate(&s.Template, selector, p.Child("template"))
	} else {
		e.invalid(p.Child("selector"), s.Selector, "invalid label selector")
	}
	e.deploymentStrategy(&s.Strategy, p.Child("strategy"))
	e.nonNegative(int64(s.MinReadySeconds), p, "minReadySeconds")
	nonNegativePointer(e, s.RevisionHistoryLimit, p, "revisionHistoryLimit")
	if deadline := s.ProgressDeadlineSeconds; deadline != nil {
		e.nonNegative(int64(*deadline), p, "progressDeadlineSeconds")
		if *deadline <= s.MinReadySeconds {
			e.invalid(p.Child("progressDeadlineSeconds"), *deadline, "must be greater than minReadySeconds")
		}
	}
}

func (e *errs) deploymentStrategy(s *appsv1.DeploymentStrategy, p *field.Path) {
	at, r := p.Child("rollingUpdate"), s.RollingUpdate
	switch s.Type {
	case appsv1.RecreateDeploymentStrategyType:
		if r != nil {
			e.forbidden(at, "may not be specified when strategy `type` is 'Recreate'")
		}
	case appsv1.RollingUpdateDeploymentStrategyType:
		if r == nil {
			e.required(at, "this should be defaulted and never be nil")
			return
		}
		e.countOrPercent(r.MaxUnavailable, at.Child("maxUnavailable"))
		e.countOrPercent(r.MaxSurge, at.Child("maxSurge"))
		if countOrPercentValue(r.MaxUnavailable) == 0 && countOrPercentValue(r.MaxSurge) == 0 {
			e.invalid(at.Child("maxUnavailable"), r.MaxUnavailable, "may not be 0 when `maxSurge` is 0")
		}
		e.atMost100Percent(r.MaxUnavailable, at.Child("maxUnavailable"))
	default:
		e.add(field.NotSupported(p, show(s), []string{string(appsv1.RecreateDeploymentStrategyType), string(appsv1.RollingUpdateDeploymentStrategyType)}))
	}
}

// countOrPercent wants a number of zero or more, or a percentage.
func (e *errs) countOrPercent(v *intstr.IntOrString, p *field.Path) {
	switch {
	case v == nil:
	case v.Type == intstr.String:
		e.invalid(p, v, is.IsValidPercent(v.StrVal)...)
	case v.IntVal < 0:
		e.invalid(p, int64(v.IntVal), validation.IsNegativeErrorMsg)
	}
}

// percent is the number of a percentage.
func percent(v *intstr.IntOrString) (int, bool) {
	if v == nil || v.Type != intstr.String || len(is.IsValidPercent(v.StrVal)) > 0 {
		return 0, false
	}
	n, err := strconv.Atoi(v.StrVal[:len(v.StrVal)-1])
	return n, err == nil
}

// countOrPercentValue is the number itself, of either sort.
func countOrPercentValue(v *intstr.IntOrString) int {
	if n, ok := percent(v); ok {
		return n
	}
	if v == nil {
		return 0
	}
	return v.IntValue()
}

func (e *errs) atMost100Percent(v *intstr.IntOrString, p *field.Path) {
	if n, ok := percent(v); ok && n > 100 {
		e.invalid(p, v, "must not be greater than 100%")
	}
}

// replicaSet checks a ReplicaSet. That an empty selector is "invalid for deployment" is upstream's.
//
// Source: k8s v1.36.3 pkg/apis/apps/validation/validation.go ValidateReplicaSetSpec.
func (e *errs) replicaSet(r *appsv1.ReplicaSet) {
	s, p := &r.Spec, specPath
	e.meta(r, validation.NameIsDNSSubdomain)
	e.replicas(s.Replicas, p)
	e.nonNegative(int64(s.MinReadySeconds), p, "minReadySeconds")
	if selector := e.requiredSelector(s.Selector, "deployment", p); selector != nil {
		e.replicaTemplate(&s.Template, selector, p.Child("template"))
	} else {
		e.invalid(p.Child("selector"), s.Selector, "invalid label selector")
	}
}

// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateReplicationControllerSpec.
func (e *errs) replicationController(r *corev1.ReplicationController) {
	s, p := &r.Spec, specPath
	e.meta(r, validation.NameIsDNSSubdomain)
	e.nonNegative(int64(s.MinReadySeconds), p, "minReadySeconds")
	if len(s.Selector) == 0 {
		e.required(p.Child("selector"), "")
	}
	if s.Replicas == nil {
		e.required(p.Child("replicas"), "")
	}
	e.replicas(s.Replicas, p)
	if s.Template == nil {
		e.required(p.Child("template"), "")
		return
	}
	e.templateMatches(labels.SelectorFromSet(s.Selector), s.Template, p.Child("template"))
	e.podTemplate(s.Template, p.Child("template"))
	e.alwaysRunning(s.Template, "ReplicationController", p.Child("template"))
}

// Source: k8s v1.36.3 pkg/apis/apps/validation/validation.go ValidateDaemonSetSpec.
func (e *errs) daemonSet(d *appsv1.DaemonSet) {
	s, p := &d.Spec, specPath
	e.meta(d, validation.NameIsDNSSubdomain)
	e.labelSelector(s.Selector, p.Child("selector"))
	if selector, err := metav1.LabelSelectorAsSelector(s.Selector); err == nil && !selector.Matches(labels.Set(s.Template.Labels)) {
		e.invalid(p.Child("template", "metadata", "labels"), s.Template.Labels, noMatch)
	}
	if s.Selector != nil && len(s.Selector.MatchLabels)+len(s.Selector.MatchExpressions) == 0 {
		e.invalid(p.Child("selector"), s.Selector, "empty selector is invalid for daemonset")
	}
	e.podTemplate(&s.Template, p.Child("template"))
	e.alwaysRunning(&s.Template, "DaemonSet", p.Child("template"))
	e.nonNegative(int64(s.MinReadySeconds), p, "minReadySeconds")
	e.daemonStrategy(&s.UpdateStrategy, p.Child("updateStrategy"))
	nonNegativePointer(e, s.RevisionHistoryLimit, p, "revisionHistoryLimit")
}

func (e *errs) daemonStrategy(s *appsv1.DaemonSetUpdateStrategy, p *field.Path) {
	at, r := p.Child("rollingUpdate"), s.RollingUpdate
	switch s.Type {
	case appsv1.OnDeleteDaemonSetStrategyType:
		return
	case appsv1.RollingUpdateDaemonSetStrategyType:
	default:
		e.add(field.NotSupported(p, show(s), []string{string(appsv1.RollingUpdateDaemonSetStrategyType), string(appsv1.OnDeleteDaemonSetStrategyType)}))
		return
	}
	if r == nil {
		e.required(at, "")
		return
	}
	e.countOrPercent(r.MaxUnavailable, at.Child("maxUnavailable"))
	e.countOrPercent(r.MaxSurge, at.Child("maxSurge"))
	e.atMost100Percent(r.MaxUnavailable, at.Child("maxUnavailable"))
	e.atMost100Percent(r.MaxSurge, at.Child("maxSurge"))
	switch unavailable, surge := countOrPercentValue(r.MaxUnavailable) != 0, countOrPercentValue(r.MaxSurge) != 0; {
	case unavailable && surge:
		e.invalid(at.Child("maxSurge"), r.MaxSurge, "may not be set when maxUnavailable is non-zero")
	case !unavailable && !surge:
		e.required(at.Child("maxUnavailable"), "cannot be 0 when maxSurge is 0")
	}
}

// statefulSet checks a StatefulSet. Labels and annotations of its template are checked twice, as upstream does.
//
// Source: k8s v1.36.3 pkg/apis/apps/validation/validation.go ValidateStatefulSetSpec.
func (e *errs) statefulSet(o *appsv1.StatefulSet) {
	s, p := &o.Spec, specPath
	e.meta(o, validation.NameIsDNSLabel)
	switch s.PodManagementPolicy {
	case appsv1.OrderedReadyPodManagement, appsv1.ParallelPodManagement:
	case "":
		e.required(p.Child("podManagementPolicy"), "")
	default:
		e.invalid(p.Child("podManagementPolicy"), s.PodManagementPolicy, "must be 'OrderedReady' or 'Parallel'")
	}
	e.statefulStrategy(&s.UpdateStrategy, p.Child("updateStrategy"))
	if r := s.PersistentVolumeClaimRetentionPolicy; r != nil {
		at := p.Child("persistentVolumeClaimRetentionPolicy")
		keep := []appsv1.PersistentVolumeClaimRetentionPolicyType{appsv1.RetainPersistentVolumeClaimRetentionPolicyType, appsv1.DeletePersistentVolumeClaimRetentionPolicyType}
		oneOf(e, r.WhenDeleted, false, at.Child("whenDeleted"), keep...)
		oneOf(e, r.WhenScaled, false, at.Child("whenScaled"), keep...)
	}
	for i := range s.VolumeClaimTemplates {
		e.claimSpec(&s.VolumeClaimTemplates[i].Spec, p.Child("volumeClaimTemplates").Index(i).Child("spec"))
	}
	e.replicas(s.Replicas, p)
	e.nonNegative(int64(s.MinReadySeconds), p, "minReadySeconds")
	if s.Ordinals != nil {
		e.nonNegative(int64(s.Ordinals.Start), p, "ordinals.start")
	}
	if s.ServiceName != "" {
		e.invalid(p.Child("serviceName"), s.ServiceName, is.IsDNS1123Label(s.ServiceName)...)
	}
	if selector := e.requiredSelector(s.Selector, "statefulset", p); selector == nil {
		e.add(field.Invalid(p.Child("selector"), s.Selector, ""))
	} else {
		e.statefulTemplate(s, selector, p.Child("template"))
	}
	e.alwaysRunning(&s.Template, "StatefulSet", p.Child("template"))
}

// statefulTemplate checks the template with the volumes and the names that the controller gives its pods.
func (e *errs) statefulTemplate(s *appsv1.StatefulSetSpec, selector labels.Selector, p *field.Path) {
	e.templateMatches(selector, &s.Template, p)
	t := s.Template
	t.Spec.Subdomain, t.Spec.Hostname = "", ""
	if len(s.VolumeClaimTemplates) > 0 {
		var volumes []corev1.Volume
		claimed := map[string]bool{}
		for _, c := range s.VolumeClaimTemplates {
			if claimed[c.Name] {
				continue
			}
			claimed[c.Name] = true
			volumes = append(volumes, corev1.Volume{Name: c.Name, VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: c.Name}}})
		}
		for _, v := range t.Spec.Volumes {
			if !claimed[v.Name] {
				volumes = append(volumes, v)
			}
		}
		t.Spec.Volumes = volumes
	}
	e.podTemplate(&t, p)
	e.labels(t.Labels, p.Child("labels"))
	e.add(sortErrors(validation.ValidateAnnotations(t.Annotations, p.Child("annotations")))...)
	e.podAnnotations(t.Annotations, &t.Spec, p.Child("annotations"))
}

func (e *errs) statefulStrategy(s *appsv1.StatefulSetUpdateStrategy, p *field.Path) {
	switch r := s.RollingUpdate; s.Type {
	case "":
		e.required(p, "")
	case appsv1.OnDeleteStatefulSetStrategyType:
		if r != nil {
			e.invalid(p.Child("rollingUpdate"), r, "only allowed for updateStrategy 'RollingUpdate'")
		}
	case appsv1.RollingUpdateStatefulSetStrategyType:
		if r != nil {
			nonNegativePointer(e, r.Partition, p.Child("rollingUpdate"), "partition")
		}
	default:
		e.invalid(p, s, fmt.Sprintf("must be '%s' or '%s'", appsv1.RollingUpdateStatefulSetStrategyType, appsv1.OnDeleteStatefulSetStrategyType))
	}
}
