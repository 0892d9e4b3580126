package model

import (
	"encoding/json"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	metaPath = field.NewPath("metadata")
	specPath = field.NewPath("spec")
)

// meta checks the metadata of an object whose names follow the rule.
//
// Source: k8s v1.36.3 apimachinery/pkg/api/validation/objectmeta.go; pkg/apis/core/validation/validation.go
// validateKubeFinalizerName.
func (e *errs) meta(o metav1.Object, nameRule validation.ValidateNameFunc) {
	meta := metaOf(o)
	if plainMeta(meta) && len(nameRule(meta.Name, false)) == 0 {
		return
	}
	if meta.Name == "" && meta.GenerateName != "" {
		meta.Name = "generated" // the registry makes the name before it validates it
	}
	namespaced := meta.Namespace != ""
	e.add(validation.ValidateObjectMeta(meta, namespaced, nameRule, metaPath)...)
	for i, f := range meta.Finalizers {
		e.standardFinalizer(f, metaPath.Child("finalizers").Index(i))
	}
}

// metaOf copies what the rules look at.
func metaOf(o metav1.Object) *metav1.ObjectMeta {
	return &metav1.ObjectMeta{
		Name:            o.GetName(),
		GenerateName:    o.GetGenerateName(),
		Namespace:       o.GetNamespace(),
		Generation:      o.GetGeneration(),
		Labels:          o.GetLabels(),
		Annotations:     o.GetAnnotations(),
		OwnerReferences: o.GetOwnerReferences(),
		Finalizers:      o.GetFinalizers(),
		ManagedFields:   o.GetManagedFields(),
	}
}

// plainMeta says that nothing but the name needs a look, which is so for most objects of large inputs.
func plainMeta(m *metav1.ObjectMeta) bool {
	if m.Name == "" || m.GenerateName != "" || m.Generation < 0 || len(m.OwnerReferences)+len(m.Finalizers)+len(m.ManagedFields) > 0 {
		return false
	}
	for k, v := range m.Labels { // unordered: all must be good
		if len(is.IsQualifiedName(k)) > 0 || len(is.IsValidLabelValue(v)) > 0 {
			return false
		}
	}
	return m.Namespace == "" && len(m.Annotations) == 0 || len(is.IsDNS1123Label(m.Namespace)) == 0 && goodAnnotations(m.Annotations)
}

func goodAnnotations(annotations map[string]string) bool {
	for k := range annotations { // unordered: all must be good
		if len(is.IsQualifiedName(strings.ToLower(k))) > 0 {
			return false
		}
	}
	return validation.ValidateAnnotationsSize(annotations) == nil
}

// standardFinalizer wants a finalizer without a slash to be one that Kubernetes knows.
func (e *errs) standardFinalizer(f string, p *field.Path) {
	switch f {
	case string(corev1.FinalizerKubernetes), metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents:
		return
	}
	if !strings.Contains(f, "/") {
		e.invalid(p, f, "name is neither a standard finalizer name nor is it fully qualified")
	}
}

// labels checks labels, or a selector that is a map.
func (e *errs) labels(labels map[string]string, p *field.Path) {
	if len(labels) > 0 {
		e.add(sortErrors(metavalidation.ValidateLabels(labels, p))...)
	}
}

// labelSelector checks a selector; nil is none.
func (e *errs) labelSelector(s *metav1.LabelSelector, p *field.Path) {
	e.add(metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, p)...)
}

// annotations checks annotations of pods and templates, whose meaning the API server knows.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidatePodSpecificAnnotations.
func (e *errs) podAnnotations(annotations map[string]string, s *corev1.PodSpec, p *field.Path) {
	if len(annotations) == 0 {
		return
	}
	if value, ok := annotations[corev1.MirrorPodAnnotationKey]; ok && s.NodeName == "" {
		e.invalid(p.Key(corev1.MirrorPodAnnotationKey), value, "must set spec.nodeName if mirror pod annotation is set")
	}
	const tolerationsKey = "scheduler.alpha.kubernetes.io/tolerations"
	if text := annotations[tolerationsKey]; text != "" {
		var list []corev1.Toleration
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			e.invalid(p, tolerationsKey, err.Error())
		} else {
			e.tolerations(list, p.Child(tolerationsKey))
		}
	}
	if value, ok := annotations[corev1.PodDeletionCost]; ok && !isDeletionCost(value) {
		e.invalid(p.Key(corev1.PodDeletionCost), value, "must be a 32bit integer")
	}
	e.seccompAnnotations(annotations, p)
	e.appArmorAnnotations(annotations, s, p)
}

// isDeletionCost matches a 32-bit integer without sign "+" and without leading zeros.
func isDeletionCost(s string) bool {
	if _, err := strconv.ParseInt(s, 10, 32); err != nil {
		return false
	}
	digits := strings.TrimPrefix(s, "-")
	return s[0] != '+' && (digits[0] != '0' || s == "0")
}

// sortErrors brings the errors of a rule that walks a Go map into the order of their fields.
func sortErrors(list field.ErrorList) field.ErrorList {
	if len(list) > 1 {
		sortStable(list)
	}
	return list
}
