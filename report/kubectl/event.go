package kubectl

import (
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
)

// eventCells is a row of `kubectl get events`.
//
// Source: k8s v1.36.3 pkg/printers/internalversion/printers.go printEvent.
func eventCells(now time.Time, e *corev1.Event) []string {
	first := since(now, e.FirstTimestamp.Time)
	if e.FirstTimestamp.IsZero() {
		first = since(now, e.EventTime.Time)
	}
	last, count := since(now, e.LastTimestamp.Time), e.Count
	if e.LastTimestamp.IsZero() {
		last = first
	}
	if e.Series != nil {
		last, count = since(now, e.Series.LastObservedTime.Time), e.Series.Count
	} else if count == 0 {
		count = 1
	}
	object := strings.ToLower(e.InvolvedObject.Kind)
	if e.InvolvedObject.Name != "" {
		object += "/" + e.InvolvedObject.Name
	}
	return []string{
		last, e.Type, e.Reason, object, e.InvolvedObject.FieldPath, eventSource(e), strings.TrimSpace(e.Message),
		first, strconv.Itoa(int(count)), e.Name,
	}
}

func eventSource(e *corev1.Event) string {
	component, host := e.Source.Component, e.Source.Host
	if component == "" {
		component = e.ReportingController
	}
	if host == "" {
		host = e.ReportingInstance
	}
	if host == "" {
		return component
	}
	return component + ", " + host
}

// eventsByTime sorts as `kubectl events` does: with sort.Sort, so that ties fall as they do there.
type eventsByTime struct {
	events []*corev1.Event
	time   func(*corev1.Event) time.Time
}

func (s eventsByTime) Len() int           { return len(s.events) }
func (s eventsByTime) Swap(i, j int)      { s.events[i], s.events[j] = s.events[j], s.events[i] }
func (s eventsByTime) Less(i, j int) bool { return s.time(s.events[i]).Before(s.time(s.events[j])) }

func lastObserved(e *corev1.Event) time.Time {
	switch {
	case e.Series != nil:
		return e.Series.LastObservedTime.Time
	case !e.LastTimestamp.IsZero():
		return e.LastTimestamp.Time
	}
	return e.EventTime.Time
}

// Events writes what `kubectl events` writes: the events of the namespace (or of --for), oldest first. Request.For,
// Types, AllNamespaces, Namespace, NoHeaders and Output (yaml, json, name) apply. `kubectl get events` is [Get].
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/cmd/events/events.go Run, event_printer.go.
func Events(w io.Writer, c *Cluster, r Request) error {
	wanted, err := r.eventFilter()
	if err != nil {
		return err
	}
	events := eventsByTime{time: lastObserved}
	for _, o := range c.list(model.Event, r.scope()) {
		if e := o.(*corev1.Event); wanted(e) {
			events.events = append(events.events, e)
		}
	}
	if len(events.events) == 0 {
		if r.AllNamespaces {
			return &Error{Message: "No events found."}
		}
		return &Error{Message: fmt.Sprintf("No events found in %s namespace.", r.namespace())}
	}
	sort.Sort(events)
	switch r.Output {
	case "":
		return writeEvents(w, c, r, events.events)
	case "json", "yaml", "name":
		s := section{view: viewOf(model.Event)}
		for _, e := range events.events {
			s.objects = append(s.objects, e)
		}
		return writeObjects(w, r, []section{s}, false)
	}
	return usage("unable to match a printer suitable for the output format %q, allowed formats are: json,name,yaml", r.Output)
}

func (r Request) eventFilter() (func(*corev1.Event) bool, error) {
	for _, t := range r.Types {
		if !strings.EqualFold(t, corev1.EventTypeNormal) && !strings.EqualFold(t, corev1.EventTypeWarning) {
			return nil, usage("valid --types are Normal or Warning")
		}
	}
	kind, apiVersion, name := "", "", ""
	if r.For != "" {
		resource, n, ok := strings.Cut(r.For, "/")
		if !ok {
			return nil, usage("--for must be in resource/name form")
		}
		k, err := findKind(resource)
		if err != nil {
			return nil, err
		}
		kind, apiVersion, name = k.Name, k.APIVersion(), n
	}
	return func(e *corev1.Event) bool {
		about := e.InvolvedObject
		if name != "" && (about.Kind != kind || about.APIVersion != apiVersion || about.Name != name) {
			return false
		}
		for _, t := range r.Types {
			if strings.EqualFold(t, e.Type) {
				return true
			}
		}
		return len(r.Types) == 0
	}, nil
}

// writeEvents does not cut a message at its line breaks, as `kubectl get events` does: the rest goes on lines of its own.
func writeEvents(w io.Writer, c *Cluster, r Request, events []*corev1.Event) error {
	rows, g := [][]string{}, new(grid)
	add := func(namespace string, cells ...string) {
		if r.AllNamespaces {
			cells = append([]string{namespace}, cells...)
		}
		rows = append(rows, cells)
	}
	if !r.NoHeaders {
		add("NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")
	}
	for _, e := range events {
		object := escape(e.InvolvedObject.Kind) + "/" + escape(e.InvolvedObject.Name)
		message, rest, broken := strings.Cut(escape(strings.TrimSpace(e.Message)), "\n")
		add(e.Namespace, interval(c.Now, e), escape(e.Type), escape(e.Reason), object, message)
		if !broken {
			continue
		}
		// A line without columns ends the alignment of those before it; the widths stay.
		if err := g.write(w, rows...); err != nil {
			return err
		}
		if _, err := io.WriteString(w, rest+"\n"); err != nil {
			return err
		}
		rows = nil
	}
	if len(rows) == 0 {
		return nil
	}
	return g.write(w, rows...)
}
