package kubectl

import (
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
)

// EventWatch prints `kubectl events -w`: a row for each event that comes or changes, in columns that keep their widths.
type EventWatch struct {
	w       io.Writer
	request Request
	wanted  func(*corev1.Event) bool
	grid    grid
	titled  bool
}

// NewEventWatch checks the request: that of [Events], without Output.
func NewEventWatch(w io.Writer, r Request) (*EventWatch, error) {
	wanted, err := r.eventFilter()
	if err != nil {
		return nil, err
	}
	if r.Output != "" {
		return nil, usage("-o and --watch do not go together")
	}
	return &EventWatch{w: w, request: r, wanted: wanted}, nil
}

// Changed prints the row of one event, if the watch is about it. Verb is ADDED, MODIFIED or DELETED; what is deleted is
// not told.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/cmd/events/events.go runWatch.
func (x *EventWatch) Changed(now time.Time, verb string, o model.Object) error {
	e, ok := o.(*corev1.Event)
	if !ok || verb == "DELETED" || !x.wanted(e) {
		return nil
	}
	if scope := x.request.scope(); scope != "" && e.Namespace != scope {
		return nil
	}
	rows := [][]string{}
	if !x.titled && !x.request.NoHeaders {
		rows = append(rows, x.request.eventRow("NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"))
	}
	x.titled = true
	about := escape(e.InvolvedObject.Kind) + "/" + escape(e.InvolvedObject.Name)
	rows = append(rows, x.request.eventRow(e.Namespace, interval(now, e), escape(e.Type), escape(e.Reason), about, escape(strings.TrimSpace(e.Message))))
	return x.grid.write(x.w, rows...)
}

// eventRow puts the namespace before the cells where events of all namespaces are listed.
func (r Request) eventRow(namespace string, cells ...string) []string {
	if r.AllNamespaces {
		return append([]string{namespace}, cells...)
	}
	return cells
}
