package scheduler

import (
	"fmt"
	"strings"
	"time"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// host is the machine that the scheduler runs on, as its Events name it.
const host = "control-plane"

// Periods of the recorder of events.k8s.io, counted from its start.
//
// Source: k8s v1.36.3 staging client-go/tools/events/event_broadcaster.go.
const (
	finishTime  = 6 * time.Minute  // after which an Event that was not repeated is forgotten
	refreshTime = 30 * time.Minute // after which running series are written
)

var (
	kindEvent  = engine.NewKind("scheduler event write", engine.RankAPI, false)
	kindSeries = engine.NewKind("scheduler event series", engine.RankTimer, true).By(rule.SchedulerSeries)
	kindCount  = engine.NewKind("scheduler event series write", engine.RankAPI, true).By(rule.SchedulerSeries)
)

// recorder writes the scheduler's Events. Equal ones become a series: the second is written with the count 2, later
// ones are counted and written when the series ends or goes on for long. Equal means the same pod at the same
// resourceVersion; the text does not matter.
type recorder struct {
	engine *engine.Engine
	store  *store.Store
	client *store.Client
	write  engine.Time
	series []*known // running, in order of their start
	class  store.EventClass
	shared *store.EventClass // with the values of class
	armed  bool              // a refresh is queued
}

// known is what the recorder remembers of a FailedScheduling Event. It is kept with the pod: an Event of an older
// resourceVersion is never repeated. Scheduled ones are not kept at all, as the resourceVersion changes with them.
type known struct {
	revision uint64
	stored   *store.Event
	first    engine.Time
	last     engine.Time
	count    int32
	ended    bool
}

func newRecorder(e *engine.Engine, s *store.Store, client *store.Client, write engine.Time) *recorder {
	return &recorder{engine: e, store: s, client: client, write: write}
}

// event makes an Event about a pod; by is the name of the profile that reports it.
func (r *recorder) event(p *store.Pod, by, typ, reason, action, note string) *store.Event {
	if c := (store.EventClass{Type: typ, Reason: reason, Component: by, Host: host, Action: action}); r.shared == nil || r.class != c {
		r.class, r.shared = c, &c
	}
	return &store.Event{EventClass: r.shared, Message: note, First: r.engine.Now(), Last: r.engine.Now(),
		Regarding: store.Reference{Kind: model.Pod, Namespace: p.Namespace, Name: p.Name, UID: p.UID, Revision: p.Revision}}
}

// scheduled records a binding.
func (r *recorder) scheduled(e *entry, p *store.Pod, node string) {
	r.create(r.event(p, e.Shape.profile.Name, "Normal", "Scheduled", "Binding", "Successfully assigned "+p.Namespace+"/"+p.Name+" to "+node))
}

// preempted records that a pod had to make room.
func (r *recorder) preempted(p *store.Pod, by *entry, node string) {
	r.create(r.event(p, by.Shape.profile.Name, "Normal", "Preempted", "Preempting", "Preempted by pod "+string(by.UID)+" on node "+node))
}

// failed records a failed attempt. Upstream passes the text as a format.
func (r *recorder) failed(e *entry, p *store.Pod, note string) {
	now, k := r.engine.Now(), e.said
	if k == nil || k.ended || k.revision != p.Revision || k.count == 1 && engine.NextTick(k.first+finishTime, 0, finishTime) <= now {
		if strings.Contains(note, "%") {
			note = fmt.Sprintf(note, []any{}...)
		}
		e.said = &known{revision: p.Revision, stored: r.event(p, e.Shape.profile.Name, "Warning", "FailedScheduling", "Scheduling", note), first: now, last: now, count: 1}
		r.create(e.said.stored)
		return
	}
	k.count++
	k.last = now
	if k.count == 2 {
		r.series = append(r.series, k)
		r.patch(k, kindEvent)
		r.watch(k)
	}
}

func (r *recorder) create(ev *store.Event) {
	r.engine.At(r.client.Reserve(r.engine.Now())+r.write, kindEvent, &eventWrite{r.store, ev})
}

// eventWrite is the write of a new Event.
type eventWrite struct {
	store *store.Store
	event *store.Event
}

// Fire writes the Event.
func (w *eventWrite) Fire() { w.store.CreateEvent(w.event) }

// patch writes the count as it is now.
func (r *recorder) patch(k *known, kind *engine.Kind) {
	count, last := k.count, k.last
	r.engine.At(r.client.Reserve(r.engine.Now())+r.write, kind, engine.Func(func() {
		k.stored = r.store.UpdateEvent(k.stored, func(ev *store.Event) { ev.SeriesCount, ev.Last = count, last })
	}))
}

// watch queues the end of a series, and the refresh of all.
func (r *recorder) watch(k *known) {
	r.engine.At(engine.NextTick(k.last+finishTime, 0, finishTime), kindSeries, engine.Func(func() { r.finish(k) }))
	if !r.armed {
		r.armed = true
		r.engine.At(engine.NextTick(r.engine.Now(), 0, refreshTime), kindSeries, engine.Func(r.refresh))
	}
}

// finish ends a series that was not repeated for finishTime: its count is written, and it is forgotten.
func (r *recorder) finish(k *known) {
	if engine.NextTick(k.last+finishTime, 0, finishTime) > r.engine.Now() {
		r.watch(k)
		return
	}
	r.patch(k, kindCount)
	k.ended = true
	for i, o := range r.series {
		if o == k {
			r.series = append(r.series[:i], r.series[i+1:]...)
			break
		}
	}
}

// refresh writes the counts of all running series.
func (r *recorder) refresh() {
	r.armed = false
	for _, k := range r.series {
		r.patch(k, kindCount)
	}
	if len(r.series) > 0 {
		r.armed = true
		r.engine.After(refreshTime, kindSeries, engine.Func(r.refresh))
	}
}
