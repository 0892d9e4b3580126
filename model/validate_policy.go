package model

import (
	"fmt"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// resourceQuota checks names and amounts of a quota.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateResourceQuotaSpec.
// Differs: scopes are not checked.
func (e *errs) resourceQuota(q *corev1.ResourceQuota) {
	e.meta(q, validation.NameIsDNSSubdomain)
	for _, name := range sortedKeys(q.Spec.Hard) {
		at := specPath.Child("hard").Key(string(name))
		e.resourceName(name, at)
		quotaHuge := isHugePages(name) || strings.HasPrefix(string(name), corev1.ResourceRequestsHugePagesPrefix)
		if !strings.Contains(string(name), "/") && !quotaHuge && (name == corev1.ResourceStorage || !standardResources[name]) {
			e.invalid(at, name, "must be a standard resource for quota")
		}
		e.amount(name, q.Spec.Hard[name], func() *field.Path { return at })
	}
}

// limitRange checks limits, and that they do not contradict each other.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateLimitRange.
// Differs: ratios are compared with 1 only.
func (e *errs) limitRange(l *corev1.LimitRange) {
	e.meta(l, validation.NameIsDNSSubdomain)
	seen := map[corev1.LimitType]bool{}
	for i := range l.Spec.Limits {
		item, p := &l.Spec.Limits[i], specPath.Child("limits").Index(i)
		switch item.Type {
		case corev1.LimitTypePod, corev1.LimitTypeContainer, corev1.LimitTypePersistentVolumeClaim:
		default:
			e.limitType(item.Type, p.Child("type"))
		}
		if seen[item.Type] {
			e.duplicate(p.Child("type"), item.Type)
		}
		seen[item.Type] = true
		e.limitItem(item, p)
	}
}

func (e *errs) limitType(t corev1.LimitType, p *field.Path) {
	bad := content.IsLabelKey(string(t))
	e.invalid(p, t, bad...)
	if len(bad) == 0 && !strings.Contains(string(t), "/") {
		e.invalid(p, t, "must be a standard limit type or fully qualified")
	}
}

func (e *errs) limitItem(item *corev1.LimitRangeItem, p *field.Path) {
	forPods := item.Type == corev1.LimitTypePod || item.Type == corev1.LimitTypeContainer
	keys := map[corev1.ResourceName]bool{}
	names := func(list corev1.ResourceList, part string) {
		for _, name := range sortedKeys(list) {
			keys[name] = true
			if at := p.Child(part).Key(string(name)); forPods {
				e.containerResourceName(name, at)
			} else {
				e.resourceName(name, at)
			}
		}
	}
	names(item.Max, "max")
	names(item.Min, "min")
	defaults, defaultRequests := item.Default, item.DefaultRequest
	if item.Type == corev1.LimitTypePod {
		for _, f := range []setField{{len(defaults) > 0, "default"}, {len(defaultRequests) > 0, "defaultRequest"}} {
			if f.set {
				e.forbidden(p.Child(f.name), "may not be specified when `type` is 'Pod'")
			}
		}
		defaults, defaultRequests = nil, nil
	} else {
		names(defaults, "default")
		names(defaultRequests, "defaultRequest")
	}
	if item.Type == corev1.LimitTypePersistentVolumeClaim {
		_, min := item.Min[corev1.ResourceStorage]
		_, max := item.Max[corev1.ResourceStorage]
		if !min && !max {
			e.required(p.Child("limits"), "either minimum or maximum storage value is required, but neither was provided")
		}
	}
	names(item.MaxLimitRequestRatio, "maxLimitRequestRatio")
	for _, name := range sortedKeys(keys) {
		e.limitOrder(item, defaults, defaultRequests, name, p)
	}
}

// limitOrder wants min <= default request <= default <= max for one resource.
func (e *errs) limitOrder(item *corev1.LimitRangeItem, defaults, defaultRequests corev1.ResourceList, name corev1.ResourceName, p *field.Path) {
	key := string(name)
	min, hasMin := item.Min[name]
	max, hasMax := item.Max[name]
	limit, hasLimit := defaults[name]
	request, hasRequest := defaultRequests[name]
	order := func(both bool, low, high, shown resource.Quantity, part, text string) {
		if both && low.Cmp(high) > 0 {
			e.invalid(p.Child(part).Key(key), shown, fmt.Sprintf(text, low.String(), high.String()))
		}
	}
	order(hasMin && hasMax, min, max, min, "min", "min value %s is greater than max value %s")
	order(hasMin && hasRequest, min, request, request, "defaultRequest", "min value %s is greater than default request value %s")
	order(hasRequest && hasMax, request, max, request, "defaultRequest", "default request value %s is greater than max value %s")
	order(hasRequest && hasLimit, request, limit, request, "defaultRequest", "default request value %s is greater than default limit value %s")
	order(hasMin && hasLimit, min, limit, min, "default", "min value %s is greater than default value %s")
	order(hasLimit && hasMax, limit, max, max, "default", "default value %s is greater than max value %s")
	if ratio, ok := item.MaxLimitRequestRatio[name]; ok && ratio.Cmp(*resource.NewQuantity(1, resource.DecimalSI)) < 0 {
		e.invalid(p.Child("maxLimitRequestRatio").Key(key), ratio, fmt.Sprintf("ratio %s is less than 1", ratio.String()))
	}
	if !mayOvercommit(name) && hasLimit && hasRequest && limit.Cmp(request) != 0 {
		e.invalid(p.Child("defaultRequest").Key(key), request, fmt.Sprintf("default value %s must equal to defaultRequest value %s in %s", limit.String(), request.String(), key))
	}
}

// The priorities that belong to the system, and the highest that users may give.
var systemPriorities = map[string]int32{"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}

const highestUserPriority = 1_000_000_000

// Source: k8s v1.36.3 pkg/apis/scheduling/validation/validation.go ValidatePriorityClass.
func (e *errs) priorityClass(c *schedulingv1.PriorityClass) {
	e.meta(c, validation.NameIsDNSSubdomain)
	value, known := systemPriorities[c.Name]
	const prefix = "priority class names with 'system-' prefix are reserved for system use only. error: "
	switch at := metaPath.Child("name"); {
	case known && c.Value != value:
		e.forbidden(at, prefix+fmt.Sprintf("value of %v PriorityClass must be %v", c.Name, value))
	case known && c.GlobalDefault:
		e.forbidden(at, prefix+fmt.Sprintf("globalDefault of %v PriorityClass must be false", c.Name))
	case known:
	case strings.HasPrefix(c.Name, "system-"):
		e.forbidden(at, prefix+fmt.Sprintf("%v is not a known system priority class", c.Name))
	case c.Value > highestUserPriority:
		e.forbidden(field.NewPath("value"), fmt.Sprintf("maximum allowed value of a user defined priority is %v", highestUserPriority))
	}
	if c.PreemptionPolicy != nil {
		oneOf(e, *c.PreemptionPolicy, true, field.NewPath("preemptionPolicy"), corev1.PreemptLowerPriority, corev1.PreemptNever)
	}
}

// Source: k8s v1.36.3 pkg/apis/policy/validation/validation.go ValidatePodDisruptionBudgetSpec.
func (e *errs) disruptionBudget(b *policyv1.PodDisruptionBudget) {
	s, p := &b.Spec, specPath
	e.meta(b, func(name string, _ bool) []string { return content.IsPathSegmentName(name) })
	if s.MinAvailable != nil && s.MaxUnavailable != nil {
		e.invalid(p, *s, "minAvailable and maxUnavailable cannot be both set")
	}
	e.countOrPercent(s.MinAvailable, p.Child("minAvailable"))
	e.atMost100Percent(s.MinAvailable, p.Child("minAvailable"))
	e.countOrPercent(s.MaxUnavailable, p.Child("maxUnavailable"))
	e.atMost100Percent(s.MaxUnavailable, p.Child("maxUnavailable"))
	e.labelSelector(s.Selector, p.Child("selector"))
	oneOfPointer(e, s.UnhealthyPodEvictionPolicy, p.Child("unhealthyPodEvictionPolicy"), policyv1.AlwaysAllow, policyv1.IfHealthyBudget)
}

// Source: k8s v1.36.3 pkg/apis/autoscaling/validation/validation.go validateHorizontalPodAutoscalerSpec.
// Differs: metrics and behavior are not checked.
func (e *errs) autoscaler(a *autoscalingv2.HorizontalPodAutoscaler) {
	s, p := &a.Spec, specPath
	e.meta(a, validation.NameIsDNSSubdomain)
	if s.MinReplicas != nil && *s.MinReplicas < 1 {
		e.invalid(p.Child("minReplicas"), *s.MinReplicas, "must be greater than or equal to 1")
	}
	if s.MaxReplicas == 0 {
		e.required(p.Child("maxReplicas"), "must be set and greater than 0")
	} else if s.MaxReplicas < 0 {
		e.invalid(p.Child("maxReplicas"), s.MaxReplicas, "must be greater than or equal to 1")
	}
	if s.MinReplicas != nil && s.MaxReplicas < *s.MinReplicas {
		e.invalid(p.Child("maxReplicas"), s.MaxReplicas, "must be greater than or equal to `minReplicas`")
	}
	for _, f := range []struct{ name, value string }{{"kind", s.ScaleTargetRef.Kind}, {"name", s.ScaleTargetRef.Name}} {
		if at := p.Child("scaleTargetRef", f.name); f.value == "" {
			e.required(at, "")
		} else {
			e.invalid(at, f.value, content.IsPathSegmentName(f.value)...)
		}
	}
}
