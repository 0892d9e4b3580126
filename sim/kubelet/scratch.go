package kubelet

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// scratch is room for the lists of the status that is being generated: most equal the one before and are dropped.
type scratch struct {
	inits, regulars []corev1.ContainerStatus
	conditions      []corev1.PodCondition
	kept            [512][]corev1.PodCondition // lately, by the hash of their times
}

// take keeps the lists of a generated status for the next one.
func (b *scratch) take(s *corev1.PodStatus) {
	if s.InitContainerStatuses != nil {
		b.inits = s.InitContainerStatuses
	}
	b.regulars, b.conditions = s.ContainerStatuses, s.Conditions
}

// lay copies the lists of a status into the scratch, where they may be changed.
func (b *scratch) lay(s *corev1.PodStatus) {
	if s.InitContainerStatuses != nil {
		s.InitContainerStatuses = append(b.inits[:0], s.InitContainerStatuses...)
	}
	s.ContainerStatuses = append(b.regulars[:0], s.ContainerStatuses...)
	s.Conditions = append(b.conditions[:0], s.Conditions...)
	b.take(s)
}

// detach gives a status that is to be kept lists of its own, where they are those of the scratch. Conditions are shared with
// another pod's that are the same: many pods go through a second together.
func (b *scratch) detach(s *corev1.PodStatus) {
	s.Conditions = b.share(s.Conditions)
	if same(s.ContainerStatuses, b.regulars) {
		s.ContainerStatuses = slices.Clone(s.ContainerStatuses)
	}
	if same(s.InitContainerStatuses, b.inits) {
		s.InitContainerStatuses = slices.Clone(s.InitContainerStatuses)
	}
}

// share returns equal conditions that were kept lately, or these, out of the scratch.
func (b *scratch) share(cs []corev1.PodCondition) []corev1.PodCondition {
	var h uint64
	for i := range cs {
		h = h*31 + uint64(cs[i].LastTransitionTime.Unix()) + uint64(len(cs[i].Status))
	}
	slot := &b.kept[h*0x9e3779b97f4a7c15>>55]
	if !slices.Equal(*slot, cs) {
		if same(cs, b.conditions) {
			cs = slices.Clone(cs)
		}
		*slot = cs
	}
	return *slot
}

// same reports whether two lists are in one place.
func same[T any](a, b []T) bool { return len(a) > 0 && len(b) > 0 && &a[0] == &b[0] }
