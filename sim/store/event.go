package store

import (
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
)

// Reference is an Event's involved object.
type Reference struct {
	Kind            *model.Kind
	Namespace, Name string
	UID             types.UID
	Revision        uint64 // resourceVersion, 0 = not given
	FieldPath       string // "spec.containers{app}"
}

// EventClass is what many Events have in common. Those that share one never change it.
type EventClass struct {
	Type      string // Normal, Warning
	Reason    string
	Component string // source.component, or reportingComponent of a Series event
	Host      string // source.host
	// Action is set on events of the events.k8s.io recorder (the scheduler's): they have an eventTime and, when
	// repeated, a series instead of count and timestamps.
	Action string
}

// Event is a stored core/v1 Event. Times are instants of the run; API() gives them the precision that the API has:
// seconds for first and last, microseconds for an events.k8s.io event's EventTime.
type Event struct {
	*EventClass
	Name        string
	Revision    uint64
	Regarding   Reference
	Message     string
	Count       int32
	SeriesCount int32
	First       engine.Time
	Last        engine.Time

	written engine.Time // last write
	store   *Store
}

// uid of the object: of its name alone, so that it need not be kept.
func (e *Event) uid() types.UID {
	return UUID(e.store.engine.Seed(), engine.HashString("event/"+e.Regarding.Namespace+"/"+e.Name), 0)
}

// Kind is model.Event.
func (e *Event) Kind() *model.Kind { return model.Event }

// Key of the event. Events of cluster-scoped objects live in namespace default.
func (e *Event) Key() Key {
	if e.Regarding.Namespace == "" {
		return Key{metav1.NamespaceDefault, e.Name}
	}
	return Key{e.Regarding.Namespace, e.Name}
}

// API builds the object.
func (e *Event) API() model.Object {
	key, r := e.Key(), e.Regarding
	o := &corev1.Event{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Event"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: key.Namespace, Name: key.Name, UID: e.uid(), ResourceVersion: strconv.FormatUint(e.Revision, 10),
			CreationTimestamp: metav1.NewTime(e.store.Clock(e.First).Truncate(time.Second)),
		},
		InvolvedObject: corev1.ObjectReference{APIVersion: r.Kind.APIVersion(), Kind: r.Kind.Name, Namespace: r.Namespace, Name: r.Name, UID: r.UID, FieldPath: r.FieldPath},
		Type:           e.Type, Reason: e.Reason, Message: e.Message,
		ReportingController: e.Component,
	}
	if r.Revision > 0 {
		o.InvolvedObject.ResourceVersion = strconv.FormatUint(r.Revision, 10)
	}
	if e.Action == "" {
		o.Source = corev1.EventSource{Component: e.Component, Host: e.Host}
		o.ReportingInstance = e.Host
		o.Count = e.Count
		o.FirstTimestamp = metav1.NewTime(e.store.Clock(e.First).Truncate(time.Second))
		o.LastTimestamp = metav1.NewTime(e.store.Clock(e.Last).Truncate(time.Second))
		return o
	}
	o.Action = e.Action
	o.ReportingInstance = e.Component + "-" + e.Host
	o.EventTime = metav1.NewMicroTime(e.store.Clock(e.First).Truncate(time.Microsecond))
	if e.SeriesCount > 1 {
		o.Series = &corev1.EventSeries{Count: e.SeriesCount, LastObservedTime: metav1.NewMicroTime(e.store.Clock(e.Last).Truncate(time.Microsecond))}
	}
	return o
}

// AppendDigest appends all fields but the UID, which is made from the name.
func (e *Event) AppendDigest(b []byte) []byte {
	for _, s := range [...]string{e.Name, e.Regarding.Kind.Name, e.Regarding.Namespace, e.Regarding.Name, string(e.Regarding.UID), e.Regarding.FieldPath, e.Type, e.Reason, e.Message, e.Component, e.Host, e.Action} {
		b = appendString(b, s)
	}
	for _, n := range [...]int64{int64(e.Revision), int64(e.Regarding.Revision), int64(e.Count), int64(e.First), int64(e.Last), int64(e.SeriesCount)} {
		b = appendInt(b, n)
	}
	return b
}

// CreateEvent stores a new Event under the name that the recorders give: the object's name and First in hex.
func (s *Store) CreateEvent(e *Event) {
	nanos := s.Clock(e.First).UnixNano()
	for {
		e.Name = e.Regarding.Name + "." + strconv.FormatInt(nanos, 16)
		if s.Get(model.Event, e.Key()) == nil {
			break
		}
		nanos++ // two of one instant: upstream's clock never stands still
	}
	e.Revision, e.store, e.written = s.nextRevision(), s, s.engine.Now()
	s.commit(journal.Added, nil, e)
	s.keepEvent(e)
}

// UpdateEvent replaces an Event by a changed copy. It creates it anew if it is gone.
func (s *Store) UpdateEvent(e *Event, change func(*Event)) *Event {
	c := *e
	change(&c)
	c.Revision, c.written = s.nextRevision(), s.engine.Now()
	if s.Get(model.Event, e.Key()) == nil {
		s.commit(journal.Added, nil, &c)
	} else {
		s.commit(journal.Modified, e, &c)
	}
	s.keepEvent(&c)
	return &c
}
