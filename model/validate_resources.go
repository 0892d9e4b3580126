package model

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/api/validation"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	helper "k8s.io/component-helpers/resource"
)

// standardResources are the names without a domain that the API knows.
var standardResources = map[corev1.ResourceName]bool{
	"cpu": true, "memory": true, "ephemeral-storage": true, "storage": true,
	"requests.cpu": true, "requests.memory": true, "requests.ephemeral-storage": true, "requests.storage": true,
	"limits.cpu": true, "limits.memory": true, "limits.ephemeral-storage": true,
	"pods": true, "resourcequotas": true, "services": true, "replicationcontrollers": true, "secrets": true, "configmaps": true,
	"persistentvolumeclaims": true, "services.nodeports": true, "services.loadbalancers": true,
}

// integerResources are those of them that are counted.
var integerResources = map[corev1.ResourceName]bool{
	"pods": true, "resourcequotas": true, "services": true, "replicationcontrollers": true, "secrets": true, "configmaps": true,
	"persistentvolumeclaims": true, "services.nodeports": true, "services.loadbalancers": true,
}

// isNative says whether a resource belongs to Kubernetes itself.
func isNative(name corev1.ResourceName) bool {
	return !strings.Contains(string(name), "/") || strings.Contains(string(name), corev1.ResourceDefaultNamespacePrefix)
}

// isExtended says whether a resource belongs to somebody else and can be counted in a quota.
func isExtended(name corev1.ResourceName) bool {
	return !isNative(name) && !strings.HasPrefix(string(name), corev1.DefaultResourceRequestsPrefix) &&
		len(is.IsQualifiedName(corev1.DefaultResourceRequestsPrefix+string(name))) == 0
}

// mayOvercommit says whether a resource may have a request below its limit.
func mayOvercommit(name corev1.ResourceName) bool { return isNative(name) && !isHugePages(name) }

// resourceName checks a name of any resource; it returns false if it found something.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateResourceName.
func (e *errs) resourceName(name corev1.ResourceName, p *field.Path) bool {
	before := len(e.list)
	e.invalid(p, name, is.IsQualifiedName(string(name))...)
	known := standardResources[name] || isHugePages(name) || strings.HasPrefix(string(name), corev1.ResourceRequestsHugePagesPrefix)
	if len(e.list) == before && !strings.Contains(string(name), "/") && !known {
		e.invalid(p, name, "must be a standard resource type or fully qualified")
	}
	return len(e.list) == before
}

// containerResourceName checks a name among the requests and limits of a container.
func (e *errs) containerResourceName(name corev1.ResourceName, p *field.Path) {
	switch name {
	case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return
	}
	e.resourceName(name, p)
	if !strings.Contains(string(name), "/") {
		if !isHugePages(name) {
			e.invalid(p, name, "must be a standard resource for containers")
		}
	} else if !isNative(name) && !isExtended(name) {
		e.invalid(p, name, "doesn't follow extended resource name standard")
	}
}

// podResourceName checks a name among the requests and limits of a pod as a whole.
func (e *errs) podResourceName(name corev1.ResourceName, p *field.Path) {
	if e.resourceName(name, p) && !helper.IsSupportedPodLevelResource(name) {
		e.add(field.NotSupported(p, name, []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceHugePagesPrefix, corev1.ResourceMemory}))
	}
}

// amount wants an amount that is not negative, and whole if the resource is counted.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateResourceQuantityValue.
func (e *errs) amount(name corev1.ResourceName, q resource.Quantity, p func() *field.Path) {
	if q.Sign() < 0 {
		e.invalid(p(), q.String(), validation.IsNegativeErrorMsg)
	}
	if (integerResources[name] || isExtended(name)) && q.MilliValue()%1000 != 0 {
		e.invalid(p(), q, "must be an integer")
	}
}

// hugePagesAmount wants a whole number of pages.
func (e *errs) hugePagesAmount(name corev1.ResourceName, q resource.Quantity, p *field.Path) {
	size, err := resource.ParseQuantity(strings.TrimPrefix(string(name), corev1.ResourceHugePagesPrefix))
	if err != nil || size.Sign() <= 0 || size.MilliValue()%1000 != 0 || q.Value()%size.Value() != 0 {
		e.invalid(p, q.String(), fmt.Sprintf("%s is not positive integer multiple of %s", q.String(), name))
	}
}

// resources checks requests and limits.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateResourceRequirements.
func (e *errs) resources(r *corev1.ResourceRequirements, claims map[string]bool, checkName func(corev1.ResourceName, *field.Path), p *field.Path) {
	basic, huge := false, false
	look := func(list corev1.ResourceList, part string, then func(name corev1.ResourceName, q resource.Quantity)) {
		for _, name := range sortedKeys(list) {
			q := list[name]
			at := func() *field.Path { return p.Child(part).Key(string(name)) }
			if name == corev1.ResourceCPU || name == corev1.ResourceMemory {
				basic = true
			} else {
				checkName(name, at())
			}
			e.amount(name, q, at)
			if then != nil {
				then(name, q)
			}
			if isHugePages(name) {
				huge = true
				e.hugePagesAmount(name, q, at())
			}
		}
	}
	look(r.Limits, "limits", nil)
	look(r.Requests, "requests", func(name corev1.ResourceName, q resource.Quantity) {
		limit, limited := r.Limits[name]
		switch {
		case limited && q.Cmp(limit) != 0 && !mayOvercommit(name):
			e.invalid(p.Child("requests"), q.String(), fmt.Sprintf("must be equal to %s limit of %s", name, limit.String()))
		case limited && q.Cmp(limit) > 0:
			e.invalid(p.Child("requests"), q.String(), fmt.Sprintf("must be less than or equal to %s limit of %s", name, limit.String()))
		case !limited && !mayOvercommit(name):
			e.required(p.Child("limits"), "Limit must be set for non overcommitable resources")
		}
	})
	if huge && !basic {
		e.forbidden(p, "HugePages require cpu or memory")
	}
	if len(r.Claims) > 0 {
		e.usedClaims(r.Claims, claims, p.Child("claims"))
	}
}

// usedClaims checks which claims of the pod a container uses.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateResourceClaimNames.
func (e *errs) usedClaims(used []corev1.ResourceClaim, claims map[string]bool, p *field.Path) {
	whole, parts := map[string]bool{}, map[string]bool{} // claims used as a whole; claim/request and claims used in part
	for i, c := range used {
		at, key := p.Index(i), c.Name
		if c.Request != "" {
			key += "/" + c.Request
		}
		switch {
		case c.Name == "":
			e.required(at, "")
			continue
		case whole[c.Name]:
			e.duplicate(at, c.Name)
		default:
			if c.Request != "" {
				e.invalid(at.Child("request"), c.Request, is.IsDNS1123Label(c.Request)...)
			}
			if parts[key] {
				e.duplicate(at, key)
			}
			if c.Request == "" {
				whole[c.Name] = true
			}
			parts[key], parts[c.Name] = true, true
		}
		if !claims[c.Name] {
			err := field.NotFound(at, c.Name)
			err.Detail = "must be one of the names in pod.spec.resourceClaims"
			if len(claims) == 0 {
				err.Detail += " which is empty"
			} else {
				err.Detail += ": " + strings.Join(sortedKeys(claims), ", ")
			}
			e.add(err)
		}
	}
}

// podResources checks the resources of a pod as a whole, and that its containers fit in.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validatePodResources, validatePodResourceConsistency.
func (e *errs) podResources(s *corev1.PodSpec, p *field.Path) {
	r := s.Resources
	if r == nil {
		return
	}
	p = p.Child("resources")
	if s.OS != nil && s.OS.Name == corev1.Windows {
		e.forbidden(p, "may not be set for a windows pod")
		return
	}
	if r.Claims != nil {
		e.forbidden(p.Child("claims"), "claims may not be set for Resources at pod-level")
	}
	e.resources(r, nil, e.podResourceName, p)
	pod := &corev1.Pod{Spec: *s}
	sum := helper.AggregateContainerRequests(pod, helper.PodResourcesOptions{})
	for _, name := range sortedKeys(sum) {
		q := sum[name]
		if most, ok := r.Requests[name]; ok && q.Cmp(most) > 0 {
			e.invalid(p.Child("requests").Key(string(name)), most.String(), "must be greater than or equal to aggregate container requests of "+q.String())
		}
	}
	sum = helper.AggregateContainerLimits(pod, helper.PodResourcesOptions{})
	for _, name := range sortedKeys(sum) {
		q := sum[name]
		if most, ok := r.Limits[name]; ok && isHugePages(name) && q.Cmp(most) > 0 {
			e.invalid(p.Child("limits").Key(string(name)), most.String(), "must be greater than or equal to aggregate container limits of "+q.String())
		}
	}
	for i := range s.Containers {
		limits := s.Containers[i].Resources.Limits
		for _, name := range sortedKeys(limits) {
			q := limits[name]
			if most, ok := r.Limits[name]; ok && q.Cmp(most) > 0 {
				e.invalid(p.Child("containers").Index(i).Key(string(name)).Child("limits"), q.String(), "must be less than or equal to pod limits of "+most.String())
			}
		}
	}
}
