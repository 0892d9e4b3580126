package admission

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// Import stores an object that exists before t=0, kept as it is: status, uid, owners, age, binding. What is not given
// gets its default; a namespace that nobody imported is made. Events are history and left out. It returns an error if
// an object of that name was imported before; what Bootstrap made is replaced.
func (a *Admission) Import(o model.Object) error {
	k := model.KindOf(o)
	if k == nil || k == model.Event {
		return nil
	}
	o = o.DeepCopyObject().(model.Object)
	if k.Namespaced {
		if o.GetNamespace() == "" {
			o.SetNamespace(metav1.NamespaceDefault)
		}
		a.addNamespace(o.GetNamespace())
	}
	model.Default(o)
	o.SetManagedFields(nil)
	if p, ok := o.(*corev1.Pod); ok {
		return a.store.CreatePod(a.importedPod(p))
	}
	key := store.Key{Namespace: o.GetNamespace(), Name: o.GetName()}
	if a.store.Get(k, key) != nil && a.bootstrapped(k, key) {
		if err := a.store.Remove(k, key); err != nil {
			return err
		}
	}
	if s, ok := o.(*corev1.Service); ok && s.Spec.ClusterIP == "" {
		if err := a.allocateService(s); err != nil {
			return err
		}
	}
	if err := a.store.Create(k, o); err != nil {
		return err
	}
	if k == model.Namespace {
		a.fillNamespace(o.GetName())
	}
	return nil
}

// bootstrapped reports whether the object is one that every cluster and namespace has.
func (a *Admission) bootstrapped(k *model.Kind, key store.Key) bool {
	switch k {
	case model.Namespace, model.PriorityClass:
		return true
	case model.ServiceAccount:
		return key.Name == DefaultServiceAccount
	case model.ConfigMap:
		return key.Name == RootCAConfigMap
	}
	return k == model.Service && key.Name == "kubernetes"
}

// importedPod takes a pod apart into what the store keeps.
func (a *Admission) importedPod(o *corev1.Pod) *store.Pod {
	status := o.Status
	p := &store.Pod{Namespace: o.Namespace, Name: o.Name, UID: o.UID, Generation: o.Generation, Owners: o.OwnerReferences, NodeName: o.Spec.NodeName, Status: &status, Template: o}
	if !o.CreationTimestamp.IsZero() {
		p.Created = min(a.store.Since(o.CreationTimestamp.Time), -1)
	}
	if o.DeletionTimestamp != nil {
		p.Deletion = &store.Deletion{At: a.store.Since(o.DeletionTimestamp.Time)}
		if g := o.DeletionGracePeriodSeconds; g != nil {
			p.Deletion.GraceSeconds = *g
		}
	}
	clearSystemFields(o)
	o.Namespace, o.Name, o.Spec.NodeName, o.Status = "", "", "", corev1.PodStatus{}
	return p
}
