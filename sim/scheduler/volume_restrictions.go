package scheduler

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// VolumeRestrictions' reasons.
const (
	ReasonDiskConflict     = "node(s) had no available disk"
	ReasonReadWriteOncePod = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go.
var volumeRestrictions = &Plugin{
	Name:   "VolumeRestrictions",
	Points: PointPreFilter | PointFilter,
	Doc: "Turns pods down whose PersistentVolumeClaims do not exist or, with access mode ReadWriteOncePod, are in use; " +
		"turns nodes down where a pod has the same GCE, EBS, iSCSI or RBD disk.",
	Events: PodDelete | NodeAdd | ClaimAdd,
	Compile: func(k *Compiler) Part {
		disks := slices.ContainsFunc(k.Spec.Volumes, isDisk)
		if len(claimNames(k.Spec)) == 0 && !disks {
			return Part{}
		}
		r := &restrictions{plugin: k.plugin, disks: disks,
			conflict: k.Verdict(Unschedulable, ReasonDiskConflict), inUse: k.Verdict(Unschedulable, ReasonReadWriteOncePod)}
		return Part{Wide: true, Begin: r.begin, Filter: r.filter, Queue: r.queue}
	},
}

// restrictions is the plugin for one shape of pod.
type restrictions struct {
	plugin          int
	disks           bool
	conflict, inUse Verdict
	once            []string // the pod's ReadWriteOncePod claims
	taken           int      // how many of them are in use
	references      int      // to claims of those names when the cycle began
}

// begin counts the claims that are in use. In trials upstream counts references instead, up and down from there, and does
// not look at their namespaces.
func (r *restrictions) begin(c *Cycle) (v Verdict, filters, scores bool) {
	if c.Snap.trials > 0 {
		return 0, r.disks || r.taken > 0, false
	}
	r.taken, r.once = 0, r.once[:0]
	for _, name := range c.Pod.Shape.claims {
		key := objectKey{c.Pod.Namespace, name}
		claim := c.Snap.storage.claims[key]
		if claim == nil {
			return c.p.verdict(r.plugin, UnschedulableAndUnresolvable, notFound("persistentvolumeclaim", name)), false, false
		}
		if !slices.Contains(claim.Spec.AccessModes, corev1.ReadWriteOncePod) || slices.Contains(r.once, name) {
			continue
		}
		r.once = append(r.once, name)
		if c.Snap.inUse(key) {
			r.taken++
		}
	}
	r.references = r.count(c.Snap)
	return 0, r.disks || r.taken > 0, false
}

func (r *restrictions) count(s *Snapshot) (n int) {
	for _, name := range r.once {
		n += s.storage.references[name]
	}
	return n
}

// notFound is what a lister of the API machinery says.
func notFound(resource, name string) string { return fmt.Sprintf("%s %q not found", resource, name) }

func (r *restrictions) filter(c *Cycle, n int32) Verdict {
	if r.disks {
		for _, p := range c.Snap.nodes[n].pods {
			if disksConflict(c.Pod.Spec, p.Spec) {
				return r.conflict
			}
		}
	}
	if len(r.once) > 0 && r.taken+r.count(c.Snap)-r.references > 0 {
		return r.inUse
	}
	return 0
}

func (r *restrictions) queue(ev *Event) bool {
	switch ev.Type {
	case ClaimAdd:
		return usesClaim(ev.Pod, ev.NewObject.(*corev1.PersistentVolumeClaim), false)
	case PodDelete:
		if ev.OldPod.Namespace != ev.Pod.Namespace {
			return false
		}
		return disksConflict(ev.Pod.Spec, ev.OldPod.Spec) ||
			slices.ContainsFunc(ev.OldPod.Shape.claims, func(name string) bool { return slices.Contains(ev.Pod.Shape.claims, name) })
	}
	return true
}

func isDisk(v corev1.Volume) bool {
	return v.GCEPersistentDisk != nil || v.AWSElasticBlockStore != nil || v.RBD != nil || v.ISCSI != nil
}

// disksConflict reports whether two pods cannot have their inline disks on one node.
func disksConflict(a, b *corev1.PodSpec) bool {
	for i := range a.Volumes {
		for j := range b.Volumes {
			if isDisk(a.Volumes[i]) && diskConflict(&a.Volumes[i], &b.Volumes[j]) {
				return true
			}
		}
	}
	return false
}

func diskConflict(a, b *corev1.Volume) bool {
	if x, y := a.GCEPersistentDisk, b.GCEPersistentDisk; x != nil && y != nil && x.PDName == y.PDName && !(x.ReadOnly && y.ReadOnly) {
		return true
	}
	if x, y := a.AWSElasticBlockStore, b.AWSElasticBlockStore; x != nil && y != nil && x.VolumeID == y.VolumeID {
		return true
	}
	if x, y := a.ISCSI, b.ISCSI; x != nil && y != nil && x.IQN == y.IQN && !(x.ReadOnly && y.ReadOnly) {
		return true
	}
	x, y := a.RBD, b.RBD
	return x != nil && y != nil && x.RBDPool == y.RBDPool && x.RBDImage == y.RBDImage && !(x.ReadOnly && y.ReadOnly) &&
		slices.ContainsFunc(x.CephMonitors, func(m string) bool { return slices.Contains(y.CephMonitors, m) })
}
