package scenarios

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"clustersim/model"
	"clustersim/sim/config"
)

// storage compiles spec.cluster.storage: each entry is a StorageClass and a CSIDriver that exist before t=0, unless imported
// ones of those names do, and says what provisioner and driver are like.
func (c *compiler) storage() {
	list := c.spec.Cluster.Storage
	seen := map[string]bool{}
	for i := range list {
		s := &list[i]
		if s.Class == "" {
			c.add(s.Place, model.Error, "", "class: required, the name of a StorageClass")
			continue
		}
		if seen[s.Class] {
			c.add(s.Place, model.Error, "", "a second storage class %q", s.Class)
			continue
		}
		seen[s.Class] = true
		if s.MaxPerNode < 0 {
			c.add(s.Place, model.Error, "", "maxPerNode: must not be negative")
		}
		given := c.importedClass(s.Class)
		t := c.storageTimes(s, given)
		c.options.Storage = append(c.options.Storage, t)
		if given == nil {
			c.before(c.storageClass(s, t.Provisioner, len(list) == 1), s.Place)
		}
		c.before(storageDriver(t.Provisioner), s.Place)
	}
}

// importedClass is the StorageClass of that name that the scenario imports, or nil.
func (c *compiler) importedClass(name string) *storagev1.StorageClass {
	for _, m := range c.options.Import {
		if class, ok := m.Object.(*storagev1.StorageClass); ok && class.Name == name {
			return class
		}
	}
	return nil
}

// before adds an object that exists before t=0, unless one of its name is imported.
func (c *compiler) before(o model.Object, at model.Place) {
	k := model.KindOf(o)
	if !slices.ContainsFunc(c.options.Import, func(m model.Manifest) bool { return m.Kind == k && m.Object.GetName() == o.GetName() }) {
		c.options.Import = append(c.options.Import, model.Manifest{Kind: k, Object: o, Place: at})
	}
}

func (c *compiler) storageTimes(s *Storage, given *storagev1.StorageClass) config.Storage {
	provisioner := s.Provisioner
	if provisioner == "" {
		provisioner = s.Class + ".csi.test"
		if given != nil {
			provisioner = given.Provisioner
		}
	}
	t := config.DefaultStorage(provisioner)
	t.Class, t.Zones, t.MaxPerNode = s.Class, s.Zones, int32(min(s.MaxPerNode, 1<<30))
	if s.ProvisionTime != nil {
		t.ProvisionTime = *s.ProvisionTime
	}
	if s.AttachTime != nil {
		t.AttachTime = *s.AttachTime
	}
	if s.DetachTime != nil {
		t.DetachTime = *s.DetachTime
	}
	return t
}

func (c *compiler) storageClass(s *Storage, provisioner string, alone bool) *storagev1.StorageClass {
	mode, policy, grow := storagev1.VolumeBindingImmediate, corev1.PersistentVolumeReclaimDelete, true
	if len(s.Zones) > 0 {
		mode = storagev1.VolumeBindingWaitForFirstConsumer
	}
	switch m := storagev1.VolumeBindingMode(s.BindingMode); m {
	case "":
	case storagev1.VolumeBindingImmediate, storagev1.VolumeBindingWaitForFirstConsumer:
		mode = m
	default:
		c.add(s.Place, model.Error, "", "bindingMode: must be Immediate or WaitForFirstConsumer, got %q", s.BindingMode)
	}
	switch p := corev1.PersistentVolumeReclaimPolicy(s.ReclaimPolicy); p {
	case "":
	case corev1.PersistentVolumeReclaimDelete, corev1.PersistentVolumeReclaimRetain:
		policy = p
	default:
		c.add(s.Place, model.Error, "", "reclaimPolicy: must be Delete or Retain, got %q", s.ReclaimPolicy)
	}
	class := &storagev1.StorageClass{Provisioner: provisioner, VolumeBindingMode: &mode, ReclaimPolicy: &policy, AllowVolumeExpansion: &grow}
	class.Name = s.Class
	if s.Default != nil && *s.Default || s.Default == nil && alone {
		class.Annotations = map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}
	}
	if len(s.Zones) > 0 {
		class.AllowedTopologies = []corev1.TopologySelectorTerm{{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: corev1.LabelTopologyZone, Values: s.Zones}}}}
	}
	return class
}

func storageDriver(name string) *storagev1.CSIDriver {
	d := &storagev1.CSIDriver{}
	d.Name = name
	return d
}
