package admission

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	helper "k8s.io/component-helpers/resource"

	"clustersim/model"
)

// Usage is what an object is charged to quotas: for every pod its number; for one that has not ended its requests and
// limits too.
//
// Source: k8s v1.36.3 pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims}.go, registry.go
// legacyObjectCountAliases; staging apiserver/pkg/quota/v1/generic/evaluator.go.
func Usage(k *model.Kind, o model.Object) corev1.ResourceList {
	one := *resource.NewQuantity(1, resource.DecimalSI)
	out := corev1.ResourceList{corev1.ResourceName("count/" + k.Resource()): one}
	switch o := o.(type) {
	case *corev1.Pod:
		AddQuantities(out, PodUsage(&o.Spec))
	case *corev1.Service:
		serviceUsage(out, o)
	case *corev1.PersistentVolumeClaim:
		claimUsage(out, o)
	case *corev1.ConfigMap, *corev1.ResourceQuota, *corev1.ReplicationController, *corev1.Secret:
		out[corev1.ResourceName(k.Plural)] = one
	}
	return out
}

// PodUsage is what a pod of that spec is charged while it has not ended.
//
// Source: k8s v1.36.3 pkg/quota/v1/evaluator/core/pods.go PodUsageFunc, podComputeUsageHelper.
func PodUsage(s *corev1.PodSpec) corev1.ResourceList {
	p := &corev1.Pod{Spec: *s}
	return computeUsage(helper.PodRequests(p, helper.PodResourcesOptions{}), helper.PodLimits(p, helper.PodResourcesOptions{}))
}

func computeUsage(requests, limits corev1.ResourceList) corev1.ResourceList {
	out := corev1.ResourceList{corev1.ResourcePods: *resource.NewQuantity(1, resource.DecimalSI)}
	for _, k := range [...]corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		if q, ok := requests[k]; ok {
			out[k], out[corev1.DefaultResourceRequestsPrefix+k] = q, q
		}
		if q, ok := limits[k]; ok {
			out["limits."+k] = q
		}
	}
	for k, q := range requests { // unordered: into a map
		switch {
		case strings.HasPrefix(string(k), corev1.ResourceHugePagesPrefix):
			out[k], out[corev1.DefaultResourceRequestsPrefix+k] = q, q
		case strings.Contains(string(k), "/") && !strings.Contains(string(k), "kubernetes.io/"):
			out[corev1.DefaultResourceRequestsPrefix+k] = q
		}
	}
	return out
}

func serviceUsage(out corev1.ResourceList, s *corev1.Service) {
	ports, balancers := int64(0), int64(0)
	switch s.Spec.Type {
	case corev1.ServiceTypeLoadBalancer:
		balancers = 1
		if givesNodePorts(s) {
			ports = int64(len(s.Spec.Ports))
			break
		}
		for _, p := range s.Spec.Ports {
			if p.NodePort != 0 {
				ports++
			}
		}
	case corev1.ServiceTypeNodePort:
		ports = int64(len(s.Spec.Ports))
	}
	out[corev1.ResourceServices] = *resource.NewQuantity(1, resource.DecimalSI)
	out[corev1.ResourceServicesLoadBalancers] = *resource.NewQuantity(balancers, resource.DecimalSI)
	out[corev1.ResourceServicesNodePorts] = *resource.NewQuantity(ports, resource.DecimalSI)
}

const classSuffix = ".storageclass.storage.k8s.io/"

func claimUsage(out corev1.ResourceList, c *corev1.PersistentVolumeClaim) {
	class := c.Annotations[corev1.BetaStorageClassAnnotation]
	if class == "" && c.Spec.StorageClassName != nil {
		class = *c.Spec.StorageClassName
	}
	charge := func(k corev1.ResourceName, q resource.Quantity) {
		out[k] = q
		if class != "" {
			out[corev1.ResourceName(class+classSuffix)+k] = q
		}
	}
	charge(corev1.ResourcePersistentVolumeClaims, *resource.NewQuantity(1, resource.DecimalSI))
	if q, ok := c.Spec.Resources.Requests[corev1.ResourceStorage]; ok {
		q = q.DeepCopy()
		q.RoundUp(0)
		charge(corev1.ResourceRequestsStorage, q)
	}
}

// Charged reports whether a pod still counts with what it requests: until it has ended, or until its grace has passed
// twice (deletionTimestamp includes it once).
//
// Source: k8s v1.36.3 pods.go QuotaV1Pod.
func Charged(phase corev1.PodPhase, deleted *time.Time, graceSeconds int64, now time.Time) bool {
	if phase == corev1.PodFailed || phase == corev1.PodSucceeded {
		return false
	}
	return deleted == nil || !now.After(deleted.Add(time.Duration(graceSeconds)*time.Second))
}

var podQuotaNames = []corev1.ResourceName{
	"count/pods", corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage, corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory,
	corev1.ResourceRequestsEphemeralStorage, corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory, corev1.ResourceLimitsEphemeralStorage, corev1.ResourcePods,
}

// Counts reports whether objects of the kind are charged to that resource of a quota.
//
// Source: k8s v1.36.3 MatchingResources of the evaluators in pkg/quota/v1/evaluator/core.
func Counts(k *model.Kind, name corev1.ResourceName) bool {
	if name == corev1.ResourceName("count/"+k.Resource()) {
		return k != model.Event
	}
	s := string(name)
	switch k.Name {
	case "Pod":
		extended := strings.HasPrefix(s, corev1.DefaultResourceRequestsPrefix) && strings.Contains(s, "/") && !strings.Contains(s, "kubernetes.io/")
		return slices.Contains(podQuotaNames, name) || extended || strings.HasPrefix(s, corev1.ResourceHugePagesPrefix) || strings.HasPrefix(s, corev1.ResourceRequestsHugePagesPrefix)
	case "Service":
		return name == corev1.ResourceServices || name == corev1.ResourceServicesNodePorts || name == corev1.ResourceServicesLoadBalancers
	case "PersistentVolumeClaim":
		return name == corev1.ResourcePersistentVolumeClaims || name == corev1.ResourceRequestsStorage ||
			strings.HasSuffix(s, classSuffix+string(corev1.ResourcePersistentVolumeClaims)) || strings.HasSuffix(s, classSuffix+string(corev1.ResourceRequestsStorage))
	case "ConfigMap", "ResourceQuota", "ReplicationController", "Secret":
		return s == k.Plural
	}
	return false
}

// InScope reports whether the quota is for such a pod, or, with nil, for objects that are no pods.
//
// Source: k8s v1.36.3 pods.go podMatchesScopeFunc; generic/evaluator.go Matches.
func InScope(q *corev1.ResourceQuota, pod *corev1.PodSpec) bool {
	for _, s := range q.Spec.Scopes {
		if pod == nil || !inScope(corev1.ScopedResourceSelectorRequirement{ScopeName: s, Operator: corev1.ScopeSelectorOpExists}, pod) {
			return false
		}
	}
	if q.Spec.ScopeSelector != nil {
		for _, s := range q.Spec.ScopeSelector.MatchExpressions {
			if pod == nil || !inScope(s, pod) {
				return false
			}
		}
	}
	return true
}

func inScope(s corev1.ScopedResourceSelectorRequirement, pod *corev1.PodSpec) bool {
	switch s.ScopeName {
	case corev1.ResourceQuotaScopeTerminating:
		return pod.ActiveDeadlineSeconds != nil
	case corev1.ResourceQuotaScopeNotTerminating:
		return pod.ActiveDeadlineSeconds == nil
	case corev1.ResourceQuotaScopeBestEffort:
		return model.QOSClass(pod) == corev1.PodQOSBestEffort
	case corev1.ResourceQuotaScopeNotBestEffort:
		return model.QOSClass(pod) != corev1.PodQOSBestEffort
	case corev1.ResourceQuotaScopePriorityClass:
		return classInScope(s, pod.PriorityClassName)
	case corev1.ResourceQuotaScopeCrossNamespacePodAffinity:
		return crossesNamespaces(pod.Affinity)
	}
	return false
}

func classInScope(s corev1.ScopedResourceSelectorRequirement, class string) bool {
	operators := map[corev1.ScopeSelectorOperator]selection.Operator{
		corev1.ScopeSelectorOpIn: selection.In, corev1.ScopeSelectorOpNotIn: selection.NotIn,
		corev1.ScopeSelectorOpExists: selection.Exists, corev1.ScopeSelectorOpDoesNotExist: selection.DoesNotExist,
	}
	r, err := labels.NewRequirement(string(s.ScopeName), operators[s.Operator], s.Values)
	if err != nil {
		return false // validation lets no such selector in
	}
	set := labels.Set{}
	if class != "" {
		set[string(s.ScopeName)] = class
	}
	return r.Matches(set)
}

func crossesNamespaces(a *corev1.Affinity) bool {
	if a == nil {
		return false
	}
	crosses := func(namespaces []string, selector *metav1.LabelSelector) bool {
		return len(namespaces) > 0 || selector != nil
	}
	any := func(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) bool {
		for _, t := range required {
			if crosses(t.Namespaces, t.NamespaceSelector) {
				return true
			}
		}
		for _, t := range preferred {
			if crosses(t.PodAffinityTerm.Namespaces, t.PodAffinityTerm.NamespaceSelector) {
				return true
			}
		}
		return false
	}
	return a.PodAffinity != nil && any(a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution) ||
		a.PodAntiAffinity != nil && any(a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution, a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
}

// AddQuantities adds the quantities of one list to another.
func AddQuantities(to, from corev1.ResourceList) {
	for k, q := range from { // unordered: each for itself
		sum, ok := to[k]
		if !ok {
			to[k] = q.DeepCopy()
			continue
		}
		sum = sum.DeepCopy()
		sum.Add(q)
		to[k] = sum
	}
}
