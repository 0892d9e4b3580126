package scheduler

import (
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// place is where a pod is in its life at the scheduler.
type place uint8

const (
	nowhere       place = iota // not ours, gone, or skipped
	arriving                   // created, not yet seen
	gated                      // kept out by PreEnqueue
	active                     // in activeQ
	backingOff                 // in backoffQ
	errorBackoff               // in errorBackoffQ
	unschedulable              // waits for an event
	assumed                    // has a node, the binding is on its way
	bound                      // the store says that it has a node
)

// entry is a pod with what the queue knows of it.
type entry struct {
	Pod
	stored *store.Pod // as last seen

	why       engine.Why // what had it tried, or will
	where     place
	attempts  int32
	rejected  int32       // attempts that found no node
	errors    int32       // attempts in a row that failed in another way
	timestamp engine.Time // of the first add or the last failure
	seq       uint64      // counts the times that timestamp was set, of all pods
	expiry    engine.Time // of the backoff, a whole second of the wall clock; 0 = not computed
	rejectors uint64      // plugins that turned it down at the last attempt
	eviction  *eviction   // of its victims; nil = none is on its way
	held      bool        // it was to be tried, but its own eviction was on its way
	admitted  bool        // PreEnqueue let it in; gates do not come back
	said      *known      // the last FailedScheduling Event of it

	list       *parked // while unschedulable
	prev, next *entry
}

// parked is a list of unschedulable pods that the same plugins turned down, by time of failure.
type parked struct {
	rejectors   uint64
	events      EventType // those that any of the plugins wants to hear of
	first, last *entry
	n           int
}

func (l *parked) push(e *entry) {
	e.list, e.prev, e.next = l, l.last, nil
	if l.last == nil {
		l.first = e
	} else {
		l.last.next = e
	}
	l.last = e
	l.n++
}

func (l *parked) remove(e *entry) {
	if e.prev == nil {
		l.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		l.last = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.list, e.prev, e.next = nil, nil, nil
	l.n--
}

// item is an entry in a heap. An item whose seq or place is not its entry's any more is a leftover to be dropped.
type item struct {
	expiry    engine.Time // 0 in activeQ
	timestamp engine.Time
	seq       uint64
	priority  int32
	e         *entry
}

// before is the order of the queues: end of backoff, then priority (highest first), then time, then sequence.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/queuesort/priority_sort.go, backend/queue/backoff_queue.go.
func (a *item) before(b *item) bool {
	switch {
	case a.expiry != b.expiry:
		return a.expiry < b.expiry
	case a.priority != b.priority:
		return a.priority > b.priority
	case a.timestamp != b.timestamp:
		return a.timestamp < b.timestamp
	}
	return a.seq < b.seq
}

// itemQueue yields items in order. Items that come in order, as most do, wait in a run; only the others cost a heap.
type itemQueue struct {
	run  []item
	head int
	heap heap
}

func (q *itemQueue) push(it item) {
	if q.head == len(q.run) {
		q.run, q.head = q.run[:0], 0
	}
	if n := len(q.run); n > 0 && it.before(&q.run[n-1]) {
		q.heap.push(it)
		return
	}
	q.run = append(q.run, it)
}

func (q *itemQueue) empty() bool { return q.head == len(q.run) && len(q.heap) == 0 }

// peek is the next item; the queue must not be empty.
func (q *itemQueue) peek() *item {
	if q.head == len(q.run) || len(q.heap) > 0 && q.heap[0].before(&q.run[q.head]) {
		return &q.heap[0]
	}
	return &q.run[q.head]
}

func (q *itemQueue) pop() item {
	if q.head == len(q.run) || len(q.heap) > 0 && q.heap[0].before(&q.run[q.head]) {
		return q.heap.pop()
	}
	it := q.run[q.head]
	q.run[q.head] = item{}
	q.head++
	return it
}

// heap is a four-ary heap of items.
type heap []item

func (h *heap) push(it item) {
	*h = append(*h, it)
	q, i := *h, len(*h)-1
	for i > 0 {
		parent := (i - 1) / 4
		if !it.before(&q[parent]) {
			break
		}
		q[i] = q[parent]
		i = parent
	}
	q[i] = it
}

func (h *heap) pop() item {
	q := *h
	top, n := q[0], len(q)-1
	it := q[n]
	q[n] = item{}
	q = q[:n]
	*h = q
	for i := 0; n > 0; {
		child := 4*i + 1
		if child >= n {
			q[i] = it
			break
		}
		for c := child + 1; c < min(child+4, n); c++ {
			if q[c].before(&q[child]) {
				child = c
			}
		}
		if !q[child].before(&it) {
			q[i] = it
			break
		}
		q[i] = q[child]
		i = child
	}
	return top
}
