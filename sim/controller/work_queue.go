package controller

import (
	"time"

	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var (
	kindSync      = engine.NewKind("controller sync", engine.RankController, false)
	kindDelayed   = engine.NewKind("controller delayed sync", engine.RankTimer, false)
	kindScheduled = engine.NewKind("controller sync by schedule", engine.RankTimer, true)
	kindRetry     = engine.NewKind("controller retry", engine.RankTimer, false)
	kindRetryIdle = engine.NewKind("controller retry at its cap", engine.RankTimer, true)
)

// Back-off of a key whose sync failed: 5 ms, doubled each time, up to 1000 s; and 10 retries a second over all keys,
// after a burst of 100.
//
// Source: k8s v1.36.3 staging client-go/util/workqueue/default_rate_limiters.go DefaultTypedControllerRateLimiter.
const (
	retryBase  = 5 * time.Millisecond
	retryMax   = 1000 * time.Second
	retryQPS   = 10
	retryBurst = 100
)

// settledRetries is how often a key has failed when its retries cease to keep the run from having settled.
const settledRetries = 5

// workQueue holds the keys that a controller has to sync. A key is synced by one worker at a time; one that is added
// meanwhile is synced once more afterwards. Keys are taken in the order in which they were added.
//
// Source: k8s v1.36.3 staging client-go/util/workqueue queue.go, delaying_queue.go, rate_limiting_queue.go.
type workQueue[K comparable] struct {
	engine  *engine.Engine
	workers int
	// sync must call done once, at once or later, with what went wrong.
	sync func(key K, done func(error))

	base, max engine.Time // back-off of a failing key
	maxTries  int         // failures after which a key is dropped; 0 = never
	limit     *store.Client

	rule rule.ID // by which a sync acts, until it says another

	busy     int
	pumping  bool
	waiting  []K
	dirty    map[K]engine.Why // to be synced, and what asked for it first
	active   map[K]bool       // being synced
	failures map[K]int
	delayed  map[K]delayedKey
}

// delayedKey is a key that is added later, at the earliest instant that was asked for.
type delayedKey struct {
	at    engine.Time
	timer engine.Timer
	retry bool
}

// newWorkQueue returns a queue with upstream's default back-off.
func newWorkQueue[K comparable](e *engine.Engine, workers int, sync func(K, func(error))) *workQueue[K] {
	return &workQueue[K]{engine: e, workers: workers, sync: sync, base: retryBase, max: retryMax,
		limit: store.NewClient(config.Client{KubeAPIQPS: retryQPS, KubeAPIBurst: retryBurst}),
		rule:  rule.ControllerSync, dirty: map[K]engine.Why{}, active: map[K]bool{}, failures: map[K]int{}, delayed: map[K]delayedKey{}}
}

// by sets the rule by which syncs act that say no other. It returns the queue.
func (q *workQueue[K]) by(r rule.ID) *workQueue[K] {
	q.rule = r
	return q
}

// add queues the key, unless it waits already.
func (q *workQueue[K]) add(key K) {
	if _, waits := q.dirty[key]; waits {
		return
	}
	q.dirty[key] = q.engine.Why
	if !q.active[key] {
		q.waiting = append(q.waiting, key)
		q.pump()
	}
}

// addAfter queues the key after d. Of several requests the earliest counts.
func (q *workQueue[K]) addAfter(key K, d engine.Time) {
	if d <= 0 {
		q.add(key)
		return
	}
	q.delay(key, d, kindDelayed)
}

// addAfterIdle is addAfter for what comes again and again, and keeps no run from having settled.
func (q *workQueue[K]) addAfterIdle(key K, d engine.Time) {
	if d <= 0 {
		q.add(key)
		return
	}
	q.delay(key, d, kindScheduled)
}

func (q *workQueue[K]) delay(key K, d engine.Time, kind *engine.Kind) {
	at := q.engine.Now() + d
	if have, ok := q.delayed[key]; ok {
		if have.at <= at {
			return
		}
		q.engine.Cancel(have.timer)
	}
	timer := q.engine.At(at, kind, engine.Func(func() {
		delete(q.delayed, key)
		q.add(key)
	}))
	q.delayed[key] = delayedKey{at, timer, kind == kindRetry || kind == kindRetryIdle}
}

// retry queues a key again after its back-off.
func (q *workQueue[K]) retry(key K) {
	d := q.max
	if n := q.failures[key]; n < 40 {
		d = min(q.base<<n, q.max)
	}
	q.failures[key]++
	kind := kindRetry
	if d == q.max || q.failures[key] > settledRetries {
		kind = kindRetryIdle
	}
	if q.limit != nil {
		now := q.engine.Now()
		d = max(d, q.limit.Reserve(now)-now)
	}
	q.delay(key, d, kind)
}

// cancelDelayed takes back what addAfter was asked for: a sync at that time would change nothing.
func (q *workQueue[K]) cancelDelayed(key K) {
	if have, ok := q.delayed[key]; ok && !have.retry {
		q.engine.Cancel(have.timer)
		delete(q.delayed, key)
	}
}

// forget ends the back-off of a key.
func (q *workQueue[K]) forget(key K) { delete(q.failures, key) }

// pump hands the next key to a free worker.
func (q *workQueue[K]) pump() {
	if q.pumping || q.busy >= q.workers || len(q.waiting) == 0 {
		return
	}
	q.pumping = true
	q.engine.After(0, kindSync, engine.Func(q.take))
}

func (q *workQueue[K]) take() {
	q.pumping = false
	key := q.waiting[0]
	q.waiting = q.waiting[1:]
	why := q.dirty[key]
	delete(q.dirty, key)
	q.active[key] = true
	q.busy++
	q.pump()
	q.engine.Why = why.By(q.rule)
	q.sync(key, func(err error) { q.done(key, err) })
}

func (q *workQueue[K]) done(key K, err error) {
	delete(q.active, key)
	q.busy--
	switch {
	case err == nil:
		q.forget(key)
	case q.maxTries > 0 && q.failures[key] >= q.maxTries:
		q.forget(key)
	default:
		q.retry(key)
	}
	if _, again := q.dirty[key]; again {
		q.waiting = append(q.waiting, key)
	}
	q.pump()
}
