package fault

import (
	"errors"
	"fmt"

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
	Keys []string `json:"keys"`
}

// Check implements Action.
func (a *Untaint) Check() error {
	if len(a.Keys) == 0 {
		return errors.New("keys: required")
	}
	return a.check()
}
