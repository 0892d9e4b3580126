package scheduler

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"
)

// roomFor reports whether the volume of a claim can be made for a node, as far as its driver publishes how much room it has.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/volumebinding/binder.go hasEnoughCapacity, nodeHasAccess.
func (st *storage) roomFor(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, node *corev1.Node) bool {
	want, ok := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	d := st.csiDrivers[class.Provisioner]
	if !ok || d == nil || d.Spec.StorageCapacity == nil || !*d.Spec.StorageCapacity {
		return true
	}
	for _, c := range st.capacities { // unordered: looks for one
		if c.StorageClassName != class.Name || c.NodeTopology == nil {
			continue
		}
		if limit := volumeLimit(c); limit != nil && limit.Cmp(want) >= 0 && selectorOf(c.NodeTopology).Matches(labels.Set(node.Labels)) {
			return true
		}
	}
	return false
}

// volumeLimit is the largest volume that can be made, nil if none is told.
func volumeLimit(c *storagev1.CSIStorageCapacity) *resource.Quantity {
	if c.MaximumVolumeSize != nil {
		return c.MaximumVolumeSize
	}
	return c.Capacity
}
