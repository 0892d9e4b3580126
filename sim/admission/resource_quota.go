package admission

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var resourceQuota = model.FindKind("ResourceQuota")

// quotaNames knows the quotas of each namespace by name.
type quotaNames map[string][]string

func (x quotaNames) observe(c *store.Change) {
	key := c.New.Key()
	names := x[key.Namespace]
	switch c.Verb {
	case journal.Added:
		i, _ := slices.BinarySearch(names, key.Name)
		x[key.Namespace] = slices.Insert(names, i, key.Name)
	case journal.Deleted:
		if names = slices.DeleteFunc(names, func(n string) bool { return n == key.Name }); len(names) == 0 {
			delete(x, key.Namespace)
		} else {
			x[key.Namespace] = names
		}
	}
}

// chargeQuotas adds the usage of a new object to the quotas of its namespace, or refuses it where it would exceed one.
//
// Source: k8s v1.36.3 staging apiserver/pkg/admission/plugin/resourcequota/controller.go CheckRequest, checkQuotas.
func chargeQuotas(a *Admission, r *request) error {
	if len(a.quotas[r.object.GetNamespace()]) == 0 {
		return nil
	}
	return a.charge(r, Usage(r.kind, r.charged()))
}

// charged is the object that is charged.
func (r *request) charged() model.Object {
	if r.pod != nil {
		return r.pod
	}
	return r.object
}

// chargeChange adds what an update uses more than before. Nothing is given back: the quota controller does that.
func (a *Admission) chargeChange(r *request, old model.Object) error {
	if len(a.quotas[r.object.GetNamespace()]) == 0 {
		return nil
	}
	delta, before := Usage(r.kind, r.charged()), Usage(r.kind, old)
	for k, q := range delta { // unordered: each for itself
		if was, ok := before[k]; ok {
			q.Sub(was)
		}
		if q.Sign() <= 0 {
			delete(delta, k)
			continue
		}
		delta[k] = q
	}
	if len(delta) == 0 {
		return nil
	}
	return a.charge(r, delta)
}

// charge checks all quotas and then writes the new usage of those that the object counts for.
func (a *Admission) charge(r *request, usage corev1.ResourceList) error {
	namespace := r.object.GetNamespace()
	type update struct {
		key  store.Key
		used corev1.ResourceList
	}
	var updates []update
	for _, name := range a.quotas[namespace] {
		key := store.Key{Namespace: namespace, Name: name}
		q := a.store.Get(resourceQuota, key).API().(*corev1.ResourceQuota)
		used, err := chargeOne(r, q, usage)
		if err != nil {
			return err
		}
		if used != nil {
			updates = append(updates, update{key, used})
		}
	}
	defer a.engine.Act(a.engine.Why.Rule())
	a.engine.Act(rule.Quota)
	for _, u := range updates {
		if err := a.store.Update(resourceQuota, u.key, func(o model.Object) bool {
			o.(*corev1.ResourceQuota).Status.Used = u.used
			return true
		}); err != nil {
			return err
		}
	}
	return nil
}

// chargeOne returns the quota's usage with the object, nil if the object does not count for it.
func chargeOne(r *request, q *corev1.ResourceQuota, usage corev1.ResourceList) (corev1.ResourceList, error) {
	var names []corev1.ResourceName
	for _, k := range resourceNames(q.Status.Hard) {
		if Counts(r.kind, k) {
			names = append(names, k)
		}
	}
	var spec *corev1.PodSpec
	if r.pod != nil {
		spec = &r.pod.Spec
	}
	if len(names) == 0 || !InScope(q, spec) {
		return nil, nil
	}
	if missing := silentContainers(spec, names); missing != "" {
		return nil, r.forbidden("failed quota: %s: must specify %s", q.Name, missing)
	}
	for _, k := range names {
		if _, known := q.Status.Used[k]; !known {
			return nil, r.forbidden("status unknown for quota: %s, resources: %s", q.Name, joinNames(names))
		}
	}
	requested, exceeded := corev1.ResourceList{}, []corev1.ResourceName{}
	for _, k := range names {
		u, ok := usage[k]
		if !ok || u.IsZero() {
			continue
		}
		requested[k] = u
		sum := q.Status.Used[k].DeepCopy()
		sum.Add(u)
		if sum.Cmp(q.Status.Hard[k]) > 0 {
			exceeded = append(exceeded, k)
		}
	}
	if len(exceeded) > 0 {
		return nil, r.forbidden("exceeded quota: %s, requested: %s, used: %s, limited: %s", q.Name,
			quantities(requested, exceeded), quantities(q.Status.Used, exceeded), quantities(q.Status.Hard, exceeded))
	}
	if len(requested) == 0 {
		return nil, nil
	}
	used := corev1.ResourceList{}
	AddQuantities(used, q.Status.Used)
	AddQuantities(used, requested)
	return used, nil
}

// silentContainers names the containers that do not say how much cpu or memory they want although a quota counts it.
//
// Source: k8s v1.36.3 pkg/quota/v1/evaluator/core/pods.go Constraints.
func silentContainers(s *corev1.PodSpec, names []corev1.ResourceName) string {
	if s == nil || s.Resources != nil && len(s.Resources.Requests)+len(s.Resources.Limits) > 0 {
		return ""
	}
	var parts []string
	for _, k := range names {
		switch k {
		case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory, corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory:
		default:
			continue
		}
		var silent []string
		for _, list := range [][]corev1.Container{s.Containers, s.InitContainers} {
			for i := range list {
				if _, ok := computeUsage(list[i].Resources.Requests, list[i].Resources.Limits)[k]; !ok {
					silent = append(silent, list[i].Name)
				}
			}
		}
		if len(silent) > 0 {
			slices.Sort(silent)
			parts = append(parts, string(k)+" for: "+strings.Join(silent, ","))
		}
	}
	return strings.Join(parts, "; ")
}

// quantities prints some of a list as k=v,k=v.
func quantities(l corev1.ResourceList, names []corev1.ResourceName) string {
	var parts []string
	for _, k := range names {
		q, ok := l[k]
		if !ok {
			q = *resource.NewQuantity(0, resource.DecimalSI)
		}
		parts = append(parts, string(k)+"="+q.String())
	}
	return strings.Join(parts, ",")
}

func joinNames(names []corev1.ResourceName) string {
	var parts []string
	for _, k := range names {
		parts = append(parts, string(k))
	}
	return strings.Join(parts, ",")
}
