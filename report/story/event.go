package story

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/report/timeline"
	"clustersim/sim/journal"
)

func (c *Collector) observeEvent(at time.Duration, e journal.EventFacts) {
	message := strings.TrimSpace(e.Message)
	if e.Kind == "Pod" {
		l := c.pods[e.UID]
		if l == nil { // the Events of a static pod carry another UID than its mirror pod
			l = c.byName[e.Namespace+"/"+e.Name]
		}
		if l != nil {
			c.podEvent(l, at, e, message)
		}
	}
	warning := e.Type == corev1.EventTypeWarning
	kept := &c.normal
	if warning {
		kept = &c.warned
	}
	if *kept >= c.limits.Events {
		c.story.EventsLeftOut++
		return
	}
	*kept++
	id := c.story.Strings.ID
	c.story.Events = append(c.story.Events, Event{
		At: at, Kind: id(e.Kind), Namespace: id(e.Namespace), Name: id(e.Name),
		Warning: warning, Reason: id(e.Reason), Message: id(message), Count: int32(max(e.Count, 1)), Source: id(e.Component),
	})
}

// eventFacts is what an Event's record says, from its API object where the journal has no compact form of it.
func eventFacts(r *journal.Record) journal.EventFacts {
	if e, ok := r.Object.(journal.Event); ok {
		return e.EventFacts()
	}
	e := r.Object.API().(*corev1.Event)
	f := journal.EventFacts{Kind: e.InvolvedObject.Kind, Namespace: e.InvolvedObject.Namespace, Name: e.InvolvedObject.Name, UID: e.InvolvedObject.UID,
		FieldPath: e.InvolvedObject.FieldPath, Type: e.Type, Reason: e.Reason, Message: e.Message, Component: e.Source.Component, Count: int(e.Count)}
	if f.Component == "" {
		f.Component = e.ReportingController
	}
	if e.Series != nil {
		f.Count = int(e.Series.Count)
	}
	return f
}

func (c *Collector) podEvent(l *podLife, at time.Duration, e journal.EventFacts, message string) {
	if container := containerOf(e.FieldPath); container != "" {
		c.pull(l, at, container, e.Reason)
	}
	if l.Containers == nil {
		return
	}
	if e.Type == corev1.EventTypeWarning {
		l.Marks = append(l.Marks, Mark{at, c.story.Strings.ID(e.Reason + ": " + message), timeline.Warning})
	}
}

// containerOf reads the container's name from a field path: spec.containers{app}.
func containerOf(path string) string {
	_, rest, ok := strings.Cut(path, "{")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(rest, "}")
}
