package controller

import (
	"fmt"
	"math"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/config"
	"clustersim/sim/engine"
)

const ms = time.Millisecond

func tolerate(seconds int64) func(*corev1.PodSpec) {
	return func(s *corev1.PodSpec) {
		for _, key := range []string{corev1.TaintNodeUnreachable, corev1.TaintNodeNotReady} {
			s.Tolerations = append(s.Tolerations, corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds})
		}
	}
}

// The timeline of controllers.md 2.6, by hand: no latency, passes at 0, 5, 10, ... s. The lease was last renewed at 9 s,
// a pass sees that at 10 s, so the node turns Unknown at 60 s, and its pod goes 300 s after the taint.
func TestNodeLostAndBack(t *testing.T) {
	c := newCluster(t, options{profile: "instant"})
	c.node("n1", "", 9*time.Second)
	c.node("n2", "", 0)
	c.pod("web", "n1", nil)
	c.phases(0, 0, 50*ms)
	c.start()
	c.at(10500*ms, func() { c.silence("n1") })
	c.at(401*time.Second, func() { c.speak("n1") })
	c.run(399 * time.Second)
	c.expect(`
	60.000 MODIFIED node n1 Unknown
	60.000 ADDED event node/n1 Normal NodeNotReady: Node n1 status is now: NodeNotReady
	60.000 MODIFIED pod web Running Ready=False
	60.000 ADDED event pod/web Warning NodeNotReady: Node is not ready
	60.000 MODIFIED node n1 Unknown unreachable:NoSchedule
	60.050 MODIFIED node n1 Unknown unreachable:NoSchedule unreachable:NoExecute
	360.050 ADDED event pod/web Normal TaintManagerEviction: Marking for deletion Pod default/web
	360.050 MODIFIED pod web Running Ready=False DisruptionTarget=True(DeletionByTaintManager)
	360.050 MODIFIED pod web Running Ready=False DisruptionTarget=True(DeletionByTaintManager) deleted+30
	`)
	c.run(500 * time.Second)
	c.expect(`
	401.000 MODIFIED node n1 True unreachable:NoSchedule unreachable:NoExecute
	401.000 MODIFIED node n1 True unreachable:NoExecute
	405.000 MODIFIED node n1 True
	`)
}

// What was recorded in node-crash: a node of a cluster of 26 is killed at 15 s and boots at 130 s.
func TestRecordedNodeCrash(t *testing.T) {
	c := newCluster(t, options{profile: "v1.36"})
	for i := range 26 {
		c.node(fmt.Sprintf("n%02d", i), "", engine.Time(i)*300*ms)
	}
	c.beats["n01"].phase = 12 * time.Second
	c.pod("web", "n01", tolerate(20))
	c.phases(65984*ms%(5004*ms), 0, 32*ms)
	c.start()
	c.at(15*time.Second, func() { c.silence("n01") })
	c.at(130184*ms, func() { c.speak("n01") })
	c.run(190 * time.Second)
	for _, want := range []struct {
		at, tolerance float64
		parts         []string
	}{
		{65.988, 0.005, []string{"node n01 Unknown"}},
		{65.993, 0.010, []string{"pod web", "Ready=False"}},
		{66.000, 0.015, []string{"node n01 Unknown unreachable:NoSchedule"}},
		{66.015, 0.025, []string{"event pod/web Warning NodeNotReady"}},
		{66.036, 0.105, []string{"unreachable:NoExecute"}},
		{86.043, 0.105, []string{"event pod/web Normal TaintManagerEviction: Marking"}},
		{86.046, 0.105, []string{"DisruptionTarget=True"}},
		{86.048, 0.105, []string{"deleted+30"}},
		{130.191, 0.010, []string{"node n01 True unreachable:NoExecute"}},
		{131.033, 0.050, []string{"node n01 True"}},
	} {
		at := c.firstLine(want.parts...)
		if want.at == 131.033 {
			at = -1
			for _, l := range c.lines {
				if len(l) > 3 && l[len(l)-len("node n01 True"):] == "node n01 True" {
					fmt.Sscan(l, &at)
				}
			}
		}
		if math.Abs(at-want.at) > want.tolerance {
			t.Errorf("%v at %.3f, recorded %.3f", want.parts, at, want.at)
		}
	}
}

// One token in 10 s and zone: the second node waits for it. Recorded: 10.06 s apart.
func TestTaintingIsRateLimited(t *testing.T) {
	c := newCluster(t, options{profile: "instant"})
	for _, n := range []string{"a", "b", "c", "d", "e", "f"} {
		c.node(n, "", 0)
	}
	c.node("z1", "z", 0)
	c.node("z2", "z", 0)
	c.phases(0, 0, 50*ms)
	c.start()
	c.at(1*time.Second, func() { c.silence("b", "a", "z1") })
	c.run(100 * time.Second)
	for node, want := range map[string]float64{"a": 55.05, "z1": 55.05, "b": 65.05} {
		if at := c.firstLine("node "+node+" Unknown", "unreachable:NoExecute"); at != want {
			t.Errorf("%s tainted at %.3f, want %.3f", node, at, want)
		}
	}
}

// The examples of controllers.md 2.5.
func TestZoneDisruption(t *testing.T) {
	for _, x := range []struct {
		name        string
		nodes, lost int
		want        []float64 // seconds at which nodes are tainted
	}{
		{"one node, it dies: nothing is ever evicted", 1, 1, nil},
		{"2 of 3: normal", 3, 2, []float64{55.05, 65.05}},
		{"3 of 4: partial, small: no tainting", 4, 3, nil},
		{"3 of 6: under the threshold", 6, 3, []float64{55.05, 65.05, 75.05}},
		{"60 of 100: partial, large: 100 s each", 100, 60, []float64{55.05, 155.05, 255.05}},
	} {
		unlimited := func(c *config.Components) { c.ControllerManager.KubeAPIQPS = -1 }
		c := newCluster(t, options{profile: "instant", change: unlimited})
		var lost []string
		for i := range x.nodes {
			name := fmt.Sprintf("n%03d", i)
			c.node(name, "", 0)
			if i < x.lost {
				lost = append(lost, name)
			}
		}
		c.phases(0, 0, 50*ms)
		c.start()
		c.at(1*time.Second, func() { c.silence(lost...) })
		c.run(300 * time.Second)
		var got []float64
		for _, n := range lost {
			if at := c.firstLine("node "+n+" Unknown", "unreachable:NoExecute"); at >= 0 {
				got = append(got, at)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(x.want) {
			t.Errorf("%s: tainted at %v, want %v", x.name, got, x.want)
		}
	}
}

// All nodes lost: taints come off. One is back: the others, Unknown already, are queued at once.
func TestAllLostThenOneBack(t *testing.T) {
	c := newCluster(t, options{profile: "instant"})
	c.node("a", "", 0)
	c.node("b", "", 0)
	c.node("c", "", 0)
	c.pod("web", "a", nil)
	c.phases(0, 0, 50*ms)
	c.start()
	c.at(1*time.Second, func() { c.silence("a") })
	c.at(31*time.Second, func() { c.silence("b", "c") })
	c.at(199*time.Second, func() { c.speak("c") })
	c.run(300 * time.Second)
	if at := c.firstLine("node a Unknown", "NoExecute"); at != 55.05 {
		t.Errorf("a tainted at %v", at)
	}
	if at := c.firstLine("Cancelling deletion of Pod default/web"); at != 85 {
		t.Errorf("eviction of web cancelled at %v, want 85: all are lost", at)
	}
	c.lines = c.lines[len(c.lines)-4:]
	c.expect(`
	199.000 MODIFIED node c True unreachable:NoSchedule
	199.000 MODIFIED node c True
	210.050 MODIFIED node a Unknown unreachable:NoSchedule unreachable:NoExecute
	220.050 MODIFIED node b Unknown unreachable:NoSchedule unreachable:NoExecute
	`)
}

// A kubelet that posts Ready=False itself: taints follow, pods keep their Ready condition.
func TestKubeletPostsNotReady(t *testing.T) {
	c := newCluster(t, options{profile: "instant"})
	c.node("a", "", 0)
	c.node("b", "", 0)
	c.pod("web", "a", nil)
	c.phases(0, 0, 50*ms)
	c.start()
	c.at(11*time.Second, func() { c.ready("a", corev1.ConditionFalse) })
	c.at(21*time.Second, func() { c.silence("a") })
	c.at(101*time.Second, func() { c.speak("a") })
	c.run(200 * time.Second)
	c.expect(`
	11.000 MODIFIED node a False
	11.000 MODIFIED node a False not-ready:NoSchedule
	15.050 MODIFIED node a False not-ready:NoSchedule not-ready:NoExecute
	75.000 MODIFIED node a Unknown not-ready:NoSchedule not-ready:NoExecute
	75.000 MODIFIED node a Unknown not-ready:NoSchedule not-ready:NoExecute unreachable:NoExecute
	75.000 MODIFIED node a Unknown not-ready:NoSchedule unreachable:NoExecute
	75.000 MODIFIED node a Unknown not-ready:NoSchedule unreachable:NoExecute unreachable:NoSchedule
	75.000 MODIFIED node a Unknown unreachable:NoExecute unreachable:NoSchedule
	101.000 MODIFIED node a True unreachable:NoExecute unreachable:NoSchedule
	101.000 MODIFIED node a True unreachable:NoExecute
	105.000 MODIFIED node a True
	105.000 ADDED event pod/web Normal TaintManagerEviction: Cancelling deletion of Pod default/web
	`)
}

// Cordon and pressure: taints at once, and off again.
func TestConditionTaints(t *testing.T) {
	c := newCluster(t, options{profile: "v1.36"})
	c.node("a", "", 0)
	c.start()
	set := func(at engine.Time, f func(*corev1.Node)) {
		c.at(at, func() { c.store.UpdateNode("a", func(n *corev1.Node) bool { f(n); return true }) })
	}
	set(1*time.Second, func(n *corev1.Node) { n.Spec.Unschedulable = true })
	set(2*time.Second, func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionTrue })
	set(3*time.Second, func(n *corev1.Node) { n.Spec.Unschedulable = false })
	c.run(10 * time.Second)
	c.expect(`
	1.000 MODIFIED node a True
	1.004 MODIFIED node a True unschedulable:NoSchedule
	2.000 MODIFIED node a True unschedulable:NoSchedule
	2.004 MODIFIED node a True unschedulable:NoSchedule memory-pressure:NoSchedule
	3.000 MODIFIED node a True unschedulable:NoSchedule memory-pressure:NoSchedule
	3.004 MODIFIED node a True memory-pressure:NoSchedule
	`)
}

// A node that joins is registered by the next pass; one whose object goes is forgotten.
func TestRegisterAndRemove(t *testing.T) {
	c := newCluster(t, options{profile: "instant"})
	c.phases(0, 0, 50*ms)
	c.start()
	c.at(11*time.Second, func() { c.node("a", "", 11*time.Second) })
	c.at(22*time.Second, func() { c.api.Delete(c.store.List(nodeKind)[0].Kind(), c.store.List(nodeKind)[0].Key(), nil, "") })
	c.run(60 * time.Second)
	c.expect(`
	11.000 ADDED node a True
	15.000 ADDED event node/a Normal RegisteredNode: Node a event: Registered Node a in Controller
	22.000 DELETED node a True
	25.000 ADDED event node/a Normal RemovingNode: Node a event: Removing Node a from Controller
	`)
}

// A kubelet that never posts its status gets 60 s from its creation.
func TestNeverPosted(t *testing.T) {
	c := newCluster(t, options{profile: "instant"})
	c.node("b", "", 0)
	c.phases(0, 0, 50*ms)
	c.start()
	c.at(11*time.Second, func() {
		c.store.Create(nodeKind, &corev1.Node{ObjectMeta: objectMeta("a")})
	})
	c.run(90 * time.Second)
	n := c.store.Node("a")
	if at := c.firstLine("node a Unknown"); at != 75 {
		t.Errorf("Unknown at %v, want 75: the first pass after 11+60 s", at)
	}
	for _, cond := range n.Status.Conditions {
		if cond.Reason != "NodeStatusNeverUpdated" || cond.Message != "Kubelet never posted node status." {
			t.Errorf("%s: %s %s", cond.Type, cond.Reason, cond.Message)
		}
	}
	if c.firstLine("NodeNotReady") >= 0 {
		t.Error("no event: Ready was never True")
	}
}

// A grace period shorter than the gap between renewals makes healthy nodes flap. Renewals at -9, 1, 11 s are seen at
// -5, 5, 15 s, so a grace of 4 s is over at -1 s and one of 11 s never.
func TestGraceShorterThanRenewals(t *testing.T) {
	for grace, want := range map[time.Duration]float64{4 * time.Second: 0, 11 * time.Second: -1} {
		c := newCluster(t, options{profile: "instant", change: func(c *config.Components) { c.ControllerManager.NodeMonitorGracePeriod = grace }})
		c.node("a", "", 1*time.Second)
		c.phases(0, 0, 50*ms)
		c.start()
		c.run(60 * time.Second)
		if at := c.firstLine("node a Unknown"); at != want {
			t.Errorf("grace %v: Unknown at %v, want %v", grace, at, want)
		}
	}
}
