package controller

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
)

// noExecute returns the NoExecute taints among the taints.
func noExecute(taints []corev1.Taint) []corev1.Taint {
	var out []corev1.Taint
	for _, t := range taints {
		if t.Effect == corev1.TaintEffectNoExecute {
			out = append(out, t)
		}
	}
	return out
}

// tolerates reports whether the toleration matches the taint. An empty effect matches all effects, and an empty key
// with Exists all keys.
//
// Source: k8s v1.36.3 staging api/core/v1/toleration.go ToleratesTaint (without Lt and Gt, whose gate is off).
func tolerates(t *corev1.Toleration, taint *corev1.Taint) bool {
	if t.Effect != "" && t.Effect != taint.Effect || t.Key != "" && t.Key != taint.Key {
		return false
	}
	switch t.Operator {
	case "", corev1.TolerationOpEqual:
		return t.Value == taint.Value
	case corev1.TolerationOpExists:
		return true
	}
	return false
}

// forever is the answer of tolerationTime for a pod that may stay.
const forever = engine.Time(-1)

// tolerationTime returns for how long a pod may stay under the NoExecute taints: 0 = not at all, forever = for ever.
// Each taint is tolerated by the first toleration that matches it; the shortest of these counts.
//
// Source: k8s v1.36.3 pkg/controller/tainteviction/taint_eviction.go getMinTolerationTime, staging
// component-helpers/scheduling/corev1/helpers.go GetMatchingTolerations.
func tolerationTime(taints []corev1.Taint, tolerations []corev1.Toleration) (stay engine.Time, all bool) {
	stay = forever
	for i := range taints {
		t := firstMatch(tolerations, &taints[i])
		if t == nil {
			return 0, false
		}
		if t.TolerationSeconds == nil {
			continue
		}
		// More than a run can hold is more than any run lasts.
		seconds := min(max(*t.TolerationSeconds, 0), int64(engine.Never/time.Second)/4)
		if d := engine.Time(seconds) * time.Second; stay == forever || d < stay {
			stay = d
		}
	}
	return stay, true
}

func firstMatch(tolerations []corev1.Toleration, taint *corev1.Taint) *corev1.Toleration {
	for i := range tolerations {
		if tolerates(&tolerations[i], taint) {
			return &tolerations[i]
		}
	}
	return nil
}
