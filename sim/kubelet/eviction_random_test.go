package kubelet

import (
	"fmt"
	"testing"
	"time"

	"clustersim/sim/engine"
	"clustersim/sim/world"
)

// Nodes that run short in all sorts of ways do the same with every tick executed and without, and never use more than they have.
func TestRandomPressure(t *testing.T) {
	for seed := range uint64(100) {
		s := engine.NewStream(seed, "pressure")
		second := func(n int64) time.Duration {
			return time.Duration(s.Int64N(n*1000)) * time.Millisecond
		}
		var behaviors []world.Behavior
		var pods []string
		for i := range 8 {
			steps := []world.Step{{N: s.Int64N(gi)}}
			for at := second(60); len(steps) < 6; at += time.Millisecond + second(200) {
				steps = append(steps, world.Step{At: at, N: s.Int64N(5 * gi / 2)})
			}
			b := uses(fmt.Sprintf("p%d", i), steps...)
			if s.Int64N(3) == 0 {
				b.OnTerm = world.OnTerm{Ignore: true}
			}
			behaviors = append(behaviors, b)
			request := []string{"", "100Mi", "1Gi"}[s.Int64N(3)]
			limit := []string{"", "", "2Gi"}[s.Int64N(3)]
			if request == "" {
				limit = ""
			}
			pods = append(pods, manifest(fmt.Sprintf("p%d", i), request, limit, fmt.Sprintf("priority: %d,", s.Int64N(2))))
		}
		type act struct {
			at   time.Duration
			what int64
			n    int64
		}
		var acts []act
		for range 6 {
			acts = append(acts, act{second(600), s.Int64N(5), s.Int64N(8 * gi)})
		}
		starts := make([]time.Duration, len(pods))
		for i := range starts {
			starts[i] = second(120)
		}
		both(t, behaviors, 20*time.Minute, func(c *cluster) {
			n := c.kubelets.Node("n1")
			for i, p := range pods {
				c.pod(starts[i], p)
			}
			for _, a := range acts {
				c.at(a.at, func() { disturb(c, n, a.what, a.n) })
			}
			for at := time.Second; at < 20*time.Minute; at += 7 * time.Second {
				c.at(at, func() {
					if used := n.meter.memory(c.engine.Now()); used > 8*gi {
						t.Errorf("seed %d: %d bytes in use at %v", seed, used, c.engine.Now())
					}
					if len(n.meter.users) == 0 && n.meter.highest != 0 {
						t.Errorf("seed %d: nothing runs and %d bytes are awaited", seed, n.meter.highest)
					}
				})
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d: %v", seed, acts)
		}
	}
}

// disturb does one of several things to a node for a while.
func disturb(c *cluster, n *Node, what, amount int64) {
	d := time.Duration(amount%97) * time.Second
	switch what {
	case 0, 1:
		n.TakeOutside(amount/2, 0, 0)
		c.at(c.engine.Now()+d+10*time.Second, func() { n.TakeOutside(-amount/2, 0, 0) })
	case 2:
		n.Cut(true)
		c.at(c.engine.Now()+d, n.Heal)
	case 3:
		n.Cut(false)
		c.at(c.engine.Now()+d, n.Heal)
	case 4:
		n.Crash()
		c.at(c.engine.Now()+d, n.Recover)
	}
}
