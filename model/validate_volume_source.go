package model

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (e *errs) hostPathVolume(s *corev1.HostPathVolumeSource, p *field.Path) {
	if s.Path == "" {
		e.required(p.Child("path"), "")
		return
	}
	e.noBacksteps(s.Path, p.Child("path"))
	oneOfPointer(e, s.Type, p.Child("type"), corev1.HostPathUnset, corev1.HostPathBlockDev, corev1.HostPathCharDev, corev1.HostPathDirectory,
		corev1.HostPathDirectoryOrCreate, corev1.HostPathFile, corev1.HostPathFileOrCreate, corev1.HostPathSocket)
}

func (e *errs) nfsVolume(s *corev1.NFSVolumeSource, p *field.Path) {
	e.requireText(s.Server, p, "server")
	e.requireText(s.Path, p, "path")
	if !path.IsAbs(s.Path) {
		e.invalid(p.Child("path"), s.Path, "must be an absolute path")
	}
}

func (e *errs) iscsiVolume(s *corev1.ISCSIVolumeSource, p *field.Path) {
	e.requireText(s.TargetPortal, p, "targetPortal")
	e.requireText(s.IQN, p, "iqn")
	if s.Lun < 0 || s.Lun > 255 {
		e.invalid(p.Child("lun"), s.Lun, is.InclusiveRangeError(0, 255))
	}
	if (s.DiscoveryCHAPAuth || s.SessionCHAPAuth) && s.SecretRef == nil {
		e.required(p.Child("secretRef"), "")
	}
}

func (e *errs) flockerVolume(s *corev1.FlockerVolumeSource, p *field.Path) {
	if s.DatasetName == "" && s.DatasetUUID == "" {
		e.required(p, "one of datasetName and datasetUUID is required")
	}
	if s.DatasetName != "" && s.DatasetUUID != "" {
		e.invalid(p, "resource", "datasetName and datasetUUID can not be specified simultaneously")
	}
	if strings.Contains(s.DatasetName, "/") {
		e.invalid(p.Child("datasetName"), s.DatasetName, "must not contain '/'")
	}
}

func (e *errs) fcVolume(s *corev1.FCVolumeSource, p *field.Path) {
	if len(s.TargetWWNs) == 0 && len(s.WWIDs) == 0 {
		e.required(p.Child("targetWWNs"), "must specify either targetWWNs or wwids, but not both")
	}
	if len(s.TargetWWNs) != 0 && len(s.WWIDs) != 0 {
		e.invalid(p.Child("targetWWNs"), s.TargetWWNs, "targetWWNs and wwids can not be specified simultaneously")
	}
	if len(s.TargetWWNs) == 0 {
		return
	}
	if s.Lun == nil {
		e.required(p.Child("lun"), "lun is required if targetWWNs is specified")
	} else if *s.Lun < 0 || *s.Lun > 255 {
		e.invalid(p.Child("lun"), *s.Lun, is.InclusiveRangeError(0, 255))
	}
}

// csiVolume checks a volume that a driver makes for one pod.
func (e *errs) csiVolume(s *corev1.CSIVolumeSource, p *field.Path) {
	const longest = 63
	if at := p.Child("driver"); s.Driver == "" {
		e.required(at, "")
	} else {
		if len(s.Driver) > longest {
			e.add(field.TooLong(at, "", longest))
		}
		e.invalid(at, s.Driver, is.IsDNS1123Subdomain(strings.ToLower(s.Driver))...)
	}
	if r := s.NodePublishSecretRef; r != nil {
		if r.Name == "" {
			e.required(p.Child("nodePublishSecretRef", "name"), "")
		} else {
			e.invalid(p.Child("name"), r.Name, is.IsDNS1123Subdomain(r.Name)...)
		}
	}
}

// ephemeralVolume checks a volume with a claim of its own; at is the path of the volume, p that of its source.
func (e *errs) ephemeralVolume(v *corev1.Volume, meta *metav1.ObjectMeta, at, p *field.Path) {
	if t := v.Ephemeral.VolumeClaimTemplate; t == nil {
		e.required(p.Child("volumeClaimTemplate"), "")
	} else {
		e.labels(t.Labels, p.Child("volumeClaimTemplate", "metadata", "labels"))
		e.claimSpec(&t.Spec, p.Child("volumeClaimTemplate", "spec"))
	}
	if meta != nil && meta.Name != "" && v.Name != "" {
		claim := meta.Name + "-" + v.Name
		for _, detail := range is.IsDNS1123Subdomain(claim) {
			e.invalid(at.Child("name"), v.Name, "PVC name "+quoteFull(claim)+": "+detail)
		}
	}
}

// projected checks a volume of several sources.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateProjectionSources.
// Differs: trust bundles and pod certificates are checked for their paths only.
func (e *errs) projected(s *corev1.ProjectedVolumeSource, p *field.Path) {
	e.fileMode(s.DefaultMode, p, "defaultMode")
	taken := map[string]bool{}
	take := func(file string, value any) {
		if file != "" && taken[file] {
			e.invalid(p, value, "conflicting duplicate paths")
		}
		taken[file] = true
	}
	for i := range s.Sources {
		from, at, count := &s.Sources[i], p.Child("sources").Index(i), 0
		items := func(name string, list []corev1.KeyToPath, at *field.Path) {
			count++
			e.requireText(name, at, "name")
			for j := range list {
				e.keyToPath(&list[j], at.Child("items").Index(j))
				take(list[j].Path, name)
			}
		}
		if from.Secret != nil {
			items(from.Secret.Name, from.Secret.Items, at.Child("secret"))
		}
		if from.ConfigMap != nil {
			items(from.ConfigMap.Name, from.ConfigMap.Items, at.Child("configMap"))
		}
		if d := from.DownwardAPI; d != nil {
			count++
			for j := range d.Items {
				e.downwardFile(&d.Items[j], at.Child("downwardAPI"))
				take(d.Items[j].Path, d.Items[j].Path)
			}
		}
		if t := from.ServiceAccountToken; t != nil {
			count++
			e.accountToken(t, p, at.Child("serviceAccountToken"))
		}
		if b := from.ClusterTrustBundle; b != nil {
			count++
			e.requireText(b.Path, at.Child("clusterTrustBundle"), "path")
			e.ownPath(b.Path, at.Child("clusterTrustBundle", "path"))
			take(b.Path, b.Path)
		}
		if from.PodCertificate != nil {
			count++
		}
		if count > 1 {
			e.forbidden(at, "may not specify more than 1 volume type per source")
		}
	}
}

// accountToken checks a token of a service account; p is the path of the volume's source, at that of the token.
func (e *errs) accountToken(t *corev1.ServiceAccountTokenProjection, p, at *field.Path) {
	const shortest, longest = 10 * 60, 1 << 32
	if seconds := t.ExpirationSeconds; seconds != nil {
		if *seconds < shortest {
			e.invalid(at.Child("expirationSeconds"), *seconds, "may not specify a duration less than 10 minutes")
		}
		if *seconds > longest {
			e.invalid(at.Child("expirationSeconds"), *seconds, "may not specify a duration larger than 2^32 seconds")
		}
	}
	if t.Path == "" {
		e.required(p.Child("path"), "")
		return
	}
	e.ownPath(t.Path, p.Child("path"))
}

// mounts checks where a container sees its volumes.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateVolumeMounts.
func (r *containerRules) mounts(c *corev1.Container, p *field.Path) {
	p = p.Child("volumeMounts")
	for i := range c.VolumeMounts {
		m, at := &c.VolumeMounts[i], p.Index(i)
		r.requireText(m.Name, at, "name")
		if r.volumes[m.Name] == nil {
			r.add(field.NotFound(at.Child("name"), m.Name))
		}
		r.requireText(m.MountPath, at, "mountPath")
		for _, other := range c.VolumeMounts[:i] {
			if other.MountPath == m.MountPath {
				r.invalid(at.Child("mountPath"), m.MountPath, "must be unique")
				break
			}
		}
		sameName, samePath := false, false
		for _, d := range c.VolumeDevices {
			sameName = sameName || d.Name == m.Name
			samePath = samePath || d.DevicePath == m.MountPath
		}
		if sameName {
			r.invalid(at.Child("name"), m.Name, "must not already exist in volumeDevices")
		}
		if samePath {
			r.invalid(at.Child("mountPath"), m.MountPath, "must not already exist as a path in volumeDevices")
		}
		if m.SubPath != "" {
			r.relativePath(m.SubPath, p.Child("subPath"))
		}
		if m.SubPathExpr != "" {
			if m.SubPath != "" {
				r.invalid(at.Child("subPathExpr"), m.SubPathExpr, "subPathExpr and subPath are mutually exclusive")
			}
			r.relativePath(m.SubPathExpr, p.Child("subPathExpr"))
		}
		r.mountModes(m, c, p)
	}
}

// mountModes checks how a mount is shared and protected.
func (r *containerRules) mountModes(m *corev1.VolumeMount, c *corev1.Container, p *field.Path) {
	if m.MountPropagation != nil {
		at := p.Child("mountPropagation")
		oneOfPointer(r.errs, m.MountPropagation, at, corev1.MountPropagationBidirectional, corev1.MountPropagationHostToContainer, corev1.MountPropagationNone)
		privileged := c.SecurityContext != nil && c.SecurityContext.Privileged != nil && *c.SecurityContext.Privileged
		if *m.MountPropagation == corev1.MountPropagationBidirectional && !privileged {
			r.forbidden(at, "Bidirectional mount propagation is available only to privileged containers")
		}
	}
	if m.RecursiveReadOnly == nil {
		return
	}
	at := p.Child("recursiveReadOnly")
	switch *m.RecursiveReadOnly {
	case corev1.RecursiveReadOnlyEnabled, corev1.RecursiveReadOnlyIfPossible:
		if !m.ReadOnly {
			r.forbidden(at, "may only be specified when readOnly is true")
		}
		if m.MountPropagation != nil && *m.MountPropagation != corev1.MountPropagationNone {
			r.forbidden(at, "may only be specified when mountPropagation is None or not specified")
		}
	default:
		oneOfPointer(r.errs, m.RecursiveReadOnly, at, corev1.RecursiveReadOnlyDisabled, corev1.RecursiveReadOnlyEnabled, corev1.RecursiveReadOnlyIfPossible)
	}
}

// devices checks the raw block devices of a container.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateVolumeDevices.
func (r *containerRules) devices(c *corev1.Container, p *field.Path) {
	for i, d := range c.VolumeDevices {
		at := p.Child("volumeDevices").Index(i)
		r.requireText(d.Name, at, "name")
		sameName, samePath := false, false
		for _, other := range c.VolumeDevices[:i] {
			sameName = sameName || d.Name != "" && other.Name == d.Name
			samePath = samePath || other.DevicePath == d.DevicePath && !hasBackstep(d.DevicePath)
		}
		if sameName {
			r.invalid(at.Child("name"), d.Name, "must be unique")
		}
		if v := r.volumes[d.Name]; v == nil {
			r.add(field.NotFound(at.Child("name"), d.Name))
		} else if v.PersistentVolumeClaim == nil && v.Ephemeral == nil {
			r.invalid(at.Child("name"), d.Name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
		}
		r.requireText(d.DevicePath, at, "devicePath")
		if samePath {
			r.invalid(at.Child("devicePath"), d.DevicePath, "must be unique")
		}
		if hasBackstep(d.DevicePath) {
			r.invalid(at.Child("devicePath"), d.DevicePath, "can not contain backsteps ('..')")
		}
		sameName, samePath = false, false
		for _, m := range c.VolumeMounts {
			sameName = sameName || m.Name == d.Name
			samePath = samePath || m.MountPath == d.DevicePath
		}
		if sameName {
			r.invalid(at.Child("name"), d.Name, "must not already exist in volumeMounts")
		}
		if samePath {
			r.invalid(at.Child("devicePath"), d.DevicePath, "must not already exist as a path in volumeMounts")
		}
	}
}
