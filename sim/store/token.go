package store

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// TokenPath is where the service account's token, CA and namespace are mounted.
const TokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// addToken lays the projected token volume over a spec whose slices are shared: they are cloned, not changed.
//
// Source: k8s v1.36.3 plugin/pkg/admission/serviceaccount/admission.go.
func addToken(spec *corev1.PodSpec, name string) {
	spec.Volumes = append(slices.Clip(spec.Volumes), TokenVolume(name))
	spec.InitContainers = withTokenMount(spec.InitContainers, name)
	spec.Containers = withTokenMount(spec.Containers, name)
}

func withTokenMount(cs []corev1.Container, name string) []corev1.Container {
	cs = slices.Clone(cs)
	for i := range cs {
		if !hasMountAt(&cs[i], TokenPath) {
			cs[i].VolumeMounts = append(slices.Clip(cs[i].VolumeMounts), corev1.VolumeMount{Name: name, ReadOnly: true, MountPath: TokenPath})
		}
	}
	return cs
}

func hasMountAt(c *corev1.Container, path string) bool {
	return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == path })
}

// NeedsToken reports whether any container would get the token mount.
func NeedsToken(spec *corev1.PodSpec) bool {
	bare := func(c corev1.Container) bool { return !hasMountAt(&c, TokenPath) }
	return slices.ContainsFunc(spec.InitContainers, bare) || slices.ContainsFunc(spec.Containers, bare)
}

// TokenVolume is the projected volume that ServiceAccount admission adds.
func TokenVolume(name string) corev1.Volume {
	mode, seconds := int32(0o644), int64(3607)
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		DefaultMode: &mode,
		Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{ExpirationSeconds: &seconds, Path: "token"}},
			{ConfigMap: &corev1.ConfigMapProjection{
				LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"},
				Items:                []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}},
			}},
			{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{
				Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.namespace"},
			}}}},
		},
	}}}
}
