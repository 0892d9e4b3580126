package controller

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"clustersim/model"
	"clustersim/sim/record"
	"clustersim/sim/store"
)

// syncClaim does what a claim needs next, write by write.
func (b *volumeBinder) syncClaim(key store.Key, done func(error)) {
	c := b.claim(key)
	if c == nil {
		done(nil)
		return
	}
	write, err := b.claimStep(c)
	if write == nil {
		b.wait(key)
		done(err)
		return
	}
	b.api.write(func() {
		if err := write(); err != nil {
			done(err)
			return
		}
		b.syncClaim(key, done)
	})
}

// claimStep returns the next write that a claim needs, nil if there is none for now. What stands in its way is said in an
// Event.
//
// Source: pv_controller.go syncClaim, syncUnboundClaim.
func (b *volumeBinder) claimStep(c *corev1.PersistentVolumeClaim) (func() error, error) {
	if _, completed := c.Annotations[model.AnnBindCompleted]; completed {
		return b.boundStep(c), nil
	}
	if c.Spec.VolumeName != "" {
		return b.requestedStep(c)
	}
	class := b.env.class(model.ClaimClass(c))
	if class != nil && class.VolumeBindingMode == nil {
		return nil, fmt.Errorf("VolumeBindingMode not set for StorageClass %q", class.Name)
	}
	delayed := model.WaitsForConsumer(class)
	if v := b.match(c, delayed); v != nil {
		return b.bindStep(v, c), nil
	}
	if write := b.assignDefaultClass(c); write != nil {
		return write, nil
	}
	_, selected := c.Annotations[model.AnnSelectedNode]
	switch {
	case delayed && !selected:
		b.sayWhatForClaimWaits(c)
	case model.ClaimClass(c) != "":
		return b.provisionStep(c), nil
	default:
		b.say(c, record.Normal, "FailedBinding", "no persistent volumes available for this claim and no storage class is set")
	}
	return b.setPending(c), nil
}

func (b *volumeBinder) say(c *corev1.PersistentVolumeClaim, typ, reason, message string) {
	b.events.Event(referenceTo(claimKind, c), typ, reason, message)
}

// sayWhatForClaimWaits tells of the pods that use a claim and have no node yet.
//
// Source: pv_controller.go emitEventForUnboundDelayBindingClaim, findNonScheduledPodsByPVC.
func (b *volumeBinder) sayWhatForClaimWaits(c *corev1.PersistentVolumeClaim) {
	var names []string
	for _, key := range b.env.users.of(keyOf(c)) {
		if p := b.env.Store.Pod(key); p != nil && p.NodeName == "" && !volumesReleased(p) {
			names = append(names, p.Name)
		}
	}
	switch len(names) {
	case 0:
		b.say(c, record.Normal, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
	case 1:
		b.say(c, record.Normal, "WaitForPodScheduled", "waiting for pod "+names[0]+" to be scheduled")
	default:
		b.say(c, record.Normal, "WaitForPodScheduled", "waiting for pods "+strings.Join(names, ",")+" to be scheduled")
	}
}

// assignDefaultClass gives a claim without a class the default one, if there is one by now.
//
// Source: pv_controller.go assignDefaultStorageClass.
func (b *volumeBinder) assignDefaultClass(c *corev1.PersistentVolumeClaim) func() error {
	if _, ok := c.Annotations[corev1.BetaStorageClassAnnotation]; ok || c.Spec.StorageClassName != nil {
		return nil
	}
	class := b.env.API.DefaultClass()
	if class == "" {
		return nil
	}
	return b.updateClaim(c, func(c *corev1.PersistentVolumeClaim) bool {
		c.Spec.StorageClassName = &class
		return true
	})
}

// provisionStep asks an external provisioner for a volume.
//
// Source: pv_controller.go provisionClaim, findProvisionablePlugin, provisionClaimOperationExternal, setClaimProvisioner.
func (b *volumeBinder) provisionStep(c *corev1.PersistentVolumeClaim) func() error {
	name := model.ClaimClass(c)
	class := b.env.class(name)
	switch {
	case class == nil:
		b.say(c, record.Warning, "ProvisioningFailed", fmt.Sprintf("storageclass.storage.k8s.io %q not found", name))
		return nil
	case strings.HasPrefix(class.Provisioner, "kubernetes.io/") && !migrated(class.Provisioner):
		b.say(c, record.Warning, "ProvisioningFailed", "no volume plugin matched name: "+class.Provisioner)
		return nil
	}
	if c.Annotations[model.AnnProvisioner] != class.Provisioner || c.Annotations[model.AnnBetaProvisioner] != class.Provisioner {
		return b.updateClaim(c, func(c *corev1.PersistentVolumeClaim) bool {
			model.Annotate(c, model.AnnBetaProvisioner, class.Provisioner)
			model.Annotate(c, model.AnnProvisioner, class.Provisioner)
			return true
		})
	}
	b.say(c, record.Normal, "ExternalProvisioning", "Waiting for a volume to be created either by the external provisioner '"+class.Provisioner+
		"' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.")
	return nil
}

// migrated reports whether a CSI driver does the work of an in-tree provisioner.
//
// Source: k8s v1.36.3 staging csi-translation-lib/translate.go.
func migrated(provisioner string) bool {
	return slices.Contains([]string{"kubernetes.io/aws-ebs", "kubernetes.io/gce-pd", "kubernetes.io/azure-disk", "kubernetes.io/azure-file",
		"kubernetes.io/cinder", "kubernetes.io/vsphere-volume", "kubernetes.io/portworx-volume"}, provisioner)
}

// requestedStep is for a claim that names its volume and is not bound yet.
//
// Source: pv_controller.go syncUnboundClaim.
func (b *volumeBinder) requestedStep(c *corev1.PersistentVolumeClaim) (func() error, error) {
	v := b.env.volume(c.Spec.VolumeName)
	switch {
	case v == nil:
		return b.setPending(c), nil
	case v.Spec.ClaimRef == nil:
		if why := unsatisfied(v, c); why != "" {
			b.say(c, record.Warning, "VolumeMismatch", fmt.Sprintf("Cannot bind to requested volume %q: %s", v.Name, why))
			return b.setPending(c), nil
		}
		return b.bindStep(v, c), nil
	case model.VolumeBoundToClaim(v, c):
		return b.bindStep(v, c), nil
	}
	b.say(c, record.Warning, "FailedBinding", fmt.Sprintf("volume %q already bound to a different claim.", v.Name))
	if _, ours := c.Annotations[model.AnnBoundByController]; ours {
		ref := v.Spec.ClaimRef
		return nil, fmt.Errorf("invalid binding of claim %q to volume %q: volume already claimed by %q", keyOf(c), v.Name, ref.Namespace+"/"+ref.Name)
	}
	return b.setPending(c), nil
}

// boundStep is for a claim whose binding was complete.
//
// Source: pv_controller.go syncBoundClaim.
func (b *volumeBinder) boundStep(c *corev1.PersistentVolumeClaim) func() error {
	if c.Spec.VolumeName == "" {
		return b.lose(c, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
	}
	v := b.env.volume(c.Spec.VolumeName)
	switch {
	case v == nil:
		return b.lose(c, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
	case v.Spec.ClaimRef == nil || v.Spec.ClaimRef.UID == c.UID:
		return b.bindStep(v, c)
	}
	return b.lose(c, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
}

// lose returns the write of phase Lost, nil if the claim has it.
func (b *volumeBinder) lose(c *corev1.PersistentVolumeClaim, reason, message string) func() error {
	if c.Status.Phase == corev1.ClaimLost {
		return nil
	}
	write := b.setStatus(c, corev1.ClaimLost, nil)
	return func() error {
		err := write()
		if err == nil {
			b.say(c, record.Warning, reason, message)
		}
		return err
	}
}

func (b *volumeBinder) setPending(c *corev1.PersistentVolumeClaim) func() error {
	return b.setStatus(c, corev1.ClaimPending, nil)
}

// setStatus returns the write of a claim's status, nil if it reads so already. Without a volume what it had got is gone.
//
// Source: pv_controller.go updateClaimStatus.
func (b *volumeBinder) setStatus(c *corev1.PersistentVolumeClaim, phase corev1.PersistentVolumeClaimPhase, v *corev1.PersistentVolume) func() error {
	st := c.Status.DeepCopy()
	st.Phase = phase
	if v == nil {
		st.AccessModes, st.Capacity, st.CurrentVolumeAttributesClassName = nil, nil, nil
	} else {
		st.AccessModes = v.Spec.AccessModes
		if c.Status.Phase != phase {
			st.Capacity = v.Spec.Capacity
		}
		if c.Status.Phase == corev1.ClaimPending && phase == corev1.ClaimBound {
			st.CurrentVolumeAttributesClassName = v.Spec.VolumeAttributesClassName
		}
	}
	if equality.Semantic.DeepEqual(*st, c.Status) {
		return nil
	}
	return b.updateClaim(c, func(c *corev1.PersistentVolumeClaim) bool {
		c.Status = *st
		return true
	})
}

// bindStep returns the next of the four writes of a binding: the volume, its phase, the claim, its status.
//
// Source: pv_controller.go bind, bindVolumeToClaim, bindClaimToVolume.
func (b *volumeBinder) bindStep(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) func() error {
	if !model.VolumeBoundToClaim(v, c) || v.Spec.ClaimRef.UID != c.UID {
		return b.updateVolume(v, func(v *corev1.PersistentVolume) bool { return model.BindVolumeToClaim(v, c) })
	}
	if write := b.setVolumePhase(v, corev1.VolumeBound, ""); write != nil {
		return write
	}
	_, completed := c.Annotations[model.AnnBindCompleted]
	if c.Spec.VolumeName == v.Name && completed {
		return b.setStatus(c, corev1.ClaimBound, v)
	}
	return b.updateClaim(c, func(c *corev1.PersistentVolumeClaim) bool {
		if c.Spec.VolumeName != v.Name {
			c.Spec.VolumeName = v.Name
			model.Annotate(c, model.AnnBoundByController, "yes")
		}
		model.Annotate(c, model.AnnBindCompleted, "yes")
		return true
	})
}
