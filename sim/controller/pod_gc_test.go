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

func pod(name string) store.Key { return store.Key{Namespace: "default", Name: name} }

// A node object goes: quarantine begins with the next pass and lasts 40 s (controllers.md 4.2). Passes at 0, 20, 40, ...
func TestOrphans(t *testing.T) {
	for deleted, want := range map[engine.Time]float64{
		21 * time.Second:   80, // next pass 40, quarantine till 80
		39 * time.Second:   80,
		41 * time.Second:   100,
		39999 * ms:         80,
		199500 * ms:        240,
		5*time.Minute + ms: 360, // a pass at 320
	} {
		c := newCluster(t, options{profile: "instant"})
		c.node("a", "", 0)
		c.node("b", "", 0)
		c.pod("web", "a", nil)
		c.phases(0, 0, 0)
		c.start()
		c.at(deleted, func() { c.api.Delete(nodeKind, store.Key{Name: "a"}, nil, "") })
		c.run(400 * time.Second)
		if at := c.firstLine("pod web Failed", "DisruptionTarget=True(DeletionByPodGC)"); at != want {
			t.Errorf("node deleted at %v: pod failed at %v, want %v", deleted, at, want)
		}
		if at := c.firstLine("DELETED pod web"); at != want {
			t.Errorf("node deleted at %v: pod deleted at %v, want %v", deleted, at, want)
		}
	}
}

// A node that comes back during the quarantine keeps its pods.
func TestOrphanNodeReturns(t *testing.T) {
	c := newCluster(t, options{profile: "instant"})
	c.node("a", "", 0)
	c.pod("web", "a", nil)
	c.phases(0, 0, 0)
	c.start()
	c.at(21*time.Second, func() { c.api.Delete(nodeKind, store.Key{Name: "a"}, nil, "") })
	c.at(70*time.Second, func() { c.node("a", "", 0) })
	c.run(200 * time.Second)
	if c.store.Pod(pod("web")) == nil {
		t.Error("the pod is gone")
	}
}

// A terminating pod of a node out of service is gone after the next pass (controllers.md 4.3).
func TestOutOfService(t *testing.T) {
	c := newCluster(t, options{profile: "instant"})
	c.node("a", "", 0)
	c.node("b", "", 0)
	c.pod("web", "a", nil)
	c.pod("stays", "a", nil)
	c.phases(0, 0, 0)
	c.start()
	c.at(1*time.Second, func() { c.ready("a", corev1.ConditionFalse) })
	c.at(2*time.Second, func() { c.store.DeletePod(pod("web"), "", nil) })
	c.at(25*time.Second, func() {
		c.store.UpdateNode("a", func(n *corev1.Node) bool {
			n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: corev1.TaintNodeOutOfService, Effect: corev1.TaintEffectNoSchedule})
			return true
		})
	})
	c.run(100 * time.Second)
	if at := c.firstLine("DELETED pod web Failed"); at != 40 {
		t.Errorf("web deleted at %v, want 40", at)
	}
	if c.store.Pod(pod("stays")) == nil {
		t.Error("a pod that nobody deleted stays")
	}
}

// Above the threshold the evicted go first, then the oldest.
func TestTooManyFinished(t *testing.T) {
	c := newCluster(t, options{profile: "instant", change: func(c *config.Components) { c.ControllerManager.TerminatedPodGCThreshold = 2 }})
	c.node("a", "", 0)
	c.phases(0, 0, 0)
	c.start()
	finish := func(name, reason string) {
		c.store.UpdatePod(pod(name), "", func(p *store.Pod) bool {
			st := *p.Status
			st.Phase, st.Reason = corev1.PodFailed, reason
			p.Status = &st
			return true
		})
	}
	for i, name := range []string{"d", "c", "b", "a"} {
		c.at(engine.Time(i+1)*time.Second, func() { c.pod(name, "a", nil) })
	}
	c.at(6*time.Second, func() { finish("d", ""); finish("c", ""); finish("a", "Evicted"); finish("b", "") })
	c.run(60 * time.Second)
	left := ""
	for _, o := range c.store.List(podKind) {
		left += o.Key().Name
	}
	if left != "bc" || c.firstLine("DELETED pod a") != 20 || c.firstLine("DELETED pod d") != 20 {
		t.Errorf("left %q, a went at %v, d at %v", left, c.firstLine("DELETED pod a"), c.firstLine("DELETED pod d"))
	}
}

// Deleting a namespace: 5 s, then the pods with their grace, half of it + 1 s, then the rest.
func TestNamespaceIsEmptied(t *testing.T) {
	c := newCluster(t, options{profile: "instant"})
	c.node("a", "", 0)
	c.api.Create(namespaceKind, &corev1.Namespace{ObjectMeta: objectMeta("team")})
	c.api.Create(podKind, &corev1.Pod{ObjectMeta: metaIn("team", "web"), Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "i"}}}})
	c.store.Bind(store.Key{Namespace: "team", Name: "web"}, "", "a")
	c.start()
	c.at(10*time.Second, func() { c.api.Delete(namespaceKind, store.Key{Name: "team"}, nil, "") })
	c.at(17*time.Second, func() { c.store.DeletePod(store.Key{Namespace: "team", Name: "web"}, "", seconds(0)) })
	c.run(60 * time.Second)
	if err := c.api.Delete(namespaceKind, store.Key{Name: "kube-system"}, nil, ""); fmt.Sprint(err) != `namespaces "kube-system" is forbidden: this namespace may not be deleted` {
		t.Error(err)
	}
	c.expect(`
	10.000 MODIFIED namespace team
	15.000 MODIFIED pod web Pending deleted+30
	15.000 MODIFIED namespace team
	17.000 MODIFIED pod web Pending deleted+0
	17.000 DELETED pod web Pending deleted+0
	31.000 DELETED configmap kube-root-ca.crt
	31.000 DELETED serviceaccount default
	31.000 MODIFIED namespace team
	31.000 DELETED namespace team
	`)
}

// What a namespace must hold comes back.
func TestServiceAccountComesBack(t *testing.T) {
	c := newCluster(t, options{profile: "v1.36"})
	c.start()
	c.at(10*time.Second, func() { c.api.Delete(accountKind, pod("default"), nil, "") })
	c.run(20 * time.Second)
	c.expect(`
	10.000 DELETED serviceaccount default
	10.004 ADDED serviceaccount default
	`)
}
