package store

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SetCondition returns the conditions with c in them, as a new slice: in the place of the one of its type, else at the
// end. lastTransitionTime is now if the status differs from before, else it is kept.
func SetCondition(cs []corev1.PodCondition, c corev1.PodCondition, now metav1.Time) []corev1.PodCondition {
	out := slices.Clone(cs)
	c.LastTransitionTime = now
	for i := range out {
		if out[i].Type == c.Type {
			if out[i].Status == c.Status {
				c.LastTransitionTime = out[i].LastTransitionTime
			}
			out[i] = c
			return out
		}
	}
	return append(out, c)
}

// Condition returns the pod's condition of that type, nil if it has none.
func Condition(st *corev1.PodStatus, t corev1.PodConditionType) *corev1.PodCondition {
	for i := range st.Conditions {
		if st.Conditions[i].Type == t {
			return &st.Conditions[i]
		}
	}
	return nil
}
