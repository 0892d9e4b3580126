package journal

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Pod is the Object of a Pod's record. It tells summaries what they need without the cost of building the API object.
type Pod interface {
	Object
	Facts() PodFacts
}

// PodFacts is a pod at the instant of a record. What it points to must not be changed.
type PodFacts struct {
	Index           int // counts the pods of the run from 0, in order of creation
	Namespace, Name string
	UID             types.UID
	Labels          map[string]string
	Owners          []metav1.OwnerReference
	NodeName        string
	Deleting        bool            // it has a deletionTimestamp
	Spec            *corev1.PodSpec // the same pointer for pods of one template; without nodeName
	Status          *corev1.PodStatus
}
