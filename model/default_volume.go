package model

import corev1 "k8s.io/api/core/v1"

// defaultVolume fills in a volume of a pod. Without a source it is an emptyDir.
//
// Source: k8s v1.36.3 pkg/apis/core/v1/defaults.go SetDefaults_Volume and the functions of the sources.
func defaultVolume(v *corev1.Volume) {
	if v.VolumeSource == (corev1.VolumeSource{}) {
		v.EmptyDir = &corev1.EmptyDirVolumeSource{}
		return
	}
	if s := v.Secret; s != nil {
		setPointer(&s.DefaultMode, corev1.SecretVolumeSourceDefaultMode)
	}
	if s := v.ConfigMap; s != nil {
		setPointer(&s.DefaultMode, corev1.ConfigMapVolumeSourceDefaultMode)
	}
	if s := v.DownwardAPI; s != nil {
		setPointer(&s.DefaultMode, corev1.DownwardAPIVolumeSourceDefaultMode)
		for i := range s.Items {
			defaultFieldRef(s.Items[i].FieldRef)
		}
	}
	if s := v.Projected; s != nil {
		defaultProjected(s)
	}
	if s := v.HostPath; s != nil {
		setPointer(&s.Type, corev1.HostPathUnset)
	}
	if s := v.Image; s != nil && s.PullPolicy == "" {
		s.PullPolicy = DefaultPullPolicy(s.Reference)
	}
	if s := v.Ephemeral; s != nil && s.VolumeClaimTemplate != nil {
		defaultClaimSpec(&s.VolumeClaimTemplate.Spec)
	}
	defaultNetworkVolume(v)
}

func defaultProjected(s *corev1.ProjectedVolumeSource) {
	setPointer(&s.DefaultMode, corev1.ProjectedVolumeSourceDefaultMode)
	for i := range s.Sources {
		from := &s.Sources[i]
		if from.DownwardAPI != nil {
			for j := range from.DownwardAPI.Items {
				defaultFieldRef(from.DownwardAPI.Items[j].FieldRef)
			}
		}
		if from.ServiceAccountToken != nil {
			const hour = 3600
			setPointer(&from.ServiceAccountToken.ExpirationSeconds, hour)
		}
	}
}

// defaultNetworkVolume fills in the sources that nothing here ever looks into.
func defaultNetworkVolume(v *corev1.Volume) {
	if s := v.ISCSI; s != nil {
		setString(&s.ISCSIInterface, "default")
	}
	if s := v.RBD; s != nil {
		setString(&s.RBDPool, "rbd")
		setString(&s.RadosUser, "admin")
		setString(&s.Keyring, "/etc/ceph/keyring")
	}
	defaultAzureDisk(v.AzureDisk)
	if s := v.ScaleIO; s != nil {
		setString(&s.StorageMode, "ThinProvisioned")
		setString(&s.FSType, "xfs")
	}
}
