package kubectl

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
)

func namespaceCells(now time.Time, n *corev1.Namespace) []string {
	return []string{n.Name, string(n.Status.Phase), age(now, n.CreationTimestamp)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeNamespace.
func describeNamespace(s *sheet, n *corev1.Namespace) {
	s.line(0, "Name:\t%s", n.Name)
	s.labels("Labels", n.Labels)
	s.annotations("Annotations", n.Annotations)
	s.line(0, "Status:\t%s", n.Status.Phase)
	if len(n.Status.Conditions) > 0 {
		s.line(0, "Conditions:")
		s.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage")
		s.line(1, "----\t------\t------------------\t------\t-------")
		for _, c := range n.Status.Conditions {
			s.line(1, "%v\t%v\t%s\t%v\t%v", c.Type, c.Status, date(c.LastTransitionTime), c.Reason, c.Message)
		}
	}
	s.line(0, "")
	quotas := s.cluster.list(model.FindKind("resourcequotas"), n.Name)
	if len(quotas) == 0 {
		s.line(0, "No resource quota.")
	} else {
		describeQuotas(s, quotas)
	}
	s.line(0, "")
	limits := s.cluster.list(model.FindKind("limitranges"), n.Name)
	if len(limits) == 0 {
		s.line(0, "No LimitRange resource.")
	} else {
		describeLimits(s, limits)
	}
}
