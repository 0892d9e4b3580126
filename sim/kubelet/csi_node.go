package kubelet

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

var csiNodeKind = model.FindKind("CSINode")

// registerDrivers stores the CSINode of a node that has just registered: its drivers and how many volumes of each it takes.
//
// Source: k8s v1.36.3 pkg/volume/csi/nodeinfomanager/nodeinfomanager.go CreateCSINode, installDriverToCSINode.
// Differs: clusters without cluster.storage have no CSINodes; drivers register together with their node.
func (k *Kubelets) registerDrivers(n *corev1.Node) {
	if len(k.Storage) == 0 || k.store.Get(csiNodeKind, store.Key{Name: n.Name}) != nil {
		return
	}
	o := &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{Name: n.Name, OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: n.Name, UID: n.UID}}}}
	for _, s := range k.Storage {
		d := storagev1.CSINodeDriver{Name: s.Provisioner, NodeID: n.Name}
		if len(s.Zones) > 0 {
			d.TopologyKeys = []string{corev1.LabelTopologyZone}
		}
		if limit := s.MaxPerNode; limit > 0 {
			d.Allocatable = &storagev1.VolumeNodeResources{Count: &limit}
		}
		o.Spec.Drivers = append(o.Spec.Drivers, d)
	}
	_ = k.store.Create(csiNodeKind, o) // the name is taken: somebody else has said what the node can do
}
