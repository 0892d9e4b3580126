package recording

import (
	"cmp"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/journal"
)

// eventObject is an object that is an Event.
type eventObject struct {
	*object
	first, last time.Duration // exactly: the API shows whole seconds
}

// EventFacts implements journal.Event.
func (e *eventObject) EventFacts() journal.EventFacts {
	o := e.API().(*corev1.Event)
	count := o.Count
	if o.Series != nil {
		count = o.Series.Count
	}
	r := &o.InvolvedObject
	return journal.EventFacts{
		Kind: r.Kind, Namespace: r.Namespace, Name: r.Name, UID: r.UID, FieldPath: r.FieldPath,
		Type: o.Type, Reason: o.Reason, Message: o.Message, Component: cmp.Or(o.Source.Component, o.ReportingController),
		Count: int(max(count, 1)), First: e.first, Last: e.last,
	}
}
