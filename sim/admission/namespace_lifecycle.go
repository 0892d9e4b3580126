package admission

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// namespaceLifecycle refuses creates in namespaces that are missing or being deleted.
//
// Source: k8s v1.36.3 staging apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go Admit.
func namespaceLifecycle(a *Admission, r *request) error {
	if !r.kind.Namespaced {
		return nil
	}
	name := r.object.GetNamespace()
	o := a.store.Get(model.Namespace, store.Key{Name: name})
	if o == nil {
		return store.NotFound(model.Namespace, name)
	}
	if ns, ok := o.API().(*corev1.Namespace); ok && ns.Status.Phase == corev1.NamespaceTerminating {
		return r.forbidden("unable to create new content in namespace %s because it is being terminated", name)
	}
	return nil
}

// immortal are the namespaces that cannot be deleted.
var immortal = map[string]bool{"default": true, "kube-system": true, "kube-public": true}
