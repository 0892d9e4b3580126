package controller

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/store"
)

// disrupt sets the DisruptionTarget condition of a pod that is about to be deleted for that reason.
func disrupt(p *store.Pod, reason, message string, now metav1.Time) bool {
	st := *p.Status
	st.Conditions = store.SetCondition(st.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
		ObservedGeneration: p.Generation, Reason: reason, Message: message}, now)
	p.Status = &st
	return true
}
