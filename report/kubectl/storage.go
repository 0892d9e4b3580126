package kubectl

import (
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// isDefaultClass reads the two annotations that make a storage class the default one.
func isDefaultClass(c *storagev1.StorageClass) bool {
	return c.Annotations["storageclass.kubernetes.io/is-default-class"] == "true" || c.Annotations["storageclass.beta.kubernetes.io/is-default-class"] == "true"
}

func storageClassCells(now time.Time, c *storagev1.StorageClass) []string {
	name, reclaim, binding := c.Name, corev1.PersistentVolumeReclaimDelete, storagev1.VolumeBindingImmediate
	if isDefaultClass(c) {
		name += " (default)"
	}
	if c.ReclaimPolicy != nil {
		reclaim = *c.ReclaimPolicy
	}
	if c.VolumeBindingMode != nil {
		binding = *c.VolumeBindingMode
	}
	return []string{name, c.Provisioner, string(reclaim), string(binding), strconv.FormatBool(isTrue(c.AllowVolumeExpansion)), age(now, c.CreationTimestamp)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeStorageClass.
func describeStorageClass(s *sheet, c *storagev1.StorageClass) {
	isDefault := "No"
	if isDefaultClass(c) {
		isDefault = "Yes"
	}
	s.line(0, "Name:\t%s", c.Name)
	s.line(0, "IsDefaultClass:\t%s", isDefault)
	s.line(0, "Annotations:\t%s", formatLabels(c.Annotations))
	s.line(0, "Provisioner:\t%s", c.Provisioner)
	s.line(0, "Parameters:\t%s", formatLabels(c.Parameters))
	expansion := "<unset>"
	if c.AllowVolumeExpansion != nil {
		expansion = yesNo(*c.AllowVolumeExpansion)
	}
	s.line(0, "AllowVolumeExpansion:\t%s", expansion)
	if len(c.MountOptions) == 0 {
		s.line(0, "MountOptions:\t<none>")
	} else {
		s.line(0, "MountOptions:")
		for _, o := range c.MountOptions {
			s.line(1, "%s", o)
		}
	}
	s.optional("ReclaimPolicy", string(deref(c.ReclaimPolicy)))
	s.optional("VolumeBindingMode", string(deref(c.VolumeBindingMode)))
	if len(c.AllowedTopologies) > 0 {
		s.line(0, "AllowedTopologies:\t")
		for i, term := range c.AllowedTopologies {
			texts := []string{}
			for _, e := range term.MatchLabelExpressions {
				texts = append(texts, requirement(e.Key, "in", e.Values))
			}
			s.term(1, i, texts)
		}
	}
	s.events(c)
}

func csiNodeCells(now time.Time, n *storagev1.CSINode) []string {
	return []string{n.Name, strconv.Itoa(len(n.Spec.Drivers)), age(now, n.CreationTimestamp)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeCSINode.
func describeCSINode(s *sheet, n *storagev1.CSINode) {
	s.line(0, "Name:\t%s", n.Name)
	s.labels("Labels", n.Labels)
	s.annotations("Annotations", n.Annotations)
	s.line(0, "CreationTimestamp:\t%s", date(n.CreationTimestamp))
	s.line(0, "Spec:")
	if n.Spec.Drivers != nil {
		s.line(1, "Drivers:")
	}
	for _, d := range n.Spec.Drivers {
		s.line(2, "%s:", d.Name)
		s.line(3, "Node ID:\t%s", d.NodeID)
		if d.Allocatable != nil && d.Allocatable.Count != nil {
			s.line(3, "Allocatables:")
			s.line(4, "Count:\t%d", *d.Allocatable.Count)
		}
		if d.TopologyKeys != nil {
			s.line(3, "Topology Keys:\t%s", d.TopologyKeys)
		}
	}
	s.events(n)
}

func csiDriverCells(now time.Time, d *storagev1.CSIDriver) []string {
	attach := d.Spec.AttachRequired == nil || *d.Spec.AttachRequired
	tokens := "<unset>"
	if d.Spec.TokenRequests != nil {
		audiences := []string{}
		for _, t := range d.Spec.TokenRequests {
			audiences = append(audiences, t.Audience)
		}
		tokens = strings.Join(audiences, ",")
	}
	modes := []string{}
	for _, m := range d.Spec.VolumeLifecycleModes {
		modes = append(modes, string(m))
	}
	return []string{d.Name, strconv.FormatBool(attach), strconv.FormatBool(isTrue(d.Spec.PodInfoOnMount)), strconv.FormatBool(isTrue(d.Spec.StorageCapacity)),
		tokens, strconv.FormatBool(isTrue(d.Spec.RequiresRepublish)), orNone(strings.Join(modes, ",")), age(now, d.CreationTimestamp)}
}

func attachmentCells(now time.Time, a *storagev1.VolumeAttachment) []string {
	return []string{a.Name, a.Spec.Attacher, deref(a.Spec.Source.PersistentVolumeName), a.Spec.NodeName, strconv.FormatBool(a.Status.Attached), age(now, a.CreationTimestamp)}
}

func capacityCells(_ time.Time, c *storagev1.CSIStorageCapacity) []string {
	capacity := "<unset>"
	if c.Capacity != nil {
		capacity = c.Capacity.String()
	}
	return []string{c.Name, c.StorageClassName, capacity}
}
