package kubelet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/store"
	"clustersim/sim/world"
)

const mi, gi = int64(1) << 20, int64(1) << 30

// uses is the behaviour of the pod of a name that takes so much memory from the given times on.
func uses(pod string, steps ...world.Step) world.Behavior {
	return world.Behavior{Select: world.Selector{Name: pod}, Usage: map[string]world.Series{"memory": {Steps: steps}}}
}

// manifest of a pod with one container that requests and may take so much memory; "" leaves one out.
func manifest(name, request, limit string, extra string) string {
	resources := ""
	if request != "" {
		resources += fmt.Sprintf("requests: {memory: %s}", request)
	}
	if limit != "" {
		resources += fmt.Sprintf(", limits: {memory: %s}", limit)
	}
	return fmt.Sprintf("metadata: {name: %s}\nspec: {%s containers: [{name: app, image: 'app:v1', resources: {%s}}]}", name, extra, strings.TrimPrefix(resources, ", "))
}

// both runs a cluster with every tick executed and without, wants the same of both, and returns the latter.
func both(t *testing.T, behaviors []world.Behavior, until time.Duration, prepare func(c *cluster)) *cluster {
	t.Helper()
	var lines [2]string
	var c *cluster
	for i, reference := range []bool{true, false} {
		c = newCluster(t, reference, behaviors, nil, "app:v1")
		prepare(c)
		lines[i] = c.run(until)
	}
	want, got := strings.Split(lines[0], "\n"), strings.Split(lines[1], "\n")
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Errorf("line %d, every tick executed:\n%s\nwithout:\n%s", i, strings.Join(want[max(i-5, 0):min(i+3, len(want))], "\n"), strings.Join(got[max(i-5, 0):min(i+3, len(got))], "\n"))
			break
		}
	}
	return c
}

// A container that takes more than its limit dies at that instant; no Event tells of it. Source: kubelet.md 11.5.
func TestContainerOutOfMemory(t *testing.T) {
	c := both(t, []world.Behavior{uses("p", world.Step{N: 50 * mi}, world.Step{At: 3 * time.Second, N: 101 * mi})}, 4400*time.Millisecond, func(c *cluster) {
		c.pod(time.Second, manifest("p", "50Mi", "100Mi", ""))
	})
	w := c.kubelets.Node("n1").order[0]
	if i := w.containers[0].newest; i.prev != nil {
		t.Errorf("%d lives", i.attempt+1)
	} else if i.finished-i.started != 3*time.Second || i.reason != ReasonOOMKilled || i.exitCode != 137 {
		t.Errorf("the first life was %+v", i)
	}
	c.never("EVT p OOM")
	c.never("EVT n1")
}

// An exit before the limit is passed is an exit. At the limit itself nothing happens.
func TestNotOutOfMemory(t *testing.T) {
	b := uses("p", world.Step{N: 100 * mi}, world.Step{At: 3 * time.Second, N: 101 * mi})
	b.Attempts = exits(0, 2*time.Second)
	c := both(t, []world.Behavior{b}, 5*time.Second, func(c *cluster) {
		c.pod(time.Second, manifest("p", "50Mi", "100Mi", "restartPolicy: Never,"))
	})
	c.near(3.3, 1.4, "MODIFIED p Succeeded", "Completed:0")
}

// The machine has 8 GiB. Victims are chosen by use and oom_score_adj: BestEffort first, Guaranteed last.
// Source: kubelet.md 11.5.
func TestSystemOutOfMemory(t *testing.T) {
	c := both(t, []world.Behavior{
		uses("best", world.Step{N: gi}),
		uses("burst", world.Step{N: 2 * gi}),
		uses("sure", world.Step{N: 4 * gi}, world.Step{At: 20 * time.Second, N: 5*gi + 1}),
	}, 30*time.Second, func(c *cluster) {
		c.kubelets.thresholds = nil
		c.pod(time.Second, manifest("best", "", "", "restartPolicy: Never,"))
		c.pod(time.Second, manifest("burst", "2Gi", "", "restartPolicy: Never,"))
		c.pod(time.Second, strings.Replace(manifest("sure", "6Gi", "6Gi", ""), "{memory: 6Gi}", "{memory: 6Gi, cpu: 1}", 2))
	})
	c.near(21.3, 0.1, "EVT n1 SystemOOM", "System OOM encountered, victim process: app, pid: ")
	c.near(21.3, 1.4, "MODIFIED best Failed", "OOMKilled:137")
	c.never("burst Failed")
	c.never("sure Failed")
}

// The scores that upstream's tables give. Source: k8s v1.36.3 pkg/kubelet/qos/policy_test.go (figures).
func TestOOMScore(t *testing.T) {
	for _, tt := range []struct {
		name, request, limit, extra string
		want                        int64
	}{
		{"best effort", "", "", "", 1000},
		{"tiny request", "1", "", "", 999},
		{"half", "4Gi", "", "", 500},
		{"all", "8Gi", "", "", 3},
		{"node critical", "4Gi", "", "priority: 2000001000,", -997},
	} {
		c := newCluster(t, false, nil, nil, "app:v1")
		c.pod(time.Second, manifest("p", tt.request, tt.limit, tt.extra))
		c.run(3 * time.Second)
		w := c.kubelets.Node("n1").order[0]
		if got := w.oomScore(&w.containers[0], 8*gi); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// starved is a node on which 100 MiB are left and 40 MiB more are taken after 15 s: "over" has taken more than it asked
// for, "big" takes the most, "low" has the lower priority.
func starved(c *cluster) {
	c.pod(time.Second, manifest("big", "5Gi", "", ""))
	c.pod(time.Second, manifest("over", "1Gi", "", ""))
	c.pod(time.Second, manifest("low", "1500Mi", "", "priority: -5,"))
}

func hunger(last int64) []world.Behavior {
	return []world.Behavior{
		uses("big", world.Step{N: 5 * gi}),
		uses("over", world.Step{N: gi}, world.Step{At: 15 * time.Second, N: gi + last}),
		uses("low", world.Step{N: 1452 * mi}),
	}
}

// The first round after the threshold is passed evicts one pod, the one that took more than it had asked for; the reason is
// withheld until its containers have stopped; it is not started again. Source: kubelet.md 11.1 to 11.4.
func TestMemoryEviction(t *testing.T) {
	b := hunger(512 * mi)
	c := both(t, b, 2*time.Minute, starved)
	evicted := c.times("EVT over Evicted")
	if len(evicted) != 1 || evicted[0] < 16 || evicted[0] > 26.1 {
		t.Fatalf("evicted at %v, want in the first round after 16 s; all:\n%s", evicted, strings.Join(c.lines, "\n"))
	}
	c.near(evicted[0], 0.01, "EVT n1 EvictionThresholdMet x1 Attempting to reclaim memory")
	c.near(evicted[0], 0.01, "The node was low on resource: memory. Threshold quantity: 100Mi, available: 84Mi. "+
		"Container app was using 1536Mi, request is 1Gi, has larger consumption of memory. ")
	c.never("EVT big Evicted")
	c.never("EVT low Evicted")
	c.never("EVT over Started x2")
	c.near(evicted[0], 1.2, "MODIFIED over Failed", "Error:143", "DisruptionTarget=T(TerminationByKubelet)")
	p := c.store.Pod(store.Key{Namespace: "default", Name: "over"})
	if p.Status.Reason != "Evicted" || !strings.HasPrefix(p.Status.Message, "The node was low on resource: memory. ") {
		t.Errorf("reason %q, message %q", p.Status.Reason, p.Status.Message)
	}
	c.near(evicted[0], 10.5, "EVT n1 NodeHasInsufficientMemory")
}

// Of pods within their requests the lower priority goes first.
func TestEvictionByPriority(t *testing.T) {
	c := both(t, hunger(0), 3*time.Minute, func(c *cluster) {
		starved(c)
		c.pod(time.Second, manifest("none", "", "", "")) // BestEffort, yet it takes nothing
		c.at(20*time.Second, func() { c.kubelets.Node("n1").TakeOutside(550*mi, 0, 0) })
	})
	c.near(20, 10, "EVT low Evicted", "available: 46Mi. ")
	for _, pod := range []string{"big", "over", "none"} {
		c.never("EVT " + pod + " Evicted")
	}
}

// Pods that end with 0 on SIGTERM are Succeeded, and the reason is lost. Source: kubelet.md 11.4.
func TestEvictedSucceeds(t *testing.T) {
	b := hunger(512 * mi)
	b[1].OnTerm = world.OnTerm{ExitCode: world.Constant(0)}
	c := both(t, b, time.Minute, starved)
	if p := c.store.Pod(store.Key{Namespace: "default", Name: "over"}); p.Status.Phase != corev1.PodSucceeded {
		t.Errorf("phase %s, reason %q", p.Status.Phase, p.Status.Reason)
	}
}

// A hard threshold leaves 2 s to a container that ignores SIGTERM.
func TestEvictionGrace(t *testing.T) {
	b := hunger(512 * mi)
	b[1].OnTerm = world.OnTerm{Ignore: true}
	c := both(t, b, time.Minute, starved)
	evicted := c.times("EVT over Evicted")
	if len(evicted) != 1 {
		t.Fatal(evicted)
	}
	c.near(evicted[0]+2, 1.2, "MODIFIED over Failed", "Error:137")
}

// One pod a round, and the next round as soon as the last victim is cleaned up. The pressure is over 5 minutes after the
// last round that saw it; until then BestEffort pods are not taken. Source: kubelet.md 11.2, 11.6.
func TestPressure(t *testing.T) {
	c := both(t, nil, 12*time.Minute, func(c *cluster) {
		n := c.kubelets.Node("n1")
		c.pod(time.Second, manifest("a", "", "", ""))
		c.pod(time.Second, manifest("b", "1Gi", "", ""))
		c.pod(time.Second, manifest("static", "", "", "priority: 2000000000,"))
		c.at(30*time.Second, func() { n.TakeOutside(8*gi-50*mi, 0, 0) })
		c.at(60*time.Second, func() { n.TakeOutside(50*mi-8*gi, 0, 0) })
		c.pod(100*time.Second, manifest("late", "", "", ""))
		c.pod(100*time.Second, manifest("polite", "1Gi", "", ""))
		c.pod(100*time.Second, manifest("bold", "", "", "tolerations: [{key: node.kubernetes.io/memory-pressure, operator: Exists}],"))
		c.pod(8*time.Minute, manifest("after", "", "", ""))
	})
	a, b := c.times("EVT a Evicted"), c.times("EVT b Evicted")
	if len(a) != 1 || len(b) != 1 || a[0] < 30 || a[0] > 40 || b[0]-a[0] < 1 || b[0]-a[0] > 3.1 {
		t.Errorf("a evicted at %v, b at %v", a, b)
	}
	c.never("EVT static Evicted")
	met := c.times("EVT n1 EvictionThresholdMet")
	if len(met) < 4 || met[len(met)-1] > 60 {
		t.Fatalf("thresholds met at %v", met)
	}
	c.near(100, 0.1, "EVT late Evicted x1 The node had condition: [MemoryPressure]. ")
	c.near(100.3, 0.1, "EVT polite Started")
	c.near(100.3, 0.1, "EVT bold Started")
	c.near(480.3, 0.1, "EVT after Started")
	over := c.times("EVT n1 NodeHasSufficientMemory")
	if last := met[len(met)-1]; len(over) != 1 || over[0] < last+300 || over[0] > last+300+20.5 {
		t.Errorf("the pressure was last met at %v and over at %v", last, over)
	}
	if p := c.store.Pod(store.Key{Namespace: "default", Name: "late"}); p.Status.Reason != "Evicted" || p.Status.Message != "Pod was rejected: The node had condition: [MemoryPressure]. " {
		t.Errorf("reason %q, message %q", p.Status.Reason, p.Status.Message)
	}
}
