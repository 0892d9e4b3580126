package journal

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Event is the Object of an Event's record. It tells what it says without the cost of building the API object.
type Event interface {
	Object
	EventFacts() EventFacts
}

// EventFacts is what an Event says.
type EventFacts struct {
	Kind, Namespace, Name string // of the involved object; Namespace is "" for cluster-scoped kinds
	UID                   types.UID
	FieldPath             string // "spec.containers{app}"
	Type, Reason, Message string
	Component             string // that says it
	Count                 int    // how often it was said
	First, Last           time.Duration
}
