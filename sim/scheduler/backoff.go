package scheduler

import (
	"time"

	"clustersim/sim/engine"
)

// flushPeriod is how often upstream looks for pods that have been unschedulable for long, counted from its start.
const flushPeriod = 30 * time.Second

// floor is the start of the wall clock's second at t.
func (q *queue) floor(t engine.Time) engine.Time { return t - (t+q.fraction)%time.Second }

// backoff is the pause after the entry's last failure: initial, doubled by each failure up to the most.
//
// Source: k8s v1.36.3 pkg/scheduler/backend/queue/backoff_queue.go calculateBackoffDuration.
func (q *queue) backoff(e *entry) time.Duration {
	count := e.rejected
	if e.errors > 0 {
		count = e.errors
	}
	if count == 0 || q.most == 0 {
		return 0
	}
	shift := count - 1
	if shift > 62 || q.initial > q.most>>shift {
		return q.most
	}
	return q.initial << shift
}

// isBackingOff reports whether the pause is not over yet. It ends with the second after the one in which it would end
// to the nanosecond.
func (q *queue) isBackingOff(e *entry, now engine.Time) bool {
	if e.expiry == 0 {
		d := q.backoff(e)
		if d == 0 {
			return false
		}
		e.expiry = q.floor(e.timestamp + d)
	}
	return e.expiry >= q.floor(now)
}

// release is when the flusher, which runs at each second of the wall clock, lets an entry of errorBackoffQ go. capped
// says that its pause will not grow any more.
func (q *queue) release(e *entry) (at engine.Time, capped bool) {
	return e.expiry + time.Second, q.backoff(e) == q.most
}

// flushErrors moves the pods whose backoff is over to activeQ, and reports whether there were any.
func (q *queue) flushErrors(now engine.Time) bool {
	any := false
	for !q.errorQ.empty() && q.errorQ.peek().expiry < q.floor(now) {
		it := q.errorQ.pop()
		if it.e.where == errorBackoff && it.e.seq == it.seq {
			q.activate(it.e)
			any = true
		}
	}
	return any
}

// nextFlush is the next run of the flusher, later than now, that may move an unschedulable pod; engine.Never if none
// waits.
func (q *queue) nextFlush(now engine.Time) engine.Time {
	next := engine.Never
	for _, l := range q.lists {
		if l.first != nil && l.rejectors&gatedList == 0 {
			next = min(next, engine.NextTick(max(l.first.timestamp+q.wait, now), 0, flushPeriod))
		}
	}
	return next
}

// flushUnschedulable moves the pods that have waited for too long.
func (q *queue) flushUnschedulable(now engine.Time) bool {
	return q.move(&Event{wildcard: true}, now, func(e *entry) bool { return e.where == unschedulable && now-e.timestamp > q.wait })
}
