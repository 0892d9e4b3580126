package controller

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/rule"
)

// noExecutePeriod is the pause between two looks at the tainting queues.
//
// Source: k8s v1.36.3 pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go NodeEvictionPeriod.
const noExecutePeriod = 100 * time.Millisecond

// taintQueue holds the nodes of a zone that are to get a NoExecute taint.
//
// Source: k8s v1.36.3 pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go RateLimitedTimedQueue.
type taintQueue struct {
	limiter limiter
	waiting map[string]engine.Time // since when
	why     map[string]engine.Why  // what had nodes queued
	// known are the nodes that were added and not removed; one that was tainted stays known and is not added again.
	known map[string]bool
}

func newTaintQueue(qps float64) *taintQueue {
	return &taintQueue{limiter: newLimiter(qps), waiting: map[string]engine.Time{}, why: map[string]engine.Why{}, known: map[string]bool{}}
}

// add queues a node; again says that it is to be queued even if it is known.
func (q *taintQueue) add(node string, now engine.Time, again bool) {
	if !q.known[node] || again {
		q.known[node], q.waiting[node] = true, now
	}
}

func (q *taintQueue) remove(node string) {
	delete(q.known, node)
	delete(q.waiting, node)
	delete(q.why, node)
}

// done takes a node out of the queue that has its taint.
func (q *taintQueue) done(node string) {
	q.known[node] = true
	delete(q.waiting, node)
}

// head returns the node that is next, "" if the queue is empty. Each monitor pass takes waiting nodes out and puts them
// in again, so all that waited before the last pass are equal; the name decides among them (upstream: a map's order).
func (q *taintQueue) head(lastPass engine.Time) string {
	first := ""
	for _, name := range sortedKeys(q.waiting) {
		if first == "" || max(q.waiting[name], lastPass) < max(q.waiting[first], lastPass) {
			first = name
		}
	}
	return first
}

// limiter is a token bucket of size 1.
//
// Source: k8s v1.36.3 staging client-go/util/flowcontrol/throttle.go.
type limiter struct {
	qps  float64     // 0: never a token
	free engine.Time // when the token is there
}

func newLimiter(qps float64) limiter { return limiter{max(qps, 0), longAgo} }

// take takes the token, if it is there.
func (l *limiter) take(now engine.Time) bool {
	if l.qps == 0 || now < l.free {
		return false
	}
	l.free = now + engine.Time(float64(time.Second)/l.qps)
	return true
}

// swap changes the rate. The new bucket is full only if the old one was.
//
// Source: k8s v1.36.3 rate_limited_queue.go SwapLimiter.
func (l *limiter) swap(qps float64, now engine.Time) {
	qps = max(qps, 0)
	if qps == l.qps {
		return
	}
	full := l.take(now)
	*l = newLimiter(qps)
	if !full {
		l.take(now)
	}
}

// noExecuteTaints returns the NoExecute taint of a node with that Ready status, and the one it must not have besides.
func noExecuteTaints(ready corev1.ConditionStatus) (own, other corev1.Taint) {
	own = corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoExecute}
	other = corev1.Taint{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute}
	if ready == corev1.ConditionUnknown {
		own, other = other, own
	}
	return own, other
}

// queueOf returns the tainting queue of the node's zone.
func (c *nodeLifecycle) queueOf(n *corev1.Node) *taintQueue {
	key := zoneKey(n)
	if c.queues[key] == nil {
		c.addZone(key)
	}
	return c.queues[key]
}

// wantTainting asks for the next look at the queues that can find both a node and a token.
func (c *nodeLifecycle) wantTainting() {
	for _, q := range c.queues { // unordered: a minimum
		if len(q.waiting) > 0 && q.limiter.qps > 0 {
			c.tainter.want(max(c.env.Engine.Now(), q.limiter.free))
		}
	}
}

// taintPass taints what the zones' limiters allow, zone by zone (upstream: in a map's order).
//
// Source: k8s v1.36.3 node_lifecycle_controller.go doNoExecuteTaintingPass.
func (c *nodeLifecycle) taintPass(engine.Time) { c.taintZones(sortedKeys(c.queues)) }

func (c *nodeLifecycle) taintZones(zones []string) {
	if len(zones) == 0 {
		c.tainter.finish()
		c.wantTainting()
		return
	}
	q := c.queues[zones[0]]
	name := q.head(c.monitor.latest(c.env.Engine.Now()))
	if name == "" || !q.limiter.take(c.env.Engine.Now()) {
		c.taintZones(zones[1:])
		return
	}
	n := c.env.Store.Node(name)
	if n == nil || readyStatus(n) == corev1.ConditionTrue || readyStatus(n) == "" {
		// Differs: a node without Ready condition is dropped; upstream tries again 50 ms later, which never helps it.
		q.done(name)
		c.taintZones(zones)
		return
	}
	own, other := noExecuteTaints(readyStatus(n))
	c.env.Engine.Why = q.why[name].By(rule.NodeNoExecuteTaint)
	c.swapTaints(name, []corev1.Taint{own}, []corev1.Taint{other}, func() {
		if _, waiting := q.waiting[name]; waiting {
			q.done(name)
		}
		c.taintZones(zones)
	})
}
