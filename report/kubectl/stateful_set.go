package kubectl

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

func statefulSetCells(now time.Time, x *appsv1.StatefulSet) []string {
	names, images := containerColumns(x.Spec.Template.Spec.Containers)
	return []string{x.Name, fmt.Sprintf("%d/%d", x.Status.ReadyReplicas, deref(x.Spec.Replicas)), age(now, x.CreationTimestamp), names, images}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeStatefulSet.
func describeStatefulSet(s *sheet, x *appsv1.StatefulSet) {
	s.line(0, "Name:\t%s", x.Name)
	s.line(0, "Namespace:\t%s", x.Namespace)
	s.line(0, "CreationTimestamp:\t%s", date(x.CreationTimestamp))
	selector := selectorOf(x.Spec.Selector)
	s.line(0, "Selector:\t%s", selector)
	s.labels("Labels", x.Labels)
	s.annotations("Annotations", x.Annotations)
	s.line(0, "Replicas:\t%d desired | %d total", deref(x.Spec.Replicas), x.Status.Replicas)
	s.line(0, "Update Strategy:\t%s", x.Spec.UpdateStrategy.Type)
	if ru := x.Spec.UpdateStrategy.RollingUpdate; ru != nil && ru.Partition != nil {
		s.line(1, "Partition:\t%d", *ru.Partition)
		if ru.MaxUnavailable != nil {
			s.line(1, "MaxUnavailable:\t%s", ru.MaxUnavailable.String())
		}
	}
	s.podCounts(x, selector)
	s.podTemplate(&x.Spec.Template)
	s.claimTemplates(x.Spec.VolumeClaimTemplates)
	s.events(x)
}

func (s *sheet) claimTemplates(list []corev1.PersistentVolumeClaim) {
	if len(list) == 0 {
		s.line(0, "Volume Claims:\t<none>")
		return
	}
	s.line(0, "Volume Claims:")
	for i := range list {
		c := &list[i]
		s.line(1, "Name:\t%s", c.Name)
		s.line(1, "StorageClass:\t%s", claimClass(c))
		s.labels("  Labels", c.Labels)
		values := []string{}
		for _, k := range sortedKeys(c.Annotations) { // as labels, and not shortened: kubectl has it so here
			values = append(values, k+"="+c.Annotations[k])
		}
		s.column("  Annotations", values)
		capacity := "<default>"
		if q, ok := c.Spec.Resources.Requests[corev1.ResourceStorage]; ok {
			capacity = q.String()
		}
		s.line(1, "Capacity:\t%s", capacity)
		s.line(1, "Access Modes:\t%s", c.Spec.AccessModes)
	}
}
