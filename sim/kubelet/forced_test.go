package kubelet

import (
	"fmt"
	"testing"
	"time"

	"clustersim/sim/store"
	"clustersim/sim/world"
)

// A forced deletion takes the object away at once. The containers do not know: they have their own grace period on the node.
//
// Source: k8s v1.36.3 pkg/kubelet/pod_workers.go UpdatePod, calculateEffectiveGracePeriod: a pod that is gone from the API is
// killed with its spec's grace.
func TestForcedDeletion(t *testing.T) {
	c := newCluster(t, false, []world.Behavior{{OnTerm: world.OnTerm{Ignore: true}}}, nil, "app:v1")
	c.pod(time.Second, fmt.Sprintf(onePod, "terminationGracePeriodSeconds: 6,", ""))
	key := store.Key{Namespace: "default", Name: "p"}
	var process *instance
	c.at(10*time.Second, func() {
		p := c.store.Pod(key)
		process = c.kubelets.Node("n1").workers[p.UID].containers[0].newest
		_ = c.store.DeletePod(key, "", new(int64))
		if c.store.Pod(key) != nil {
			t.Error("the object is still there")
		}
	})
	c.at(15900*time.Millisecond, func() {
		if !process.running() {
			t.Error("dead after 5.9 s, and its grace period is 6 s")
		}
	})
	c.run(17 * time.Second)
	if process.running() {
		t.Error("it still runs after 7 s")
	}
	c.near(10, 0.1, "EVT p Killing x1 Stopping container app")
}
