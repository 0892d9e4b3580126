package devices

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// results is what a search that succeeded writes into each claim's status.
func (s *search) results() []resourcev1.AllocationResult {
	out := make([]resourcev1.AllocationResult, len(s.claims))
	for ci, claim := range s.claims {
		for _, c := range s.taken[ci] {
			id := c.id()
			r := resourcev1.DeviceRequestAllocationResult{Request: c.wish.fullName(), Driver: id.Driver, Pool: id.Pool, Device: id.Device, Tolerations: c.wish.tolerations}
			if yes := true; c.wish.admin {
				r.AdminAccess = &yes
			}
			out[ci].Devices.Results = append(out[ci].Devices.Results, r)
		}
		out[ci].Devices.Config = s.configs(ci, claim)
		out[ci].NodeSelector = s.nodeSelector(ci)
	}
	return out
}

// chosen is what became of a request: itself, or the alternative that was taken.
func (s *search) chosen(ci, ri int) *wish {
	alternatives := s.wishes[ci][ri]
	for _, c := range s.taken[ci] {
		if slices.Contains(alternatives, c.wish) {
			return c.wish
		}
	}
	return alternatives[0]
}

// configs are the settings for the drivers: each class's once, for all requests of it, then the claim's.
//
// Source: k8s v1.36.3 incubating/allocator_incubating.go Allocate.
func (s *search) configs(ci int, claim *resourcev1.ResourceClaim) (out []resourcev1.DeviceAllocationConfiguration) {
	first := map[string]int{} // class: where its settings begin
	for ri := range s.wishes[ci] {
		w := s.chosen(ci, ri)
		begin, known := first[w.class.Name]
		if known {
			for i := range w.class.Spec.Config {
				out[begin+i].Requests = append(out[begin+i].Requests, w.fullName())
			}
			continue
		}
		first[w.class.Name] = len(out)
		for _, c := range w.class.Spec.Config {
			out = append(out, resourcev1.DeviceAllocationConfiguration{Source: resourcev1.AllocationConfigSourceClass, Requests: []string{w.fullName()}, DeviceConfiguration: c.DeviceConfiguration})
		}
	}
	for _, c := range claim.Spec.Devices.Config {
		set := resourcev1.DeviceAllocationConfiguration{Source: resourcev1.AllocationConfigSourceClaim, Requests: c.Requests, DeviceConfiguration: c.DeviceConfiguration}
		if len(c.Requests) == 0 {
			out = append(out, set)
			continue
		}
		for ri := range s.wishes[ci] {
			if s.chosen(ci, ri).applies(c.Requests) {
				out = append(out, set)
			}
		}
	}
	return out
}

// nodeSelector says from which nodes the devices of a claim can be used; nil = from all.
//
// Source: k8s v1.36.3 incubating/allocator_incubating.go createNodeSelector.
func (s *search) nodeSelector(ci int) *corev1.NodeSelector {
	term := corev1.NodeSelectorTerm{}
	for _, c := range s.taken[ci] {
		name, selector := c.slice.Spec.NodeName, c.slice.Spec.NodeSelector
		if per := c.slice.Spec.PerDeviceNodeSelection; per != nil && *per {
			name, selector = c.device().NodeName, c.device().NodeSelector
		}
		if name != nil {
			term = corev1.NodeSelectorTerm{MatchFields: []corev1.NodeSelectorRequirement{{Key: "metadata.name", Operator: corev1.NodeSelectorOpIn, Values: []string{s.node.Name}}}}
			return &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}}
		}
		if selector != nil && len(selector.NodeSelectorTerms) == 1 {
			addRequirements(&term.MatchFields, selector.NodeSelectorTerms[0].MatchFields)
			addRequirements(&term.MatchExpressions, selector.NodeSelectorTerms[0].MatchExpressions)
		}
	}
	if len(term.MatchFields)+len(term.MatchExpressions) == 0 {
		return nil
	}
	return &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}}
}

func addRequirements(to *[]corev1.NodeSelectorRequirement, more []corev1.NodeSelectorRequirement) {
	for _, r := range more {
		if !slices.ContainsFunc(*to, func(o corev1.NodeSelectorRequirement) bool { return equality.Semantic.DeepEqual(o, r) }) {
			*to = append(*to, r)
		}
	}
}
