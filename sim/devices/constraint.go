package devices

import (
	"strings"

	resourcev1 "k8s.io/api/resource/v1"
)

// constraint is a rule for the devices of a claim together: they have one value of an attribute, or different ones.
//
// Source: k8s v1.36.3 incubating/allocator_incubating.go matchAttributeConstraint, constraint.go
// distinctAttributeConstraint, which of each request remembers the last device alone.
type constraint struct {
	requests  []string // to which it applies; empty = all
	attribute string
	distinct  bool
	devices   int
	value     resourcev1.DeviceAttribute            // of the first device
	last      map[string]resourcev1.DeviceAttribute // if distinct: by request
}

func constraintsOf(claim *resourcev1.ResourceClaim) (out []*constraint) {
	for i := range claim.Spec.Devices.Constraints {
		switch c := &claim.Spec.Devices.Constraints[i]; {
		case c.MatchAttribute != nil:
			out = append(out, &constraint{requests: c.Requests, attribute: string(*c.MatchAttribute)})
		case c.DistinctAttribute != nil:
			out = append(out, &constraint{requests: c.Requests, attribute: string(*c.DistinctAttribute), distinct: true, last: map[string]resourcev1.DeviceAttribute{}})
		}
	}
	return out
}

// add takes a device in if the rule lets it.
func (c *constraint) add(w *wish, d candidate) bool {
	if !w.applies(c.requests) {
		return true
	}
	a, ok := attribute(d, c.attribute)
	if !ok {
		return false
	}
	if c.devices > 0 && !c.fits(a) {
		return false
	}
	if c.distinct {
		c.last[w.request()] = a
	} else if c.devices == 0 {
		c.value = a
	}
	c.devices++
	return true
}

func (c *constraint) fits(a resourcev1.DeviceAttribute) bool {
	if !c.distinct {
		return equal(a, c.value)
	}
	for _, o := range c.last { // unordered: a question about all
		if equal(a, o) {
			return false
		}
	}
	return true
}

// remove takes a device of the request out again.
func (c *constraint) remove(w *wish) {
	if w.applies(c.requests) {
		delete(c.last, w.request())
		c.devices--
	}
}

// attribute looks an attribute up by its full name. The device's own driver needs no domain.
//
// Source: k8s v1.36.3 incubating/allocator_incubating.go lookupAttribute.
func attribute(d candidate, name string) (resourcev1.DeviceAttribute, bool) {
	attributes := d.device().Attributes
	if a, ok := attributes[resourcev1.QualifiedName(name)]; ok {
		return a, true
	}
	domain, id, ok := strings.Cut(name, "/")
	if !ok || domain != d.slice.Spec.Driver {
		return resourcev1.DeviceAttribute{}, false
	}
	a, ok := attributes[resourcev1.QualifiedName(id)]
	return a, ok
}

func equal(a, b resourcev1.DeviceAttribute) bool {
	switch {
	case a.StringValue != nil:
		return b.StringValue != nil && *a.StringValue == *b.StringValue
	case a.IntValue != nil:
		return b.IntValue != nil && *a.IntValue == *b.IntValue
	case a.BoolValue != nil:
		return b.BoolValue != nil && *a.BoolValue == *b.BoolValue
	case a.VersionValue != nil:
		return b.VersionValue != nil && *a.VersionValue == *b.VersionValue
	}
	return false
}
