package scheduler

import (
	"time"

	"clustersim/sim/engine"
)

// queue holds the pods that wait for a node.
//
// Source: k8s v1.36.3 pkg/scheduler/backend/queue/scheduling_queue.go.
type queue struct {
	p          *Profile      // any: all have the same plugins at the same places
	snap       *Snapshot     // for PreEnqueue
	initial    time.Duration // backoff after the first failure
	most       time.Duration // longest backoff; 0 = none at all
	wait       time.Duration // longest stay among the unschedulable
	fraction   engine.Time   // of a second of the wall clock at t=0
	seq        uint64
	activeQ    itemQueue
	backoffQ   itemQueue
	errorQ     itemQueue
	lists      []*parked
	wanted     EventType // what any parked pod's rejectors want to hear of
	registered []EventType
	why        *engine.Why // what is going on
}

func newQueue(p *Profile, snap *Snapshot, initial, most, wait time.Duration, fraction engine.Time) *queue {
	q := &queue{p: p, snap: snap, initial: initial, most: most, wait: wait, fraction: fraction}
	for _, pl := range p.plugins {
		q.registered = append(q.registered, registeredEvents(pl.Plugin))
	}
	return q
}

// registeredEvents are a plugin's events with upstream's safety net: who wants to hear of new nodes hears of every
// change of taints too.
//
// Source: k8s v1.36.3 pkg/scheduler/scheduler.go buildQueueingHintMap.
func registeredEvents(pl *Plugin) EventType {
	if pl.Events&NodeAdd != 0 {
		return pl.Events | NodeTaint
	}
	return pl.Events
}

// stamp gives the entry its place among others of its priority.
func (q *queue) stamp(e *entry, now engine.Time) {
	q.seq++
	e.timestamp, e.seq, e.expiry = now, q.seq, 0
}

// add takes in a pod that is new to the scheduler.
func (q *queue) add(e *entry, now engine.Time) {
	q.stamp(e, now)
	q.activate(e)
}

// activate puts the pod into activeQ, unless PreEnqueue keeps it out.
func (q *queue) activate(e *entry) {
	if q.gate(e) {
		return
	}
	e.where = active
	q.activeQ.push(item{0, e.timestamp, e.seq, e.Priority, e})
}

// gatedList is set in the rejectors of lists of pods that PreEnqueue keeps out.
const gatedList = 1 << 63

// gate reports whether PreEnqueue keeps the pod out. It then waits for an event that may help, as the unschedulable do.
func (q *queue) gate(e *entry) bool {
	if e.admitted {
		return false
	}
	for i, pl := range q.p.plugins {
		if pl.PreEnqueue != nil && e.Shape.profile.lineup.has(i, PointPreEnqueue) && !pl.PreEnqueue(q.snap, &e.Pod) {
			e.where, e.rejectors = gated, 1<<i
			q.unpark(e)
			q.listOf(e.rejectors | gatedList).push(e)
			return true
		}
	}
	e.admitted = len(e.Spec.ResourceClaims) == 0 // claims may go
	return false
}

// pop takes the next pod to try; nil = none. With activeQ empty it is the head of backoffQ, however long its backoff
// would still be: the scheduler has nothing better to do.
func (q *queue) pop() *entry {
	if e := take(&q.activeQ, active); e != nil {
		return e
	}
	return take(&q.backoffQ, backingOff)
}

func take(items *itemQueue, where place) *entry {
	for !items.empty() {
		if it := items.pop(); it.e.where == where && it.e.seq == it.seq {
			it.e.where = nowhere
			return it.e
		}
	}
	return nil
}

// fail takes a pod back after an attempt. No rejectors means that the attempt failed, not the pod: it is retried when
// its backoff is over. Else it waits for an event.
func (q *queue) fail(e *entry, rejectors uint64, now engine.Time) {
	e.rejectors = rejectors
	if rejectors == 0 {
		e.errors++
		q.stamp(e, now)
		if q.isBackingOff(e, now) {
			e.where = errorBackoff
			q.errorQ.push(item{e.expiry, e.timestamp, e.seq, 0, e})
		} else {
			q.activate(e)
		}
		return
	}
	e.rejected++
	e.errors = 0
	q.stamp(e, now)
	e.where = unschedulable
	q.listOf(rejectors).push(e)
}

func (q *queue) listOf(rejectors uint64) *parked {
	for _, l := range q.lists {
		if l.rejectors == rejectors {
			q.wanted |= l.events
			return l
		}
	}
	l := &parked{rejectors: rejectors}
	for i, events := range q.registered {
		if rejectors>>i&1 != 0 {
			l.events |= events
		}
	}
	q.lists = append(q.lists, l)
	q.wanted |= l.events
	return l
}

// remove forgets a pod. What is left of it in a heap is dropped when it comes up.
func (q *queue) remove(e *entry) {
	q.unpark(e)
	e.where = nowhere
}

// unpark takes an entry out of its list, if it is in one.
func (q *queue) unpark(e *entry) {
	l := e.list
	if l == nil {
		return
	}
	l.remove(e)
	if l.n > 0 {
		return
	}
	q.wanted = 0
	for _, l := range q.lists {
		if l.n > 0 {
			q.wanted |= l.events
		}
	}
}

// move offers an event to all unschedulable pods that only (nil = all) lets through, and takes those that may fit now
// out. It reports whether there were any.
func (q *queue) move(ev *Event, now engine.Time, only func(*entry) bool) bool {
	if q.wanted&ev.Type == 0 && !ev.wildcard {
		return false
	}
	moved := false
	for _, l := range q.lists {
		if l.events&ev.Type == 0 && !ev.wildcard {
			continue
		}
		for e := l.first; e != nil; {
			next := e.next
			if (only == nil || only(e)) && (ev.wildcard || q.worth(e, ev)) && !q.holds(e, ev) {
				q.unpark(e)
				q.requeue(e, now)
				moved = true
			}
			e = next
		}
	}
	return moved
}

// holds reports whether a pod stays where it is because the eviction of its victims is on its way: once it was held, it
// is only looked at again when a pod is deleted.
//
// Source: k8s v1.36.3 defaultpreemption/default_preemption.go PreEnqueue.
func (q *queue) holds(e *entry, ev *Event) bool {
	if e.held && ev.Type != PodDelete {
		return true
	}
	e.held = e.eviction != nil && e.eviction.running()
	return e.held
}

// worth asks the plugins that turned the pod down whether the event may change their mind.
func (q *queue) worth(e *entry, ev *Event) bool {
	ev.Pod, ev.snap = &e.Pod, q.snap
	for i := range q.registered {
		if e.rejectors>>i&1 == 0 || q.registered[i]&ev.Type == 0 {
			continue
		}
		if q.p.plugins[i].Events&ev.Type == 0 {
			return true // the safety net
		}
		if part := &e.Shape.parts[i]; part.Queue == nil || part.Queue(ev) {
			return true
		}
	}
	return false
}

// requeue puts a pod that was unschedulable where it is tried again.
func (q *queue) requeue(e *entry, now engine.Time) {
	if q.why != nil && q.why.Cause() > 0 {
		e.why = *q.why
	}
	if !q.isBackingOff(e, now) {
		q.activate(e)
		return
	}
	if q.gate(e) {
		return
	}
	e.where = backingOff
	q.backoffQ.push(item{e.expiry, e.timestamp, e.seq, e.Priority, e})
}

// own offers a change of the pod itself. It reports whether the pod is to be tried.
func (q *queue) own(e *entry, ev *Event, now engine.Time) bool {
	if e.where != unschedulable && e.where != gated || !q.worth(e, ev) || q.holds(e, ev) {
		return false
	}
	q.unpark(e)
	q.requeue(e, now)
	return e.where == active || e.where == backingOff
}
