package record

import (
	"time"

	"clustersim/sim/engine"
)

// What a recorder does that cannot reach the API server: it holds on to the first Event and tries again, with all others
// behind it, and gives it up after so many tries. A queue that is full takes no more.
//
// Source: k8s v1.36.3 staging client-go/tools/record/event.go recordToSink, maxTriesPerEvent, maxQueuedEvents;
// DefaultEventBroadcaster's sleep.
const (
	maxTries  = 12
	retryWait = 10 * time.Second // the first wait of each Event is a random part of it
	maxQueued = 1000
)

var (
	kindRetry    = engine.NewKind("event write retried", engine.RankAPI, true)
	purposeRetry = engine.HashString("event retry")
)

// line is a recorder's way to the API server.
type line struct {
	reachable func() bool // nil: always
	held      []held      // the first is being tried
	tries     int         // of the first that have failed
	waits     uint64      // first waits so far
	boot      int         // what was queued before the last boot is lost
}

// held is an Event that waits for the API server, with what led to it.
type held struct {
	event *outgoing
	why   engine.Why
}

// Through lets the recorder ask whether the API server can be reached.
func (r *Recorder) Through(reachable func() bool) { r.line.reachable = reachable }

// Lose is the end of the recorder's process: what it had not written and what it remembered is gone.
func (r *Recorder) Lose() {
	r.line.held, r.line.tries = nil, 0
	r.line.boot++
	clear(r.objects)
	clear(r.nodes)
	r.busyUntil = 0
}

// send writes an Event, or holds it if it cannot.
func (r *Recorder) send(o *outgoing) {
	l := &r.line
	if len(l.held) == 0 && (l.reachable == nil || l.reachable()) {
		o.write()
		return
	}
	if len(l.held) >= maxQueued {
		return
	}
	l.held = append(l.held, held{o, r.engine.Why})
	if len(l.held) == 1 {
		r.failed()
	}
}

// failed notes a try that has failed and plans the next one, of the Event after it if it was the last.
func (r *Recorder) failed() {
	l := &r.line
	if l.tries++; l.tries >= maxTries {
		l.held, l.tries = l.held[1:], 1 // the next one fails at once
		if len(l.held) == 0 {
			l.tries = 0
			return
		}
	}
	wait := retryWait
	if l.tries == 1 {
		l.waits++
		wait = engine.Time(r.engine.Draw(engine.HashString(r.component+"/"+r.host)^purposeRetry, l.waits) * float64(retryWait)).Round(time.Microsecond)
	}
	boot := l.boot
	r.engine.After(wait, kindRetry, engine.Func(func() {
		if l.boot != boot || len(l.held) == 0 {
			return
		}
		if !l.reachable() {
			r.failed()
			return
		}
		l.tries = 0
		r.flush()
	}))
}

// flush writes what was held, one Event after another.
func (r *Recorder) flush() {
	l := &r.line
	h, boot := l.held[0], l.boot
	r.engine.Why = h.why
	h.event.write()
	l.held = l.held[1:]
	if len(l.held) == 0 {
		return
	}
	r.engine.After(r.latency, kindWrite, engine.Func(func() {
		switch {
		case l.boot != boot || len(l.held) == 0:
		case l.reachable():
			r.flush()
		default:
			r.failed()
		}
	}))
}
