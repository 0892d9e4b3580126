package model

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PrepareCreate does what the registry does to a pod between admission and validation: it puts the values of the pod's own
// labels into the selectors that name only keys (matchLabelKeys, mismatchLabelKeys), and says in the status that gates
// hold the pod back. A DaemonSet gets the annotation that counts its templates, from 1. Other objects it leaves alone. Doing it twice is doing it once.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/strategy.go PrepareForCreate, mutatePodAffinity,
// mutateTopologySpreadConstraints, applySchedulingGatedCondition.
func PrepareCreate(o Object) {
	if d, ok := o.(*appsv1.DaemonSet); ok {
		firstTemplateGeneration(d)
	}
	p, ok := o.(*corev1.Pod)
	if !ok {
		return
	}
	if a := p.Spec.Affinity; a != nil {
		if a.PodAffinity != nil {
			mergeTerms(p.Labels, a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
		}
		if a.PodAntiAffinity != nil {
			mergeTerms(p.Labels, a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
		}
	}
	for i := range p.Spec.TopologySpreadConstraints {
		c := &p.Spec.TopologySpreadConstraints[i]
		mergeLabelKeys(c.LabelSelector, c.MatchLabelKeys, metav1.LabelSelectorOpIn, p.Labels)
	}
	if len(p.Spec.SchedulingGates) > 0 {
		gatedCondition(&p.Status)
	}
}

// firstTemplateGeneration sets what the API shows of a DaemonSet's spec.templateGeneration.
func firstTemplateGeneration(d *appsv1.DaemonSet) {
	if d.Annotations == nil {
		d.Annotations = map[string]string{}
	}
	if d.Annotations[appsv1.DeprecatedTemplateGeneration] == "" {
		d.Annotations[appsv1.DeprecatedTemplateGeneration] = "1"
	}
}

func mergeTerms(labels map[string]string, must []corev1.PodAffinityTerm, should []corev1.WeightedPodAffinityTerm) {
	merge := func(t *corev1.PodAffinityTerm) {
		mergeLabelKeys(t.LabelSelector, t.MatchLabelKeys, metav1.LabelSelectorOpIn, labels)
		mergeLabelKeys(t.LabelSelector, t.MismatchLabelKeys, metav1.LabelSelectorOpNotIn, labels)
	}
	for i := range should {
		merge(&should[i].PodAffinityTerm)
	}
	for i := range must {
		merge(&must[i])
	}
}

// mergeLabelKeys appends a requirement for every key that the pod has a label for. A nil selector matches nothing and
// stays so.
func mergeLabelKeys(s *metav1.LabelSelector, keys []string, op metav1.LabelSelectorOperator, labels map[string]string) {
	if s == nil {
		return
	}
	for _, key := range keys {
		value, ok := labels[key]
		if !ok || hasRequirement(s, key, op, value) {
			continue
		}
		s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: op, Values: []string{value}})
	}
}

func hasRequirement(s *metav1.LabelSelector, key string, op metav1.LabelSelectorOperator, value string) bool {
	for _, r := range s.MatchExpressions {
		if r.Key == key && r.Operator == op && len(r.Values) == 1 && r.Values[0] == value {
			return true
		}
	}
	return false
}

// gatedCondition adds PodScheduled=False to a status that lacks PodScheduled.
func gatedCondition(s *corev1.PodStatus) {
	for _, c := range s.Conditions {
		if c.Type == corev1.PodScheduled {
			return
		}
	}
	s.Conditions = append(s.Conditions, corev1.PodCondition{
		Type:    corev1.PodScheduled,
		Status:  corev1.ConditionFalse,
		Reason:  corev1.PodReasonSchedulingGated,
		Message: "Scheduling is blocked due to non-empty scheduling gates",
	})
}
