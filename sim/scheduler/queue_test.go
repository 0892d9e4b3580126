package scheduler

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/store"
)

const ms = time.Millisecond

// A real scheduler without nodes, v1.36.3: attempts at 3.158, 5, 8, 13, 22 s (scheduler.md 2.5).
func TestErrorBackoff(t *testing.T) {
	r := newRig(t)
	r.at(3156*ms, func() { r.pod(makePod("lonely", nil)) })
	attempts := uint64(0)
	for _, at := range []time.Duration{3158 * ms, 5 * time.Second, 8 * time.Second, 13 * time.Second, 22 * time.Second, 33 * time.Second, 44 * time.Second} {
		r.run(at)
		if r.Attempts != attempts {
			t.Fatalf("an attempt before %v", at)
		}
		r.run(at + 1)
		if attempts++; r.Attempts != attempts {
			t.Fatalf("no attempt at %v", at)
		}
	}
	if m := r.failedMessage("lonely"); m != MessageNoNodes {
		t.Errorf("message %q", m)
	}
	if c := store.Condition(r.get("lonely").Status, corev1.PodScheduled); c.Reason != corev1.PodReasonUnschedulable || c.ObservedGeneration != 1 {
		t.Errorf("condition %+v", c)
	}
	if !r.e.Settled() {
		t.Error("retries at the cap keep the run from settling")
	}
}

// The wall clock's seconds count, not the run's.
func TestBackoffFollowsWallClock(t *testing.T) {
	q := newQueue(NewProfile(Args{}), nil, time.Second, 10*time.Second, time.Minute, 300*ms)
	e := &entry{}
	e.Shape = &Shape{}
	e.rejected = 1
	q.stamp(e, 2*time.Second) // wall x.3: the pause ends at x+1.3, floored x+1.0, that is 2.7 here
	for _, c := range []struct {
		now  time.Duration
		want bool
	}{{2 * time.Second, true}, {3699 * ms, true}, {3700 * ms, false}} {
		if got := q.isBackingOff(e, c.now); got != c.want {
			t.Errorf("%v: backing off = %v", c.now, got)
		}
	}
}

func TestBackoffGrows(t *testing.T) {
	q := &queue{initial: time.Second, most: 10 * time.Second}
	for count, want := range []time.Duration{0, 1, 2, 4, 8, 10, 10} {
		if got := q.backoff(&entry{rejected: int32(count)}); got != want*time.Second {
			t.Errorf("%d failures: %v, want %vs", count, got, want)
		}
	}
	if got := q.backoff(&entry{rejected: 5, errors: 1}); got != time.Second {
		t.Errorf("errors in a row count alone: %v", got)
	}
	if got := q.backoff(&entry{rejected: 500}); got != 10*time.Second {
		t.Errorf("500 failures: %v", got)
	}
}

func TestIdleSchedulerBinds(t *testing.T) {
	r := newRig(t)
	h := r.watch()
	r.node(makeNode("n1", resources("cpu", "4", "memory", "8Gi")))
	r.at(time.Second, func() { r.pod(makePod("web", resources("cpu", "1"))) })
	r.run(2 * time.Second)
	if h.bound["web"] != 1006*ms {
		t.Errorf("bound at %v, want 1.006s", h.bound["web"])
	}
	p := r.get("web")
	if c := store.Condition(p.Status, corev1.PodScheduled); p.NodeName != "n1" || c == nil || c.Status != corev1.ConditionTrue {
		t.Errorf("pod %q %+v", p.NodeName, c)
	}
	if len(h.events) != 1 || h.at[0] != 1010*ms || h.events[0].Message != "Successfully assigned default/web to n1" ||
		h.events[0].Action != "Binding" || h.events[0].Regarding.Revision != 2 {
		t.Errorf("events %+v at %v", h.events, h.at)
	}
}

// Objects that exist before the scheduler starts.
func TestSync(t *testing.T) {
	r := newRig(t)
	e, s := r.e, r.s
	r.node(makeNode("n1", resources("cpu", "2", "memory", "8Gi")))
	r.pod(makePod("a", resources("cpu", "1")))
	r.run(ms)
	c, _ := config.Profile("")
	sc := New(e, s, c.Scheduler, c.Latency) // a second one, late
	sc.Sync()
	if sc.snap.Len() != 1 || len(sc.arrived) != 1 {
		t.Fatalf("nodes %d, arrived %d", sc.snap.Len(), len(sc.arrived))
	}
	sc.Sync()
	if len(sc.arrived) != 1 {
		t.Error("seen twice")
	}
}

func TestPriorityThenOrder(t *testing.T) {
	r := newRig(t, func(c *config.Components) { c.Latency = config.Latency{} })
	h := r.watch()
	r.node(makeNode("n1", resources("cpu", "4", "memory", "8Gi", "pods", "3")))
	r.at(time.Second, func() {
		r.pod(makePod("first", nil))
		r.pod(makePod("second", nil))
		r.pod(makePod("low", nil, priority(-5)))
		r.pod(makePod("high", nil, priority(5)))
	})
	r.run(2 * time.Second)
	if len(h.bound) != 3 || r.get("low").NodeName != "" {
		t.Errorf("bound %v", h.bound)
	}
	var order []string
	for _, ev := range h.events {
		order = append(order, ev.Regarding.Name)
	}
	if want := []string{"low", "high", "first", "second"}; len(order) != 4 || order[1] != want[1] || order[2] != want[2] || order[3] != want[3] {
		t.Errorf("events of %v, want %v", order, want)
	}
}

// Bindings obey the client's limits, decisions do not wait for them.
func TestClientLimits(t *testing.T) {
	r := newRig(t)
	h := r.watch()
	for _, n := range []string{"n1", "n2"} {
		r.node(makeNode(n, resources("cpu", "64", "memory", "64Gi", "pods", "500")))
	}
	r.at(time.Second, func() {
		for i := range 150 {
			r.pod(makePod("p"+string(rune('a'+i/26))+string(rune('a'+i%26)), nil))
		}
	})
	r.run(10 * time.Second)
	n := map[time.Duration]int{}
	var last time.Duration
	for _, at := range h.bound {
		n[at]++
		last = max(last, at)
	}
	if n[1006*ms] != 100 || last != 2006*ms {
		t.Errorf("%d at once, last at %v; want 100, 2.006s", n[1006*ms], last)
	}
}

// The recorded case "unschedulable": a pod is tried again when something that its rejectors wait for happens.
func TestRetries(t *testing.T) {
	r := newRig(t)
	h := r.watch()
	r.node(makeNode("n1", resources("cpu", "2", "memory", "8Gi")))
	r.at(time.Second, func() {
		r.pod(makePod("big-a", resources("cpu", "2")))
		r.pod(makePod("big-b", resources("cpu", "2")))
		r.pod(makePod("wants-label", nil, selector("disk", "ssd")))
		r.pod(makePod("too-big", resources("cpu", "64")))
	})
	attempts := func() uint64 { return r.Attempts }
	var before uint64
	check := func(at time.Duration, what string, want uint64) {
		t.Helper()
		r.run(at)
		if got := attempts() - before; got != want {
			t.Errorf("%s: %d attempts, want %d", what, got, want)
		}
		before = attempts()
	}
	update := func(at time.Duration, f func(n *corev1.Node)) {
		r.at(at, func() { r.must(r.s.UpdateNode("n1", func(n *corev1.Node) bool { f(n); return true })) })
	}
	update(3*time.Second, func(n *corev1.Node) { n.Labels["rack"] = "7" })
	update(4*time.Second, func(n *corev1.Node) {
		n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: "soft", Effect: corev1.TaintEffectPreferNoSchedule})
	})
	update(5*time.Second, func(n *corev1.Node) { n.Status.Conditions = []corev1.NodeCondition{{Type: "Ready", Status: "True"}} })
	update(6*time.Second, func(n *corev1.Node) { n.Status.Allocatable["memory"] = resources("m", "9Gi")["m"] })
	update(7*time.Second, func(n *corev1.Node) { n.Labels["disk"] = "ssd" })
	r.at(9*time.Second, func() { r.finish("big-a") })
	check(2*time.Second, "arrival", 4)
	check(3500*ms, "another label", 0)
	check(4500*ms, "a taint retries everyone whose rejectors want new nodes", 3)
	check(5500*ms, "a condition", 0)
	check(6500*ms, "memory that nobody asked for", 0)
	check(8*time.Second, "the label", 1)
	if h.bound["wants-label"] != 7004*ms {
		t.Errorf("wants-label bound at %v", h.bound["wants-label"])
	}
	check(10*time.Second, "a pod is done", 2)
	if h.bound["big-b"] != 9004*ms {
		t.Errorf("big-b bound at %v", h.bound["big-b"])
	}
	r.at(11*time.Second, func() { r.node(makeNode("n2", resources("cpu", "8", "memory", "8Gi"))) })
	check(12*time.Second, "a node on which it would not fit", 0)
	r.at(13*time.Second, func() { r.node(makeNode("n3", resources("cpu", "80", "memory", "8Gi"))) })
	check(14*time.Second, "a node on which it fits", 1)
}

// Recorded: a failure at a new resourceVersion is a new Event, the first repeat makes a series of two, later ones are
// not written until the series ends.
func TestEventSeries(t *testing.T) {
	r := newRig(t)
	h := r.watch()
	r.node(makeNode("n1", resources("cpu", "1", "memory", "8Gi")))
	r.at(time.Second, func() { r.pod(makePod("p", resources("cpu", "2"))) })
	for i := range 5 {
		r.at(time.Duration(i+2)*time.Second, func() {
			r.must(r.s.UpdateNode("n1", func(n *corev1.Node) bool {
				n.Spec.Taints = []corev1.Taint{{Key: "k", Value: string(rune('a' + i)), Effect: corev1.TaintEffectPreferNoSchedule}}
				return true
			}))
		})
	}
	r.run(10 * time.Second)
	type write struct {
		at       time.Duration
		revision uint64
		series   int32
	}
	var got []write
	for i, ev := range h.events {
		got = append(got, write{h.at[i], ev.Regarding.Revision, ev.SeriesCount})
	}
	// Revisions: node 1, pod 2, Event 3, condition 4.
	want := []write{{1006 * ms, 2, 0}, {2004 * ms, 4, 0}, {3004 * ms, 4, 2}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Fatalf("writes %v, want %v", got, want)
	}
	if !r.e.Settled() {
		t.Error("a series keeps the run from settling")
	}
	r.run(time.Hour) // the 5-minute retries go on, so the series is refreshed at 30 minutes
	last := h.events[len(h.events)-1]
	if last.SeriesCount < 6 || last.Regarding.Revision != 4 {
		t.Errorf("last write %+v", last)
	}
}

func TestFlushAfterFiveMinutes(t *testing.T) {
	r := newRig(t)
	r.node(makeNode("n1", resources("cpu", "1", "memory", "8Gi")))
	r.at(time.Second, func() { r.pod(makePod("p", resources("cpu", "2"))) })
	// Failed at 1.002; the flusher runs each 30 s and wants more than 5 minutes: at 330 s.
	r.run(330 * time.Second)
	if r.Attempts != 1 {
		t.Fatalf("%d attempts before", r.Attempts)
	}
	r.run(330*time.Second + 1)
	if r.Attempts != 2 {
		t.Fatalf("%d attempts at 330s", r.Attempts)
	}
	r.run(660 * time.Second)
	if r.Attempts != 2 {
		t.Errorf("failed at 330 s, so 660 s is still to come: %d", r.Attempts)
	}
	r.run(690*time.Second + 1)
	if r.Attempts != 3 {
		t.Errorf("%d attempts at 690s", r.Attempts)
	}
}

func TestNotOurs(t *testing.T) {
	r := newRig(t)
	h := r.watch()
	r.node(makeNode("n1", resources("cpu", "4", "memory", "8Gi")))
	r.at(time.Second, func() {
		r.pod(makePod("other", nil, func(p *corev1.Pod) { p.Spec.SchedulerName = "mine" }))
		r.pod(makePod("gated", nil, func(p *corev1.Pod) { p.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "wait"}} }))
	})
	r.run(400 * time.Second)
	if r.Attempts != 0 || len(h.events) != 0 || len(h.bound) != 0 {
		t.Fatalf("attempts %d, events %v", r.Attempts, h.events)
	}
	r.at(401*time.Second, func() {
		_, err := r.s.UpdatePod(store.Key{Namespace: "default", Name: "gated"}, "", func(p *store.Pod) bool {
			p.Template = makePod("gated", nil)
			return true
		})
		r.must(err)
	})
	r.run(402 * time.Second)
	if h.bound["gated"] != 401004*ms {
		t.Errorf("gates gone: bound at %v", h.bound["gated"])
	}
}

// A pod that is deleted while its binding is on the way frees its place at once; the binding is refused.
func TestDeletedWhileBinding(t *testing.T) {
	r := newRig(t)
	h := r.watch()
	r.node(makeNode("n1", resources("cpu", "1", "memory", "8Gi")))
	r.at(time.Second, func() {
		r.pod(makePod("a", resources("cpu", "1")))
		r.pod(makePod("b", resources("cpu", "1")))
	})
	r.at(1003*ms, func() { r.must(r.s.DeletePod(store.Key{Namespace: "default", Name: "a"}, "", nil)) })
	r.run(3 * time.Second)
	// b failed at 1.002, its condition is written at 1.006; until then the scheduler does nothing else.
	if h.bound["b"] != 1010*ms {
		t.Errorf("b bound at %v, want 1.01s", h.bound["b"])
	}
	var refused string
	for _, ev := range h.events {
		if ev.Regarding.Name == "a" {
			refused = ev.Message
		}
	}
	if refused != `running Bind plugin "DefaultBinder": pods "a" not found` {
		t.Errorf("a: %q", refused)
	}
}

// Somebody else's binding, and pods that count on a node before it exists or after it is gone.
func TestGhosts(t *testing.T) {
	r := newRig(t)
	h := r.watch()
	r.node(makeNode("n1", resources("cpu", "1", "memory", "8Gi")))
	r.at(time.Second, func() { r.pod(makePod("a", resources("cpu", "1"))) })
	r.at(2*time.Second, func() { r.must(r.s.Remove(model.Node, store.Key{Name: "n1"})) })
	r.at(3*time.Second, func() { r.pod(makePod("b", resources("cpu", "1"))) })
	r.run(3500 * ms)
	if m := r.failedMessage("b"); m != MessageNoNodes {
		t.Errorf("b: %q", m)
	}
	r.at(4*time.Second, func() { r.node(makeNode("n1", resources("cpu", "1", "memory", "8Gi"))) })
	r.run(20 * time.Second)
	if m := r.failedMessage("b"); m != "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod." {
		t.Errorf("b: %q", m)
	}
	r.at(21*time.Second, func() { r.finish("a") })
	r.run(22 * time.Second)
	if h.bound["b"] != 21004*ms {
		t.Errorf("b bound at %v", h.bound["b"])
	}
	if r.snap.Len() != 1 || len(r.snap.byName) != 1 {
		t.Errorf("%d nodes, %d slots", r.snap.Len(), len(r.snap.byName))
	}
}

func TestSkipsDeletingPods(t *testing.T) {
	r := newRig(t)
	h := r.watch()
	r.node(makeNode("n1", resources("cpu", "1", "memory", "8Gi")))
	r.at(time.Second, func() { r.pod(makePod("a", nil)) })
	r.at(1001*ms, func() {
		_, err := r.s.UpdatePod(store.Key{Namespace: "default", Name: "a"}, "", func(p *store.Pod) bool {
			p.Deletion = &store.Deletion{At: time.Second}
			return true
		})
		r.must(err)
	})
	r.run(2 * time.Second)
	if len(h.events) != 1 || h.events[0].Message != "skip schedule deleting pod: default/a" || len(h.bound) != 0 {
		t.Errorf("events %v", h.events)
	}
}

// The heap of the queue yields what a sort yields.
func TestHeapOrder(t *testing.T) {
	var h itemQueue
	for i := range 2000 {
		x := i * 7919 % 1000 // half out of order, half in order
		if i >= 1000 {
			x = i
		}
		h.push(item{priority: int32(x % 3), timestamp: time.Duration(x % 11), seq: uint64(x)})
	}
	last := h.pop()
	for !h.empty() {
		it := h.pop()
		if it.before(&last) {
			t.Fatalf("%+v after %+v", it, last)
		}
		last = it
	}
}
