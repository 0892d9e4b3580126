package scheduler

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/store"
)

// waitingRig has a node, a class that waits for its first consumer, a claim x of it, and at 1 s a pod p that uses it.
func waitingRig(t *testing.T, options ...func(*corev1.PersistentVolumeClaim)) (*rig, *history) {
	r := newRig(t)
	r.node(makeNode("n1", resources("cpu", "4", "memory", "8Gi")))
	r.must(r.s.Create(model.FindKind("sc"), makeClass("wait", "csi.test", storagev1.VolumeBindingWaitForFirstConsumer)))
	r.must(r.s.Create(claimKind, makeClaim("x", "1Gi", "wait", options...)))
	h := r.watch()
	r.at(time.Second, func() { r.pod(makePod("p", nil, withClaims("x"))) })
	return r, h
}

var keyX = store.Key{Namespace: "default", Name: "x"}

func (r *rig) changeClaim(f func(*corev1.PersistentVolumeClaim)) {
	r.must(r.s.Update(claimKind, keyX, func(o model.Object) bool {
		f(o.(*corev1.PersistentVolumeClaim))
		return true
	}))
}

// A pod whose claim waits for it gets a node at once, and is bound with the first look, one a second, after the claim is.
func TestPodWaitsForProvisioner(t *testing.T) {
	r, h := waitingRig(t)
	r.at(4500*ms, func() {
		r.must(r.s.Create(volumeKind, makeVolume("v", "1Gi", "wait")))
		r.changeClaim(boundTo("v"))
	})
	r.run(4 * time.Second)
	if got := r.s.Get(claimKind, keyX).API().GetAnnotations()[model.AnnSelectedNode]; got != "n1" {
		t.Errorf("selected node %q", got)
	}
	if p := r.get("p"); p.NodeName != "" || p.Status.NominatedNodeName != "n1" {
		t.Errorf("on %q, nominated to %q; want nominated to n1 alone", p.NodeName, p.Status.NominatedNodeName)
	}
	r.run(10 * time.Second)
	// 1 s + 6 ms until the cycle, 4 ms for each of two writes: looks at 2.01, 3.01, 4.01, 5.01.
	if at := h.bound["p"]; at < 5010*ms || at > 5030*ms {
		t.Errorf("bound at %v, want just after 5.01 s", at)
	}
	if p := r.get("p"); p.Status.NominatedNodeName != "" {
		t.Errorf("still nominated to %q", p.Status.NominatedNodeName)
	}
}

// What ends the wait, and what is said of it.
//
// Source: k8s v1.36.3 volumebinding/binder.go BindPodVolumes, checkBindings.
func TestVolumeWaitFails(t *testing.T) {
	tests := []struct {
		name string
		do   func(r *rig)
		at   time.Duration
		want string
	}{
		{"nobody makes the volume", func(*rig) {}, 602 * time.Second, "binding volumes: context deadline exceeded"},
		{"the provisioner gives the claim back", func(r *rig) {
			r.changeClaim(func(c *corev1.PersistentVolumeClaim) { delete(c.Annotations, model.AnnSelectedNode) })
		}, 5 * time.Second, `binding volumes: provisioning failed for PVC "x"`},
		{"a volume that the node cannot reach", func(r *rig) {
			r.must(r.s.Create(volumeKind, makeVolume("v", "1Gi", "wait", onNodes("n2"))))
			r.changeClaim(boundTo("v"))
		}, 5 * time.Second, `binding volumes: pv "v" node affinity doesn't match node "n1": no matching NodeSelectorTerms`},
		{"the claim is deleted", func(r *rig) { r.must(r.s.Remove(claimKind, keyX)) }, 5 * time.Second,
			`binding volumes: failed to check provisioning pvc: could not find v1.PersistentVolumeClaim "default/x"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, h := waitingRig(t)
			r.at(3500*ms, func() { tt.do(r) })
			r.run(tt.at)
			found := false
			for _, e := range h.events {
				found = found || e.Reason == "FailedScheduling" && e.Message == `running PreBind plugin "VolumeBinding": `+tt.want
			}
			if !found {
				t.Errorf("no such Event; the pod says %q", r.failedMessage("p"))
			}
			if p := r.get("p"); p.NodeName != "" {
				t.Errorf("bound to %s", p.NodeName)
			}
		})
	}
}

// Volumes that are there are bound by the scheduler's own write.
func TestStaticVolumeIsClaimed(t *testing.T) {
	r, _ := waitingRig(t)
	r.must(r.s.Create(volumeKind, makeVolume("v", "2Gi", "wait")))
	r.run(2 * time.Second)
	v := r.s.Get(volumeKind, store.Key{Name: "v"}).API().(*corev1.PersistentVolume)
	if ref := v.Spec.ClaimRef; ref == nil || ref.Name != "x" || v.Annotations[model.AnnBoundByController] != "yes" {
		t.Errorf("claimRef %v, annotations %v", ref, v.Annotations)
	}
	if a := r.s.Get(claimKind, keyX).API().GetAnnotations(); a[model.AnnSelectedNode] != "" {
		t.Errorf("annotations of the claim: %v", a)
	}
}

// A claim that one pod has a volume made for ties others that share it to the same node.
func TestSharedClaimTiesPods(t *testing.T) {
	l := NewPlanner(config.Scheduler{})
	for _, n := range []string{"n1", "n2"} {
		l.SetNode(makeNode(n, resources("cpu", "1", "memory", "8Gi")))
	}
	l.SetObject(makeClass("wait", "csi.test", storagev1.VolumeBindingWaitForFirstConsumer))
	l.SetObject(makeClaim("x", "1Gi", "wait"))
	first := l.Place(makePod("a", resources("cpu", "600m"), withClaims("x")), Options{}).Chosen
	res := l.Place(makePod("b", resources("cpu", "600m"), withClaims("x")), Options{})
	if first == "" || res.Chosen != "" || !strings.Contains(res.Message, "1 Insufficient cpu, 1 node(s) didn't find available persistent volumes to bind") {
		t.Errorf("first on %q, then on %q: %s", first, res.Chosen, res.Message)
	}
}

// Drivers that publish how much room they have are asked.
//
// Source: k8s v1.36.3 volumebinding/binder.go hasEnoughCapacity.
func TestStorageCapacity(t *testing.T) {
	quantity := func(s string) *resource.Quantity {
		q := resource.MustParse(s)
		return &q
	}
	yes := true
	room := func(class string, size, most *resource.Quantity, zone string) *storagev1.CSIStorageCapacity {
		c := &storagev1.CSIStorageCapacity{StorageClassName: class, Capacity: size, MaximumVolumeSize: most}
		c.Namespace, c.Name = "kube-system", "c"
		if zone != "" {
			c.NodeTopology = &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelTopologyZone: zone}}
		}
		return c
	}
	const none = "0/1 nodes are available: 1 node(s) did not have enough free storage. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
	tests := []struct {
		name string
		c    *storagev1.CSIStorageCapacity
		want string
	}{
		{"nothing published", nil, none},
		{"enough", room("wait", quantity("10Gi"), nil, "a"), ""},
		{"too little", room("wait", quantity("9Gi"), nil, "a"), none},
		{"enough, but not in one piece", room("wait", quantity("100Gi"), quantity("5Gi"), "a"), none},
		{"elsewhere", room("wait", quantity("100Gi"), nil, "b"), none},
		{"of another class", room("other", quantity("100Gi"), nil, "a"), none},
		{"nowhere", room("wait", quantity("100Gi"), nil, ""), none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := NewProfile(Args{})
			s := cluster(p, makeNode("n1", resources("cpu", "4", "memory", "8Gi"), label(corev1.LabelTopologyZone, "a")))
			s.SetObject(makeClass("wait", "csi.test", storagev1.VolumeBindingWaitForFirstConsumer))
			s.SetObject(&storagev1.CSIDriver{ObjectMeta: metav1.ObjectMeta{Name: "csi.test"}, Spec: storagev1.CSIDriverSpec{StorageCapacity: &yes}})
			s.SetObject(makeClaim("x", "10Gi", "wait"))
			if tt.c != nil {
				s.SetObject(tt.c)
			}
			if got := p.NewPlacer(s).Place(p.Compile(makePod("p", nil, withClaims("x")))).Message; got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// The pod that holds a ReadWriteOncePod claim is preempted by one of higher priority that wants it.
func TestReadWriteOncePodPreempts(t *testing.T) {
	p := NewProfile(Args{})
	s := cluster(p, makeNode("n1", resources("cpu", "4", "memory", "8Gi")), makeNode("n2", resources("cpu", "4", "memory", "8Gi")))
	s.SetObject(makeClaim("x", "1Gi", "", boundTo("v"), func(c *corev1.PersistentVolumeClaim) {
		c.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}
	}))
	s.SetObject(makeVolume("v", "1Gi", ""))
	s.AddPod(p.Compile(makePod("holder", nil, withClaims("x"))), "n2")
	got := p.NewPlacer(s).Place(p.Compile(makePod("p", nil, withClaims("x"), priority(10))))
	if got.Nominated != "n2" || len(got.Victims) != 1 || got.Victims[0].Name != "holder" {
		t.Errorf("nominated to %q, victims %v: %s", got.Nominated, got.Victims, got.Message)
	}
}
