package kubelet

import (
	"strings"
	"testing"
	"time"

	"clustersim/sim/store"
	"clustersim/sim/world"
)

// While the container runtime does not answer the kubelet does nothing for any pod and says nothing of it: what ends is not
// started again, what is deleted is not stopped. When it is back all of it is made up for. Source: kubelet.md 13.
func TestRuntimeDown(t *testing.T) {
	for _, reference := range []bool{false, true} {
		c := newCluster(t, reference, []world.Behavior{
			{Select: world.Selector{Name: "ends"}, Attempts: exits(1, 20*time.Second)},
			{Select: world.Selector{Name: "unready"}, Probes: map[world.ProbeType]world.ProbeScript{
				world.Readiness: {Windows: []world.Window{{From: 30 * time.Second, To: -1, Outcome: world.Failure}}}}},
		}, nil, "app:v1")
		for _, p := range [][2]string{{"ends", ""}, {"deleted", ""}, {"unready", ", readinessProbe: {tcpSocket: {port: 1}, periodSeconds: 1}"}} {
			c.pod(time.Second, "metadata: {name: "+p[0]+"}\nspec: {containers: [{name: app, image: 'app:v1'"+p[1]+"}]}")
		}
		c.pod(20*time.Second, "metadata: {name: comes}\nspec: {containers: [{name: app, image: 'app:v1'}]}")
		n := c.kubelets.Node("n1")
		c.at(10*time.Second, func() { n.SetRuntime(true) })
		c.at(15*time.Second, func() { _ = c.store.DeletePod(store.Key{Namespace: "default", Name: "deleted"}, "", nil) })
		c.at(70*time.Second, func() { n.SetRuntime(false) })
		c.run(100 * time.Second)
		for _, l := range c.lines {
			at := c.times(l)[0]
			if at > 10.1 && at < 70 && !strings.Contains(l, "EVT n1") && at != 15 && at != 20 && !strings.Contains(l, "Unhealthy") {
				t.Errorf("reference %v: while the runtime was down: %s", reference, l)
			}
		}
		c.near(70, 1.1, "EVT ends Started x2")
		c.near(70, 1.1, "EVT deleted Killing")
		c.near(70, 2.3, "DELETED deleted")
		c.near(70, 1.5, "EVT comes Started x1")
		if got := c.times("MODIFIED unready", "Ready=F(ContainersNotReady)"); got[len(got)-1] < 70 || got[len(got)-1] > 71.1 {
			t.Errorf("unready at %v", got)
		}
	}
}
