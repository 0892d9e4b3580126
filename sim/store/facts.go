package store

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/journal"
)

var (
	_ journal.Pod   = (*Pod)(nil)
	_ journal.Event = (*Event)(nil)
)

// EventFacts implements journal.Event.
func (e *Event) EventFacts() journal.EventFacts {
	r := &e.Regarding
	return journal.EventFacts{
		Kind: r.Kind.Name, Namespace: r.Namespace, Name: r.Name, UID: r.UID, FieldPath: r.FieldPath,
		Type: e.Type, Reason: e.Reason, Message: e.Message, Component: e.Component,
		Count: int(max(e.Count, e.SeriesCount, 1)), First: e.First, Last: e.Last,
	}
}

// Facts implements journal.Pod.
func (p *Pod) Facts() journal.PodFacts {
	return journal.PodFacts{
		Index: int(p.Index), Namespace: p.Namespace, Name: p.Name, UID: p.UID, Labels: p.LabelSet(), Owners: p.OwnerList(),
		NodeName: p.NodeName, Deleting: p.Deletion != nil, Spec: p.Spec(), Status: p.Status,
	}
}

// OwnerList returns the pod's owners. The caller must not change them.
func (p *Pod) OwnerList() []metav1.OwnerReference {
	if p.Owners != nil {
		return p.Owners
	}
	return p.Template.OwnerReferences
}
