package model

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The fields of a pod that variables and files may show, and the amounts of its containers.
var (
	envFields = []string{"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
		"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"}
	fileFields = []string{"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"}
	podFields  = []string{"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
		"spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName", "status.phase",
		"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"}
	resourceFields = []string{"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"}
)

// env checks the variables of a container.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateEnv, validateEnvVarValueFrom.
func (e *errs) env(vars []corev1.EnvVar, p *field.Path) {
	for i := range vars {
		v, at := &vars[i], p.Child("env").Index(i)
		if v.Name == "" {
			e.required(at.Child("name"), "")
		} else {
			e.invalid(at.Child("name"), v.Name, is.IsRelaxedEnvVarName(v.Name)...)
		}
		if v.ValueFrom != nil {
			e.envSource(v, at.Child("valueFrom"))
		}
	}
}

func (e *errs) envSource(v *corev1.EnvVar, p *field.Path) {
	from, sources := v.ValueFrom, 0
	if from.FieldRef != nil {
		sources++
		e.fieldRef(from.FieldRef, envFields, p.Child("fieldRef"))
	}
	if from.ResourceFieldRef != nil {
		sources++
		e.resourceFieldRef(from.ResourceFieldRef, false, p.Child("resourceFieldRef"))
	}
	if r := from.ConfigMapKeyRef; r != nil {
		sources++
		e.keyRef(r.Name, r.Key, p.Child("configMapKeyRef"))
	}
	if r := from.SecretKeyRef; r != nil {
		sources++
		e.keyRef(r.Name, r.Key, p.Child("secretKeyRef"))
	}
	if from.FileKeyRef != nil {
		sources++
		e.fileKeyRef(from.FileKeyRef, p.Child("fileKeyRef"))
	}
	switch {
	case sources == 0:
		e.invalid(p, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`")
	case v.Value != "":
		e.invalid(p, "", "may not be specified when `value` is not empty")
	case sources > 1:
		e.invalid(p, "", "may not have more than one field specified at a time")
	}
}

// keyRef checks a reference to a key of a config map or a secret.
func (e *errs) keyRef(name, key string, p *field.Path) {
	e.invalid(p.Child("name"), name, is.IsDNS1123Subdomain(name)...)
	if key == "" {
		e.required(p.Child("key"), "")
		return
	}
	e.invalid(p.Child("key"), key, is.IsConfigMapKey(key)...)
}

func (e *errs) fileKeyRef(r *corev1.FileKeySelector, p *field.Path) {
	if r.Key == "" {
		e.required(p.Child("key"), "")
	} else {
		e.invalid(p.Child("key"), r.Key, is.IsRelaxedEnvVarName(r.Key)...)
	}
	if r.VolumeName == "" {
		e.required(p.Child("volumeName"), "")
	} else {
		e.invalid(p.Child("volumeName"), r.VolumeName, is.IsDNS1123Label(r.VolumeName)...)
	}
	if r.Path == "" {
		e.required(p.Child("path"), "")
	} else {
		e.noBacksteps(r.Path, p.Child("path"))
	}
}

// fileKeyVolumes wants the files that variables come from to lie in an emptyDir.
func (r *containerRules) fileKeyVolumes(p *field.Path) {
	sources := map[string]*corev1.Volume{}
	for i := range r.spec.Volumes {
		sources[r.spec.Volumes[i].Name] = &r.spec.Volumes[i]
	}
	eachContainer(r.spec, p, func(c *corev1.Container, at func() *field.Path) {
		for i := range c.Env {
			from := c.Env[i].ValueFrom
			if from == nil || from.FileKeyRef == nil {
				continue
			}
			name, where := from.FileKeyRef.VolumeName, at().Child("env").Index(i).Child("valueFrom", "fileKeyRef", "volumeName")
			if v := sources[name]; v == nil {
				r.add(field.NotFound(where, name))
			} else if v.EmptyDir == nil {
				r.invalid(where, name, "referenced volume must be of type emptyDir")
			}
		}
	})
}

// eachContainer visits init, regular and ephemeral containers in the API server's order. at builds the path when asked.
func eachContainer(s *corev1.PodSpec, p *field.Path, visit func(c *corev1.Container, at func() *field.Path)) {
	for i := range s.InitContainers {
		visit(&s.InitContainers[i], func() *field.Path { return p.Child("initContainers").Index(i) })
	}
	for i := range s.Containers {
		visit(&s.Containers[i], func() *field.Path { return p.Child("containers").Index(i) })
	}
	for i := range s.EphemeralContainers {
		visit((*corev1.Container)(&s.EphemeralContainers[i].EphemeralContainerCommon), func() *field.Path { return p.Child("ephemeralContainers").Index(i) })
	}
}

// splitSubscript takes metadata.labels['app'] apart.
func splitSubscript(path string) (base, key string, ok bool) {
	inner, closed := strings.CutSuffix(path, "']")
	base, key, open := strings.Cut(inner, "['")
	if !closed || !open || base == "" {
		return path, "", false
	}
	return base, key, true
}

// fieldRef checks a reference to a field of the pod.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateObjectFieldSelector; pkg/apis/core/pods/helpers.go
// ConvertDownwardAPIFieldLabel.
func (e *errs) fieldRef(f *corev1.ObjectFieldSelector, allowed []string, p *field.Path) {
	if f.APIVersion == "" {
		e.required(p.Child("apiVersion"), "")
		return
	}
	if f.FieldPath == "" {
		e.required(p.Child("fieldPath"), "")
		return
	}
	base, key, subscript := splitSubscript(f.FieldPath)
	problem := ""
	switch {
	case f.APIVersion != "v1":
		problem = "unsupported pod version: " + f.APIVersion
	case subscript && base != "metadata.annotations" && base != "metadata.labels":
		problem = "field label does not support subscript: " + f.FieldPath
	case f.FieldPath == "spec.host":
		base = "spec.nodeName"
	case !subscript && !contains(podFields, f.FieldPath):
		problem = "field label not supported: " + f.FieldPath
	}
	switch {
	case problem != "":
		e.invalid(p.Child("fieldPath"), f.FieldPath, "error converting fieldPath: "+problem)
	case subscript && base == "metadata.annotations":
		e.invalid(p, strings.ToLower(key), is.IsQualifiedName(strings.ToLower(key))...)
	case subscript:
		e.invalid(p, key, is.IsQualifiedName(key)...)
	case !contains(allowed, base):
		e.add(field.NotSupported(p.Child("fieldPath"), base, allowed))
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// resourceFieldRef checks a reference to an amount of a container.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateContainerResourceFieldSelector,
// validateContainerResourceDivisor.
func (e *errs) resourceFieldRef(f *corev1.ResourceFieldSelector, inVolume bool, p *field.Path) {
	hugePages := strings.HasPrefix(f.Resource, "requests.hugepages-") || strings.HasPrefix(f.Resource, "limits.hugepages-")
	switch {
	case inVolume && f.ContainerName == "":
		e.required(p.Child("containerName"), "")
	case f.Resource == "":
		e.required(p.Child("resource"), "")
	case !contains(resourceFields, f.Resource) && !hugePages:
		e.add(field.NotSupported(p.Child("resource"), f.Resource, resourceFields))
	}
	if f.Divisor.IsZero() {
		return
	}
	divisor := f.Divisor.String()
	const sizes = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"
	what := ""
	switch f.Resource {
	case "limits.cpu", "requests.cpu":
		if divisor != "1m" && divisor != "1" {
			e.invalid(p.Child("divisor"), f.Resource, "only divisor's values 1m and 1 are supported with the cpu resource")
		}
		return
	case "limits.memory", "requests.memory":
		what = "memory"
	case "limits.ephemeral-storage", "requests.ephemeral-storage":
		what = "local ephemeral storage"
	}
	if hugePages {
		what = "hugepages"
	}
	if what != "" && !contains(strings.Split(sizes, ", "), divisor) {
		e.invalid(p.Child("divisor"), f.Resource, fmt.Sprintf("only divisor's values %s are supported with the %s resource", sizes, what))
	}
}

// envFrom checks the sets of variables of a container.
func (e *errs) envFrom(list []corev1.EnvFromSource, p *field.Path) {
	for i := range list {
		from, at, sources := &list[i], p.Child("envFrom").Index(i), 0
		if from.Prefix != "" {
			e.invalid(at.Child("prefix"), from.Prefix, is.IsRelaxedEnvVarName(from.Prefix)...)
		}
		if from.ConfigMapRef != nil {
			sources++
			e.sourceName(from.ConfigMapRef.Name, at.Child("configMapRef", "name"))
		}
		if from.SecretRef != nil {
			sources++
			e.sourceName(from.SecretRef.Name, at.Child("secretRef", "name"))
		}
		switch {
		case sources == 0:
			e.invalid(p.Child("envFrom"), "", "must specify one of: `configMapRef` or `secretRef`")
		case sources > 1:
			e.invalid(p.Child("envFrom"), "", "may not have more than one field specified at a time")
		}
	}
}

// sourceName wants a name that a generated name may begin with: a dash at its end is forgiven.
func (e *errs) sourceName(name string, p *field.Path) {
	if name == "" {
		e.required(p, "")
		return
	}
	masked := name
	if len(name) > 1 && name[len(name)-1] == '-' {
		masked = name[:len(name)-2] + "a"
	}
	e.invalid(p, name, is.IsDNS1123Subdomain(masked)...)
}
