package controller

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

func size(text string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(text)}
}

func testVolume(name, capacity, class string, change ...func(*corev1.PersistentVolume)) *corev1.PersistentVolume {
	v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}}
	v.Spec = corev1.PersistentVolumeSpec{Capacity: size(capacity), AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, StorageClassName: class,
		PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{Driver: "csi.test", VolumeHandle: name}}}
	for _, f := range change {
		f(v)
	}
	return v
}

func testClaim(name, request string, change ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	none := ""
	c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}}
	c.Spec = corev1.PersistentVolumeClaimSpec{AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, StorageClassName: &none,
		Resources: corev1.VolumeResourceRequirements{Requests: size(request)}}
	for _, f := range change {
		f(c)
	}
	return c
}

func (c *cluster) create(o model.Object) {
	c.t.Helper()
	if _, err := c.api.Create(model.KindOf(o), o); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) claim(name string) *corev1.PersistentVolumeClaim {
	if o := c.store.Get(claimKind, store.Key{Namespace: "default", Name: name}); o != nil {
		return o.API().(*corev1.PersistentVolumeClaim)
	}
	return nil
}

func (c *cluster) volume(name string) *corev1.PersistentVolume { return c.manager.env.volume(name) }

// Which volume a claim gets, and what is said if it gets none: cases of upstream's binder_test.go and index_test.go.
func TestClaimsGetVolumes(t *testing.T) {
	modes := func(m ...corev1.PersistentVolumeAccessMode) func(*corev1.PersistentVolume) {
		return func(v *corev1.PersistentVolume) { v.Spec.AccessModes = m }
	}
	block := func(v *corev1.PersistentVolume) {
		m := corev1.PersistentVolumeBlock
		v.Spec.VolumeMode = &m
	}
	prebound := func(claim string) func(*corev1.PersistentVolume) {
		return func(v *corev1.PersistentVolume) {
			v.Spec.ClaimRef = &corev1.ObjectReference{Namespace: "default", Name: claim}
		}
	}
	labelled := func(v *corev1.PersistentVolume) { v.Labels = map[string]string{"disk": "fast"} }
	selecting := func(c *corev1.PersistentVolumeClaim) {
		c.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"disk": "fast"}}
	}
	asks := func(volume string) func(*corev1.PersistentVolumeClaim) {
		return func(c *corev1.PersistentVolumeClaim) { c.Spec.VolumeName = volume }
	}
	const nothing = "no persistent volumes available for this claim and no storage class is set"
	tests := []struct {
		name    string
		volumes []*corev1.PersistentVolume
		claim   *corev1.PersistentVolumeClaim
		volume  string // "" = Pending
		event   string
	}{
		{"the smallest", []*corev1.PersistentVolume{testVolume("a", "20Gi", ""), testVolume("b", "10Gi", ""), testVolume("c", "5Gi", "")}, testClaim("x", "8Gi"), "b", ""},
		{"too small", []*corev1.PersistentVolume{testVolume("a", "1Gi", "")}, testClaim("x", "8Gi"), "", nothing},
		{"of a class, for a claim without", []*corev1.PersistentVolume{testVolume("a", "10Gi", "gold")}, testClaim("x", "8Gi"), "", nothing},
		{"fewest access modes first", []*corev1.PersistentVolume{testVolume("a", "10Gi", "", modes(corev1.ReadWriteOnce, corev1.ReadOnlyMany)), testVolume("b", "20Gi", "")}, testClaim("x", "8Gi"), "b", ""},
		{"without the access mode", []*corev1.PersistentVolume{testVolume("a", "10Gi", "", modes(corev1.ReadOnlyMany))}, testClaim("x", "8Gi"), "", nothing},
		{"of another mode", []*corev1.PersistentVolume{testVolume("a", "10Gi", "", block)}, testClaim("x", "8Gi"), "", nothing},
		{"by selector", []*corev1.PersistentVolume{testVolume("a", "8Gi", ""), testVolume("b", "20Gi", "", labelled)}, testClaim("x", "8Gi", selecting), "b", ""},
		{"meant for the claim", []*corev1.PersistentVolume{testVolume("a", "8Gi", ""), testVolume("b", "20Gi", "", prebound("x"))}, testClaim("x", "8Gi"), "b", ""},
		{"meant for another", []*corev1.PersistentVolume{testVolume("a", "8Gi", "", prebound("y"))}, testClaim("x", "8Gi"), "", nothing},
		{"asked for by name", []*corev1.PersistentVolume{testVolume("a", "8Gi", ""), testVolume("b", "20Gi", "")}, testClaim("x", "8Gi", asks("b")), "b", ""},
		{"asked for, too small", []*corev1.PersistentVolume{testVolume("a", "1Gi", "")}, testClaim("x", "8Gi", asks("a")), "", `Cannot bind to requested volume "a": requested PV is too small`},
		{"asked for, of a class", []*corev1.PersistentVolume{testVolume("a", "10Gi", "gold")}, testClaim("x", "8Gi", asks("a")), "", `Cannot bind to requested volume "a": storageClassName does not match`},
		{"asked for, meant for another", []*corev1.PersistentVolume{testVolume("a", "10Gi", "", prebound("y"))}, testClaim("x", "8Gi", asks("a")), "", `volume "a" already bound to a different claim.`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCluster(t, options{})
			for _, v := range tt.volumes {
				c.create(v)
			}
			c.start()
			c.at(time.Second, func() { c.create(tt.claim) })
			c.run(10 * time.Second)
			x := c.claim("x")
			if tt.volume == "" {
				if x.Status.Phase != corev1.ClaimPending || c.firstLine("event persistentvolumeclaim/x", tt.event) < 0 {
					t.Errorf("phase %s, want Pending and %q:\n%s", x.Status.Phase, tt.event, strings.Join(c.lines, "\n"))
				}
				return
			}
			v := c.volume(tt.volume)
			if x.Status.Phase != corev1.ClaimBound || x.Spec.VolumeName != tt.volume || x.Annotations[model.AnnBindCompleted] != "yes" {
				t.Fatalf("phase %s, volume %q, annotations %v; want %s", x.Status.Phase, x.Spec.VolumeName, x.Annotations, tt.volume)
			}
			if v.Status.Phase != corev1.VolumeBound || v.Spec.ClaimRef == nil || v.Spec.ClaimRef.UID != x.UID {
				t.Errorf("phase of the volume %s, claimRef %v", v.Status.Phase, v.Spec.ClaimRef)
			}
			if got, want := x.Status.Capacity.Storage(), v.Spec.Capacity.Storage(); got.Cmp(*want) != 0 || !slices.Equal(x.Status.AccessModes, v.Spec.AccessModes) {
				t.Errorf("status %v", x.Status)
			}
			// Only what the controller chose itself is marked as such.
			if _, marked := x.Annotations[model.AnnBoundByController]; marked == strings.HasPrefix(tt.name, "asked for") {
				t.Errorf("claim: %v", x.Annotations)
			}
			if _, marked := v.Annotations[model.AnnBoundByController]; marked == strings.HasPrefix(tt.name, "meant for") {
				t.Errorf("volume: %v", v.Annotations)
			}
		})
	}
}

// A volume that comes later is found with the next resync, every 15 s; so is a default class.
func TestUnboundClaimsAreLookedAtAgain(t *testing.T) {
	c := newCluster(t, options{})
	c.start()
	c.at(time.Second, func() {
		c.create(testClaim("x", "1Gi"))
		c.create(testClaim("y", "1Gi", func(c *corev1.PersistentVolumeClaim) { c.Spec.StorageClassName = nil }))
	})
	c.at(20*time.Second, func() {
		c.create(testVolume("v", "1Gi", ""))
		c.create(&storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "std", Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}}, Provisioner: "csi.test"})
	})
	c.run(20100 * time.Millisecond)
	if p := c.claim("x").Status.Phase; p != corev1.ClaimPending {
		t.Errorf("x is %s at once", p)
	}
	c.run(40 * time.Second)
	if x := c.claim("x"); x.Status.Phase != corev1.ClaimBound {
		t.Errorf("x is %s", x.Status.Phase)
	}
	if y := c.claim("y"); value(y.Spec.StorageClassName) != "std" || y.Status.Phase != corev1.ClaimBound || !strings.HasPrefix(y.Spec.VolumeName, "pvc-") {
		t.Errorf("y: %v, %s", y.Spec, y.Status.Phase)
	}
}

// What becomes of a volume whose claim goes, and of a claim whose volume goes.
func TestLosses(t *testing.T) {
	policy := func(p corev1.PersistentVolumeReclaimPolicy) func(*corev1.PersistentVolume) {
		return func(v *corev1.PersistentVolume) { v.Spec.PersistentVolumeReclaimPolicy = p }
	}
	c := newCluster(t, options{})
	c.create(testVolume("kept", "1Gi", "", policy(corev1.PersistentVolumeReclaimRetain)))
	c.create(testVolume("unknown", "2Gi", "", policy(corev1.PersistentVolumeReclaimDelete)))
	c.create(testVolume("lost", "3Gi", ""))
	c.start()
	for name, request := range map[string]string{"a": "1Gi", "b": "2Gi", "c": "3Gi"} { // unordered: each suits one volume best
		c.create(testClaim(name, request, func(x *corev1.PersistentVolumeClaim) {
			x.Spec.VolumeName = map[string]string{"a": "kept", "b": "unknown", "c": "lost"}[name]
		}))
	}
	c.at(5*time.Second, func() {
		for _, name := range []string{"a", "b"} {
			if err := c.api.Delete(claimKind, store.Key{Namespace: "default", Name: name}, nil, ""); err != nil {
				t.Error(err)
			}
		}
		c.store.Update(volumeKind, store.Key{Name: "lost"}, func(o model.Object) bool {
			o.SetFinalizers(nil)
			return true
		})
		c.store.Remove(volumeKind, store.Key{Name: "lost"})
	})
	c.run(10 * time.Second)
	if v := c.volume("kept"); v.Status.Phase != corev1.VolumeReleased || v.Spec.ClaimRef == nil {
		t.Errorf("kept is %s", v.Status.Phase)
	}
	const why = `error getting deleter volume plugin for volume "unknown": no deletable volume plugin matched`
	if v := c.volume("unknown"); v.Status.Phase != corev1.VolumeFailed || v.Status.Message != why || c.firstLine("event persistentvolume/unknown Warning VolumeFailedDelete: "+why) < 0 {
		t.Errorf("unknown is %s: %s", v.Status.Phase, v.Status.Message)
	}
	if x := c.claim("c"); x.Status.Phase != corev1.ClaimLost || c.firstLine("ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!") < 0 {
		t.Errorf("c is %s", x.Status.Phase)
	}
}

// A claim that is deleted stays while a pod on a node uses it, even one that has finished, and a volume while it is bound.
func TestStorageProtection(t *testing.T) {
	c := newCluster(t, options{})
	c.node("n1", "", 0)
	c.create(testVolume("v", "1Gi", ""))
	c.start()
	c.create(testClaim("x", "1Gi"))
	c.at(time.Second, func() {
		c.pod("p", "n1", func(s *corev1.PodSpec) {
			s.Volumes = []corev1.Volume{{Name: "d", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "x"}}}}
		})
	})
	pod := store.Key{Namespace: "default", Name: "p"}
	c.at(2*time.Second, func() {
		c.api.Delete(claimKind, store.Key{Namespace: "default", Name: "x"}, nil, "")
		c.api.Delete(volumeKind, store.Key{Name: "v"}, nil, "")
	})
	c.at(3*time.Second, func() {
		c.store.UpdatePod(pod, "", func(p *store.Pod) bool {
			st := *p.Status
			st.Phase = corev1.PodSucceeded
			p.Status = &st
			return true
		})
	})
	c.run(4 * time.Second)
	if x := c.claim("x"); x == nil || x.DeletionTimestamp == nil {
		t.Fatal("the claim is gone, or not being deleted")
	}
	zero := int64(0)
	c.at(5*time.Second, func() { c.store.DeletePod(pod, "", &zero) })
	c.run(6 * time.Second)
	if x, v := c.claim("x"), c.volume("v"); x != nil || v != nil {
		t.Errorf("claim %v, volume %v: both should be gone", x, v)
	}
}

// Where provisioners make volumes for claims without a consumer: the ordinals of a set one zone after the other.
//
// Source: external-provisioner pkg/controller/topology.go getPVCNameHashAndIndexOffset.
func TestZonesOfClaims(t *testing.T) {
	c := newCluster(t, options{})
	p := &provisioner{env: c.manager.env}
	class := &storagev1.StorageClass{AllowedTopologies: []corev1.TopologySelectorTerm{{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{
		{Key: corev1.LabelTopologyZone, Values: []string{"c", "a", "b"}}}}}}
	seen := map[string]bool{}
	var list []string
	for _, name := range []string{"data-db-0", "data-db-1", "data-db-2", "data-db-3"} {
		zone := p.zoneFor(testClaim(name, "1Gi"), class, nil)
		seen[zone] = true
		list = append(list, zone)
	}
	if len(seen) != 3 || list[0] != list[3] {
		t.Errorf("zones %v", list)
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{corev1.LabelTopologyZone: "b"}}}
	if zone := p.zoneFor(testClaim("x", "1Gi"), class, node); zone != "b" {
		t.Errorf("in zone %s, not that of the node", zone)
	}
}

// The text about a volume that is elsewhere. Source: attachdetach/reconciler/reconciler.go reportMultiAttachError.
func TestWhoHas(t *testing.T) {
	key := func(namespace, name string) store.Key { return store.Key{Namespace: namespace, Name: name} }
	for want, users := range map[string][]store.Key{ // unordered: each for itself
		"Volume is already exclusively attached to one node and can't be attached to another": nil,
		"Volume is already used by pod(s) a, b":                                               {key("d", "a"), key("d", "b")},
		"Volume is already used by pod(s) a and 1 pod(s) in different namespaces":             {key("d", "a"), key("e", "b")},
		"Volume is already used by 2 pod(s) in different namespaces":                          {key("e", "a"), key("e", "b")},
	} {
		if got := whoHas(users, "d"); got != want {
			t.Errorf("%v: got  %s\nwant %s", users, got, want)
		}
	}
}

// The looks at a driver's work: 0.5 s, and each pause 5 % longer, up to 7 s.
func TestDriverPolls(t *testing.T) {
	for _, tt := range []struct{ t, want time.Duration }{
		{0, 500 * time.Millisecond}, {500 * time.Millisecond, 500 * time.Millisecond}, {501 * time.Millisecond, 1025 * time.Millisecond},
		{1100 * time.Millisecond, 1576250 * time.Microsecond},
	} {
		if got := nextDriverPoll(0, tt.t); got != tt.want {
			t.Errorf("at %v: %v, want %v", tt.t, got, tt.want)
		}
	}
	far := nextDriverPoll(0, 10*time.Minute)
	if next := nextDriverPoll(0, far+1); next-far != driverPollMax {
		t.Errorf("after ten minutes the pause is %v", next-far)
	}
}
