package model

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// volumes checks the volumes of a pod and returns those without errors by name. meta is nil in templates.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateVolumes.
func (e *errs) volumes(list []corev1.Volume, meta *metav1.ObjectMeta, p *field.Path) map[string]*corev1.Volume {
	if len(list) == 0 {
		return nil
	}
	good := map[string]*corev1.Volume{}
	made := map[string]bool{} // claims that ephemeral volumes of this pod will have
	if meta != nil && meta.Name != "" {
		for i := range list {
			if list[i].Ephemeral != nil {
				made[meta.Name+"-"+list[i].Name] = true
			}
		}
	}
	for i := range list {
		v, at, before := &list[i], p.Index(i), len(e.list)
		e.volumeSource(v, meta, at)
		if v.Name == "" {
			e.required(at.Child("name"), "")
		} else {
			e.invalid(at.Child("name"), v.Name, is.IsDNS1123Label(v.Name)...)
		}
		if good[v.Name] != nil {
			e.duplicate(at.Child("name"), v.Name)
		}
		if len(e.list) == before {
			good[v.Name] = v
		}
		if c := v.PersistentVolumeClaim; c != nil && made[c.ClaimName] {
			e.invalid(at.Child("persistentVolumeClaim", "claimName"), c.ClaimName, "must not reference a PVC that gets created for an ephemeral volume")
		}
	}
	return good
}

// sourceRule is one sort of volume: whether it is given, under which name it is refused as a second one, and its check.
type sourceRule struct {
	given bool
	name  string
	check func(p *field.Path)
	path  string // where the check looks, if not at name
}

// volumeSource wants exactly one source and checks the first. The order, and two names that differ from the API's, are
// upstream's.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateVolumeSource.
func (e *errs) volumeSource(v *corev1.Volume, meta *metav1.ObjectMeta, p *field.Path) {
	if v.EmptyDir == nil {
		if s := v.ConfigMap; s != nil && (v.VolumeSource == corev1.VolumeSource{ConfigMap: s}) { // a frequent case, cheaply
			e.itemsVolume(s.Name, "name", s.DefaultMode, s.Items, p.Child("configMap"))
			return
		}
	}
	found := false
	if s := v.EmptyDir; s != nil {
		found = true
		if s.SizeLimit != nil && s.SizeLimit.Sign() < 0 {
			e.forbidden(p.Child("emptyDir", "sizeLimit"), "SizeLimit field must be a valid resource quantity")
		}
		if (v.VolumeSource == corev1.VolumeSource{EmptyDir: s}) {
			return
		}
	}
	for _, rule := range e.sourceRules(v, meta, p) {
		switch {
		case !rule.given:
		case found:
			e.forbidden(p.Child(rule.name), "may not specify more than 1 volume type")
		default:
			found = true
			name := rule.name
			if rule.path != "" {
				name = rule.path
			}
			rule.check(p.Child(name))
		}
	}
	if !found {
		e.required(p, "must specify a volume type")
	}
}

// sourceRules are the rules of all sorts but emptyDir, in upstream's order.
func (e *errs) sourceRules(v *corev1.Volume, meta *metav1.ObjectMeta, at *field.Path) []sourceRule {
	return []sourceRule{
		{v.HostPath != nil, "hostPath", func(p *field.Path) { e.hostPathVolume(v.HostPath, p) }, ""},
		{v.GitRepo != nil, "gitRepo", func(p *field.Path) {
			e.requireText(v.GitRepo.Repository, p, "repository")
			e.relativePath(v.GitRepo.Directory, p.Child("directory"))
		}, ""},
		{v.GCEPersistentDisk != nil, "gcePersistentDisk", func(p *field.Path) {
			e.requireText(v.GCEPersistentDisk.PDName, p, "pdName")
			e.partition(v.GCEPersistentDisk.Partition, p)
		}, "persistentDisk"},
		{v.AWSElasticBlockStore != nil, "awsElasticBlockStore", func(p *field.Path) {
			e.requireText(v.AWSElasticBlockStore.VolumeID, p, "volumeID")
			e.partition(v.AWSElasticBlockStore.Partition, p)
		}, ""},
		{v.Secret != nil, "secret", func(p *field.Path) {
			e.itemsVolume(v.Secret.SecretName, "secretName", v.Secret.DefaultMode, v.Secret.Items, p)
		}, ""},
		{v.NFS != nil, "nfs", func(p *field.Path) { e.nfsVolume(v.NFS, p) }, ""},
		{v.ISCSI != nil, "iscsi", func(p *field.Path) { e.iscsiVolume(v.ISCSI, p) }, ""},
		{v.Glusterfs != nil, "glusterfs", func(p *field.Path) {
			e.requireText(v.Glusterfs.EndpointsName, p, "endpoints")
			e.requireText(v.Glusterfs.Path, p, "path")
		}, ""},
		{v.Flocker != nil, "flocker", func(p *field.Path) { e.flockerVolume(v.Flocker, p) }, ""},
		{v.PersistentVolumeClaim != nil, "persistentVolumeClaim", func(p *field.Path) {
			e.requireText(v.PersistentVolumeClaim.ClaimName, p, "claimName")
		}, ""},
		{v.RBD != nil, "rbd", func(p *field.Path) {
			e.requireList(v.RBD.CephMonitors, p, "monitors")
			e.requireText(v.RBD.RBDImage, p, "image")
		}, ""},
		{v.Cinder != nil, "cinder", func(p *field.Path) {
			e.requireText(v.Cinder.VolumeID, p, "volumeID")
			e.secretRef(v.Cinder.SecretRef, p)
		}, ""},
		{v.CephFS != nil, "cephFS", func(p *field.Path) { e.requireList(v.CephFS.Monitors, p, "monitors") }, "cephfs"},
		{v.Quobyte != nil, "quobyte", func(p *field.Path) {
			if v.Quobyte.Registry == "" {
				e.required(p.Child("registry"), "must be a host:port pair or multiple pairs separated by commas")
			}
			e.requireText(v.Quobyte.Volume, p, "volume")
		}, ""},
		{v.DownwardAPI != nil, "downwarAPI", func(p *field.Path) {
			e.fileMode(v.DownwardAPI.DefaultMode, p, "defaultMode")
			for i := range v.DownwardAPI.Items {
				e.downwardFile(&v.DownwardAPI.Items[i], p)
			}
		}, "downwardAPI"},
		{v.FC != nil, "fc", func(p *field.Path) { e.fcVolume(v.FC, p) }, ""},
		{v.FlexVolume != nil, "flexVolume", func(p *field.Path) { e.requireText(v.FlexVolume.Driver, p, "driver") }, ""},
		{v.ConfigMap != nil, "configMap", func(p *field.Path) {
			e.itemsVolume(v.ConfigMap.Name, "name", v.ConfigMap.DefaultMode, v.ConfigMap.Items, p)
		}, ""},
		{v.AzureFile != nil, "azureFile", func(p *field.Path) {
			e.requireText(v.AzureFile.SecretName, p, "secretName")
			e.requireText(v.AzureFile.ShareName, p, "shareName")
		}, ""},
		{v.VsphereVolume != nil, "vsphereVolume", func(p *field.Path) { e.requireText(v.VsphereVolume.VolumePath, p, "volumePath") }, ""},
		{v.PhotonPersistentDisk != nil, "photonPersistentDisk", func(p *field.Path) { e.requireText(v.PhotonPersistentDisk.PdID, p, "pdID") }, ""},
		{v.PortworxVolume != nil, "portworxVolume", func(p *field.Path) { e.requireText(v.PortworxVolume.VolumeID, p, "volumeID") }, ""},
		{v.AzureDisk != nil, "azureDisk", func(p *field.Path) {
			e.requireText(v.AzureDisk.DiskName, p, "diskName")
			e.requireText(v.AzureDisk.DataDiskURI, p, "diskURI")
		}, ""},
		{v.StorageOS != nil, "storageos", func(p *field.Path) {
			e.requireText(v.StorageOS.VolumeName, p, "volumeName")
		}, ""},
		{v.Projected != nil, "projected", func(p *field.Path) { e.projected(v.Projected, p) }, ""},
		{v.ScaleIO != nil, "scaleIO", func(p *field.Path) {
			e.requireText(v.ScaleIO.Gateway, p, "gateway")
			e.requireText(v.ScaleIO.System, p, "system")
			e.requireText(v.ScaleIO.VolumeName, p, "volumeName")
		}, ""},
		{v.CSI != nil, "csi", func(p *field.Path) { e.csiVolume(v.CSI, p) }, ""},
		{v.Ephemeral != nil, "ephemeral", func(p *field.Path) { e.ephemeralVolume(v, meta, at, p) }, ""},
		{v.Image != nil, "image", func(p *field.Path) {
			if !e.template {
				e.requireText(v.Image.Reference, p, "reference")
			}
			e.pullPolicy(v.Image.PullPolicy, p, "pullPolicy")
		}, ""},
	}
}

func (e *errs) requireText(text string, p *field.Path, name string) {
	if text == "" {
		e.required(p.Child(name), "")
	}
}

func (e *errs) requireList(list []string, p *field.Path, name string) {
	if len(list) == 0 {
		e.required(p.Child(name), "")
	}
}

// secretRef wants a reference to a secret, if there is one, to have a name.
func (e *errs) secretRef(r *corev1.LocalObjectReference, p *field.Path) {
	if r != nil {
		e.requireText(r.Name, p.Child("secretRef"), "name")
	}
}

func (e *errs) partition(n int32, p *field.Path) {
	if n < 0 || n > 255 {
		e.invalid(p.Child("partition"), n, is.InclusiveRangeError(1, 255))
	}
}

// fileMode wants permissions from 0 to 0777.
func (e *errs) fileMode(mode *int32, p *field.Path, name string) {
	if mode != nil && (*mode < 0 || *mode > 0o777) {
		e.invalid(p.Child(name), *mode, "must be a number between 0 and 0777 (octal), both inclusive")
	}
}

// noBacksteps wants a path without "..".
func (e *errs) noBacksteps(name string, p *field.Path) {
	if hasBackstep(name) {
		e.invalid(p, name, "must not contain '..'")
	}
}

func hasBackstep(name string) bool { return contains(strings.Split(name, "/"), "..") }

// relativePath wants a path below some directory.
func (e *errs) relativePath(name string, p *field.Path) {
	if path.IsAbs(name) {
		e.invalid(p, name, "must be a relative path")
	}
	e.noBacksteps(name, p)
}

// ownPath is relativePath for files of a volume, whose names may not begin with "..".
func (e *errs) ownPath(name string, p *field.Path) {
	e.relativePath(name, p)
	if strings.HasPrefix(name, "..") && !hasBackstep(name) {
		e.invalid(p, name, "must not start with '..'")
	}
}

// itemsVolume checks a volume of a config map or a secret.
func (e *errs) itemsVolume(name, nameField string, mode *int32, items []corev1.KeyToPath, p *field.Path) {
	e.requireText(name, p, nameField)
	e.fileMode(mode, p, "defaultMode")
	for i := range items {
		e.keyToPath(&items[i], p.Child("items").Index(i))
	}
}

func (e *errs) keyToPath(k *corev1.KeyToPath, p *field.Path) {
	e.requireText(k.Key, p, "key")
	e.requireText(k.Path, p, "path")
	e.ownPath(k.Path, p.Child("path"))
	e.fileMode(k.Mode, p, "mode")
}

// downwardFile checks a file that shows a field of the pod.
func (e *errs) downwardFile(f *corev1.DownwardAPIVolumeFile, p *field.Path) {
	e.requireText(f.Path, p, "path")
	e.ownPath(f.Path, p.Child("path"))
	switch {
	case f.FieldRef != nil:
		e.fieldRef(f.FieldRef, fileFields, p.Child("fieldRef"))
		if f.ResourceFieldRef != nil {
			e.invalid(p, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
		}
	case f.ResourceFieldRef != nil:
		e.resourceFieldRef(f.ResourceFieldRef, true, p.Child("resourceFieldRef"))
	default:
		e.required(p, "one of fieldRef and resourceFieldRef is required")
	}
	e.fileMode(f.Mode, p, "mode")
}
