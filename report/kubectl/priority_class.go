package kubectl

import (
	"strconv"
	"time"

	schedulingv1 "k8s.io/api/scheduling/v1"
)

func priorityClassCells(now time.Time, p *schedulingv1.PriorityClass) []string {
	policy := ""
	if p.PreemptionPolicy != nil {
		policy = string(*p.PreemptionPolicy)
	}
	return []string{p.Name, strconv.Itoa(int(p.Value)), strconv.FormatBool(p.GlobalDefault), age(now, p.CreationTimestamp), policy}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describePriorityClass.
func describePriorityClass(s *sheet, p *schedulingv1.PriorityClass) {
	s.line(0, "Name:\t%s", p.Name)
	s.line(0, "Value:\t%v", p.Value)
	s.line(0, "GlobalDefault:\t%v", p.GlobalDefault)
	policy := ""
	if p.PreemptionPolicy != nil {
		policy = string(*p.PreemptionPolicy)
	}
	s.line(0, "PreemptionPolicy:\t%s", policy)
	s.line(0, "Description:\t%s", p.Description)
	s.line(0, "Annotations:\t%s", formatLabels(p.Annotations))
	s.events(p)
}
