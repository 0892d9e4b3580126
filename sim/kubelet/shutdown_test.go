package kubelet

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/store"
	"clustersim/sim/world"
)

// 30 s for all pods, 10 of them for critical ones: the others get 20 s, or less if they ask for less. Their API objects stay.
// Source: kubelet.md 8.6.
func TestGracefulShutdown(t *testing.T) {
	behaviors := []world.Behavior{
		{Select: world.Selector{Name: "slow"}, OnTerm: world.OnTerm{Ignore: true}},
		{Select: world.Selector{Name: "done"}, OnTerm: world.OnTerm{ExitCode: world.Constant(0)}},
		{Select: world.Selector{Name: "vital"}, OnTerm: world.OnTerm{ExitAfter: fixed(3 * time.Second)}},
	}
	var off time.Duration
	c := both(t, behaviors, time.Minute, func(c *cluster) {
		c.kubelets.config.ShutdownGracePeriod, c.kubelets.config.ShutdownGracePeriodCriticalPods = 30*time.Second, 10*time.Second
		for _, name := range []string{"slow", "quick", "done"} {
			c.pod(time.Second, manifest(name, "", "", ""))
		}
		c.pod(time.Second, manifest("short", "", "", "terminationGracePeriodSeconds: 5,"))
		c.pod(time.Second, manifest("vital", "", "", "priority: 2000000000,"))
		c.at(10*time.Second, func() { c.kubelets.Node("n1").Shutdown(func() { off = c.engine.Now() }) })
		c.pod(12*time.Second, manifest("late", "", "", ""))
	})
	c.near(10, 0.1, "EVT n1 Shutdown x1 Shutdown manager detected shutdown event")
	c.near(10, 0.1, "EVT n1 NodeNotReady")
	c.near(10, 1.3, "MODIFIED quick Failed", "DisruptionTarget=T(TerminationByKubelet)")
	c.near(10, 1.3, "MODIFIED done Succeeded")
	c.near(30, 0.1, "MODIFIED slow Failed", "Error:137")
	c.near(33, 0.4, "MODIFIED vital Failed", "Error:143")
	c.near(12, 0.1, "EVT late NodeShutdown x1 Pod was rejected as the node is shutting down.")
	if off < 34*time.Second || off > 35*time.Second || c.kubelets.Node("n1").Powered() {
		t.Errorf("off at %v", off)
	}
	p := c.store.Pod(store.Key{Namespace: "default", Name: "quick"})
	if p.Status.Reason != "Terminated" || p.Status.Message != "Pod was terminated in response to imminent node shutdown." || p.Deletion != nil {
		t.Errorf("reason %q, message %q", p.Status.Reason, p.Status.Message)
	}
	for _, cond := range c.store.Node("n1").Status.Conditions {
		if cond.Type == corev1.NodeReady && (cond.Status != corev1.ConditionFalse || cond.Reason != "KubeletNotReady" || cond.Message != "node is shutting down") {
			t.Errorf("Ready is %+v", cond)
		}
	}
}

// A kubelet that is told no grace period does not hold the shutdown up: by default the machine just goes.
func TestShutdownWithoutGrace(t *testing.T) {
	c := both(t, nil, time.Minute, func(c *cluster) {
		c.pod(time.Second, manifest("p", "", "", ""))
		c.at(10*time.Second, func() { c.kubelets.Node("n1").Shutdown(nil) })
	})
	c.never("EVT n1 Shutdown")
	c.never("p Failed")
	if c.kubelets.Node("n1").Powered() {
		t.Error("it runs")
	}
}

// Priorities between two ranges belong to the lower one, those beyond the ends to the ends.
func TestShutdownGroups(t *testing.T) {
	groups := []shutdownGroup{{priority: 0}, {priority: systemCritical}}
	for priority, want := range map[int32]int{-5: 0, 0: 0, 1000: 0, systemCritical - 1: 0, systemCritical: 1, systemNodeCritical: 1} {
		if got := groupOf(groups, priority); got != want {
			t.Errorf("%d: group %d, want %d", priority, got, want)
		}
	}
}
