package admission

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// defaultTolerations lets the pod stay for a while on a node that is not ready or unreachable, unless it says itself for
// how long.
//
// Source: k8s v1.36.3 plugin/pkg/admission/defaulttolerationseconds/admission.go Admit.
func defaultTolerations(a *Admission, r *request) error {
	s := &r.pod.Spec
	given := slices.Clone(s.Tolerations)
	for _, key := range [...]string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
		says := func(t corev1.Toleration) bool {
			return (t.Key == key || t.Key == "") && (t.Effect == corev1.TaintEffectNoExecute || t.Effect == "")
		}
		if slices.ContainsFunc(given, says) {
			continue
		}
		seconds := a.config.DefaultTolerationSeconds
		s.Tolerations = append(s.Tolerations, corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds})
	}
	return nil
}
