package kubelet

import (
	"fmt"
	"testing"
	"time"

	"clustersim/sim/world"
)

// A probe that times out says so timeoutSeconds after it began; what began behind it waits for that.
//
// Source: k8s v1.36.3 pkg/kubelet/prober/prober.go runProbe (timeoutSeconds), worker.go run (one goroutine, one tick kept).
func TestProbeTimeoutTakesItsTime(t *testing.T) {
	first := func(o world.Outcome) (at []float64) {
		script := world.ProbeScript{Windows: []world.Window{{From: 10 * time.Second, To: -1, Outcome: o}}}
		c := newCluster(t, false, []world.Behavior{{Probes: map[world.ProbeType]world.ProbeScript{world.Liveness: script}}}, nil, "app:v1")
		c.pod(time.Second, fmt.Sprintf(onePod, "", ", livenessProbe: {exec: {command: [x]}, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 9}"))
		c.run(40 * time.Second)
		return c.times("EVT p Unhealthy")
	}
	fails, late := first(world.Failure), first(world.TimedOut)
	if len(fails) < 3 || len(late) < 3 {
		t.Fatalf("fails at %v, times out at %v", fails, late)
	}
	for i := range 3 {
		if d := late[i] - fails[i]; d < 2.99 || d > 3.01 {
			t.Errorf("failure %d at %v, and as a timeout at %v: want 3 s later", i+1, fails[i], late[i])
		}
	}
}
