package invariant

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// policyRules hold for what limits workloads.
var policyRules = []Rule{
	{"budget", "the eviction API takes no ready pod that a disruption budget needs", checkBudget},
	{"quota", "no pod is admitted beyond a ResourceQuota", checkQuota},
}

// in lists budgets and quotas of a namespace, by kind and name.
func (c *Checker) in(namespace string) []*existing {
	return slices.SortedFunc(maps.Keys(c.policy[namespace]), func(a, b *existing) int {
		return slices.Compare([]string{kindOf(a.api), a.api.GetName()}, []string{kindOf(b.api), b.api.GetName()})
	})
}

func checkBudget(c *Checker, s *step) string {
	if s.podOld == nil || s.podOld.Deletion != nil || s.pod.Deletion == nil || !isReady(s.podOld) || !disrupted(s.pod, "EvictionByEvictionAPI") {
		return ""
	}
	for _, e := range c.in(s.key.Namespace) {
		b, ok := e.api.(*policyv1.PodDisruptionBudget)
		if !ok {
			continue
		}
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err != nil || !selector.Matches(labels.Set(s.pod.LabelSet())) {
			continue
		}
		healthy := int32(0)
		for p := range c.spaces[s.key.Namespace] { // unordered: a count
			if p != s.existing && p.pod.Deletion == nil && selector.Matches(labels.Set(p.pod.LabelSet())) && c.wasReady(p.pod.Key(), s.At) {
				healthy++
			}
		}
		if healthy < b.Status.DesiredHealthy {
			return fmt.Sprintf("evicted, and budget %s is left with %d healthy pods of %d", b.Name, healthy, b.Status.DesiredHealthy)
		}
	}
	return ""
}

// disrupted reports whether the pod is a target of disruption for that reason.
func disrupted(p *store.Pod, reason string) bool {
	for i := range p.Status.Conditions {
		if c := &p.Status.Conditions[i]; c.Type == corev1.DisruptionTarget {
			return c.Status == corev1.ConditionTrue && c.Reason == reason
		}
	}
	return false
}

// checkQuota leaves out the pods that came between a quota and its first count: upstream charges them at its next resync.
func checkQuota(c *Checker, s *step) string {
	if s.pod == nil || s.Verb != journal.Added || s.At == 0 {
		return ""
	}
	for _, e := range c.in(s.key.Namespace) {
		q, ok := e.api.(*corev1.ResourceQuota)
		if !ok || len(q.Spec.Scopes) > 0 || q.Spec.ScopeSelector != nil || len(q.Status.Hard) == 0 {
			continue
		}
		used := corev1.ResourceList{}
		charge(used, s.pod)
		for p := range c.spaces[s.key.Namespace] { // unordered: a sum
			if counted := p.added <= e.added || p.added > e.counted; counted && !p.pod.Terminal() && (p.pod.Deletion == nil || p.pod.Deletion.At > s.At) {
				charge(used, p.pod)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(used)) {
			hard, ok := q.Status.Hard[name]
			if have := used[name]; ok && have.Cmp(hard) > 0 {
				return fmt.Sprintf("quota %s allows %s of %s, and there are %s now", q.Name, hard.String(), name, have.String())
			}
		}
	}
	return ""
}

// charge adds what a pod costs.
func charge(used corev1.ResourceList, p *store.Pod) {
	add := func(name corev1.ResourceName, q resource.Quantity) {
		have := used[name]
		have.Add(q)
		used[name] = have
	}
	add(corev1.ResourcePods, *resource.NewQuantity(1, resource.DecimalSI))
	for name, q := range model.PodRequests(p.Spec()) { // unordered: a sum for each resource
		switch name {
		case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
			add(name, q)
			add(corev1.DefaultResourceRequestsPrefix+name, q)
		}
	}
}
