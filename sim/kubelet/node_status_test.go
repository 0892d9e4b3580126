package kubelet

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/world"
)

// A machine says what it is, always the same and different from every other; what a dump says of it is kept.
func TestNodeInfo(t *testing.T) {
	info := func() (a, b corev1.NodeSystemInfo) {
		c := newCluster(t, false, nil, nil)
		o := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n2"}}
		o.Status.NodeInfo.OSImage = "Talos"
		o.Status.Images = []corev1.ContainerImage{{Names: []string{"app:v1", "app@sha256:12"}, SizeBytes: 7}}
		c.kubelets.AddNode(world.NodeTemplate{Object: o, Images: o.Status.Images[0].Names}, true)
		if got := c.store.Node("n2").Status.Images; len(got) != 1 || got[0].SizeBytes != 7 || len(got[0].Names) != 2 {
			t.Errorf("images %v", got)
		}
		return c.store.Node("n1").Status.NodeInfo, c.store.Node("n2").Status.NodeInfo
	}
	a, b := info()
	again, _ := info()
	if a != again {
		t.Errorf("not the same again: %v, %v", a, again)
	}
	if len(a.MachineID) != 32 || a.MachineID == b.MachineID || len(a.BootID) != 36 || a.BootID == b.BootID || a.SystemUUID == a.BootID {
		t.Errorf("identities: %v, %v", a, b)
	}
	if b.OSImage != "Talos" || b.KernelVersion == "" {
		t.Errorf("the dump's: %v", b)
	}
}

// A status that does not change is posted every five minutes, at the next pass of the loop, while the node can be heard.
// Source: kubelet.md 13.
func TestLastReport(t *testing.T) {
	c := newCluster(t, false, nil, nil)
	n := c.kubelets.Node("n1")
	at := func(now time.Duration) time.Duration {
		t.Helper()
		got, ok := c.kubelets.LastReport("n1", now)
		if !ok || got > now {
			t.Fatalf("at %v: %v %v", now, got, ok)
		}
		return got
	}
	for _, v := range []struct{ now, least, most time.Duration }{
		{time.Minute, 0, 0},
		{6 * time.Minute, 5 * time.Minute, 5*time.Minute + 13*time.Second},
		{11 * time.Minute, 10 * time.Minute, 10*time.Minute + 26*time.Second},
	} {
		if got := at(v.now); got < v.least || got > v.most {
			t.Errorf("at %v the last was %v, want %v to %v", v.now, got, v.least, v.most)
		}
	}
	c.at(6*time.Minute, n.Crash)
	c.run(30 * time.Minute)
	if got := at(30 * time.Minute); got > 6*time.Minute {
		t.Errorf("a report at %v, after the crash", got)
	}
	if _, ok := c.kubelets.LastReport("n9", time.Hour); ok {
		t.Error("a report of nobody")
	}
}
