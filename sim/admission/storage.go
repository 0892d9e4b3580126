package admission

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"clustersim/model"
)

// Finalizers that keep what is in use. Source: k8s v1.36.3 pkg/volume/util/finalizer.go.
const (
	ClaimProtection  = "kubernetes.io/pvc-protection"
	VolumeProtection = "kubernetes.io/pv-protection"
)

// DefaultClass is the name of the StorageClass that claims without one get, "" if there is none: of several the newest, then the
// first by name.
//
// Source: k8s v1.36.3 pkg/volume/util/storageclass.go GetDefaultClass.
func (a *Admission) DefaultClass() string {
	var best *storagev1.StorageClass
	for _, o := range a.store.List(classKind) {
		c := o.API().(*storagev1.StorageClass)
		if model.IsDefaultClass(c) && (best == nil || c.CreationTimestamp.After(best.CreationTimestamp.Time)) {
			best = c
		}
	}
	if best == nil {
		return ""
	}
	return best.Name
}

var classKind = model.FindKind("StorageClass")

// defaultStorageClass names the class of claims that name none.
//
// Source: k8s v1.36.3 plugin/pkg/admission/storage/storageclass/setdefault/admission.go.
func defaultStorageClass(a *Admission, r *request) error {
	c, ok := r.object.(*corev1.PersistentVolumeClaim)
	if !ok || c.Spec.StorageClassName != nil {
		return nil
	}
	if _, old := c.Annotations[corev1.BetaStorageClassAnnotation]; old {
		return nil
	}
	if name := a.DefaultClass(); name != "" {
		c.Spec.StorageClassName = &name
	}
	return nil
}

// protectStorage puts a finalizer on claims and volumes: they stay for as long as they are in use.
//
// Source: k8s v1.36.3 plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go.
func protectStorage(_ *Admission, r *request) error {
	finalizer := ""
	switch r.object.(type) {
	case *corev1.PersistentVolume:
		finalizer = VolumeProtection
	case *corev1.PersistentVolumeClaim:
		finalizer = ClaimProtection
	default:
		return nil
	}
	if have := r.object.GetFinalizers(); !slices.Contains(have, finalizer) {
		r.object.SetFinalizers(append(have, finalizer))
	}
	return nil
}
