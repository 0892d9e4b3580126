package story

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/report/timeline"
)

func (c *Collector) observeEvent(at time.Duration, e *corev1.Event) {
	if e.InvolvedObject.Kind == "Pod" {
		l := c.pods[e.InvolvedObject.UID]
		if l == nil { // the Events of a static pod carry another UID than its mirror pod
			l = c.byName[e.InvolvedObject.Namespace+"/"+e.InvolvedObject.Name]
		}
		if l != nil {
			c.podEvent(l, at, e)
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
	count := max(e.Count, 1)
	if e.Series != nil {
		count = e.Series.Count
	}
	source := e.Source.Component
	if source == "" {
		source = e.ReportingController
	}
	c.story.Events = append(c.story.Events, Event{
		At: at, Kind: id(e.InvolvedObject.Kind), Namespace: id(e.InvolvedObject.Namespace), Name: id(e.InvolvedObject.Name),
		Warning: warning, Reason: id(e.Reason), Message: id(strings.TrimSpace(e.Message)), Count: count, Source: id(source),
	})
}

func (c *Collector) podEvent(l *podLife, at time.Duration, e *corev1.Event) {
	if container := containerOf(e.InvolvedObject.FieldPath); container != "" {
		c.pull(l, at, container, e.Reason)
	}
	if l.Containers == nil {
		return
	}
	if e.Type == corev1.EventTypeWarning {
		l.Marks = append(l.Marks, Mark{at, c.story.Strings.ID(e.Reason + ": " + strings.TrimSpace(e.Message)), timeline.Warning})
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
