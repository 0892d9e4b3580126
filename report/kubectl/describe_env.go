package kubectl

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// env writes the environment of a container. In a pod template there is nothing to take fields from, so pod is nil.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeContainerEnvVars.
func (s *sheet) env(c *corev1.Container, pod *corev1.Pod) {
	if len(c.Env) == 0 {
		s.line(2, "Environment:\t<none>")
		return
	}
	s.line(2, "Environment:")
	for _, e := range c.Env {
		switch from := e.ValueFrom; {
		case from == nil:
			for i, line := range strings.Split(e.Value, "\n") {
				if i == 0 {
					s.line(3, "%s:\t%s", e.Name, line)
				} else {
					s.line(3, "\t%s", line)
				}
			}
		case from.FieldRef != nil:
			s.line(3, "%s:\t%s (%s:%s)", e.Name, fieldValue(pod, from.FieldRef), from.FieldRef.APIVersion, from.FieldRef.FieldPath)
		case from.ResourceFieldRef != nil:
			s.line(3, "%s:\t%s (%s)", e.Name, resourceValue(c, from.ResourceFieldRef), from.ResourceFieldRef.Resource)
		case from.SecretKeyRef != nil:
			r := from.SecretKeyRef
			s.line(3, "%s:\t<set to the key '%s' in secret '%s'>\tOptional: %t", e.Name, r.Key, r.Name, isTrue(r.Optional))
		case from.ConfigMapKeyRef != nil:
			r := from.ConfigMapKeyRef
			s.line(3, "%s:\t<set to the key '%s' of config map '%s'>\tOptional: %t", e.Name, r.Key, r.Name, isTrue(r.Optional))
		}
	}
}

// fieldValue knows the two fields that kubectl's own scheme lets it look up; it prints nothing for the others.
func fieldValue(pod *corev1.Pod, ref *corev1.ObjectFieldSelector) string {
	if pod == nil {
		return ""
	}
	switch ref.FieldPath {
	case "metadata.name":
		return pod.Name
	case "metadata.namespace":
		return pod.Namespace
	}
	return ""
}

// resourceValue is a limit or request in units of the divisor, rounded up. An absent cpu or memory limit is what the node
// has to give.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/util/resource/resource.go ExtractContainerResourceValue.
func resourceValue(c *corev1.Container, ref *corev1.ResourceFieldSelector) string {
	side, name, _ := strings.Cut(ref.Resource, ".")
	list := c.Resources.Requests
	if side == "limits" {
		list = c.Resources.Limits
	} else if side != "requests" {
		return ""
	}
	known := name == "cpu" || name == "memory" || name == "ephemeral-storage" || strings.HasPrefix(name, corev1.ResourceHugePagesPrefix)
	if !known {
		return ""
	}
	divisor := ref.Divisor
	if divisor.IsZero() {
		divisor = resource.MustParse("1")
	}
	q := list[corev1.ResourceName(name)]
	value, by := q.Value(), divisor.Value()
	if name == "cpu" {
		value, by = q.MilliValue(), divisor.MilliValue()
	}
	if by <= 0 {
		return ""
	}
	units := value / by
	if value%by > 0 {
		units++
	}
	if units == 0 && side == "limits" && (name == "cpu" || name == "memory") {
		return "node allocatable"
	}
	return strconv.FormatInt(units, 10)
}

func (s *sheet) envFrom(list []corev1.EnvFromSource) {
	if len(list) == 0 {
		return
	}
	s.line(2, "Environment Variables from:")
	for _, e := range list {
		from, name, optional := "", "", false
		if e.ConfigMapRef != nil {
			from, name, optional = "ConfigMap", e.ConfigMapRef.Name, isTrue(e.ConfigMapRef.Optional)
		} else if e.SecretRef != nil {
			from, name, optional = "Secret", e.SecretRef.Name, isTrue(e.SecretRef.Optional)
		}
		if e.Prefix != "" {
			from += " with prefix '" + e.Prefix + "'"
		}
		s.line(3, "%s\t%s\tOptional: %t", name, from, optional)
	}
}
