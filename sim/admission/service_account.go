package admission

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// DefaultServiceAccount is the account of pods that name none.
const DefaultServiceAccount = "default"

const tokenVolume = "kube-api-access-"

// serviceAccount gives the pod its account, the account's pull secrets and its token.
//
// Differs: the account of a new namespace is there with it, so that nothing is ever waited for; upstream asks ten times
// for the account "default", 100 to 200 ms apart.
//
// Source: k8s v1.36.3 plugin/pkg/admission/serviceaccount/admission.go.
func serviceAccount(a *Admission, r *request) error {
	p := r.pod
	if _, mirror := p.Annotations[corev1.MirrorPodAnnotationKey]; mirror {
		return mirrorPod(r)
	}
	if p.Spec.ServiceAccountName == "" {
		p.Spec.ServiceAccountName = DefaultServiceAccount
	}
	name := p.Spec.ServiceAccountName
	p.Spec.DeprecatedServiceAccount = name
	o := a.store.Get(model.ServiceAccount, store.Key{Namespace: p.Namespace, Name: name})
	if o == nil {
		return r.forbidden("error looking up service account %s/%s: serviceaccount %q not found", p.Namespace, name, name)
	}
	account := o.API().(*corev1.ServiceAccount)
	if automounts(account, p) {
		r.token = mountToken(&p.Spec)
	}
	if len(p.Spec.ImagePullSecrets) == 0 {
		p.Spec.ImagePullSecrets = slices.Clone(account.ImagePullSecrets)
	}
	return nil
}

// mirrorPod refuses what the mirror of a static pod may not refer to.
func mirrorPod(r *request) error {
	s := &r.pod.Spec
	if s.ServiceAccountName != "" {
		return r.forbidden("a mirror pod may not reference service accounts")
	}
	if refersToSecrets(s) {
		return r.forbidden("a mirror pod may not reference secrets")
	}
	for _, v := range s.Volumes {
		if v.Projected == nil {
			continue
		}
		if slices.ContainsFunc(v.Projected.Sources, func(p corev1.VolumeProjection) bool { return p.ServiceAccountToken != nil }) {
			return r.forbidden("a mirror pod may not use ServiceAccountToken volume projections")
		}
	}
	return nil
}

// refersToSecrets reports whether the pod names a Secret: to pull images, as a volume, or in an environment.
func refersToSecrets(s *corev1.PodSpec) bool {
	if len(s.ImagePullSecrets) > 0 {
		return true
	}
	for _, v := range s.Volumes {
		if v.Secret != nil || v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(p corev1.VolumeProjection) bool { return p.Secret != nil }) {
			return true
		}
	}
	for _, c := range slices.Concat(s.InitContainers, s.Containers) {
		if slices.ContainsFunc(c.EnvFrom, func(e corev1.EnvFromSource) bool { return e.SecretRef != nil }) ||
			slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil }) {
			return true
		}
	}
	return false
}

// automounts: the pod's word counts before the account's; yes if both are silent.
func automounts(account *corev1.ServiceAccount, p *corev1.Pod) bool {
	if v := p.Spec.AutomountServiceAccountToken; v != nil {
		return *v
	}
	return account.AutomountServiceAccountToken == nil || *account.AutomountServiceAccountToken
}

// mountToken reports whether the pod is to get a token volume of its own. If the manifest brings one along, its mounts
// are added to the spec instead.
func mountToken(s *corev1.PodSpec) bool {
	if !store.NeedsToken(s) {
		return false
	}
	i := slices.IndexFunc(s.Volumes, func(v corev1.Volume) bool { return strings.HasPrefix(v.Name, tokenVolume) })
	if i < 0 {
		return true
	}
	mount := corev1.VolumeMount{Name: s.Volumes[i].Name, ReadOnly: true, MountPath: store.TokenPath}
	for _, list := range [][]corev1.Container{s.InitContainers, s.Containers} {
		for j := range list {
			if !slices.ContainsFunc(list[j].VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == store.TokenPath }) {
				list[j].VolumeMounts = append(list[j].VolumeMounts, mount)
			}
		}
	}
	return false
}
