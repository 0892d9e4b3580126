package kubectl

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// volumeText is a volume as describe shows it: what it is, and its fields as name and value by turns.
type volumeText struct {
	about  string
	fields []any
}

// volumes writes the volumes of a pod or, with space, of a pod template.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeVolumes and print*VolumeSource.
func (s *sheet) volumes(volumes []corev1.Volume, space string) {
	if len(volumes) == 0 {
		s.line(0, "%sVolumes:\t<none>", space)
		return
	}
	s.line(0, "%sVolumes:", space)
	nameIndent := ""
	if space != "" {
		nameIndent = " "
	}
	for i := range volumes {
		v := &volumes[i]
		s.line(1, "%s%s:", nameIndent, v.Name)
		text, ok := localVolume(v)
		if !ok {
			text, ok = remoteVolume(v)
		}
		if !ok {
			s.line(1, "<unknown>")
			continue
		}
		s.volume(text)
		switch {
		case v.DownwardAPI != nil:
			s.downwardItems(v.DownwardAPI.Items)
		case v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil:
			t := v.Ephemeral.VolumeClaimTemplate
			s.depth += 2
			s.claim(&corev1.PersistentVolumeClaim{ObjectMeta: t.ObjectMeta, Spec: t.Spec}, false)
			s.depth -= 2
		case v.CSI != nil:
			s.volumeAttributes(v.CSI.VolumeAttributes)
		}
	}
}

func (s *sheet) volume(text volumeText) {
	s.line(2, "Type:\t%s", text.about)
	for i := 0; i+1 < len(text.fields); i += 2 {
		colon := ":"
		if text.fields[i] == "ISCSIInterface" { // kubectl forgot it
			colon = ""
		}
		s.line(2, "%s%s\t%v", text.fields[i], colon, text.fields[i+1])
	}
}

// localVolume knows what the kubelet makes itself, from the node or from API objects.
func localVolume(v *corev1.Volume) (volumeText, bool) {
	switch {
	case v.HostPath != nil:
		return hostPathText(v.HostPath), true
	case v.EmptyDir != nil:
		limit := "<unset>"
		if l := v.EmptyDir.SizeLimit; l != nil && l.Cmp(resource.Quantity{}) > 0 {
			limit = l.String()
		}
		return volumeText{"EmptyDir (a temporary directory that shares a pod's lifetime)", []any{"Medium", v.EmptyDir.Medium, "SizeLimit", limit}}, true
	case v.GitRepo != nil:
		return volumeText{"GitRepo (a volume that is pulled from git when the pod is created)",
			[]any{"Repository", v.GitRepo.Repository, "Revision", v.GitRepo.Revision}}, true
	case v.Secret != nil:
		return volumeText{"Secret (a volume populated by a Secret)", []any{"SecretName", v.Secret.SecretName, "Optional", isTrue(v.Secret.Optional)}}, true
	case v.ConfigMap != nil:
		return volumeText{"ConfigMap (a volume populated by a ConfigMap)", []any{"Name", v.ConfigMap.Name, "Optional", isTrue(v.ConfigMap.Optional)}}, true
	case v.DownwardAPI != nil:
		return volumeText{"DownwardAPI (a volume populated by information about the pod)", nil}, true
	case v.Projected != nil:
		return volumeText{"Projected (a volume that contains injected data from multiple sources)", projectedFields(v.Projected.Sources)}, true
	case v.PersistentVolumeClaim != nil:
		c := v.PersistentVolumeClaim
		return volumeText{"PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
			[]any{"ClaimName", c.ClaimName, "ReadOnly", c.ReadOnly}}, true
	case v.Ephemeral != nil:
		return volumeText{"EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)", nil}, true
	case v.Image != nil:
		return volumeText{"Image (a container image or OCI artifact)", []any{"Reference", v.Image.Reference, "PullPolicy", v.Image.PullPolicy}}, true
	}
	return volumeText{}, false
}

func hostPathText(h *corev1.HostPathVolumeSource) volumeText {
	kind := "<none>"
	if h.Type != nil {
		kind = string(*h.Type)
	}
	return volumeText{"HostPath (bare host directory volume)", []any{"Path", h.Path, "HostPathType", kind}}
}

func projectedFields(sources []corev1.VolumeProjection) []any {
	fields := []any{}
	for _, p := range sources {
		switch {
		case p.Secret != nil:
			fields = append(fields, "SecretName", p.Secret.Name, "Optional", isTrue(p.Secret.Optional))
		case p.DownwardAPI != nil:
			fields = append(fields, "DownwardAPI", true)
		case p.ConfigMap != nil:
			fields = append(fields, "ConfigMapName", p.ConfigMap.Name, "Optional", isTrue(p.ConfigMap.Optional))
		case p.ServiceAccountToken != nil:
			fields = append(fields, "TokenExpirationSeconds", deref(p.ServiceAccountToken.ExpirationSeconds))
		}
	}
	return fields
}

func (s *sheet) downwardItems(items []corev1.DownwardAPIVolumeFile) {
	s.line(2, "Items:")
	for _, item := range items {
		if item.FieldRef != nil {
			s.line(3, "%v -> %v", item.FieldRef.FieldPath, item.Path)
		}
		if item.ResourceFieldRef != nil {
			s.line(3, "%v -> %v", item.ResourceFieldRef.Resource, item.Path)
		}
	}
}

// remoteVolume knows the drivers. Most are gone from Kubernetes but not from manifests.
func remoteVolume(v *corev1.Volume) (volumeText, bool) {
	switch {
	case v.CSI != nil:
		return csiText(v.CSI.Driver, deref(v.CSI.FSType), nil, isTrue(v.CSI.ReadOnly)), true
	case v.NFS != nil:
		return nfsText(v.NFS), true
	case v.ISCSI != nil:
		x := v.ISCSI
		initiator := "<none>"
		if x.InitiatorName != nil {
			initiator = *x.InitiatorName
		}
		return volumeText{"ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)", []any{
			"TargetPortal", x.TargetPortal, "IQN", x.IQN, "Lun", x.Lun, "ISCSIInterface", x.ISCSIInterface, "FSType", x.FSType, "ReadOnly", x.ReadOnly,
			"Portals", x.Portals, "DiscoveryCHAPAuth", x.DiscoveryCHAPAuth, "SessionCHAPAuth", x.SessionCHAPAuth, "SecretRef", x.SecretRef, "InitiatorName", initiator}}, true
	case v.FC != nil:
		lun := "<none>"
		if v.FC.Lun != nil {
			lun = strconv.Itoa(int(*v.FC.Lun))
		}
		return volumeText{"FC (a Fibre Channel disk)", []any{"TargetWWNs", strings.Join(v.FC.TargetWWNs, ", "), "LUN", lun, "FSType", v.FC.FSType, "ReadOnly", v.FC.ReadOnly}}, true
	case v.RBD != nil:
		x := v.RBD
		return volumeText{"RBD (a Rados Block Device mount on the host that shares a pod's lifetime)", []any{
			"CephMonitors", x.CephMonitors, "RBDImage", x.RBDImage, "FSType", x.FSType, "RBDPool", x.RBDPool, "RadosUser", x.RadosUser,
			"Keyring", x.Keyring, "SecretRef", x.SecretRef, "ReadOnly", x.ReadOnly}}, true
	case v.CephFS != nil:
		x := v.CephFS
		return volumeText{"CephFS (a CephFS mount on the host that shares a pod's lifetime)", []any{
			"Monitors", x.Monitors, "Path", x.Path, "User", x.User, "SecretFile", x.SecretFile, "SecretRef", x.SecretRef, "ReadOnly", x.ReadOnly}}, true
	case v.Glusterfs != nil:
		x := v.Glusterfs
		return volumeText{"Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)", []any{
			"EndpointsName", x.EndpointsName, "Path", x.Path, "ReadOnly", x.ReadOnly}}, true
	case v.FlexVolume != nil:
		x := v.FlexVolume
		return volumeText{"FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)", []any{
			"Driver", x.Driver, "FSType", x.FSType, "SecretRef", x.SecretRef, "ReadOnly", x.ReadOnly, "Options", x.Options}}, true
	}
	return cloudVolume(v)
}

func cloudVolume(v *corev1.Volume) (volumeText, bool) {
	switch {
	case v.GCEPersistentDisk != nil:
		return gceText(v.GCEPersistentDisk), true
	case v.AWSElasticBlockStore != nil:
		return awsText(v.AWSElasticBlockStore), true
	case v.AzureDisk != nil:
		x := v.AzureDisk
		return volumeText{"AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)", []any{
			"DiskName", x.DiskName, "DiskURI", x.DataDiskURI, "Kind", deref(x.Kind), "FSType", deref(x.FSType), "CachingMode", deref(x.CachingMode), "ReadOnly", deref(x.ReadOnly)}}, true
	case v.AzureFile != nil:
		x := v.AzureFile
		return volumeText{"AzureFile (an Azure File Service mount on the host and bind mount to the pod)", []any{
			"SecretName", x.SecretName, "ShareName", x.ShareName, "ReadOnly", x.ReadOnly}}, true
	case v.VsphereVolume != nil:
		x := v.VsphereVolume
		return volumeText{"vSphereVolume (a Persistent Disk resource in vSphere)", []any{
			"VolumePath", x.VolumePath, "FSType", x.FSType, "StoragePolicyName", x.StoragePolicyName}}, true
	case v.Cinder != nil:
		x := v.Cinder
		return volumeText{"Cinder (a Persistent Disk resource in OpenStack)", []any{
			"VolumeID", x.VolumeID, "FSType", x.FSType, "ReadOnly", x.ReadOnly, "SecretRef", x.SecretRef}}, true
	case v.PhotonPersistentDisk != nil:
		x := v.PhotonPersistentDisk
		return volumeText{"PhotonPersistentDisk (a Persistent Disk resource in photon platform)", []any{"PdID", x.PdID, "FSType", x.FSType}}, true
	case v.PortworxVolume != nil:
		return volumeText{"PortworxVolume (a Portworx Volume resource)", []any{"VolumeID", v.PortworxVolume.VolumeID}}, true
	case v.Quobyte != nil:
		x := v.Quobyte
		return volumeText{"Quobyte (a Quobyte mount on the host that shares a pod's lifetime)", []any{
			"Registry", x.Registry, "Volume", x.Volume, "ReadOnly", x.ReadOnly}}, true
	case v.ScaleIO != nil:
		x := v.ScaleIO
		return volumeText{"ScaleIO (a persistent volume backed by a block device in ScaleIO)", []any{
			"Gateway", x.Gateway, "System", x.System, "Protection Domain", x.ProtectionDomain, "Storage Pool", x.StoragePool, "Storage Mode", x.StorageMode,
			"VolumeName", x.VolumeName, "FSType", x.FSType, "ReadOnly", x.ReadOnly}}, true
	case v.StorageOS != nil:
		x := v.StorageOS
		return volumeText{"StorageOS (a StorageOS Persistent Disk resource)", []any{
			"VolumeName", x.VolumeName, "VolumeNamespace", x.VolumeNamespace, "FSType", x.FSType, "ReadOnly", x.ReadOnly}}, true
	case v.Flocker != nil:
		x := v.Flocker
		return volumeText{"Flocker (a Flocker volume mounted by the Flocker agent)", []any{"DatasetName", x.DatasetName, "DatasetUUID", x.DatasetUUID}}, true
	}
	return volumeText{}, false
}

func nfsText(x *corev1.NFSVolumeSource) volumeText {
	return volumeText{"NFS (an NFS mount that lasts the lifetime of a pod)", []any{"Server", x.Server, "Path", x.Path, "ReadOnly", x.ReadOnly}}
}

func gceText(x *corev1.GCEPersistentDiskVolumeSource) volumeText {
	return volumeText{"GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)", []any{
		"PDName", x.PDName, "FSType", x.FSType, "Partition", x.Partition, "ReadOnly", x.ReadOnly}}
}

func awsText(x *corev1.AWSElasticBlockStoreVolumeSource) volumeText {
	return volumeText{"AWSElasticBlockStore (a Persistent Disk resource in AWS)", []any{
		"VolumeID", x.VolumeID, "FSType", x.FSType, "Partition", x.Partition, "ReadOnly", x.ReadOnly}}
}

// csiText has a handle for a persistent volume only.
func csiText(driver, fsType string, handle *string, readOnly bool) volumeText {
	fields := []any{"Driver", driver, "FSType", fsType}
	if handle != nil {
		fields = append(fields, "VolumeHandle", *handle)
	}
	return volumeText{"CSI (a Container Storage Interface (CSI) volume source)", append(fields, "ReadOnly", readOnly)}
}

func (s *sheet) volumeAttributes(m map[string]string) {
	// kubectl indents each piece of these lines anew; hence the spaces around the tab.
	s.put("    VolumeAttributes:\t")
	if len(m) == 0 {
		s.put("<none>\n")
		return
	}
	for i, k := range sortedKeys(m) {
		if i > 0 {
			s.put("        \t")
		}
		line := fmt.Sprintf("%s=%s", k, m[k])
		if len(line) > longestAnnotation {
			line = line[:longestAnnotation] + "..."
		}
		s.put("    %s\n", line)
	}
}
