// Package record writes core/v1 Events as client-go's recorder does: equal ones are counted, many alike are combined,
// and a source that says too much about one object is cut off.
//
// Source: k8s v1.36.3 staging client-go/tools/record/events_cache.go, event.go.
package record

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// Normal and Warning are the two types of Events.
const (
	Normal  = "Normal"
	Warning = "Warning"
)

// Correlation limits. Source: events_cache.go, the default options.
const (
	combineFrom   = 10               // different messages from which events of one reason are combined
	combineWithin = 10 * time.Minute // longest gap between them
	spamBurst     = 25
	spamRefill    = 300 * time.Second // per token
	manyEntries   = 64                // of one object, from which on old ones are forgotten
	combined      = "(combined from similar events): "
)

var kindWrite = engine.NewKind("event write", engine.RankAPI, false)

// Recorder is one component's recorder. Its Events go out one after another, as one goroutine sends them.
type Recorder struct {
	engine          *engine.Engine
	store           *store.Store
	component, host string
	client          *store.Client
	latency         engine.Time
	busyUntil       engine.Time
	objects         map[types.UID]*objectLog
	nodes           map[string]*objectLog // of objects without a UID in their reference
	classes         []*store.EventClass
	line            line
}

// New returns a recorder of the component (source.component) on the host ("" = none). latency is the time one write takes.
func New(e *engine.Engine, s *store.Store, component, host string, client *store.Client, latency engine.Time) *Recorder {
	return &Recorder{engine: e, store: s, component: component, host: host, client: client, latency: latency,
		objects: map[types.UID]*objectLog{}, nodes: map[string]*objectLog{}}
}

// objectLog is what the recorder remembers of one object. There may be very many: it is small.
type objectLog struct {
	entries []entry
	spam    [2]bucket // Normal, Warning
}

// entry is one Event that repeats: equal messages, or combined ones.
type entry struct {
	event *store.Event
	last  engine.Time // of its messages, written or not
	count int32
	// grouped: the message is one of those that are known of its type and reason. When there are too many the next go to the
	// entry that is combined.
	grouped, combined, written bool
}

func (e *entry) is(c *store.EventClass) bool { return e.event.EventClass == c }

type bucket struct {
	spent float64 // tokens
	at    engine.Time
}

// class is the one that all Events of a type and reason share.
func (r *Recorder) class(typ, reason string) *store.EventClass {
	for _, c := range r.classes {
		if c.Reason == reason && c.Type == typ {
			return c
		}
	}
	c := &store.EventClass{Type: typ, Reason: reason, Component: r.component, Host: r.host}
	r.classes = append(r.classes, c)
	return c
}

// Pod records an Event on a pod. container is a field path like "spec.containers{app}", "" for the pod itself.
func (r *Recorder) Pod(p *store.Pod, container, typ, reason, message string) {
	r.Event(store.Reference{Kind: model.Pod, Namespace: p.Namespace, Name: p.Name, UID: p.UID, Revision: p.Revision, FieldPath: container}, typ, reason, message)
}

// PodThen is Pod, and calls written right after the write of the Event: what the engine then has as the cause is that Event.
// It is not called for an Event that is never written.
func (r *Recorder) PodThen(p *store.Pod, container, typ, reason, message string, written func()) {
	r.event(store.Reference{Kind: model.Pod, Namespace: p.Namespace, Name: p.Name, UID: p.UID, Revision: p.Revision, FieldPath: container}, typ, reason, message, written)
}

// Node records an Event on a node. A kubelet's events carry the node's name as the UID; other sources pass its UID.
func (r *Recorder) Node(name string, uid types.UID, typ, reason, message string) {
	r.Event(store.Reference{Kind: model.Node, Name: name, UID: uid}, typ, reason, message)
}

// Event records an Event on any object.
func (r *Recorder) Event(ref store.Reference, typ, reason, message string) {
	r.event(ref, typ, reason, message, nil)
}

// event is Event, with what is to be called after the write, nil for nothing.
func (r *Recorder) event(ref store.Reference, typ, reason, message string, written func()) {
	if r.engine.Why.Rule() == 0 {
		r.engine.Act(rule.ControllerSync)
	}
	log, now := r.logOf(ref), r.engine.Now()
	i := log.correlate(now, store.Event{EventClass: r.class(typ, reason), Regarding: ref, Message: message})
	e := &log.entries[i]
	e.count, e.last = e.count+1, now
	if !log.allow(typ, now) {
		return
	}
	if e.combined {
		message = combined + message
	}
	count := e.count
	r.busyUntil = max(r.busyUntil, r.client.Reserve(now)) + r.latency
	r.engine.At(r.busyUntil, kindWrite, &outgoing{r, log, i, r.line.boot, ref, message, count, now, written})
}

// outgoing is an Event on its way to the API server.
type outgoing struct {
	recorder *Recorder
	log      *objectLog
	entry    int // of the log
	boot     int // of the recorder when it was said
	ref      store.Reference
	message  string
	count    int32
	at       engine.Time
	written  func() // called after the write; nil = nobody waits for it
}

// Fire implements engine.Handler.
func (o *outgoing) Fire() {
	if o.recorder.line.boot == o.boot {
		o.recorder.send(o)
	}
}

func (o *outgoing) write() {
	o.put()
	if o.written != nil {
		o.written()
	}
}

func (o *outgoing) put() {
	s, e := o.recorder.store, &o.log.entries[o.entry]
	if !e.written {
		e.written = true
		ev := e.event
		ev.Regarding, ev.Message, ev.Count, ev.First, ev.Last = o.ref, o.message, o.count, o.at, o.at
		s.CreateEvent(ev)
		return
	}
	e.event = s.UpdateEvent(e.event, func(ev *store.Event) {
		ev.Count, ev.Last, ev.Message = o.count, o.at, o.message
	})
}

// Forget drops what is remembered of a pod that is gone.
func (r *Recorder) Forget(uid types.UID) { delete(r.objects, uid) }

func (r *Recorder) logOf(ref store.Reference) *objectLog {
	if ref.UID == "" {
		name := ref.Kind.Name + "/" + ref.Namespace + "/" + ref.Name
		if r.nodes[name] == nil {
			r.nodes[name] = &objectLog{}
		}
		return r.nodes[name]
	}
	if r.objects[ref.UID] == nil {
		r.objects[ref.UID] = &objectLog{}
	}
	return r.objects[ref.UID]
}

// correlate returns the entry under which the event counts: its own, or that of the combined event while ten different
// messages of its type and reason are known, whichever of them comes. After a pause they are forgotten.
//
// Source: events_cache.go EventAggregate.
// Differs: of ten messages upstream forgets a random one, here it is the newest.
func (l *objectLog) correlate(now engine.Time, ev store.Event) int {
	last, known, different := -engine.Time(1<<62), false, 0
	for i := range l.entries {
		e := &l.entries[i]
		if !e.is(ev.EventClass) {
			continue
		}
		last = max(last, e.last)
		if e.grouped && !e.combined {
			different++
			known = known || e.event.Message == ev.Message
		}
	}
	if last < now-combineWithin {
		known, different = false, 0
		for i := range l.entries {
			if e := &l.entries[i]; e.is(ev.EventClass) {
				e.grouped = false
			}
		}
	}
	own := known || different+1 < combineFrom
	for i := range l.entries {
		e := &l.entries[i]
		switch {
		case !e.is(ev.EventClass) || e.combined == own:
		case !own:
			return i
		case e.event.Message == ev.Message && e.event.Regarding.FieldPath == ev.Regarding.FieldPath:
			e.grouped = e.grouped || !known
			return i
		}
	}
	first := ev
	if i, ok := l.old(now); ok {
		l.entries[i] = entry{event: &first, grouped: own && !known, combined: !own}
		return i
	}
	l.entries = append(l.entries, entry{event: &first, grouped: own && !known, combined: !own})
	return len(l.entries) - 1
}

// old finds an entry to forget when there are many: the one that has not been heard of for longest, if that is an hour.
//
// Differs: upstream forgets the oldest of 4096 entries of all objects.
// Source: events_cache.go maxLruCacheEntries.
func (l *objectLog) old(now engine.Time) (oldest int, ok bool) {
	if len(l.entries) < manyEntries {
		return 0, false
	}
	for i := range l.entries {
		if e := &l.entries[i]; e.last < l.entries[oldest].last {
			oldest = i
		}
	}
	return oldest, l.entries[oldest].last < now-store.EventTTL
}

// allow takes a token of the object's bucket for the type.
func (l *objectLog) allow(typ string, now engine.Time) bool {
	b := &l.spam[0]
	if typ == Warning {
		b = &l.spam[1]
	}
	b.spent = max(0, b.spent-float64(now-b.at)/float64(spamRefill))
	b.at = now
	if b.spent+1 > spamBurst {
		return false
	}
	b.spent++
	return true
}
