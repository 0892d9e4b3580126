package model

import (
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// deviceClaim checks what the allocation relies on: each request says what it wants, under a name of its own.
//
// Source: k8s v1.36.3 pkg/apis/resource/validation/validation.go validateDeviceClaim, validateDeviceRequest.
// Differs: of the many rules those that a mistake by hand meets; selectors are compiled when they are needed.
func (e *errs) deviceClaim(c *resourcev1.DeviceClaim, p *field.Path) {
	names := map[string]bool{}
	for i := range c.Requests {
		r, p := &c.Requests[i], p.Child("requests").Index(i)
		switch {
		case r.Name == "":
			e.add(field.Required(p.Child("name"), ""))
		case names[r.Name]:
			e.add(field.Duplicate(p.Child("name"), r.Name))
		}
		names[r.Name] = true
		switch {
		case r.Exactly != nil && len(r.FirstAvailable) > 0:
			e.add(field.Invalid(p, nil, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set"))
		case r.Exactly != nil:
			e.deviceClass(r.Exactly.DeviceClassName, r.Exactly.AllocationMode, r.Exactly.Count, p.Child("exactly"))
		case len(r.FirstAvailable) == 0:
			e.add(field.Required(p, "exactly one of `exactly` or `firstAvailable` is required"))
		}
		for j := range r.FirstAvailable {
			s, p := &r.FirstAvailable[j], p.Child("firstAvailable").Index(j)
			if s.Name == "" {
				e.add(field.Required(p.Child("name"), ""))
			}
			e.deviceClass(s.DeviceClassName, s.AllocationMode, s.Count, p)
		}
	}
}

func (e *errs) deviceClass(class string, mode resourcev1.DeviceAllocationMode, count int64, p *field.Path) {
	if class == "" {
		e.add(field.Required(p.Child("deviceClassName"), ""))
	}
	switch mode {
	case resourcev1.DeviceAllocationModeAll:
		if count != 0 {
			e.add(field.Invalid(p.Child("count"), count, "must not be specified when allocationMode is 'All'"))
		}
	case resourcev1.DeviceAllocationModeExactCount:
		if count <= 0 {
			e.add(field.Invalid(p.Child("count"), count, "must be greater than zero"))
		}
	default:
		e.add(field.NotSupported(p.Child("allocationMode"), mode, []resourcev1.DeviceAllocationMode{resourcev1.DeviceAllocationModeAll, resourcev1.DeviceAllocationModeExactCount}))
	}
}

func (e *errs) resourceClaim(o *resourcev1.ResourceClaim) {
	e.meta(o, validation.NameIsDNSSubdomain)
	e.deviceClaim(&o.Spec.Devices, field.NewPath("spec", "devices"))
}

func (e *errs) resourceClaimTemplate(o *resourcev1.ResourceClaimTemplate) {
	e.meta(o, validation.NameIsDNSSubdomain)
	e.deviceClaim(&o.Spec.Spec.Devices, field.NewPath("spec", "spec", "devices"))
}

func (e *errs) resourceSlice(o *resourcev1.ResourceSlice) {
	e.meta(o, validation.NameIsDNSSubdomain)
	p := field.NewPath("spec")
	if o.Spec.Driver == "" {
		e.add(field.Required(p.Child("driver"), ""))
	}
	if o.Spec.Pool.Name == "" {
		e.add(field.Required(p.Child("pool", "name"), ""))
	}
	if o.Spec.Pool.ResourceSliceCount <= 0 {
		e.add(field.Invalid(p.Child("pool", "resourceSliceCount"), o.Spec.Pool.ResourceSliceCount, "must be greater than zero"))
	}
	set := 0
	for _, is := range []bool{o.Spec.NodeName != nil, o.Spec.NodeSelector != nil, o.Spec.AllNodes != nil && *o.Spec.AllNodes, o.Spec.PerDeviceNodeSelection != nil && *o.Spec.PerDeviceNodeSelection} {
		if is {
			set++
		}
	}
	if set != 1 && len(o.Spec.SharedCounters) == 0 {
		e.add(field.Required(p, "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"))
	}
}
