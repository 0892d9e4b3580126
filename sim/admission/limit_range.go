package admission

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	helper "k8s.io/component-helpers/resource"

	"clustersim/model"
)

// limitAnnotation tells which requests and limits were filled in.
//
// Source: k8s v1.36.3 plugin/pkg/admission/limitranger/admission.go limitRangerAnnotation.
const limitAnnotation = "kubernetes.io/limit-ranger"

var limitRange = model.FindKind("LimitRange")

// limitsOf returns the LimitRanges of a namespace by name. Upstream's order is that of a map.
func (a *Admission) limitsOf(namespace string) (out []*corev1.LimitRange) {
	for _, o := range a.store.List(limitRange) {
		if o.Key().Namespace == namespace {
			out = append(out, o.API().(*corev1.LimitRange))
		}
	}
	return out
}

// applyLimits fills in the requests and limits that containers lack.
//
// Source: k8s v1.36.3 plugin/pkg/admission/limitranger/admission.go PodMutateLimitFunc.
func applyLimits(a *Admission, r *request) error {
	for _, l := range a.limitsOf(r.pod.Namespace) {
		requests, limits := corev1.ResourceList{}, corev1.ResourceList{}
		for _, item := range l.Spec.Limits {
			if item.Type != corev1.LimitTypeContainer {
				continue
			}
			for k, v := range item.DefaultRequest { // unordered: into a map
				requests[k] = v
			}
			for k, v := range item.Default { // unordered: into a map
				limits[k] = v
			}
		}
		var notes []string
		for i := range r.pod.Spec.Containers {
			notes = fillContainer(&r.pod.Spec.Containers[i], "container", requests, limits, notes)
		}
		for i := range r.pod.Spec.InitContainers {
			notes = fillContainer(&r.pod.Spec.InitContainers[i], "init container", requests, limits, notes)
		}
		if len(notes) > 0 {
			set := map[string]string{limitAnnotation: "LimitRanger plugin set: " + strings.Join(notes, "; ")}
			for k, v := range r.pod.Annotations { // unordered: a copy of a map
				if k != limitAnnotation {
					set[k] = v
				}
			}
			r.pod.Annotations = set
		}
	}
	return nil
}

// fillContainer gives a container what it lacks and adds to the notes what that was.
func fillContainer(c *corev1.Container, what string, requests, limits corev1.ResourceList, notes []string) []string {
	fill := func(to *corev1.ResourceList, from corev1.ResourceList) (names []string) {
		for k, v := range from { // unordered: sorted below
			if _, has := (*to)[k]; has {
				continue
			}
			if *to == nil {
				*to = corev1.ResourceList{}
			}
			(*to)[k] = v.DeepCopy()
			names = append(names, string(k))
		}
		slices.Sort(names)
		return names
	}
	missingLimits := fill(&c.Resources.Limits, limits)
	if names := fill(&c.Resources.Requests, requests); len(names) > 0 {
		notes = append(notes, strings.Join(names, ", ")+" request for "+what+" "+c.Name)
	}
	if len(missingLimits) > 0 {
		notes = append(notes, strings.Join(missingLimits, ", ")+" limit for "+what+" "+c.Name)
	}
	return notes
}

// checkLimits refuses a pod or claim that a LimitRange of its namespace does not allow.
//
// Source: k8s v1.36.3 plugin/pkg/admission/limitranger/admission.go PodValidateLimitFunc,
// PersistentVolumeClaimValidateLimitFunc. Upstream's order of resources is that of a map; here it is their names'.
func checkLimits(a *Admission, r *request) error {
	claim, _ := r.object.(*corev1.PersistentVolumeClaim)
	if r.pod == nil && claim == nil {
		return nil
	}
	for _, l := range a.limitsOf(r.object.GetNamespace()) {
		var errs []error
		for i := range l.Spec.Limits {
			item := &l.Spec.Limits[i]
			switch {
			case claim != nil && item.Type == corev1.LimitTypePersistentVolumeClaim:
				errs = append(errs, limitClaim(item, claim.Spec.Resources.Requests)...)
			case r.pod != nil && item.Type == corev1.LimitTypeContainer:
				for j := range r.pod.Spec.Containers {
					errs = append(errs, limitResources(item, &r.pod.Spec.Containers[j].Resources)...)
				}
				for j := range r.pod.Spec.InitContainers {
					errs = append(errs, limitResources(item, &r.pod.Spec.InitContainers[j].Resources)...)
				}
			case r.pod != nil && item.Type == corev1.LimitTypePod:
				p := &corev1.Pod{Spec: r.pod.Spec}
				errs = append(errs, limitResources(item, &corev1.ResourceRequirements{Requests: helper.PodRequests(p, helper.PodResourcesOptions{ExcludeOverhead: true}),
					Limits: helper.PodLimits(p, helper.PodResourcesOptions{ExcludeOverhead: true})})...)
			}
		}
		if len(errs) > 0 {
			return r.forbidden("%v", utilerrors.NewAggregate(errs))
		}
	}
	return nil
}

func limitClaim(item *corev1.LimitRangeItem, requests corev1.ResourceList) (errs []error) {
	for _, k := range resourceNames(item.Min) {
		errs = appendError(errs, tooLittle(item.Type, k, item.Min[k], requests, nil))
	}
	for _, k := range resourceNames(item.Max) {
		enforced := item.Max[k]
		head := fmt.Sprintf("maximum %s usage per %s is %s", k, item.Type, enforced.String())
		req, has := requests[k]
		if !has {
			errs = append(errs, fmt.Errorf("%s.  No request is specified", head))
		} else if compare(req, enforced) > 0 {
			errs = append(errs, fmt.Errorf("%s, but request is %s", head, req.String()))
		}
	}
	return errs
}

func limitResources(item *corev1.LimitRangeItem, r *corev1.ResourceRequirements) (errs []error) {
	for _, k := range resourceNames(item.Min) {
		errs = appendError(errs, tooLittle(item.Type, k, item.Min[k], r.Requests, r.Limits))
	}
	for _, k := range resourceNames(item.Max) {
		errs = appendError(errs, tooMuch(item.Type, k, item.Max[k], r.Requests, r.Limits))
	}
	for _, k := range resourceNames(item.MaxLimitRequestRatio) {
		errs = appendError(errs, tooFar(item.Type, k, item.MaxLimitRequestRatio[k], r.Requests, r.Limits))
	}
	return errs
}

func appendError(errs []error, err error) []error {
	if err != nil {
		return append(errs, err)
	}
	return errs
}

// Source: k8s v1.36.3 limitranger/admission.go minConstraint.
func tooLittle(t corev1.LimitType, k corev1.ResourceName, enforced resource.Quantity, requests, limits corev1.ResourceList) error {
	head := fmt.Sprintf("minimum %s usage per %s is %s", k, t, enforced.String())
	req, hasReq := requests[k]
	lim, hasLim := limits[k]
	switch {
	case !hasReq:
		return fmt.Errorf("%s.  No request is specified", head)
	case compare(req, enforced) < 0:
		return fmt.Errorf("%s, but request is %s", head, req.String())
	case hasLim && compare(lim, enforced) < 0:
		return fmt.Errorf("%s, but limit is %s", head, lim.String())
	}
	return nil
}

// Source: k8s v1.36.3 limitranger/admission.go maxConstraint.
func tooMuch(t corev1.LimitType, k corev1.ResourceName, enforced resource.Quantity, requests, limits corev1.ResourceList) error {
	head := fmt.Sprintf("maximum %s usage per %s is %s", k, t, enforced.String())
	req, hasReq := requests[k]
	lim, hasLim := limits[k]
	switch {
	case !hasLim:
		return fmt.Errorf("%s.  No limit is specified", head)
	case compare(lim, enforced) > 0:
		return fmt.Errorf("%s, but limit is %s", head, lim.String())
	case hasReq && compare(req, enforced) > 0:
		return fmt.Errorf("%s, but request is %s", head, req.String())
	}
	return nil
}

// Source: k8s v1.36.3 limitranger/admission.go limitRequestRatioConstraint.
func tooFar(t corev1.LimitType, k corev1.ResourceName, enforced resource.Quantity, requests, limits corev1.ResourceList) error {
	head := fmt.Sprintf("%s max limit to request ratio per %s is %s", k, t, enforced.String())
	req, hasReq := requests[k]
	lim, hasLim := limits[k]
	switch {
	case !hasReq || req.IsZero():
		return fmt.Errorf("%s, but no request is specified or request is 0", head)
	case !hasLim || lim.IsZero():
		return fmt.Errorf("%s, but no limit is specified or limit is 0", head)
	}
	x, y := float64(lim.MilliValue()), float64(req.MilliValue())
	if lim.Value() > resource.MaxMilliValue || req.Value() > resource.MaxMilliValue {
		x, y = float64(lim.Value()), float64(req.Value())
	}
	ratio, most := x/y, float64(enforced.MilliValue())/1000
	if enforced.Value() > resource.MaxMilliValue {
		most = float64(enforced.Value())
	}
	if ratio > most {
		return fmt.Errorf("%s, but provided ratio is %f", head, ratio)
	}
	return nil
}

func compare(a, b resource.Quantity) int { return a.Cmp(b) }

// resourceNames returns the names in a list, sorted.
func resourceNames(l corev1.ResourceList) []corev1.ResourceName {
	out := make([]corev1.ResourceName, 0, len(l))
	for k := range l { // unordered: sorted below
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
