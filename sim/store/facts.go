package store

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/journal"
)

var _ journal.Pod = (*Pod)(nil)

// Facts implements journal.Pod.
func (p *Pod) Facts() journal.PodFacts {
	return journal.PodFacts{
		Index: int(p.Index), Namespace: p.Namespace, Name: p.Name, UID: p.UID, Owners: p.OwnerList(),
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
