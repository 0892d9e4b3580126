package controller

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
)

// match finds the volume for a claim: one that points at it already, or else the smallest that suits, of those with the fewest
// access modes. Claims that wait for their first consumer are given none of the latter here.
//
// Source: k8s v1.36.3 pkg/controller/volume/persistentvolume/index.go findByClaim, allPossibleMatchingAccessModes,
// staging component-helpers/storage/volume/pv_helpers.go FindMatchingVolume.
// Differs: of volumes of one size the first by name is taken.
func (b *volumeBinder) match(c *corev1.PersistentVolumeClaim, delayed bool) *corev1.PersistentVolume {
	var selector labels.Selector
	if c.Spec.Selector != nil {
		s, err := metav1.LabelSelectorAsSelector(c.Spec.Selector)
		if err != nil {
			return nil
		}
		selector = s
	}
	var best *corev1.PersistentVolume
	for _, name := range append(slices.Sorted(maps.Keys(b.meant[keyOf(c)])), slices.Sorted(maps.Keys(b.free))...) {
		v := b.env.volume(name)
		if v.Spec.ClaimRef != nil && !model.VolumeBoundToClaim(v, c) || !hasModes(v, c) || !fits(v, c) {
			continue
		}
		if model.VolumeBoundToClaim(v, c) {
			return v
		}
		if delayed || v.Status.Phase != corev1.VolumeAvailable || model.VolumeClass(v) != model.ClaimClass(c) || selector != nil && !selector.Matches(labels.Set(v.Labels)) {
			continue
		}
		if best == nil || better(v, best) {
			best = v
		}
	}
	return best
}

// better reports whether a volume goes before another one: fewer access modes, then less room.
func better(v, best *corev1.PersistentVolume) bool {
	if n, m := len(v.Spec.AccessModes), len(best.Spec.AccessModes); n != m {
		return n < m
	}
	x, y := v.Spec.Capacity[corev1.ResourceStorage], best.Spec.Capacity[corev1.ResourceStorage]
	return x.Cmp(y) < 0
}

// fits reports whether a volume is large enough and of the right sort.
func fits(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) bool {
	return !tooSmall(v, c) && claimMode(c) == volumeMode(v) && sameAttributes(v, c) && v.DeletionTimestamp == nil
}

func tooSmall(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) bool {
	size, want := v.Spec.Capacity[corev1.ResourceStorage], c.Spec.Resources.Requests[corev1.ResourceStorage]
	return size.Cmp(want) < 0
}

func sameAttributes(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) bool {
	return value(v.Spec.VolumeAttributesClassName) == value(c.Spec.VolumeAttributesClassName)
}

func hasModes(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) bool {
	return !slices.ContainsFunc(c.Spec.AccessModes, func(m corev1.PersistentVolumeAccessMode) bool { return !slices.Contains(v.Spec.AccessModes, m) })
}

func claimMode(c *corev1.PersistentVolumeClaim) corev1.PersistentVolumeMode {
	if m := c.Spec.VolumeMode; m != nil {
		return *m
	}
	return corev1.PersistentVolumeFilesystem
}

func volumeMode(v *corev1.PersistentVolume) corev1.PersistentVolumeMode {
	if m := v.Spec.VolumeMode; m != nil {
		return *m
	}
	return corev1.PersistentVolumeFilesystem
}

// unsatisfied says why a volume that a claim asks for by name is not for it, "" if it is.
//
// Source: k8s v1.36.3 pkg/controller/volume/persistentvolume/pv_controller.go checkVolumeSatisfyClaim.
func unsatisfied(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) string {
	switch {
	case v.DeletionTimestamp != nil:
		return `the volume is marked for deletion "` + v.Name + `"`
	case tooSmall(v, c):
		return "requested PV is too small"
	case model.VolumeClass(v) != model.ClaimClass(c):
		return "storageClassName does not match"
	case !sameAttributes(v, c):
		return "volumeAttributesClassName does not match"
	case claimMode(c) != volumeMode(v):
		return "incompatible volumeMode"
	case !hasModes(v, c):
		return "incompatible accessMode"
	}
	return ""
}
