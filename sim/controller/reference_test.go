package controller

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// Skipping the passes that change nothing changes nothing: the journals of runs with and without them are equal, over
// random crashes, recoveries, taints, pods and deleted nodes in three zones.
func TestReference(t *testing.T) {
	for seed := range uint64(60) {
		a, b := chaos(t, seed, false), chaos(t, seed, true)
		if a.journal.Digest() == b.journal.Digest() {
			continue
		}
		for i := range min(len(a.lines), len(b.lines)) {
			if a.lines[i] != b.lines[i] {
				t.Fatalf("seed %d: line %d\nskipping  %s\nreference %s", seed, i, a.lines[i], b.lines[i])
			}
		}
		t.Fatalf("seed %d: %d and %d lines, or equal lines of different objects", seed, len(a.lines), len(b.lines))
	}
}

func chaos(t *testing.T, seed uint64, reference bool) *cluster {
	profile := [...]string{"v1.36", "instant"}[seed%2]
	c := newCluster(t, options{profile: profile, seed: seed, reference: reference, change: func(c *config.Components) {
		c.ControllerManager.TerminatedPodGCThreshold = 3
		if seed%5 == 0 {
			c.ControllerManager.KubeAPIQPS = -1
		}
	}})
	r := engine.NewStream(seed, "chaos")
	nodes := 2 + int(r.Int64N(9))
	name := func(i int) string { return fmt.Sprintf("n%02d", i) }
	for i := range nodes {
		c.node(name(i), []string{"", "a", "b"}[r.Int64N(3)], engine.Time(r.Int64N(int64(10*time.Second))))
		for j := range r.Int64N(4) {
			c.pod(fmt.Sprintf("p%02d-%d", i, j), name(i), tolerate(r.Int64N(100)))
		}
	}
	c.start()
	for range 40 {
		at, i, what, k := engine.Time(r.Int64N(int64(600*time.Second))), int(r.Int64N(int64(nodes))), r.Int64N(10), r.Int64N(4)
		c.at(at, func() { c.accident(what, name(i), pod(fmt.Sprintf("p%02d-%d", i, k))) })
	}
	c.run(900 * time.Second)
	return c
}

func (c *cluster) accident(what int64, node string, p store.Key) {
	n := c.store.Node(node)
	switch {
	case n == nil && what < 5:
		c.node(node, "", c.engine.Now())
	case n == nil:
	case what < 4:
		c.silence(node)
	case what < 6:
		c.speak(node)
	case what == 6:
		c.taint(node, maint)
	case what == 7:
		c.store.DeletePod(p, "", nil)
	case what == 8:
		c.store.UpdatePod(p, "", func(p *store.Pod) bool {
			st := *p.Status
			st.Phase = corev1.PodSucceeded
			p.Status = &st
			return true
		})
	case what == 9 && c.engine.Now()%3 == 0:
		c.api.Delete(nodeKind, store.Key{Name: node}, nil, "")
	}
}

// A quiet cluster costs nothing: no pass is executed in an hour.
func TestQuietClusterIsFree(t *testing.T) {
	c := newCluster(t, options{profile: "v1.36"})
	for i := range 100 {
		c.node(fmt.Sprintf("n%03d", i), "", engine.Time(i)*100*ms)
	}
	c.start()
	c.run(time.Hour)
	if c.engine.Ran() != 0 || !c.engine.Settled() {
		t.Errorf("%d engine events ran, busiest %v", c.engine.Ran(), c.engine.Busiest(3))
	}
}

func BenchmarkNodesLostAndBack(b *testing.B) {
	for range b.N {
		c := newCluster(&testing.T{}, options{profile: "instant", change: func(c *config.Components) { c.ControllerManager.KubeAPIQPS = -1 }})
		c.quiet = true
		for i := range 5000 {
			c.node(fmt.Sprintf("n%04d", i), fmt.Sprint(i%3), engine.Time(i)*2*ms)
		}
		c.start()
		for i := range 500 {
			c.at(engine.Time(i)*time.Second, func() { c.silence(fmt.Sprintf("n%04d", i)) })
			c.at(engine.Time(i+200)*time.Second, func() { c.speak(fmt.Sprintf("n%04d", i)) })
		}
		if err := c.engine.Run(time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}
