package scheduler

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// ReasonVolumeCount is the reason for which NodeVolumeLimits turns nodes down.
const ReasonVolumeCount = "node(s) exceed max volume count"

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/nodevolumelimits/csi.go.
// Differs: in-tree volumes are not counted as those of the CSI drivers that they were migrated to.
var nodeVolumeLimits = &Plugin{
	Name:   "NodeVolumeLimits",
	Points: PointPreFilter | PointFilter,
	Doc:    "Turns nodes down to which no more volumes of a CSI driver can be attached, by the count in their CSINode.",
	Events: PodDelete | ClaimAdd | CSINodeAdd | CSINodeUpdate | AttachmentDelete,
	Compile: func(k *Compiler) Part {
		if !hasClaims(k.Spec) {
			return Part{}
		}
		l := &volumeLimits{plugin: k.plugin, exceeded: k.Verdict(Unschedulable, ReasonVolumeCount), fresh: map[csiVolume]bool{}, attached: map[csiVolume]bool{}}
		return Part{Wide: true, Begin: func(*Cycle) (Verdict, bool, bool) { return 0, true, false }, Filter: l.filter, Queue: l.queue}
	},
}

func hasClaims(spec *corev1.PodSpec) bool {
	for i := range spec.Volumes {
		if name, _ := claimName("", &spec.Volumes[i]); name != "" {
			return true
		}
	}
	return false
}

// volumeLimits is the plugin for one shape of pod.
type volumeLimits struct {
	plugin          int
	exceeded        Verdict
	fresh, attached map[csiVolume]bool // of the node at hand
}

// csiVolume names a volume of a driver.
type csiVolume struct{ driver, handle string }

func (l *volumeLimits) filter(c *Cycle, n int32) Verdict {
	node := c.Snap.storage.csiNodes[c.Snap.nodes[n].name]
	clear(l.fresh)
	if missing := c.Snap.addVolumes(c.Pod, l.fresh); missing != "" {
		return c.p.verdict(l.plugin, UnschedulableAndUnresolvable,
			fmt.Sprintf("looking up PVC %s/%s: %s", c.Pod.Namespace, missing, notFound("persistentvolumeclaim", missing)))
	}
	if node == nil || len(l.fresh) == 0 {
		return 0
	}
	clear(l.attached)
	for _, p := range c.Snap.nodes[n].pods {
		c.Snap.addVolumes(p, l.attached)
	}
	for v := range l.attached { // unordered: deletes from a set
		delete(l.fresh, v)
	}
	c.Snap.addAttachments(node.Name, l.attached)
	for i := range node.Spec.Drivers {
		d := &node.Spec.Drivers[i]
		if d.Allocatable == nil || d.Allocatable.Count == nil {
			continue
		}
		if more := count(l.fresh, d.Name); more > 0 && count(l.attached, d.Name)+more > int64(*d.Allocatable.Count) {
			return l.exceeded
		}
	}
	return 0
}

func count(set map[csiVolume]bool, driver string) (n int64) {
	for v := range set { // unordered: a count
		if v.driver == driver {
			n++
		}
	}
	return n
}

// addVolumes adds the CSI volumes of a pod. It returns the name of the first claim that does not exist, if any.
func (s *Snapshot) addVolumes(pod *Pod, to map[csiVolume]bool) (missing string) {
	s.claimsOf(pod, func(name string, claim *corev1.PersistentVolumeClaim, _ bool) bool {
		if claim == nil {
			if missing == "" {
				missing = name
			}
			return true
		}
		if v := s.storage.csiVolume(claim); v.driver != "" && v.handle != "" {
			to[v] = true
		}
		return true
	})
	return missing
}

// csiVolume is the volume of a claim. One that is not bound yet is a new volume of its class's provisioner.
func (st *storage) csiVolume(claim *corev1.PersistentVolumeClaim) csiVolume {
	if v := st.volume(claim.Spec.VolumeName); v != nil {
		if v.Spec.CSI == nil {
			return csiVolume{}
		}
		return csiVolume{v.Spec.CSI.Driver, v.Spec.CSI.VolumeHandle}
	}
	class := st.class(claim)
	if class == nil {
		return csiVolume{}
	}
	return csiVolume{class.Provisioner, "-" + claim.Namespace + "/" + claim.Name}
}

// addAttachments adds the volumes that are attached to a node.
func (s *Snapshot) addAttachments(node string, to map[csiVolume]bool) {
	for _, a := range s.storage.attachments[node] { // unordered: fills a set
		if a.Spec.Attacher == "" || a.Spec.Source.PersistentVolumeName == nil {
			continue
		}
		if v := s.storage.volume(*a.Spec.Source.PersistentVolumeName); v != nil && v.Spec.CSI != nil {
			to[csiVolume{a.Spec.Attacher, v.Spec.CSI.VolumeHandle}] = true
		}
	}
}

func (l *volumeLimits) queue(ev *Event) bool {
	switch ev.Type {
	case ClaimAdd:
		return usesClaim(ev.Pod, ev.NewObject.(*corev1.PersistentVolumeClaim), true)
	case PodDelete:
		return hasClaims(ev.OldPod.Spec)
	case CSINodeUpdate:
		return limitRaised(ev.OldObject.(*storagev1.CSINode), ev.NewObject.(*storagev1.CSINode))
	case AttachmentDelete:
		return len(ev.Pod.Shape.claims) > 0
	}
	return true
}

// limitRaised reports whether a driver takes more volumes than before. No limit counts as 0 here, as upstream.
func limitRaised(was, now *storagev1.CSINode) bool {
	limit := func(n *storagev1.CSINode, driver string) int32 {
		for i := range n.Spec.Drivers {
			if d := &n.Spec.Drivers[i]; d.Name == driver && d.Allocatable != nil && d.Allocatable.Count != nil {
				return *d.Allocatable.Count
			}
		}
		return 0
	}
	for i := range now.Spec.Drivers {
		if name := now.Spec.Drivers[i].Name; limit(now, name) > limit(was, name) {
			return true
		}
	}
	return false
}
