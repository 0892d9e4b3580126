package scheduler

import (
	"slices"
	"strings"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// budget is a PodDisruptionBudget.
type budget struct {
	object   *policyv1.PodDisruptionBudget
	selector labels.Selector
}

func (s *Snapshot) setBudget(o *policyv1.PodDisruptionBudget) {
	sel, err := metav1.LabelSelectorAsSelector(o.Spec.Selector)
	if err != nil {
		sel = labels.Nothing()
	}
	i, found := s.findBudget(o)
	if !found {
		s.budgets = slices.Insert(s.budgets, i, budget{})
	}
	s.budgets[i] = budget{o, sel}
	s.gen++
}

func (s *Snapshot) removeBudget(o *policyv1.PodDisruptionBudget) {
	if i, found := s.findBudget(o); found {
		s.budgets = slices.Delete(s.budgets, i, i+1)
		s.gen++
	}
}

func (s *Snapshot) findBudget(o *policyv1.PodDisruptionBudget) (int, bool) {
	return slices.BinarySearchFunc(s.budgets, o, func(b budget, o *policyv1.PodDisruptionBudget) int {
		if c := strings.Compare(b.object.Namespace, o.Namespace); c != 0 {
			return c
		}
		return strings.Compare(b.object.Name, o.Name)
	})
}

// splitByBudget sorts out, in their order, the pods whose eviction would go beyond what a budget allows.
//
// Source: k8s v1.36.3 defaultpreemption/default_preemption.go filterPodsWithPDBViolation.
func (s *Snapshot) splitByBudget(pods []*Pod) (violating, others []*Pod) {
	allowed := make([]int32, len(s.budgets))
	for i := range s.budgets {
		allowed[i] = s.budgets[i].object.Status.DisruptionsAllowed
	}
	for _, p := range pods {
		over := false
		for i := range s.budgets {
			b := &s.budgets[i]
			if len(p.Labels) == 0 || b.object.Namespace != p.Namespace || b.selector.Empty() || !b.selector.Matches(labels.Set(p.Labels)) {
				continue
			}
			if _, done := b.object.Status.DisruptedPods[p.Name]; done {
				continue
			}
			allowed[i]--
			over = over || allowed[i] < 0
		}
		if over {
			violating = append(violating, p)
		} else {
			others = append(others, p)
		}
	}
	return violating, others
}
