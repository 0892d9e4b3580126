package scheduler

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/store"
)

// withClaims gives a pod a volume for each claim.
func withClaims(names ...string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		for _, n := range names {
			p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: n, VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: n}}})
		}
	}
}

func makeClaim(name, size, class string, options ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, Annotations: map[string]string{}}}
	c.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	c.Spec.Resources.Requests = resources("storage", size)
	c.Spec.StorageClassName = &class
	for _, o := range options {
		o(c)
	}
	return c
}

func boundTo(volume string) func(*corev1.PersistentVolumeClaim) {
	return func(c *corev1.PersistentVolumeClaim) {
		c.Spec.VolumeName = volume
		c.Annotations[model.AnnBindCompleted] = "yes"
	}
}

func makeVolume(name, size, class string, options ...func(*corev1.PersistentVolume)) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}}}
	v.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	v.Spec.Capacity = resources("storage", size)
	v.Spec.StorageClassName = class
	v.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: "csi.test", VolumeHandle: name}
	v.Status.Phase = corev1.VolumeAvailable
	for _, o := range options {
		o(v)
	}
	return v
}

// onNodes binds a volume to nodes by their host name.
func onNodes(names ...string) func(*corev1.PersistentVolume) {
	return func(v *corev1.PersistentVolume) {
		v.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{
			{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: names}}},
		}}}
	}
}

func makeClass(name, provisioner string, mode storagev1.VolumeBindingMode, zones ...string) *storagev1.StorageClass {
	c := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisioner, VolumeBindingMode: &mode}
	if len(zones) > 0 {
		c.AllowedTopologies = []corev1.TopologySelectorTerm{{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: corev1.LabelTopologyZone, Values: zones}}}}
	}
	return c
}

func makeCSINode(name string, count int32) *storagev1.CSINode {
	return &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: storagev1.CSINodeSpec{Drivers: []storagev1.CSINodeDriver{
		{Name: "csi.test", NodeID: name, Allocatable: &storagev1.VolumeNodeResources{Count: &count}},
	}}}
}

// Texts are those of scheduler.md 2.8, 4.2, 4.6, 4.7, 4.9.
func TestVolumeMessages(t *testing.T) {
	const wait, now = storagev1.VolumeBindingWaitForFirstConsumer, storagev1.VolumeBindingImmediate
	const useless = " no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
	const noVictims = " no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
	pod := func(options ...func(*corev1.Pod)) *corev1.Pod { return makePod("p", nil, options...) }
	ephemeral := func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{Name: "scratch", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}}}
	}
	gce := func(readOnly bool) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{{Name: "d", VolumeSource: corev1.VolumeSource{GCEPersistentDisk: &corev1.GCEPersistentDiskVolumeSource{PDName: "d", ReadOnly: readOnly}}}}
		}
	}
	once := func(c *corev1.PersistentVolumeClaim) {
		c.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}
	}
	selected := func(node string) func(*corev1.PersistentVolumeClaim) {
		return func(c *corev1.PersistentVolumeClaim) { c.Annotations[model.AnnSelectedNode] = node }
	}
	zone := func(z string) func(*corev1.PersistentVolume) {
		return func(v *corev1.PersistentVolume) { v.Labels[corev1.LabelFailureDomainBetaZone] = z }
	}
	tests := []struct {
		name     string
		objects  []model.Object
		existing *corev1.Pod // on n1
		pod      *corev1.Pod
		want     string // "" = it fits
	}{
		{"no such claim", nil, nil, pod(withClaims("x")), `0/1 nodes are available: persistentvolumeclaim "x" not found. not found`},
		{"no claim yet", nil, nil, pod(ephemeral),
			`0/1 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch". not found`},
		{"unbound, immediate", []model.Object{makeClaim("x", "1Gi", "std"), makeClass("std", "csi.test", now)}, nil, pod(withClaims("x")),
			"0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"},
		{"unbound, no class", []model.Object{makeClaim("x", "1Gi", "")}, nil, pod(withClaims("x")),
			"0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"},
		{"bound in advance only", []model.Object{makeClaim("x", "1Gi", "wait", func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeName = "v" }), makeClass("wait", "csi.test", wait), makeVolume("v", "1Gi", "wait")},
			nil, pod(withClaims("x")), "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"},
		{"lost", []model.Object{makeClaim("x", "1Gi", "", boundTo("v"), func(c *corev1.PersistentVolumeClaim) { c.Status.Phase = corev1.ClaimLost })}, nil, pod(withClaims("x")),
			`0/1 nodes are available: persistentvolumeclaim "x" bound to non-existent persistentvolume "v". not found`},
		{"being deleted", []model.Object{makeClaim("x", "1Gi", "", boundTo("v"), func(c *corev1.PersistentVolumeClaim) { c.DeletionTimestamp = &metav1.Time{} })}, nil, pod(withClaims("x")),
			`0/1 nodes are available: persistentvolumeclaim "x" is being deleted. not found`},
		{"volume gone", []model.Object{makeClaim("x", "1Gi", "", boundTo("v"))}, nil, pod(withClaims("x")), `0/1 nodes are available: persistentvolume "v" not found. not found`},
		{"bound", []model.Object{makeClaim("x", "1Gi", "", boundTo("v")), makeVolume("v", "1Gi", "")}, nil, pod(withClaims("x")), ""},
		{"bound elsewhere", []model.Object{makeClaim("x", "1Gi", "", boundTo("v")), makeVolume("v", "1Gi", "", onNodes("n2"))}, nil, pod(withClaims("x")),
			"0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity." + useless},
		{"bound in another zone", []model.Object{makeClaim("x", "1Gi", "", boundTo("v")), makeVolume("v", "1Gi", "", zone("b__c"))}, nil, pod(withClaims("x")),
			"0/1 nodes are available: 1 node(s) had no available volume zone." + useless},
		{"bound in this zone too", []model.Object{makeClaim("x", "1Gi", "", boundTo("v")), makeVolume("v", "1Gi", "", zone("b__a"))}, nil, pod(withClaims("x")), ""},
		{"in use by another pod", []model.Object{makeClaim("x", "1Gi", "", boundTo("v"), once), makeVolume("v", "1Gi", "")}, makePod("e", nil, withClaims("x")), pod(withClaims("x")),
			"0/1 nodes are available: 1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod." + noVictims},
		{"shared", []model.Object{makeClaim("x", "1Gi", "", boundTo("v")), makeVolume("v", "1Gi", "")}, makePod("e", nil, withClaims("x")), pod(withClaims("x")), ""},
		{"same disk", nil, makePod("e", nil, gce(true)), pod(gce(false)), "0/1 nodes are available: 1 node(s) had no available disk." + noVictims},
		{"same disk, only read", nil, makePod("e", nil, gce(true)), pod(gce(true)), ""},
		{"too many volumes", []model.Object{makeCSINode("n1", 1), makeClaim("x", "1Gi", "", boundTo("v")), makeVolume("v", "1Gi", ""), makeClaim("y", "1Gi", "", boundTo("w")), makeVolume("w", "1Gi", "")},
			makePod("e", nil, withClaims("x")), pod(withClaims("y")), "0/1 nodes are available: 1 node(s) exceed max volume count." + noVictims},
		{"the same volume counts once", []model.Object{makeCSINode("n1", 1), makeClaim("x", "1Gi", "", boundTo("v")), makeVolume("v", "1Gi", "")}, makePod("e", nil, withClaims("x")), pod(withClaims("x")), ""},
		{"an unbound claim counts too", []model.Object{makeCSINode("n1", 1), makeClass("wait", "csi.test", wait), makeClaim("x", "1Gi", "", boundTo("v")), makeVolume("v", "1Gi", ""), makeClaim("y", "1Gi", "wait")},
			makePod("e", nil, withClaims("x")), pod(withClaims("y")), "0/1 nodes are available: 1 node(s) exceed max volume count." + noVictims},
		{"waits, nothing there", []model.Object{makeClass("local", "kubernetes.io/no-provisioner", wait), makeClaim("x", "1Gi", "local")}, nil, pod(withClaims("x")),
			"0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind." + useless},
		{"waits, too small", []model.Object{makeClass("local", "kubernetes.io/no-provisioner", wait), makeClaim("x", "2Gi", "local"), makeVolume("v", "1Gi", "local")}, nil, pod(withClaims("x")),
			"0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind." + useless},
		{"waits, fits", []model.Object{makeClass("local", "kubernetes.io/no-provisioner", wait), makeClaim("x", "1Gi", "local"), makeVolume("v", "1Gi", "local", onNodes("n1"))}, nil, pod(withClaims("x")), ""},
		{"waits, two for one", []model.Object{makeClass("local", "kubernetes.io/no-provisioner", wait), makeClaim("x", "1Gi", "local"), makeClaim("y", "1Gi", "local"), makeVolume("v", "1Gi", "local")},
			nil, pod(withClaims("x", "y")), "0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind." + useless},
		{"waits, can be provisioned", []model.Object{makeClass("wait", "csi.test", wait), makeClaim("x", "1Gi", "wait")}, nil, pod(withClaims("x")), ""},
		{"waits, not in this zone", []model.Object{makeClass("wait", "csi.test", wait, "b"), makeClaim("x", "1Gi", "wait")}, nil, pod(withClaims("x")),
			"0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind." + useless},
		{"waits, selected elsewhere", []model.Object{makeClass("wait", "csi.test", wait), makeClaim("x", "1Gi", "wait", selected("n2"))}, nil, pod(withClaims("x")),
			"0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind." + useless},
		{"two reasons", []model.Object{makeClass("local", "kubernetes.io/no-provisioner", wait), makeClaim("x", "1Gi", "local"), makeClaim("y", "1Gi", "", boundTo("v")), makeVolume("v", "1Gi", "", onNodes("n2"))},
			nil, pod(withClaims("x", "y")), "0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind, 1 node(s) didn't match PersistentVolume's node affinity." + useless},
		{"required feature", nil, nil, pod(func(p *corev1.Pod) {
			p.Spec.Containers[0].RestartPolicyRules = []corev1.ContainerRestartRule{{Action: corev1.ContainerRestartRuleActionRestartAllContainers}}
		}), "0/1 nodes are available: 1 node(s) didn't match Pod's required features." + useless},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := NewProfile(Args{})
			s := cluster(p, makeNode("n1", resources("cpu", "4", "memory", "8Gi"), label(corev1.LabelTopologyZone, "a")))
			for _, o := range tt.objects {
				s.SetObject(o)
			}
			if tt.existing != nil {
				s.AddPod(p.Compile(tt.existing), "n1")
			}
			c := p.Compile(tt.pod)
			plain := p.Schedule(c, s, Options{})
			fast := p.NewPlacer(s).Place(c)
			if fast.Message != tt.want {
				t.Errorf("got  %s\nwant %s", fast.Message, tt.want)
			}
			if plain.Chosen != fast.Chosen || (tt.want == "") != (fast.Chosen == "n1") {
				t.Errorf("plain %q, fast %q", plain.Chosen, fast.Chosen)
			}
		})
	}
}

// A volume that one pod's claim has taken is not there for the next; the smallest that suits is taken.
func TestClaimsTakeVolumes(t *testing.T) {
	l := NewPlanner(config.Scheduler{})
	for _, n := range []string{"n1", "n2", "n3"} {
		l.SetNode(makeNode(n, resources("cpu", "4", "memory", "8Gi")))
	}
	l.SetObject(makeClass("local", "kubernetes.io/no-provisioner", storagev1.VolumeBindingWaitForFirstConsumer))
	l.SetObject(makeVolume("large", "3Gi", "local", onNodes("n1")))
	l.SetObject(makeVolume("small", "2Gi", "local", onNodes("n1")))
	l.SetObject(makeVolume("other", "1Gi", "local", onNodes("n2")))
	for i, want := range []struct{ size, node string }{{"2Gi", "n1"}, {"3Gi", "n1"}, {"1Gi", "n2"}, {"1Gi", ""}} {
		name := string(rune('a' + i))
		l.SetObject(makeClaim(name, want.size, "local"))
		if res := l.Place(makePod(name, nil, withClaims(name)), Options{}); res.Chosen != want.node {
			t.Errorf("%s: on %q, want %q: %s", name, res.Chosen, want.node, res.Message)
		}
	}
}

// A pod waits for its claim to be bound, and is tried as soon as it is.
func TestClaimWakesPod(t *testing.T) {
	r := newRig(t)
	r.node(makeNode("n1", resources("cpu", "4", "memory", "8Gi")))
	claim, volume := model.FindKind("pvc"), model.FindKind("pv")
	h := r.watch()
	r.at(0, func() { r.pod(makePod("p", nil, withClaims("x"))) })
	r.at(2*time.Second, func() { r.must(r.s.Create(claim, makeClaim("x", "1Gi", ""))) })
	r.at(3*time.Second, func() { r.must(r.s.Create(claim, makeClaim("y", "1Gi", ""))) })
	r.at(4*time.Second, func() { r.must(r.s.Create(volume, makeVolume("v", "1Gi", ""))) })
	r.run(3900 * ms)
	if got, want := r.failedMessage("p"), "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"; got != want {
		t.Errorf("got %s", got)
	}
	// Attempts: the pod came; its claim came. The other claim is no reason to try.
	if r.Attempts != 2 {
		t.Errorf("%d attempts, want 2", r.Attempts)
	}
	r.at(5*time.Second, func() {
		r.must(r.s.Update(claim, store.Key{Namespace: "default", Name: "x"}, func(o model.Object) bool {
			boundTo("v")(o.(*corev1.PersistentVolumeClaim))
			return true
		}))
	})
	r.run(6 * time.Second)
	if at := h.bound["p"]; at < 5*time.Second || at > 5100*ms {
		t.Errorf("bound at %v", at)
	}
}
