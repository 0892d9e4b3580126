package admission

import (
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// podPriority writes the class's value and preemption policy into the pod.
//
// Source: k8s v1.36.3 plugin/pkg/admission/priority/admission.go admitPod.
func podPriority(a *Admission, r *request) error {
	s := &r.pod.Spec
	value, policy := int32(0), corev1.PreemptLowerPriority
	class := a.defaultClass()
	if s.PriorityClassName != "" {
		o := a.store.Get(model.PriorityClass, store.Key{Name: s.PriorityClassName})
		if o == nil {
			return r.forbidden("no PriorityClass with name %s was found", s.PriorityClassName)
		}
		class = o.API().(*schedulingv1.PriorityClass)
	}
	if class != nil {
		s.PriorityClassName, value = class.Name, class.Value
		if class.PreemptionPolicy != nil {
			policy = *class.PreemptionPolicy
		}
	}
	if s.Priority != nil && *s.Priority != value {
		return r.forbidden("the integer value of priority (%d) must not be provided in pod spec; priority admission controller computed %d from the given PriorityClass name", *s.Priority, value)
	}
	if s.PreemptionPolicy != nil && *s.PreemptionPolicy != policy {
		return r.forbidden("the string value of PreemptionPolicy (%s) must not be provided in pod spec; priority admission controller computed %s from the given PriorityClass name", *s.PreemptionPolicy, policy)
	}
	s.Priority, s.PreemptionPolicy = &value, &policy
	return nil
}

// defaultClass is the class of pods that name none: the lowest of those marked as default, or nil.
func (a *Admission) defaultClass() *schedulingv1.PriorityClass {
	var lowest *schedulingv1.PriorityClass
	for _, o := range a.store.List(model.PriorityClass) {
		if c := o.API().(*schedulingv1.PriorityClass); c.GlobalDefault && (lowest == nil || c.Value < lowest.Value) {
			lowest = c
		}
	}
	return lowest
}

// priorityClass refuses a second default class.
//
// Source: k8s v1.36.3 plugin/pkg/admission/priority/admission.go validatePriorityClass.
func priorityClass(a *Admission, r *request) error {
	c, ok := r.object.(*schedulingv1.PriorityClass)
	if !ok || !c.GlobalDefault {
		return nil
	}
	if d := a.defaultClass(); d != nil && d.Name != c.Name {
		return r.forbidden("PriorityClass %s is already marked as default. Only one default can exist", d.Name)
	}
	return nil
}
