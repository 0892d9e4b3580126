package admission

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var disruptionBudget = model.FindKind("PodDisruptionBudget")

// maxDisrupted is the number of evictions that may wait for the disruption controller.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/storage/eviction.go MaxDisruptedPodSize.
const maxDisrupted = 2000

// Evict is a POST to a pod's eviction subresource: the pod is deleted with its grace (graceSeconds nil) or the given one,
// if its PodDisruptionBudget allows that. Otherwise the answer is 429, with a cause.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/storage/eviction.go Create.
func (a *Admission) Evict(key store.Key, graceSeconds *int64) error {
	p := a.store.Pod(key)
	if p == nil {
		return store.NotFound(model.Pod, key.Name)
	}
	if p.Terminal() || p.Status.Phase == corev1.PodPending || p.Deletion != nil {
		return a.evict(p, graceSeconds)
	}
	budgets := a.budgetsOf(p)
	switch {
	case len(budgets) > 1:
		return store.Errorf(codeInternal, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
	case len(budgets) == 1 && !unguarded(p, budgets[0]):
		if err := a.takeDisruption(p, budgets[0]); err != nil {
			return err
		}
	}
	return a.evict(p, graceSeconds)
}

// evict marks the pod and deletes it.
//
// Source: k8s v1.36.3 eviction.go addConditionAndDeletePod.
func (a *Admission) evict(p *store.Pod, graceSeconds *int64) error {
	defer a.engine.Act(a.engine.Why.Rule())
	a.engine.Act(rule.EvictionAllowed)
	_, err := a.store.UpdatePod(p.Key(), string(p.UID), func(p *store.Pod) bool {
		target := corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting"}
		if have := store.Condition(p.Status, target.Type); have != nil && have.Status == target.Status && have.Reason == target.Reason && have.Message == target.Message {
			return false
		}
		st := *p.Status
		st.Conditions = store.SetCondition(st.Conditions, target, p.Clock(a.engine.Now()))
		p.Status = &st
		return true
	})
	if err != nil {
		return err
	}
	return a.store.DeletePod(p.Key(), string(p.UID), graceSeconds)
}

// budgetsOf returns the budgets that select the pod, by name.
func (a *Admission) budgetsOf(p *store.Pod) (out []*policyv1.PodDisruptionBudget) {
	for _, o := range a.store.List(disruptionBudget) {
		b := o.API().(*policyv1.PodDisruptionBudget)
		if b.Namespace != p.Namespace {
			continue
		}
		if s, err := metav1.LabelSelectorAsSelector(b.Spec.Selector); err == nil && s.Matches(labels.Set(p.LabelSet())) {
			out = append(out, b)
		}
	}
	return out
}

// unguarded reports whether the pod may go although it is in a budget: one that is not ready disturbs nobody, if the budget
// says so or enough others are healthy.
func unguarded(p *store.Pod, b *policyv1.PodDisruptionBudget) bool {
	if c := store.Condition(p.Status, corev1.PodReady); c != nil && c.Status == corev1.ConditionTrue {
		return false
	}
	if policy := b.Spec.UnhealthyPodEvictionPolicy; policy != nil && *policy == policyv1.AlwaysAllow {
		return true
	}
	return b.Status.CurrentHealthy >= b.Status.DesiredHealthy && b.Status.DesiredHealthy > 0
}

// takeDisruption uses up one disruption of the budget, before the disruption controller notices.
//
// Source: k8s v1.36.3 eviction.go checkAndDecrement, createTooManyRequestsError.
func (a *Admission) takeDisruption(p *store.Pod, b *policyv1.PodDisruptionBudget) error {
	refuse := func(format string, args ...any) error {
		e := store.Errorf(store.CodeTooMany, "Cannot evict pod as it would violate the pod's disruption budget.")
		e.Cause = fmt.Sprintf(format, args...)
		return e
	}
	s := &b.Status
	switch {
	case s.ObservedGeneration < b.Generation:
		return refuse("The disruption budget %s is still being processed by the server.", b.Name)
	case s.DisruptionsAllowed < 0:
		return store.Errorf(store.CodeForbidden, "poddisruptionbudget.policy %q is forbidden: pdb disruptions allowed is negative", b.Name)
	case len(s.DisruptedPods) > maxDisrupted:
		return store.Errorf(store.CodeForbidden, "poddisruptionbudget.policy %q is forbidden: DisruptedPods map too big - too many evictions not confirmed by PDB controller", b.Name)
	case s.DisruptionsAllowed == 0:
		return refuse("%s", whyNot(b))
	}
	now := metav1.NewTime(a.store.Now()).Rfc3339Copy()
	return a.store.Update(disruptionBudget, store.Key{Namespace: b.Namespace, Name: b.Name}, func(o model.Object) bool {
		st := &o.(*policyv1.PodDisruptionBudget).Status
		if st.DisruptionsAllowed--; st.DisruptionsAllowed == 0 {
			SetDisruptionAllowed(st, now)
		}
		if st.DisruptedPods == nil {
			st.DisruptedPods = map[string]metav1.Time{}
		}
		st.DisruptedPods[p.Name] = now
		return true
	})
}

// whyNot is the cause of a refusal.
func whyNot(b *policyv1.PodDisruptionBudget) string {
	var c *metav1.Condition
	if i := slices.IndexFunc(b.Status.Conditions, func(c metav1.Condition) bool { return c.Type == policyv1.DisruptionAllowedCondition }); i >= 0 {
		c = &b.Status.Conditions[i]
	}
	told := c != nil && c.Status == metav1.ConditionFalse && c.Message != ""
	switch {
	case told && c.Reason == policyv1.SyncFailedReason:
		return fmt.Sprintf("The disruption budget %s does not allow evicting pods currently because it failed sync: %s", b.Name, c.Message)
	case b.Status.CurrentHealthy <= b.Status.DesiredHealthy:
		return fmt.Sprintf("The disruption budget %s needs %d healthy pods and has %d currently", b.Name, b.Status.DesiredHealthy, b.Status.CurrentHealthy)
	case told:
		return fmt.Sprintf("The disruption budget %s does not allow evicting pods currently (%s): %s", b.Name, c.Reason, c.Message)
	}
	return fmt.Sprintf("The disruption budget %s does not allow evicting pods currently", b.Name)
}

// SetDisruptionAllowed makes the condition DisruptionAllowed follow the number of disruptions allowed.
//
// Source: k8s v1.36.3 staging component-helpers/apps/poddisruptionbudget/helpers.go UpdateDisruptionAllowedCondition.
func SetDisruptionAllowed(s *policyv1.PodDisruptionBudgetStatus, now metav1.Time) {
	c := metav1.Condition{Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse, Reason: policyv1.InsufficientPodsReason, ObservedGeneration: s.ObservedGeneration}
	if s.DisruptionsAllowed > 0 {
		c.Status, c.Reason = metav1.ConditionTrue, policyv1.SufficientPodsReason
	}
	SetPolicyCondition(s, c, now)
}

// SetPolicyCondition puts a condition in the place of the one of its type. It keeps the time if the status is the same.
//
// Source: k8s v1.36.3 staging apimachinery/pkg/api/meta/conditions.go SetStatusCondition.
func SetPolicyCondition(s *policyv1.PodDisruptionBudgetStatus, c metav1.Condition, now metav1.Time) {
	out := slices.Clone(s.Conditions)
	c.LastTransitionTime = now
	i := slices.IndexFunc(out, func(o metav1.Condition) bool { return o.Type == c.Type })
	if i < 0 {
		s.Conditions = append(out, c)
		return
	}
	if out[i].Status == c.Status {
		c.LastTransitionTime = out[i].LastTransitionTime
	}
	out[i] = c
	s.Conditions = out
}
