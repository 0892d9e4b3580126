package admission

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// Delete deletes an object: pods with their grace (graceSeconds nil) or the given one, namespaces in two stages (a
// controller empties them), everything else at once. propagation is accepted and does not matter yet: no controller of
// this version looks at owners.
func (a *Admission) Delete(k *model.Kind, key store.Key, graceSeconds *int64, propagation string) error {
	if !k.Namespaced {
		key.Namespace = ""
	} else if key.Namespace == "" {
		key.Namespace = metav1.NamespaceDefault
	}
	switch k {
	case model.Pod:
		return a.store.DeletePod(key, "", graceSeconds)
	case model.Namespace:
		return a.deleteNamespace(key)
	case model.Event:
		if a.store.Get(k, key) == nil {
			return store.NotFound(k, key.Name)
		}
		a.store.RemoveEvent(key)
		return nil
	}
	return a.store.Remove(k, key)
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

// Scale sets the replicas of a workload. No kind of this version has any.
func (a *Admission) Scale(k *model.Kind, key store.Key, replicas int32) error {
	return store.Errorf(store.CodeNotFound, "the server does not allow this method on the requested resource: %s %q cannot be scaled: the kind is not simulated in this version", k.Resource(), key.Name)
}
