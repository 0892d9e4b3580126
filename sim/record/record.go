// Package record writes core/v1 Events as client-go's recorder does: equal ones are counted, many alike are combined,
// and a source that says too much about one object is cut off.
//
// Source: k8s v1.36.3 staging client-go/tools/record/events_cache.go, event.go.
package record

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
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
}

// New returns a recorder of the component (source.component) on the host ("" = none). latency is the time one write takes.
func New(e *engine.Engine, s *store.Store, component, host string, client *store.Client, latency engine.Time) *Recorder {
	return &Recorder{engine: e, store: s, component: component, host: host, client: client, latency: latency,
		objects: map[types.UID]*objectLog{}, nodes: map[string]*objectLog{}}
}

// objectLog is what the recorder remembers of one object.
type objectLog struct {
	entries []*entry
	similar []similarity
	spam    [2]bucket // Normal, Warning
}

// similarity is what is known of the events of one type and reason about an object.
type similarity struct {
	typ, reason string
	messages    []string // different ones, at most combineFrom-1
	last        engine.Time
}

// entry is one Event that repeats: equal messages, or combined ones.
type entry struct {
	key    eventKey
	count  int32
	stored *store.Event
}

type eventKey struct{ fieldPath, typ, reason, message string }

type bucket struct {
	spent float64 // tokens
	at    engine.Time
}

// Pod records an Event on a pod. container is a field path like "spec.containers{app}", "" for the pod itself.
func (r *Recorder) Pod(p *store.Pod, container, typ, reason, message string) {
	r.Event(store.Reference{Kind: model.Pod, Namespace: p.Namespace, Name: p.Name, UID: p.UID, Revision: p.Revision, FieldPath: container}, typ, reason, message)
}

// Node records an Event on a node. A kubelet's events carry the node's name as the UID; other sources pass its UID.
func (r *Recorder) Node(name string, uid types.UID, typ, reason, message string) {
	r.Event(store.Reference{Kind: model.Node, Name: name, UID: uid}, typ, reason, message)
}

// Event records an Event on any object.
func (r *Recorder) Event(ref store.Reference, typ, reason, message string) {
	log := r.logOf(ref)
	key := log.correlate(r.engine.Now(), eventKey{ref.FieldPath, typ, reason, message})
	e := log.entry(key)
	e.count++
	if !log.allow(typ, r.engine.Now()) {
		return
	}
	if key.message == combined {
		message = combined + message
	}
	first, count := r.engine.Now(), e.count
	r.busyUntil = max(r.busyUntil, r.client.Reserve(first)) + r.latency
	r.engine.At(r.busyUntil, kindWrite, engine.Func(func() { r.write(e, ref, message, count, first) }))
}

func (r *Recorder) write(e *entry, ref store.Reference, message string, count int32, at engine.Time) {
	if e.stored == nil {
		e.stored = &store.Event{Regarding: ref, Type: e.key.typ, Reason: e.key.reason, Message: message,
			Component: r.component, Host: r.host, Count: count, First: at, Last: at}
		r.store.CreateEvent(e.stored)
		return
	}
	e.stored = r.store.UpdateEvent(e.stored, func(ev *store.Event) {
		ev.Count, ev.Last, ev.Message = count, at, message
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

// correlate returns the key under which the event counts: its own, or that of the combined event while ten different
// messages of its type and reason are known, whichever of them comes. After a pause they are forgotten.
//
// Source: events_cache.go EventAggregate.
// Differs: of ten messages upstream forgets a random one, here it is the newest.
func (l *objectLog) correlate(now engine.Time, k eventKey) eventKey {
	i := slices.IndexFunc(l.similar, func(s similarity) bool { return s.typ == k.typ && s.reason == k.reason })
	if i < 0 {
		i = len(l.similar)
		l.similar = append(l.similar, similarity{typ: k.typ, reason: k.reason})
	}
	s := &l.similar[i]
	if now-s.last > combineWithin {
		s.messages = nil
	}
	s.last = now
	if slices.Contains(s.messages, k.message) {
		return k
	}
	if len(s.messages)+1 < combineFrom {
		s.messages = append(s.messages, k.message)
		return k
	}
	return eventKey{typ: k.typ, reason: k.reason, message: combined}
}

func (l *objectLog) entry(k eventKey) *entry {
	if i := slices.IndexFunc(l.entries, func(e *entry) bool { return e.key == k }); i >= 0 {
		return l.entries[i]
	}
	e := &entry{key: k}
	l.entries = append(l.entries, e)
	return e
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
