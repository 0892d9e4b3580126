package fault

import (
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Taint adds taints to nodes, as `kubectl taint --overwrite` does: one of the same key and effect is replaced.
type Taint struct {
	Target
	Taints []corev1.Taint `json:"taints"`
}

// Check implements Action.
func (a *Taint) Check() error {
	if len(a.Taints) == 0 {
		return errors.New("taints: required")
	}
	for _, t := range a.Taints {
		if err := CheckTaint(t); err != nil {
			return fmt.Errorf("taints: %w", err)
		}
	}
	return a.check()
}

// CheckTaint reports a taint without key or with an effect that does not exist.
func CheckTaint(t corev1.Taint) error {
	if t.Key == "" {
		return errors.New("key: required")
	}
	switch t.Effect {
	case corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
		return nil
	}
	return fmt.Errorf("effect: must be NoSchedule, PreferNoSchedule or NoExecute, got %q", t.Effect)
}

// Untaint removes every taint of the given keys, whatever the effect.
type Untaint struct {
	Target
	Keys []string `json:"keys"` // of the taints that go
}

// Check implements Action.
func (a *Untaint) Check() error {
	if len(a.Keys) == 0 {
		return errors.New("keys: required")
	}
	return a.check()
}

// Run implements Runner.
func (a *Taint) Run(c Cluster) (func(), error) {
	keys := make([]string, 0, len(a.Taints))
	for _, t := range a.Taints {
		keys = append(keys, t.Key)
	}
	return onNodes(c, &a.Target, func(n *corev1.Node) bool { return setTaints(n, a.Taints) },
		func(n *corev1.Node) bool { return dropTaints(n, keys) })
}

// Run implements Runner.
func (a *Untaint) Run(c Cluster) (func(), error) {
	return onNodes(c, &a.Target, func(n *corev1.Node) bool { return dropTaints(n, a.Keys) }, nil)
}

func setTaints(n *corev1.Node, taints []corev1.Taint) bool {
	for _, t := range taints {
		i := slices.IndexFunc(n.Spec.Taints, func(o corev1.Taint) bool { return o.Key == t.Key && o.Effect == t.Effect })
		if i >= 0 {
			n.Spec.Taints[i] = t
		} else {
			n.Spec.Taints = append(n.Spec.Taints, t)
		}
	}
	return true
}

func dropTaints(n *corev1.Node, keys []string) bool {
	before := len(n.Spec.Taints)
	n.Spec.Taints = slices.DeleteFunc(n.Spec.Taints, func(t corev1.Taint) bool { return slices.Contains(keys, t.Key) })
	return len(n.Spec.Taints) != before
}
