package kubelet

import (
	"time"

	"clustersim/sim/engine"
)

// Crash and image back-off. Source: k8s v1.36.3 pkg/kubelet/kubelet.go, staging client-go/util/flowcontrol/backoff.go.
const (
	backoffInitial = 10 * time.Second
	backoffMax     = 300 * time.Second
	backoffForget  = 2 * backoffMax
)

// crashBackoff is the entry of one container. The zero value is no entry.
type crashBackoff struct {
	wait  engine.Time // the entry: how long after an exit the next start has to wait
	since engine.Time // when it was last raised
}

// inBackoff reports whether a start at now has to wait, given that the last instance ended at finished.
func (b *crashBackoff) inBackoff(finished, now engine.Time) bool {
	return b.wait > 0 && now-b.since <= backoffForget && finished-b.since <= backoffForget && now-finished < b.wait
}

// next raises the entry for a start at now after an exit at finished.
//
// An entry is also forgotten by a 2 s housekeeping once it is older than backoffForget.
func (b *crashBackoff) next(finished, now, longest engine.Time) {
	initial := min(backoffInitial, longest)
	if b.wait == 0 || finished-b.since > backoffForget || now-b.since > backoffForget {
		b.wait = initial
	} else {
		b.wait = min(2*b.wait, longest)
	}
	b.since = now
}

// imageBackoff is the entry of one image of one pod. It counts from the failed attempt.
type imageBackoff struct {
	wait  engine.Time
	since engine.Time
}

func (b *imageBackoff) inBackoff(now engine.Time) bool {
	return b.wait > 0 && now-b.since < b.wait
}

func (b *imageBackoff) next(now engine.Time) {
	if b.wait == 0 || now-b.since > backoffForget {
		b.wait = backoffInitial
	} else {
		b.wait = min(2*b.wait, backoffMax)
	}
	b.since = now
}
