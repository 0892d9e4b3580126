package controller

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/record"
	"clustersim/sim/store"
)

// syncVolume does what a volume needs next, write by write.
func (b *volumeBinder) syncVolume(name string, done func(error)) {
	v := b.env.volume(name)
	if v == nil {
		done(nil)
		return
	}
	write := b.volumeStep(v)
	if write == nil {
		done(nil)
		return
	}
	b.api.write(func() {
		if err := write(); err != nil {
			done(err)
			return
		}
		b.syncVolume(name, done)
	})
}

// volumeStep returns the next write that a volume needs, nil if there is none.
//
// Source: pv_controller.go syncVolume.
func (b *volumeBinder) volumeStep(v *corev1.PersistentVolume) func() error {
	ref := v.Spec.ClaimRef
	if ref == nil || ref.UID == "" {
		return b.setVolumePhase(v, corev1.VolumeAvailable, "")
	}
	key := store.Key{Namespace: ref.Namespace, Name: ref.Name}
	c := b.claim(key)
	switch {
	case c == nil || c.UID != ref.UID:
		return b.releaseStep(v)
	case c.Spec.VolumeName == "":
		if claimMode(c) != volumeMode(v) {
			b.events.Event(referenceTo(volumeKind, v), record.Warning, "VolumeMismatch",
				fmt.Sprintf("Cannot bind PersistentVolume to requested PersistentVolumeClaim %q due to incompatible volumeMode.", c.Name))
			b.say(c, record.Warning, "VolumeMismatch", fmt.Sprintf("Cannot bind PersistentVolume %q to requested PersistentVolumeClaim due to incompatible volumeMode.", v.Name))
			return nil
		}
		b.claims.add(key)
		return nil
	case c.Spec.VolumeName == v.Name:
		return b.setVolumePhase(v, corev1.VolumeBound, "")
	case v.Annotations[model.AnnProvisionedBy] != "" && v.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete:
		return b.releaseStep(v)
	}
	return b.unbind(v)
}

// releaseStep is for a volume whose claim is gone.
//
// Source: pv_controller.go reclaimVolume, deleteVolumeOperation, recycleVolumeOperation. Volumes of external provisioners are
// deleted by these.
func (b *volumeBinder) releaseStep(v *corev1.PersistentVolume) func() error {
	if v.Status.Phase != corev1.VolumeReleased && v.Status.Phase != corev1.VolumeFailed {
		return b.setVolumePhase(v, corev1.VolumeReleased, "")
	}
	switch v.Spec.PersistentVolumeReclaimPolicy {
	case corev1.PersistentVolumeReclaimRetain:
		return nil
	case corev1.PersistentVolumeReclaimRecycle:
		return b.fail(v, "VolumeFailedRecycle", "No recycler plugin found for the volume!")
	case corev1.PersistentVolumeReclaimDelete:
		if v.Annotations[model.AnnProvisionedBy] != "" {
			return nil
		}
		if h := v.Spec.HostPath; h == nil {
			return b.fail(v, "VolumeFailedDelete", fmt.Sprintf("error getting deleter volume plugin for volume %q: no deletable volume plugin matched", v.Name))
		} else if !strings.HasPrefix(h.Path, "/tmp/") || h.Path == "/tmp/" {
			return b.fail(v, "VolumeFailedDelete", "host_path deleter only supports /tmp/.+ but received provided "+h.Path)
		}
		return func() error { return b.env.API.Delete(volumeKind, store.Key{Name: v.Name}, nil, "") }
	}
	return b.fail(v, "VolumeUnknownReclaimPolicy", "Volume has unrecognized PersistentVolumeReclaimPolicy")
}

// fail returns the write of phase Failed, nil if the volume has it.
func (b *volumeBinder) fail(v *corev1.PersistentVolume, reason, message string) func() error {
	write := b.setVolumePhase(v, corev1.VolumeFailed, message)
	if write == nil {
		return nil
	}
	return func() error {
		err := write()
		if err == nil {
			b.events.Event(referenceTo(volumeKind, v), record.Warning, reason, message)
		}
		return err
	}
}

// unbind takes back a volume from a claim that has got another one.
//
// Source: pv_controller.go unbindVolume.
func (b *volumeBinder) unbind(v *corev1.PersistentVolume) func() error {
	return b.updateVolume(v, func(v *corev1.PersistentVolume) bool {
		if _, ours := v.Annotations[model.AnnBoundByController]; !ours {
			v.Spec.ClaimRef.UID = ""
			return true
		}
		v.Spec.ClaimRef = nil
		delete(v.Annotations, model.AnnBoundByController)
		return true
	})
}
