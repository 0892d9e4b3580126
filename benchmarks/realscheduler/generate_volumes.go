package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	csiDriver     = "csi.example.com"
	bindCompleted = "pv.kubernetes.io/bind-completed"
	noProvisioner = "kubernetes.io/no-provisioner"
	claimsANs     = 5 // claims of a namespace, the last one ReadWriteOncePod; pods may also name one more
)

// storage adds classes, volumes and claims. Volumes have sizes of their own, as upstream picks among equals by chance.
func (g *generator) storage() {
	if !g.on["volumes"] {
		return
	}
	g.classes()
	var free []*corev1.PersistentVolume
	for i := range 3 + g.IntN(10) {
		free = append(free, g.volume(i))
	}
	for _, ns := range namespaces {
		for i := range claimsANs {
			if c := g.claim(ns, i); c != nil {
				for j, v := range free {
					if v.Spec.StorageClassName == *c.Spec.StorageClassName && v.Spec.ClaimRef == nil && g.oneIn(3) {
						bindClaim(c, free[j])
						break
					}
				}
				g.set(Op{Do: DoSet, Object: c})
			}
		}
	}
	for _, v := range free {
		if !g.oneIn(12) {
			g.set(Op{Do: DoSet, Object: v})
		}
	}
}

func (g *generator) classes() {
	wait, now := storagev1.VolumeBindingWaitForFirstConsumer, storagev1.VolumeBindingImmediate
	add := func(name, provisioner string, mode *storagev1.VolumeBindingMode) *storagev1.StorageClass {
		c := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisioner, VolumeBindingMode: mode}
		g.set(Op{Do: DoSet, Object: c})
		return c
	}
	add("local", noProvisioner, &wait)
	add("fast", csiDriver, &wait)
	add("now", csiDriver, &now)
	c := add("zoned", csiDriver, &wait)
	c.AllowedTopologies = []corev1.TopologySelectorTerm{{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: corev1.LabelTopologyZone, Values: []string{"a", "b"}[:1+g.IntN(2)]}}}}
}

var storageClasses = []string{"local", "local", "fast", "zoned", "now", "none", ""}

func (g *generator) accessModes() []corev1.PersistentVolumeAccessMode {
	return []corev1.PersistentVolumeAccessMode{pick(g, corev1.ReadWriteOnce, corev1.ReadWriteOnce, corev1.ReadWriteMany)}
}

func (g *generator) volume(i int) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("pv-", i), Labels: map[string]string{"tier": pick(g, "gold", "iron")}}}
	v.Spec.StorageClassName = storageClasses[g.IntN(len(storageClasses))]
	v.Spec.Capacity = corev1.ResourceList{"storage": *resource.NewQuantity(int64(1+i)<<29, resource.BinarySI)}
	v.Spec.AccessModes = append(g.accessModes(), g.accessModes()...)
	if g.oneIn(3) {
		v.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}
	}
	v.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: csiDriver, VolumeHandle: v.Name}
	if block := corev1.PersistentVolumeBlock; g.oneIn(8) {
		v.Spec.VolumeMode = &block
	}
	v.Status.Phase = corev1.VolumeAvailable
	if g.oneIn(10) {
		v.Status.Phase = corev1.VolumeReleased
	}
	in := func(key string, values ...string) *corev1.VolumeNodeAffinity {
		return &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{
			{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: key, Operator: corev1.NodeSelectorOpIn, Values: values}}}}}}
	}
	switch g.IntN(4) {
	case 0:
		v.Spec.NodeAffinity = in(corev1.LabelTopologyZone, pick(g, "a", "b"))
	case 1, 2:
		if len(g.nodes) > 0 {
			v.Spec.NodeAffinity = in(corev1.LabelHostname, g.nodes[g.IntN(len(g.nodes))].Name, g.nodes[g.IntN(len(g.nodes))].Name)
		}
	}
	if g.oneIn(4) {
		v.Labels[pick(g, corev1.LabelTopologyZone, corev1.LabelFailureDomainBetaZone)] = pick(g, "a", "b", "a__c")
	}
	return v
}

func claimName(i int) string { return fmt.Sprint("claim-", i) }

// claim draws the i-th claim of the namespace, nil if there is none.
func (g *generator) claim(ns string, i int) *corev1.PersistentVolumeClaim {
	if g.oneIn(10) {
		return nil
	}
	class := storageClasses[g.IntN(len(storageClasses))]
	c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: claimName(i), UID: types.UID("uid-" + ns + claimName(i))}}
	c.Spec.StorageClassName = &class
	c.Spec.AccessModes = g.accessModes()
	if i == claimsANs-1 {
		c.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}
	}
	c.Spec.Resources.Requests = corev1.ResourceList{"storage": resource.MustParse(pick(g, "100Mi", "1Gi", "2Gi", "3Gi"))}
	if g.oneIn(6) {
		c.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "gold"}}
	}
	if block := corev1.PersistentVolumeBlock; g.oneIn(8) {
		c.Spec.VolumeMode = &block
	}
	c.Status.Phase = corev1.ClaimPending
	switch g.IntN(14) {
	case 0:
		c.Status.Phase, c.Spec.VolumeName = corev1.ClaimLost, "gone"
	case 1:
		at := instant(500)
		c.DeletionTimestamp = &at
	case 2:
		c.Spec.VolumeName = "pv-1" // asked for by name, not bound yet
	case 3:
		c.Spec.VolumeName, c.Annotations = "pv-gone", map[string]string{bindCompleted: "yes"}
	}
	return c
}

// bindClaim is what the PV controller writes.
func bindClaim(c *corev1.PersistentVolumeClaim, v *corev1.PersistentVolume) {
	c.Spec.VolumeName, c.Annotations, c.Status.Phase = v.Name, map[string]string{bindCompleted: "yes"}, corev1.ClaimBound
	v.Spec.ClaimRef = &corev1.ObjectReference{Namespace: c.Namespace, Name: c.Name, UID: c.UID}
	v.Status.Phase = corev1.VolumeBound
}

// csiNode says how many volumes a node can have.
func (g *generator) csiNode(name string) {
	if !g.on["volumes"] || g.oneIn(3) {
		return
	}
	d := storagev1.CSINodeDriver{Name: csiDriver, NodeID: name}
	if n := int32(g.IntN(4)); !g.oneIn(4) {
		d.Allocatable = &storagev1.VolumeNodeResources{Count: &n}
	}
	g.set(Op{Do: DoSet, Object: &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{d}}}})
	if g.oneIn(4) {
		pv := fmt.Sprint("pv-", g.IntN(8))
		g.set(Op{Do: DoSet, Object: &storagev1.VolumeAttachment{ObjectMeta: metav1.ObjectMeta{Name: "va-" + name},
			Spec: storagev1.VolumeAttachmentSpec{Attacher: csiDriver, NodeName: name, Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: &pv}}}})
	}
}

// podVolumes gives a pod claims and disks.
func (g *generator) podVolumes(p *corev1.Pod) {
	for g.when("volumes", 2) && len(p.Spec.Volumes) < 3 {
		v := corev1.Volume{Name: fmt.Sprint("v", len(p.Spec.Volumes))}
		switch g.IntN(8) {
		case 0:
			v.GCEPersistentDisk = &corev1.GCEPersistentDiskVolumeSource{PDName: pick(g, "disk-1", "disk-2"), ReadOnly: g.oneIn(2)}
		case 1:
			v.ISCSI = &corev1.ISCSIVolumeSource{TargetPortal: "10.0.0.9", IQN: pick(g, "iqn-1", "iqn-2"), ReadOnly: g.oneIn(2)}
		case 2:
			v.RBD = &corev1.RBDVolumeSource{CephMonitors: []string{"a", "b"}, RBDPool: "pool", RBDImage: pick(g, "i1", "i2"), ReadOnly: g.oneIn(2)}
		default:
			v.PersistentVolumeClaim = &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claimName(g.IntN(claimsANs + 1))}
		}
		p.Spec.Volumes = append(p.Spec.Volumes, v)
	}
}
