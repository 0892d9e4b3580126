package scheduler

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
)

// VolumeBinding's reasons.
const (
	ReasonUnboundImmediate = "pod has unbound immediate PersistentVolumeClaims"
	ReasonVolumeNodes      = "node(s) didn't match PersistentVolume's node affinity"
	ReasonNoVolumes        = "node(s) didn't find available persistent volumes to bind"
	ReasonNoSpace          = "node(s) did not have enough free storage"
	ReasonVolumeGone       = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/volumebinding/volume_binding.go, binder.go.
// Differs: in-tree volumes are not translated to CSI. StorageCapacityScoring (alpha, off) is not there.
var volumeBinding = &Plugin{
	Name:   "VolumeBinding",
	Points: partPoints | PointReserve | PointPreBind,
	Doc: "Turns pods down whose claims should be bound and are not, and nodes that bound volumes cannot be reached from, or for which a claim " +
		"that waits for its first consumer finds no volume and no provisioner.",
	Events: NodeAdd | NodeLabel | ClaimAdd | ClaimUpdate | VolumeAdd | VolumeUpdate | ClassAdd | ClassUpdate | CSINodeAdd | CSINodeUpdate |
		CSIDriverUpdate | CapacityAdd | CapacityUpdate,
	Compile: func(k *Compiler) Part {
		if !hasClaims(k.Spec) {
			return Part{}
		}
		b := &binder{plugin: k.plugin}
		return Part{Wide: true, Begin: b.begin, Filter: b.filter, Queue: b.queue}
	},
}

// binder is the plugin for one shape of pod.
type binder struct {
	plugin   int
	verdicts [16]Verdict // by what is wrong with a node; filled in when they are needed

	bound   []string                        // volumes of the pod's bound claims, in this cycle
	waiting []*corev1.PersistentVolumeClaim // claims that wait for a node, the smallest first
	free    []*volume                       // volumes that a claim that waits may get, by name
	chosen  []claimChoice
}

// claimChoice is the volume for a claim on the node at hand; nil = it will be provisioned.
type claimChoice struct {
	claim  *corev1.PersistentVolumeClaim
	volume *volume
}

func (b *binder) begin(c *Cycle) (v Verdict, filters, scores bool) {
	if reason := b.read(c.Snap, c.Pod); reason != "" {
		return c.p.verdict(b.plugin, UnschedulableAndUnresolvable, reason), false, false
	}
	return 0, true, false
}

// read sorts the pod's claims. It returns why it cannot be placed at all, if so.
func (b *binder) read(s *Snapshot, pod *Pod) (reason string) {
	b.bound, b.waiting = b.bound[:0], b.waiting[:0]
	s.claimsOf(pod, func(name string, claim *corev1.PersistentVolumeClaim, ephemeral bool) bool {
		reason = unusable(pod, name, claim, ephemeral)
		return reason == ""
	})
	if reason != "" {
		return reason
	}
	s.claimsOf(pod, func(name string, claim *corev1.PersistentVolumeClaim, _ bool) bool {
		switch {
		case fullyBound(claim):
			b.bound = append(b.bound, claim.Spec.VolumeName)
		case claim.Spec.VolumeName != "" || !model.WaitsForConsumer(s.storage.class(claim)):
			reason = ReasonUnboundImmediate
		default:
			b.waiting = append(b.waiting, claim)
		}
		return reason == ""
	})
	b.free = b.free[:0]
	if reason == "" && len(b.waiting) > 0 {
		b.free = b.candidates(s)
	}
	slices.SortStableFunc(b.waiting, func(x, y *corev1.PersistentVolumeClaim) int {
		p, q := x.Spec.Resources.Requests[corev1.ResourceStorage], y.Spec.Resources.Requests[corev1.ResourceStorage]
		return p.Cmp(q)
	})
	return reason
}

// unusable says why a claim is of no use to any pod, or to this one.
//
// Source: k8s v1.36.3 volumebinding/volume_binding.go podHasPVCs.
func unusable(pod *Pod, name string, claim *corev1.PersistentVolumeClaim, ephemeral bool) string {
	switch {
	case claim == nil && ephemeral:
		return fmt.Sprintf("waiting for ephemeral volume controller to create the persistentvolumeclaim %q", name)
	case claim == nil:
		return notFound("persistentvolumeclaim", name)
	case claim.Status.Phase == corev1.ClaimLost:
		return fmt.Sprintf("persistentvolumeclaim %q bound to non-existent persistentvolume %q", name, claim.Spec.VolumeName)
	case claim.DeletionTimestamp != nil:
		return fmt.Sprintf("persistentvolumeclaim %q is being deleted", name)
	case ephemeral && !metav1.IsControlledBy(claim, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: pod.UID}}):
		return fmt.Sprintf("PVC %s/%s was not created for pod %s/%s (pod is not owner)", claim.Namespace, name, pod.Namespace, pod.Name)
	}
	return ""
}

// What may be wrong with a node.
const (
	wrongNode = 1 << iota
	noVolume
	noSpace
	volumeGone
)

// volumeReasons are what is said of each, in upstream's order.
var volumeReasons = [...]string{ReasonVolumeNodes, ReasonNoVolumes, ReasonNoSpace, ReasonVolumeGone}

func (b *binder) filter(c *Cycle, n int32) Verdict {
	wrong := b.choose(c.Snap, n)
	for _, name := range b.bound {
		v := c.Snap.storage.volume(name)
		if v == nil {
			wrong |= volumeGone
			break
		}
		if !v.reaches(c.Snap, n) {
			wrong |= wrongNode
			break
		}
	}
	if wrong != 0 && b.verdicts[wrong] == 0 {
		var reasons []string
		for i, reason := range volumeReasons {
			if wrong>>i&1 != 0 {
				reasons = append(reasons, reason)
			}
		}
		b.verdicts[wrong] = c.p.verdict(b.plugin, UnschedulableAndUnresolvable, reasons...)
	}
	return b.verdicts[wrong]
}

// choose finds volumes for the claims that wait, on a node; what has none must be such that it can be provisioned there. It
// returns what is wrong if that cannot be.
//
// Source: k8s v1.36.3 volumebinding/binder.go FindPodVolumes, findMatchingVolumes, checkVolumeProvisions.
func (b *binder) choose(s *Snapshot, n int32) (wrong int) {
	b.chosen = b.chosen[:0]
	for _, claim := range b.waiting {
		if node, ok := s.storage.selectedNode(claim); ok && node != s.nodes[n].name {
			return noVolume
		}
	}
	for _, claim := range b.waiting {
		choice := claimChoice{claim: claim}
		if _, provisioning := s.storage.selectedNode(claim); !provisioning {
			choice.volume = b.match(s, claim, n)
		}
		b.chosen = append(b.chosen, choice)
	}
	for _, c := range b.chosen {
		class := s.storage.class(c.claim)
		switch {
		case c.volume != nil:
		case !provisionable(class, s.nodes[n].object):
			return noVolume
		case !s.storage.roomFor(c.claim, class, s.nodes[n].object):
			return noSpace
		}
	}
	return 0
}

// selectedNode is the node for which a claim's volume is being provisioned, or will be.
func (st *storage) selectedNode(claim *corev1.PersistentVolumeClaim) (node string, ok bool) {
	if node, ok = claim.Annotations[model.AnnSelectedNode]; ok {
		return node, true
	}
	a, ok := st.assumed[objectKey{claim.Namespace, claim.Name}]
	return a.node, ok && a.volume == ""
}

// fullyBound reports whether the binding of a claim is complete.
func fullyBound(claim *corev1.PersistentVolumeClaim) bool {
	_, completed := claim.Annotations[model.AnnBindCompleted]
	return completed && claim.Spec.VolumeName != ""
}

// match finds the smallest volume that suits a claim; one that is bound to the claim in advance wins.
//
// Source: k8s v1.36.3 staging component-helpers/storage/volume/pv_helpers.go FindMatchingVolume.
// Differs: of volumes of one size the first by name is taken; a volume without a phase counts as Available.
func (b *binder) match(s *Snapshot, claim *corev1.PersistentVolumeClaim, n int32) *volume {
	want := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	key := objectKey{claim.Namespace, claim.Name}
	var best *volume
	for _, v := range b.free {
		size := v.Spec.Capacity[corev1.ResourceStorage]
		prebound := model.VolumeBoundToClaim(v.PersistentVolume, claim) || s.storage.assumed[key].volume == v.Name
		if model.VolumeClass(v.PersistentVolume) != model.ClaimClass(claim) || v.Spec.ClaimRef != nil && !prebound || size.Cmp(want) < 0 || !sameMode(claim, v.PersistentVolume) || v.DeletionTimestamp != nil || b.takes(s, v, key) {
			continue
		}
		if prebound {
			if !v.reaches(s, n) {
				return nil
			}
			return v
		}
		if v.Status.Phase != "" && v.Status.Phase != corev1.VolumeAvailable || !selects(claim, v.PersistentVolume) || !v.reaches(s, n) || !hasModes(claim, v.PersistentVolume) {
			continue
		}
		if best != nil {
			if least := best.Spec.Capacity[corev1.ResourceStorage]; least.Cmp(size) <= 0 {
				continue
			}
		}
		best = v
	}
	return best
}

// candidates are the volumes that claims that wait may get: those that point at none, or at one of them.
func (b *binder) candidates(s *Snapshot) []*volume {
	out := b.free[:0]
	for _, v := range s.storage.volumes {
		if v.Spec.ClaimRef == nil || slices.ContainsFunc(b.waiting, func(c *corev1.PersistentVolumeClaim) bool { return model.VolumeBoundToClaim(v.PersistentVolume, c) }) {
			out = append(out, v)
		}
	}
	return out
}

// takes reports whether a volume is somebody else's: another claim's of this pod, or one that was assumed before.
func (b *binder) takes(s *Snapshot, v *volume, by objectKey) bool {
	for _, c := range b.chosen {
		if c.volume == v {
			return true
		}
	}
	for key, a := range s.storage.assumed { // unordered: looks for one
		if a.volume == v.Name && key != by {
			return true
		}
	}
	return false
}

// sameMode compares volumeMode and volumeAttributesClassName.
func sameMode(claim *corev1.PersistentVolumeClaim, v *corev1.PersistentVolume) bool {
	mode := func(m *corev1.PersistentVolumeMode) corev1.PersistentVolumeMode {
		if m == nil {
			return corev1.PersistentVolumeFilesystem
		}
		return *m
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return mode(claim.Spec.VolumeMode) == mode(v.Spec.VolumeMode) && text(claim.Spec.VolumeAttributesClassName) == text(v.Spec.VolumeAttributesClassName)
}

func selects(claim *corev1.PersistentVolumeClaim, v *corev1.PersistentVolume) bool {
	return claim.Spec.Selector == nil || selectorOf(claim.Spec.Selector).Matches(labels.Set(v.Labels))
}

func hasModes(claim *corev1.PersistentVolumeClaim, v *corev1.PersistentVolume) bool {
	for _, m := range claim.Spec.AccessModes {
		if !slices.Contains(v.Spec.AccessModes, m) {
			return false
		}
	}
	return true
}

// provisionable reports whether volumes of a class can be made for a node.
func provisionable(class *storagev1.StorageClass, node *corev1.Node) bool {
	if class == nil || class.Provisioner == "" || class.Provisioner == model.NoProvisioner {
		return false
	}
	if len(class.AllowedTopologies) == 0 {
		return true
	}
	return slices.ContainsFunc(class.AllowedTopologies, func(t corev1.TopologySelectorTerm) bool {
		for _, e := range t.MatchLabelExpressions {
			v, ok := node.Labels[e.Key]
			if !ok || !slices.Contains(e.Values, v) {
				return false
			}
		}
		return len(t.MatchLabelExpressions) > 0
	})
}

// reserveClaims takes volumes for the claims of a pod that has just been placed. It returns what is to be bound, the volumes
// that exist first.
//
// Source: k8s v1.36.3 volumebinding/volume_binding.go Reserve, binder.go AssumePodVolumes.
func (s *Snapshot) reserveClaims(pod *Pod, n int32) []claimChoice {
	if !hasClaims(pod.Spec) {
		return nil
	}
	var b binder
	if b.read(s, pod) != "" || b.choose(s, n) != 0 {
		return nil
	}
	for _, c := range b.chosen {
		a := assumedClaim{by: pod, node: s.nodes[n].name}
		if c.volume != nil {
			a.volume = c.volume.Name
		}
		put(&s.storage.assumed, objectKey{c.claim.Namespace, c.claim.Name}, a)
		s.gen++
	}
	slices.SortStableFunc(b.chosen, func(x, y claimChoice) int {
		if (x.volume == nil) == (y.volume == nil) {
			return 0
		} else if x.volume != nil {
			return -1
		}
		return 1
	})
	return b.chosen
}

// unreserveClaims gives back what reserveClaims took for a pod that will not be bound after all.
func (s *Snapshot) unreserveClaims(pod *Pod) {
	for key, a := range s.storage.assumed { // unordered: deletes from a map
		if a.by == pod {
			delete(s.storage.assumed, key)
			s.gen++
		}
	}
}

func (b *binder) queue(ev *Event) bool {
	switch ev.Type {
	case ClaimAdd, ClaimUpdate:
		return usesClaim(ev.Pod, ev.NewObject.(*corev1.PersistentVolumeClaim), true)
	case ClassUpdate:
		return !equality.Semantic.DeepEqual(ev.OldObject.(*storagev1.StorageClass).AllowedTopologies, ev.NewObject.(*storagev1.StorageClass).AllowedTopologies)
	case CSIDriverUpdate:
		return false // it is about inline volumes, which pods with claims alone have not
	case CapacityUpdate:
		was, now := volumeLimit(ev.OldObject.(*storagev1.CSIStorageCapacity)), volumeLimit(ev.NewObject.(*storagev1.CSIStorageCapacity))
		return now != nil && (was == nil || now.Cmp(*was) > 0)
	case CSINodeUpdate:
		return ev.OldObject.GetAnnotations()[corev1.MigratedPluginsAnnotationKey] != ev.NewObject.GetAnnotations()[corev1.MigratedPluginsAnnotationKey]
	}
	return true
}
