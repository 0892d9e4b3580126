package invariant

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// storageRules hold for claims, volumes and attachments.
var storageRules = []Rule{
	{"claim-volume", "a claim that is Bound has a volume that points back at it, and no other claim has it", checkClaim},
	{"one-node", "a volume that one node may have at a time is attached to no second one", checkAttachment},
	{"pod-volume", "no container starts before its pod's claims are bound", checkPodVolumes},
}

var (
	claimKind      = model.FindKind("PersistentVolumeClaim")
	volumeKind     = model.FindKind("PersistentVolume")
	attachmentKind = model.FindKind("VolumeAttachment")
)

func (c *Checker) volume(name string) *corev1.PersistentVolume {
	if e := c.live[id{volumeKind, store.Key{Name: name}}]; e != nil {
		return e.api.(*corev1.PersistentVolume)
	}
	return nil
}

// checkClaim looks at a claim at the moment in which it becomes Bound.
func checkClaim(c *Checker, s *step) string {
	claim, ok := s.api.(*corev1.PersistentVolumeClaim)
	if !ok || s.Verb != journal.Modified || claim.Status.Phase != corev1.ClaimBound || s.old.(*corev1.PersistentVolumeClaim).Status.Phase == corev1.ClaimBound {
		return ""
	}
	v := c.volume(claim.Spec.VolumeName)
	switch {
	case v == nil:
		return fmt.Sprintf("Bound to volume %q, which is not there", claim.Spec.VolumeName)
	case v.Spec.ClaimRef == nil || v.Spec.ClaimRef.UID != claim.UID:
		return fmt.Sprintf("Bound to volume %s, which is not bound to it", v.Name)
	}
	return ""
}

// checkAttachment looks at an attachment at the moment in which the driver says that it is done.
func checkAttachment(c *Checker, s *step) string {
	a, ok := s.api.(*storagev1.VolumeAttachment)
	if !ok || s.Verb == journal.Deleted || !a.Status.Attached || a.Spec.Source.PersistentVolumeName == nil || s.At == 0 {
		return ""
	}
	v := c.volume(*a.Spec.Source.PersistentVolumeName)
	if v == nil || len(v.Spec.AccessModes) == 0 || slices.Contains(v.Spec.AccessModes, corev1.ReadWriteMany) || slices.Contains(v.Spec.AccessModes, corev1.ReadOnlyMany) {
		return ""
	}
	for at, e := range c.live { // unordered: looks for one
		if at.kind != attachmentKind || e == s.existing {
			continue
		}
		if o := e.api.(*storagev1.VolumeAttachment); o.Status.Attached && o.Spec.Source.PersistentVolumeName != nil && *o.Spec.Source.PersistentVolumeName == v.Name && o.Spec.NodeName != a.Spec.NodeName {
			return fmt.Sprintf("volume %s is attached to %s and %s", v.Name, o.Spec.NodeName, a.Spec.NodeName)
		}
	}
	return ""
}

// checkPodVolumes looks at a pod at the moment in which its first container runs.
func checkPodVolumes(c *Checker, s *step) string {
	if s.pod == nil || s.podOld == nil || s.At == 0 || runs(s.podOld) || !runs(s.pod) {
		return ""
	}
	for _, v := range s.pod.Spec().Volumes {
		if v.PersistentVolumeClaim == nil || !mounted(s.pod.Spec(), v.Name) {
			continue
		}
		key := store.Key{Namespace: s.key.Namespace, Name: v.PersistentVolumeClaim.ClaimName}
		if e := c.live[id{claimKind, key}]; e == nil || e.api.(*corev1.PersistentVolumeClaim).Status.Phase != corev1.ClaimBound {
			return fmt.Sprintf("runs, and its claim %s is not bound", key)
		}
	}
	return ""
}

func runs(p *store.Pod) bool {
	return slices.ContainsFunc(slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses), func(s corev1.ContainerStatus) bool { return s.State.Running != nil })
}

func mounted(spec *corev1.PodSpec, volume string) bool {
	return slices.ContainsFunc(slices.Concat(spec.InitContainers, spec.Containers), func(c corev1.Container) bool {
		return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume })
	})
}
