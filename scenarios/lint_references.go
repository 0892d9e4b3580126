package scenarios

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
)

var claimKind = model.FindKind("PersistentVolumeClaim")

// references looks for ConfigMaps, Secrets, ServiceAccounts, PriorityClasses and PersistentVolumeClaims that pods name and nothing defines.
func (l *linter) references() {
	said := map[string]bool{}
	for i := range l.pods {
		p := &l.pods[i]
		need := func(k *model.Kind, name string, optional *bool) {
			if name == "" || optional != nil && *optional {
				return
			}
			namespace := p.namespace
			if !k.Namespaced {
				namespace = ""
			}
			if id := key(k, namespace, name); !said[id] && !l.knows(k, namespace, name) {
				said[id] = true
				l.warn(p.place, "the %s %q is referenced and nowhere defined", k.Name, name)
			}
		}
		podReferences(p.spec, need)
	}
}

// podReferences names every object that a pod needs.
func podReferences(spec *corev1.PodSpec, need func(k *model.Kind, name string, optional *bool)) {
	need(model.PriorityClass, spec.PriorityClassName, nil)
	need(model.ServiceAccount, spec.ServiceAccountName, nil)
	for _, s := range spec.ImagePullSecrets {
		need(model.Secret, s.Name, nil)
	}
	for i := range spec.Volumes {
		volumeReferences(&spec.Volumes[i], need)
	}
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			containerReferences(&list[i], need)
		}
	}
}

func volumeReferences(v *corev1.Volume, need func(k *model.Kind, name string, optional *bool)) {
	if s := v.Secret; s != nil {
		need(model.Secret, s.SecretName, s.Optional)
	}
	if c := v.PersistentVolumeClaim; c != nil {
		need(claimKind, c.ClaimName, nil)
	}
	if m := v.ConfigMap; m != nil {
		need(model.ConfigMap, m.Name, m.Optional)
	}
	if v.Projected == nil {
		return
	}
	for _, src := range v.Projected.Sources {
		if src.Secret != nil {
			need(model.Secret, src.Secret.Name, src.Secret.Optional)
		}
		if src.ConfigMap != nil {
			need(model.ConfigMap, src.ConfigMap.Name, src.ConfigMap.Optional)
		}
	}
}

func containerReferences(c *corev1.Container, need func(k *model.Kind, name string, optional *bool)) {
	for _, e := range c.EnvFrom {
		if e.ConfigMapRef != nil {
			need(model.ConfigMap, e.ConfigMapRef.Name, e.ConfigMapRef.Optional)
		}
		if e.SecretRef != nil {
			need(model.Secret, e.SecretRef.Name, e.SecretRef.Optional)
		}
	}
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			continue
		}
		if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
			need(model.ConfigMap, r.Name, r.Optional)
		}
		if r := e.ValueFrom.SecretKeyRef; r != nil {
			need(model.Secret, r.Name, r.Optional)
		}
	}
}
