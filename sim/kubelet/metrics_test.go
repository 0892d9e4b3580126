package kubelet

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/store"
	"clustersim/sim/world"
)

// A load is shared by the pods that are ready, and counts from the start of the run; what a pod uses by itself counts from the
// container's start. A pod of which nothing is said has no figures.
func TestUsage(t *testing.T) {
	c := newCluster(t, false, []world.Behavior{
		{Select: world.Selector{Name: "late"}, Load: map[string]world.Series{"cpu": {Value: world.Constant(70)}}},
		{Select: world.Selector{Name: "web-*"}, Usage: map[string]world.Series{"cpu": {Steps: []world.Step{{N: 100}, {At: 20 * time.Second, N: 200}}}},
			Load: map[string]world.Series{"cpu": {Steps: []world.Step{{N: 3000}, {At: 10 * time.Second, N: 6000}}}}},
	}, nil, "app:v1")
	for _, name := range []string{"web-1", "web-2", "other", "late"} {
		c.pod(time.Second, manifest(name, "", "", ""))
	}
	want := func(at time.Duration, name string, n int64, known bool) {
		t.Helper()
		c.at(at, func() {
			p := c.store.Pod(store.Key{Namespace: "default", Name: name})
			if got, _, ok := c.kubelets.Usage(p, "app", corev1.ResourceCPU); got != n || ok != known {
				t.Errorf("%s at %v: %d, %v, want %d, %v", name, at, got, ok, n, known)
			}
		})
	}
	want(5*time.Second, "web-1", 100+1500, true)
	want(15*time.Second, "web-2", 100+3000, true)
	want(25*time.Second, "web-2", 200+3000, true)
	want(25*time.Second, "late", 70, true)
	want(25*time.Second, "other", 0, false)
	c.at(30*time.Second, func() {
		c.kubelets.Node("n1").Kill(c.store.Pod(store.Key{Namespace: "default", Name: "web-1"}).UID, "", 137, "", "")
	})
	want(30500*time.Millisecond, "web-1", 0, false) // dead, and not yet seen
	c.run(31 * time.Second)
}

// The steps of a series hold until the next, from the instant of each on.
func TestProfile(t *testing.T) {
	p := profile{{10, 5}, {20, 9}, {30, 2}}
	for at, want := range map[time.Duration]int64{9: 0, 10: 5, 19: 5, 20: 9, 30: 2, 99: 2} {
		if got := p.at(at); got != want {
			t.Errorf("at %d: %d, want %d", at, got, want)
		}
	}
	if at, ok := p.above(5); at != 20 || !ok {
		t.Errorf("above 5 at %d, %v", at, ok)
	}
	if _, ok := p.above(9); ok {
		t.Error("above 9")
	}
	if q := p.capped(5); q.at(20) != 5 || p.at(20) != 9 || q.next(10) != 20 {
		t.Errorf("capped: %v of %v", q, p)
	}
}
