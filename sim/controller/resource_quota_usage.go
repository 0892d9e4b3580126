package controller

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
	"clustersim/sim/admission"
	"clustersim/sim/store"
)

// used computes the usage of all resources that the quota limits.
func (c *quotas) used(st *quotaState) corev1.ResourceList {
	q, out := st.quota, corev1.ResourceList{}
	for name := range q.Spec.Hard { // unordered: each for itself
		if was, ok := q.Status.Used[name]; ok {
			out[name] = was.DeepCopy() // kept where nobody can count
		}
	}
	for _, k := range model.Kinds {
		if !k.Namespaced || k == model.Event || !slices.ContainsFunc(keysOfList(q.Spec.Hard), func(n corev1.ResourceName) bool { return admission.Counts(k, n) }) {
			continue
		}
		sums := c.sum(st, k)
		for name := range q.Spec.Hard { // unordered: each for itself
			if !admission.Counts(k, name) {
				continue
			}
			sum, ok := sums[name]
			if !ok {
				sum = *resource.NewQuantity(0, resource.DecimalSI)
			}
			out[name] = sum.DeepCopy()
		}
	}
	return out
}

// sum is what the objects of a kind use.
func (c *quotas) sum(st *quotaState, k *model.Kind) corev1.ResourceList {
	out := corev1.ResourceList{}
	if k == model.Pod {
		admission.AddQuantities(out, st.pods)
	} else if !admission.InScope(st.quota, nil) {
		return out
	}
	count := corev1.ResourceName("count/" + k.Resource())
	if _, counted := st.quota.Spec.Hard[count]; k == model.Pod && !counted {
		return out
	}
	for _, o := range c.env.Store.List(k) {
		if o.Key().Namespace != st.quota.Namespace {
			continue
		}
		if p, ok := o.(*store.Pod); !ok {
			admission.AddQuantities(out, admission.Usage(k, o.API()))
		} else if admission.InScope(st.quota, p.Spec()) {
			admission.AddQuantities(out, corev1.ResourceList{count: *resource.NewQuantity(1, resource.DecimalSI)})
		}
	}
	return out
}

func keysOfList(l corev1.ResourceList) []corev1.ResourceName {
	out := make([]corev1.ResourceName, 0, len(l))
	for k := range l { // unordered: a set
		out = append(out, k)
	}
	return out
}

// sameQuantities reports whether two lists hold the same amounts.
func sameQuantities(a, b corev1.ResourceList) bool {
	if len(a) != len(b) {
		return false
	}
	for k, x := range a { // unordered: all must be equal
		if y, ok := b[k]; !ok || x.Cmp(y) != 0 {
			return false
		}
	}
	return true
}
