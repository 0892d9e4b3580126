package admission

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// Delete deletes an object: pods with their grace (graceSeconds nil) or the given one, namespaces in two stages (a
// controller empties them), everything else at once, unless something has to happen first: propagation says what becomes
// of the objects that it owns. "Background" leaves them to the garbage collector, "Foreground" and "Orphan" let the object
// wait for it with a finalizer, and "" is what the API server does of itself: orphans for Jobs and
// ReplicationControllers, background for all else.
//
// Differs: a pod is always deleted in the background.
func (a *Admission) Delete(k *model.Kind, key store.Key, graceSeconds *int64, propagation string) error {
	return a.DeleteUID(k, key, "", graceSeconds, propagation)
}

// DeleteUID is Delete for the object of that UID alone, "" for any. It returns the 404 of the API server if that is gone.
func (a *Admission) DeleteUID(k *model.Kind, key store.Key, uid string, graceSeconds *int64, propagation string) error {
	if !k.Namespaced {
		key.Namespace = ""
	} else if key.Namespace == "" {
		key.Namespace = metav1.NamespaceDefault
	}
	switch k {
	case model.Pod:
		return a.store.DeletePod(key, uid, graceSeconds)
	case model.Namespace:
		return a.deleteNamespace(key)
	case model.Event:
		if a.store.Get(k, key) == nil {
			return store.NotFound(k, key.Name)
		}
		a.store.RemoveEvent(key)
		return nil
	}
	o := a.store.Get(k, key)
	if o == nil || uid != "" && string(o.API().GetUID()) != uid {
		return store.NotFound(k, key.Name)
	}
	finalizers := deletionFinalizers(k, o.API().GetFinalizers(), propagation)
	if len(finalizers) == 0 {
		return a.store.Remove(k, key)
	}
	return a.store.Update(k, key, func(o model.Object) bool { return markDeleting(o, finalizers, metav1.NewTime(a.store.Now())) })
}

// deletionFinalizers are those that an object has once its deletion has begun.
//
// Source: k8s v1.36.3 staging apiserver/pkg/registry/generic/registry/store.go deletionFinalizersForGarbageCollection,
// shouldOrphanDependents, shouldDeleteDependents.
func deletionFinalizers(k *model.Kind, have []string, propagation string) []string {
	orphan, foreground := slices.Contains(have, metav1.FinalizerOrphanDependents), slices.Contains(have, metav1.FinalizerDeleteDependents)
	switch metav1.DeletionPropagation(propagation) {
	case metav1.DeletePropagationOrphan:
		orphan, foreground = true, false
	case metav1.DeletePropagationForeground:
		orphan, foreground = false, true
	case metav1.DeletePropagationBackground:
		orphan, foreground = false, false
	default:
		if !orphan && !foreground {
			orphan = k == model.ReplicationController || k == model.Job
		}
	}
	var out []string
	for _, f := range have {
		if f != metav1.FinalizerOrphanDependents && f != metav1.FinalizerDeleteDependents {
			out = append(out, f)
		}
	}
	if orphan {
		out = append(out, metav1.FinalizerOrphanDependents)
	}
	if foreground {
		out = append(out, metav1.FinalizerDeleteDependents)
	}
	return out
}

// markDeleting begins the deletion of an object that has to wait for its finalizers.
//
// Source: k8s v1.36.3 staging apiserver/pkg/registry/generic/registry/store.go markAsDeleting.
func markDeleting(o model.Object, finalizers []string, now metav1.Time) bool {
	if o.GetDeletionTimestamp() != nil && slices.Equal(o.GetFinalizers(), finalizers) {
		return false
	}
	if o.GetDeletionTimestamp() == nil {
		if o.GetGeneration() > 0 {
			o.SetGeneration(o.GetGeneration() + 1)
		}
		at, zero := now.Rfc3339Copy(), int64(0)
		o.SetDeletionTimestamp(&at)
		o.SetDeletionGracePeriodSeconds(&zero)
	}
	o.SetFinalizers(finalizers)
	return true
}

// deleteNamespace marks the namespace as terminating.
//
// Source: k8s v1.36.3 pkg/registry/core/namespace/storage/storage.go Delete.
func (a *Admission) deleteNamespace(key store.Key) error {
	if immortal[key.Name] {
		return store.Errorf(store.CodeForbidden, "namespaces %q is forbidden: this namespace may not be deleted", key.Name)
	}
	now := metav1.NewTime(a.store.Now()).Rfc3339Copy()
	return a.store.Update(model.Namespace, key, func(o model.Object) bool {
		ns := o.(*corev1.Namespace)
		if ns.DeletionTimestamp != nil {
			return false
		}
		ns.DeletionTimestamp = &now
		ns.Status.Phase = corev1.NamespaceTerminating
		return true
	})
}
