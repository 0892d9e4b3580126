package devices

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
)

// wish is a request, or one of the alternatives of a request.
type wish struct {
	parent      string // of an alternative: the request's name
	name        string
	class       *resourcev1.DeviceClass
	selectors   []resourcev1.DeviceSelector
	tolerations []resourcev1.DeviceToleration
	admin       bool
	all         bool
	number      int         // devices
	every       []candidate // if all: which

	matched map[ID]bool // what class, selectors and node say of a device
}

// fullName is what results call it.
func (w *wish) fullName() string {
	if w.parent == "" {
		return w.name
	}
	return w.parent + "/" + w.name
}

// request is the name of the request that it is, or is an alternative of.
func (w *wish) request() string {
	if w.parent == "" {
		return w.name
	}
	return w.parent
}

// applies reports whether a constraint or a configuration for these requests is for this one. None means all.
func (w *wish) applies(requests []string) bool {
	for _, r := range requests {
		if r == w.fullName() || w.parent != "" && r == w.parent {
			return true
		}
	}
	return len(requests) == 0
}

// wishes are the alternatives of a request, one if it has no choice.
func wishes(r *resourcev1.DeviceRequest) (out []*wish) {
	if e := r.Exactly; e != nil {
		w := &wish{name: r.Name, selectors: e.Selectors, tolerations: e.Tolerations, admin: e.AdminAccess != nil && *e.AdminAccess}
		w.count(e.AllocationMode, e.Count)
		return append(out, w)
	}
	for i := range r.FirstAvailable {
		s := &r.FirstAvailable[i]
		w := &wish{parent: r.Name, name: s.Name, selectors: s.Selectors, tolerations: s.Tolerations}
		w.count(s.AllocationMode, s.Count)
		out = append(out, w)
	}
	return out
}

func (w *wish) count(mode resourcev1.DeviceAllocationMode, count int64) {
	w.all = mode == resourcev1.DeviceAllocationModeAll
	if w.number = int(min(count, resourcev1.AllocationResultsMaxSize+1)); w.number == 0 {
		w.number = 1 // the API server's default
	}
}

// ClassNames are the classes that a request asks for, each with the name under which failures speak of it.
func ClassNames(r *resourcev1.DeviceRequest) (names, classes []string) {
	if r.Exactly != nil {
		return []string{r.Name}, []string{r.Exactly.DeviceClassName}
	}
	for i := range r.FirstAvailable {
		names = append(names, r.Name+"/"+r.FirstAvailable[i].Name)
		classes = append(classes, r.FirstAvailable[i].DeviceClassName)
	}
	return names, classes
}

// prepare looks up the classes of a claim's requests, and the devices of those that want all. It returns the fewest
// devices that the claim needs.
//
// Source: k8s v1.36.3 incubating/allocator_incubating.go Allocate, validateDeviceRequest.
func (s *search) prepare(ci int) (fewest int, err error) {
	claim := s.claims[ci]
	for i := range claim.Spec.Devices.Requests {
		r := &claim.Spec.Devices.Requests[i]
		alternatives := wishes(r)
		least := resourcev1.AllocationResultsMaxSize + 1
		_, classes := ClassNames(r)
		for j, w := range alternatives {
			w.matched = map[ID]bool{}
			if w.class = s.v.classes[classes[j]]; w.class == nil {
				return 0, fmt.Errorf("claim %s, request %s: could not retrieve device class %s: deviceclass.resource.k8s.io %q not found", keyOf(claim), w.name, classes[j], classes[j])
			}
			if w.all {
				if err := s.findAll(claim, w); err != nil {
					return 0, err
				}
			}
			least = min(least, w.number)
		}
		s.wishes[ci] = append(s.wishes[ci], alternatives)
		fewest += least
	}
	return fewest, nil
}

// findAll lists the devices of a request that wants all there are.
func (s *search) findAll(claim *resourcev1.ResourceClaim, w *wish) error {
	for _, p := range s.pools {
		state := ""
		switch {
		case p.incomplete:
			state = "being updated"
		case p.invalid:
			state = "invalid"
		}
		if state != "" {
			return fmt.Errorf("claim %s, request %s: asks for all devices, but resource pool %s/%s is currently %s", keyOf(claim), w.name, p.driver, p.name, state)
		}
		for _, slice := range p.slices {
			for i := range slice.Spec.Devices {
				d := candidate{slice, i}
				ok, err := s.selectable(claim, w, d)
				if err != nil {
					return err
				}
				if ok {
					w.every = append(w.every, d)
				}
			}
		}
	}
	w.number = len(w.every)
	return nil
}

func keyOf(c *resourcev1.ResourceClaim) string { return c.Namespace + "/" + c.Name }

// candidate is a device in its slice.
type candidate struct {
	slice *resourcev1.ResourceSlice
	index int
}

func (d candidate) device() *resourcev1.Device { return &d.slice.Spec.Devices[d.index] }

func (d candidate) id() ID {
	return ID{d.slice.Spec.Driver, d.slice.Spec.Pool.Name, d.device().Name}
}

// reaches reports whether the device is there for the node. Its slice is.
func (d candidate) reaches(n *corev1.Node) (bool, error) {
	if per := d.slice.Spec.PerDeviceNodeSelection; per == nil || !*per {
		return true, nil
	}
	dev := d.device()
	return reaches(n, dev.NodeName, dev.AllNodes, dev.NodeSelector)
}

// unsupported reports whether the device is of a sort that is not allocated here. See the package's Differs.
func (d candidate) unsupported() bool {
	dev := d.device()
	return len(dev.ConsumesCounters) > 0 || len(dev.BindingConditions) > 0 || dev.AllowMultipleAllocations != nil && *dev.AllowMultipleAllocations
}
