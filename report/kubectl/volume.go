package kubectl

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
)

// accessModes prints RWO,ROX,RWX,RWOP in that order.
func accessModes(modes []corev1.PersistentVolumeAccessMode) string {
	texts := []string{}
	for _, m := range []struct {
		mode  corev1.PersistentVolumeAccessMode
		short string
	}{{corev1.ReadWriteOnce, "RWO"}, {corev1.ReadOnlyMany, "ROX"}, {corev1.ReadWriteMany, "RWX"}, {corev1.ReadWriteOncePod, "RWOP"}} {
		for _, has := range modes {
			if has == m.mode {
				texts = append(texts, m.short)
				break
			}
		}
	}
	return strings.Join(texts, ",")
}

// claimClass prefers the annotation from before the field.
func claimClass(c *corev1.PersistentVolumeClaim) string {
	if class, ok := c.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return class
	}
	return deref(c.Spec.StorageClassName)
}

func volumeClass(v *corev1.PersistentVolume) string {
	if class, ok := v.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return class
	}
	return v.Spec.StorageClassName
}

func volumeCells(now time.Time, v *corev1.PersistentVolume) []string {
	claim := ""
	if v.Spec.ClaimRef != nil {
		claim = v.Spec.ClaimRef.Namespace + "/" + v.Spec.ClaimRef.Name
	}
	size := v.Spec.Capacity[corev1.ResourceStorage]
	phase := string(v.Status.Phase)
	if v.DeletionTimestamp != nil {
		phase = "Terminating"
	}
	return []string{v.Name, size.String(), accessModes(v.Spec.AccessModes), string(v.Spec.PersistentVolumeReclaimPolicy), phase, claim, volumeClass(v),
		orUnset(v.Spec.VolumeAttributesClassName), v.Status.Reason, age(now, v.CreationTimestamp), orUnset(v.Spec.VolumeMode)}
}

func claimCells(now time.Time, c *corev1.PersistentVolumeClaim) []string {
	phase := string(c.Status.Phase)
	if c.DeletionTimestamp != nil {
		phase = "Terminating"
	}
	capacity, modes := boundTo(c)
	return []string{c.Name, phase, c.Spec.VolumeName, capacity, modes, claimClass(c), orUnset(c.Spec.VolumeAttributesClassName),
		age(now, c.CreationTimestamp), orUnset(c.Spec.VolumeMode)}
}

// boundTo is what a claim got: nothing while it has no volume.
func boundTo(c *corev1.PersistentVolumeClaim) (capacity, modes string) {
	if c.Spec.VolumeName == "" {
		return "", ""
	}
	q := c.Status.Capacity[corev1.ResourceStorage]
	return q.String(), accessModes(c.Status.AccessModes)
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describePersistentVolumeClaim.
func describeClaim(s *sheet, c *corev1.PersistentVolumeClaim) {
	s.claim(c, true)
	users := []string{}
	for _, o := range s.cluster.list(model.Pod, c.Namespace) {
		if usesClaim(o.(*corev1.Pod), c) {
			users = append(users, o.GetName())
		}
	}
	s.column("Used By", users)
	if len(c.Status.Conditions) > 0 {
		s.line(0, "Conditions:")
		s.line(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage")
		s.line(1, "----\t------\t-----------------\t------------------\t------\t-------")
		for _, x := range c.Status.Conditions {
			s.line(1, "%v \t%v \t%s \t%s \t%v \t%v", x.Type, x.Status, date(x.LastProbeTime), date(x.LastTransitionTime), x.Reason, x.Message)
		}
	}
	s.events(c)
}

// usesClaim is true for a pod that mounts the claim or owns it, as a pod does with an ephemeral volume.
func usesClaim(p *corev1.Pod, c *corev1.PersistentVolumeClaim) bool {
	for i := range p.Spec.Volumes {
		if claim := p.Spec.Volumes[i].PersistentVolumeClaim; claim != nil && claim.ClaimName == c.Name {
			return true
		}
	}
	for _, ref := range c.OwnerReferences {
		if ref.Kind == "Pod" && ref.UID == p.UID {
			return true
		}
	}
	return false
}

// claim writes a claim; whole is false for the template in a pod's ephemeral volume.
func (s *sheet) claim(c *corev1.PersistentVolumeClaim, whole bool) {
	if whole {
		s.line(0, "Name:\t%s", c.Name)
		s.line(0, "Namespace:\t%s", c.Namespace)
	}
	s.line(0, "StorageClass:\t%s", claimClass(c))
	if whole {
		s.volumePhase(c, string(c.Status.Phase))
	}
	s.line(0, "Volume:\t%s", c.Spec.VolumeName)
	s.labels("Labels", c.Labels)
	s.annotations("Annotations", c.Annotations)
	if whole {
		s.line(0, "Finalizers:\t%v", c.Finalizers)
	}
	capacity, modes := boundTo(c)
	s.line(0, "Capacity:\t%s", capacity)
	s.line(0, "Access Modes:\t%s", modes)
	if c.Spec.VolumeMode != nil {
		s.line(0, "VolumeMode:\t%v", *c.Spec.VolumeMode)
	}
	if from := c.Spec.DataSource; from != nil {
		s.line(0, "DataSource:")
		if from.APIGroup != nil {
			s.line(1, "APIGroup:\t%v", *from.APIGroup)
		}
		s.line(1, "Kind:\t%v", from.Kind)
		s.line(1, "Name:\t%v", from.Name)
	}
}

func (s *sheet) volumePhase(o model.Object, phase string) {
	if t := o.GetDeletionTimestamp(); t != nil {
		phase = "Terminating (lasts " + s.age(*t) + ")"
	}
	s.line(0, "Status:\t%s", phase)
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describePersistentVolume.
func describePersistentVolume(s *sheet, v *corev1.PersistentVolume) {
	s.line(0, "Name:\t%s", v.Name)
	s.labels("Labels", v.Labels)
	s.annotations("Annotations", v.Annotations)
	s.line(0, "Finalizers:\t%v", v.Finalizers)
	s.line(0, "StorageClass:\t%s", volumeClass(v))
	s.volumePhase(v, string(v.Status.Phase))
	claim := ""
	if v.Spec.ClaimRef != nil {
		claim = v.Spec.ClaimRef.Namespace + "/" + v.Spec.ClaimRef.Name
	}
	s.line(0, "Claim:\t%s", claim)
	s.line(0, "Reclaim Policy:\t%v", v.Spec.PersistentVolumeReclaimPolicy)
	s.line(0, "Access Modes:\t%s", accessModes(v.Spec.AccessModes))
	if v.Spec.VolumeMode != nil {
		s.line(0, "VolumeMode:\t%v", *v.Spec.VolumeMode)
	}
	size := v.Spec.Capacity[corev1.ResourceStorage]
	s.line(0, "Capacity:\t%s", size.String())
	s.volumeAffinity(v.Spec.NodeAffinity)
	s.line(0, "Message:\t%s", v.Status.Message)
	s.line(0, "Source:")
	s.volumeSource(&v.Spec.PersistentVolumeSource)
	s.events(v)
}

// volumeSource knows the sources that clusters of today use; the drivers that Kubernetes dropped print <unknown>.
func (s *sheet) volumeSource(v *corev1.PersistentVolumeSource) {
	switch {
	case v.HostPath != nil:
		s.volume(hostPathText(v.HostPath))
	case v.Local != nil:
		s.volume(volumeText{"LocalVolume (a persistent volume backed by local storage on a node)", []any{"Path", v.Local.Path}})
	case v.CSI != nil:
		s.volume(csiText(v.CSI.Driver, v.CSI.FSType, &v.CSI.VolumeHandle, v.CSI.ReadOnly))
		s.volumeAttributes(v.CSI.VolumeAttributes)
	case v.NFS != nil:
		s.volume(nfsText(v.NFS))
	case v.GCEPersistentDisk != nil:
		s.volume(gceText(v.GCEPersistentDisk))
	case v.AWSElasticBlockStore != nil:
		s.volume(awsText(v.AWSElasticBlockStore))
	default:
		s.line(1, "<unknown>")
	}
}

func (s *sheet) volumeAffinity(a *corev1.VolumeNodeAffinity) {
	if a == nil || a.Required == nil {
		s.line(0, "Node Affinity:\t<none>")
		return
	}
	s.line(0, "Node Affinity:\t")
	if len(a.Required.NodeSelectorTerms) == 0 {
		s.line(1, "Required Terms:\t<none>")
		return
	}
	s.line(1, "Required Terms:\t")
	for i, term := range a.Required.NodeSelectorTerms {
		s.term(2, i, requirements(term.MatchExpressions))
	}
}

// term is one numbered term of a selector, with its requirements under each other.
func (s *sheet) term(level, number int, texts []string) {
	if len(texts) == 0 {
		texts = []string{"<none>"}
	}
	for i, text := range texts {
		if i == 0 {
			s.line(level, "Term %d:\t%s", number, text)
		} else {
			s.line(level, "\t%s", text)
		}
	}
}

func requirements(list []corev1.NodeSelectorRequirement) []string {
	texts := []string{}
	for _, r := range list {
		texts = append(texts, requirement(r.Key, strings.ToLower(string(r.Operator)), r.Values))
	}
	return texts
}

func requirement(key, operator string, values []string) string {
	if len(values) == 0 {
		return key + " " + operator
	}
	return key + " " + operator + " [" + strings.Join(values, ", ") + "]"
}
