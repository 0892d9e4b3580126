package kubectl

import (
	"io"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
)

// Describe writes what `kubectl describe` writes to standard output; its rules for errors are those of [Get]. Events are
// shown for a single object only, and a name that is not there is tried as a prefix, both as kubectl does.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/cmd/describe/describe.go Run, DescribeMatchingResources.
func Describe(w io.Writer, c *Cluster, r Request) error {
	q, err := r.parse()
	if err != nil {
		return err
	}
	sections, failures := r.collect(c, q)
	if len(failures) > 0 && len(q.targets) == 1 && len(r.Args) == 2 {
		return describePrefix(w, c, r, q.targets[0], failures)
	}
	count, namespaced := 0, true
	for _, s := range sections {
		count += len(s.objects)
	}
	withEvents := count == 1 && len(failures) == 0
	first := true
	for _, s := range sections {
		for _, o := range s.objects {
			if !first {
				if _, err := io.WriteString(w, "\n\n"); err != nil {
					return err
				}
			}
			first = false
			if _, err := io.WriteString(w, describeObject(c, s.view, o, withEvents)); err != nil {
				return err
			}
		}
	}
	if count == 0 && len(failures) == 0 {
		return nothingFound(r, namespaced)
	}
	return join(failures)
}

// describePrefix describes everything whose name begins so.
func describePrefix(w io.Writer, c *Cluster, r Request, t target, failures []*Error) error {
	found := false
	for _, o := range c.list(t.kind, r.namespace()) {
		if !strings.HasPrefix(o.GetName(), t.name) {
			continue
		}
		found = true
		if _, err := io.WriteString(w, describeObject(c, viewOf(t.kind), o, false)+"\n"); err != nil {
			return err
		}
	}
	if !found {
		return join(failures)
	}
	return nil
}

func describeObject(c *Cluster, v *view, o model.Object, withEvents bool) string {
	s := newSheet(c, withEvents)
	if v.describe != nil {
		v.describe(s, o)
	} else {
		describeFields(s, o)
	}
	if c.Below != nil {
		return s.String() + c.Below(o)
	}
	return s.String()
}

// events ends a sheet with the events about an object.
func (s *sheet) events(o model.Object) {
	if s.withEvents {
		s.eventTable(s.cluster.eventsOf(reference{kindOf(o).Name, o.GetNamespace(), o.GetName(), o.GetUID()}))
	}
}

// eventTable sorts by the last time seen; an event of the newer API has none and comes first.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go DescribeEvents.
func (s *sheet) eventTable(list []corev1.Event) {
	if len(list) == 0 {
		s.line(0, "Events:\t<none>")
		return
	}
	sorted := eventsByTime{time: func(e *corev1.Event) time.Time { return e.LastTimestamp.Time }}
	for i := range list {
		sorted.events = append(sorted.events, &list[i])
	}
	sort.Sort(sorted)
	s.line(0, "Events:")
	s.line(1, "Type\tReason\tAge\tFrom\tMessage")
	s.line(1, "----\t------\t----\t----\t-------")
	for _, e := range sorted.events {
		source := e.Source.Component
		if source == "" {
			source = e.ReportingController
		}
		message := strings.TrimSpace(e.Message)
		if e.InvolvedObject.FieldPath != "" {
			message = e.InvolvedObject.FieldPath + ": " + message
		}
		s.line(1, "%v\t%v\t%s\t%v\t%v", e.Type, e.Reason, interval(s.cluster.Now, e), source, message)
	}
}
