package admission

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// taintNodes keeps pods off a new node until a controller has seen it ready.
//
// Source: k8s v1.36.3 plugin/pkg/admission/nodetaint/admission.go.
func taintNodes(_ *Admission, r *request) error {
	n, ok := r.object.(*corev1.Node)
	if !ok {
		return nil
	}
	there := slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool {
		return t.Key == corev1.TaintNodeNotReady && t.Effect == corev1.TaintEffectNoSchedule
	})
	if !there {
		n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule})
	}
	return nil
}
