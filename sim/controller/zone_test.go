package controller

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/engine"
)

// controllers.md 2.5.
func TestStateOf(t *testing.T) {
	for _, x := range []struct {
		ready, notReady int
		want            zoneState
	}{
		{0, 0, zoneNormal}, {1, 0, zoneNormal}, {0, 1, zoneFullDisruption}, {1, 2, zoneNormal}, {1, 3, zonePartialDisruption},
		{3, 3, zoneNormal}, {9, 11, zonePartialDisruption}, {10, 11, zoneNormal}, {40, 60, zonePartialDisruption}, {0, 60, zoneFullDisruption},
	} {
		if got := stateOf(x.ready, x.notReady, 0.55); got != x.want {
			t.Errorf("%d ready, %d not: %s, want %s", x.ready, x.notReady, got, x.want)
		}
	}
}

func TestZoneKey(t *testing.T) {
	for _, x := range []struct {
		labels map[string]string
		want   string
	}{
		{nil, ""},
		{map[string]string{"topology.kubernetes.io/zone": "a"}, ":\x00:a"},
		{map[string]string{"topology.kubernetes.io/zone": "a", "topology.kubernetes.io/region": "eu"}, "eu:\x00:a"},
		{map[string]string{"topology.kubernetes.io/zone": "a", "failure-domain.beta.kubernetes.io/zone": "old"}, ":\x00:old"},
	} {
		if got := zoneKey(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: x.labels}}); got != x.want {
			t.Errorf("%v: %q, want %q", x.labels, got, x.want)
		}
	}
}

func TestLimiter(t *testing.T) {
	l := newLimiter(0.1)
	at := func(s float64) engine.Time { return engine.Time(s * float64(time.Second)) }
	step := func(now float64, want bool) {
		t.Helper()
		if got := l.take(at(now)); got != want {
			t.Errorf("take at %v: %v, want %v", now, got, want)
		}
	}
	step(100, true)
	step(100, false)
	step(109.9, false)
	step(110, true)
	l.swap(0.1, at(111)) // the same rate: nothing happens
	step(120, true)
	l.swap(0.01, at(121)) // the old bucket was empty: so is the new one
	step(220.9, false)
	step(221, true)
	l.swap(0, at(400)) // never
	step(1000, false)
	l.swap(0.1, at(1000)) // never counts as empty
	step(1009, false)
	step(1010, true)
	l.swap(0.01, at(1020)) // full
	step(1020, true)
	if l = newLimiter(-1); l.take(at(1e6)) {
		t.Error("a negative rate is none")
	}
}

// Waiting nodes go through by name once a monitor pass has queued them anew, else by time.
func TestQueueOrder(t *testing.T) {
	q := newTaintQueue(0.1)
	q.add("b", 10, false)
	q.add("a", 12, false)
	if h := q.head(9); h != "b" {
		t.Errorf("before the next pass: %s", h)
	}
	if h := q.head(15); h != "a" {
		t.Errorf("after it: %s", h)
	}
	q.done("a")
	q.add("a", 20, false)
	if h := q.head(30); h != "b" {
		t.Errorf("a was tainted and is not queued again: %s", h)
	}
	q.add("a", 20, true)
	if h := q.head(30); h != "a" {
		t.Errorf("but is if the taint is missing: %s", h)
	}
	q.remove("a")
	q.remove("b")
	if h := q.head(30); h != "" {
		t.Errorf("empty: %s", h)
	}
}

// The passes of a loop, also across one that took time.
func TestLoopPasses(t *testing.T) {
	e := engine.New(1)
	var ran []engine.Time
	var l *loop
	l = newLoop(e, "test", 5*time.Second, false, func(now engine.Time) {
		ran = append(ran, now)
		if now == 20*time.Second {
			e.After(3*time.Second, kindTest, engine.Func(l.finish))
			return
		}
		l.finish()
	})
	l.stretches = []stretch{{-100 * time.Second, never}}
	l.want(18 * time.Second)
	l.want(19 * time.Second)
	e.Run(22 * time.Second)
	l.want(22 * time.Second) // the pass still runs: the next begins 5 s after its end
	e.Run(40 * time.Second)
	if len(ran) != 2 || ran[0] != 20*time.Second || ran[1] != 28*time.Second {
		t.Errorf("passes at %v", ran)
	}
	for at, want := range map[engine.Time]engine.Time{
		-3 * time.Second: 0, 0: 5 * time.Second, 19 * time.Second: 20 * time.Second, 20 * time.Second: 28 * time.Second, 24 * time.Second: 28 * time.Second, 28 * time.Second: 33 * time.Second,
	} {
		if got := l.after(at); got != want {
			t.Errorf("after(%v) = %v, want %v", at, got, want)
		}
	}
	for at, want := range map[engine.Time]engine.Time{19 * time.Second: 15 * time.Second, 20 * time.Second: 20 * time.Second, 27 * time.Second: 20 * time.Second, 34 * time.Second: 33 * time.Second} {
		if got := l.latest(at); got != want {
			t.Errorf("latest(%v) = %v, want %v", at, got, want)
		}
	}
}
