package kubectl

import (
	"time"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func disruptionBudgetCells(now time.Time, p *policyv1.PodDisruptionBudget) []string {
	least, most := "N/A", "N/A"
	if p.Spec.MinAvailable != nil {
		least = p.Spec.MinAvailable.String()
	}
	if p.Spec.MaxUnavailable != nil {
		most = p.Spec.MaxUnavailable.String()
	}
	return []string{p.Name, least, most, number(p.Status.DisruptionsAllowed), age(now, p.CreationTimestamp)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describePodDisruptionBudgetV1.
func describeDisruptionBudget(s *sheet, p *policyv1.PodDisruptionBudget) {
	s.line(0, "Name:\t%s", p.Name)
	s.line(0, "Namespace:\t%s", p.Namespace)
	if p.Spec.MinAvailable != nil {
		s.line(0, "Min available:\t%s", p.Spec.MinAvailable.String())
	} else if p.Spec.MaxUnavailable != nil {
		s.line(0, "Max unavailable:\t%s", p.Spec.MaxUnavailable.String())
	}
	if p.Spec.Selector != nil {
		s.line(0, "Selector:\t%s", metav1.FormatLabelSelector(p.Spec.Selector))
	} else {
		s.line(0, "Selector:\t<unset>")
	}
	s.line(0, "Status:")
	s.line(2, "Allowed disruptions:\t%d", p.Status.DisruptionsAllowed)
	s.line(2, "Current:\t%d", p.Status.CurrentHealthy)
	s.line(2, "Desired:\t%d", p.Status.DesiredHealthy)
	s.line(2, "Total:\t%d", p.Status.ExpectedPods)
	s.events(p)
}
