package controller

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// hasTaint reports whether a taint of that key and effect is there.
func hasTaint(taints []corev1.Taint, key string, effect corev1.TaintEffect) bool {
	return slices.ContainsFunc(taints, func(t corev1.Taint) bool { return t.Key == key && t.Effect == effect })
}

// withTaints returns the taints with the given ones added or, where key and effect are there already, in their place.
// changed is false if all were there as they are.
//
// Source: k8s v1.36.3 pkg/util/taints/taints.go AddOrUpdateTaint.
func withTaints(taints, add []corev1.Taint) (out []corev1.Taint, changed bool) {
	out = slices.Clone(taints)
	for _, t := range add {
		i := slices.IndexFunc(out, func(o corev1.Taint) bool { return o.Key == t.Key && o.Effect == t.Effect })
		switch {
		case i < 0:
			out, changed = append(out, t), true
		case !sameTaint(out[i], t):
			out[i], changed = t, true
		}
	}
	return out, changed
}

func sameTaint(a, b corev1.Taint) bool {
	return a.Key == b.Key && a.Value == b.Value && a.Effect == b.Effect && a.TimeAdded.Equal(b.TimeAdded)
}

// withoutTaints returns the taints without those of the given keys and effects; nil if none is left.
func withoutTaints(taints, remove []corev1.Taint) []corev1.Taint {
	var out []corev1.Taint
	for _, t := range taints {
		if !hasTaint(remove, t.Key, t.Effect) {
			out = append(out, t)
		}
	}
	return out
}

// stamped sets timeAdded of taints that are about to be written.
func stamped(taints []corev1.Taint, now metav1.Time) []corev1.Taint {
	out := slices.Clone(taints)
	for i := range out {
		out[i].TimeAdded = &now
	}
	return out
}

// nodeCondition returns the node's condition of that type, nil if it has none.
func nodeCondition(n *corev1.Node, t corev1.NodeConditionType) *corev1.NodeCondition {
	for i := range n.Status.Conditions {
		if n.Status.Conditions[i].Type == t {
			return &n.Status.Conditions[i]
		}
	}
	return nil
}

// readyStatus is the status of the Ready condition, "" if there is none.
func readyStatus(n *corev1.Node) corev1.ConditionStatus {
	if c := nodeCondition(n, corev1.NodeReady); c != nil {
		return c.Status
	}
	return ""
}
