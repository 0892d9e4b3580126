package model

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// Annotations of claims and volumes. Source: k8s v1.36.3 staging component-helpers/storage/volume/pv_helpers.go.
const (
	AnnBindCompleted     = "pv.kubernetes.io/bind-completed"               // on a claim: the binding is complete
	AnnBoundByController = "pv.kubernetes.io/bound-by-controller"          // on either: nobody but the controller bound it
	AnnProvisionedBy     = "pv.kubernetes.io/provisioned-by"               // on a volume: who made it
	AnnSelectedNode      = "volume.kubernetes.io/selected-node"            // on a claim: the node of its first consumer
	AnnProvisioner       = "volume.kubernetes.io/storage-provisioner"      // on a claim: who is to make its volume
	AnnBetaProvisioner   = "volume.beta.kubernetes.io/storage-provisioner" // the same, for older provisioners
)

// NoProvisioner is the provisioner of StorageClasses whose volumes are made by hand.
const NoProvisioner = "kubernetes.io/no-provisioner"

// ClaimClass is the name of a claim's StorageClass, "" if it has none.
//
// Source: k8s v1.36.3 staging component-helpers/storage/volume/helpers.go GetPersistentVolumeClaimClass.
func ClaimClass(c *corev1.PersistentVolumeClaim) string {
	if class, ok := c.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return class
	}
	if c.Spec.StorageClassName != nil {
		return *c.Spec.StorageClassName
	}
	return ""
}

// VolumeClass is the name of a volume's StorageClass, "" if it has none.
func VolumeClass(v *corev1.PersistentVolume) string {
	if class, ok := v.Annotations[corev1.BetaStorageClassAnnotation]; ok {
		return class
	}
	return v.Spec.StorageClassName
}

// WaitsForConsumer reports whether claims of a class are bound when a pod that uses them has been placed.
func WaitsForConsumer(class *storagev1.StorageClass) bool {
	return class != nil && class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}

// IsDefaultClass reports whether claims that name no class get this one.
//
// Source: k8s v1.36.3 pkg/volume/util/storageclass.go IsDefaultAnnotation.
func IsDefaultClass(c *storagev1.StorageClass) bool {
	return c.Annotations["storageclass.kubernetes.io/is-default-class"] == "true" || c.Annotations["storageclass.beta.kubernetes.io/is-default-class"] == "true"
}

// VolumeBoundToClaim reports whether a volume points at a claim, or at one of its name that is yet to come.
//
// Source: k8s v1.36.3 pv_helpers.go IsVolumeBoundToClaim.
func VolumeBoundToClaim(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) bool {
	ref := v.Spec.ClaimRef
	return ref != nil && ref.Name == c.Name && ref.Namespace == c.Namespace && (ref.UID == "" || ref.UID == c.UID)
}

// BindVolumeToClaim lets a volume point at a claim. It returns false if it did so already.
//
// Source: k8s v1.36.3 pv_helpers.go GetBindVolumeToClaim.
func BindVolumeToClaim(v *corev1.PersistentVolume, c *corev1.PersistentVolumeClaim) bool {
	ref := v.Spec.ClaimRef
	if VolumeBoundToClaim(v, c) && ref.UID == c.UID {
		return false
	}
	if !VolumeBoundToClaim(v, c) {
		Annotate(v, AnnBoundByController, "yes")
	}
	v.Spec.ClaimRef = &corev1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: c.Namespace, Name: c.Name, UID: c.UID, ResourceVersion: c.ResourceVersion}
	return true
}

// Annotate sets an annotation.
func Annotate(o Object, key, value string) {
	a := o.GetAnnotations()
	if a == nil {
		a = map[string]string{}
	}
	a[key] = value
	o.SetAnnotations(a)
}
