package controller

import (
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/store"
)

// newControllerRef is the one reference with which a controller owns what it made.
//
// Source: k8s v1.36.3 staging apimachinery/pkg/apis/meta/v1/controller_ref.go NewControllerRef.
func newControllerRef(k *model.Kind, owner model.Object) metav1.OwnerReference {
	yes := true
	block := true
	return metav1.OwnerReference{APIVersion: k.APIVersion(), Kind: k.Name, Name: owner.GetName(), UID: owner.GetUID(), Controller: &yes, BlockOwnerDeletion: &block}
}

// controllerOf returns the reference to the object's controller, nil if it has none.
func controllerOf(refs []metav1.OwnerReference) *metav1.OwnerReference {
	for i := range refs {
		if refs[i].Controller != nil && *refs[i].Controller {
			return &refs[i]
		}
	}
	return nil
}

// controllerUID is the UID of the object's controller, "" if it has none.
func controllerUID(refs []metav1.OwnerReference) types.UID {
	if r := controllerOf(refs); r != nil {
		return r.UID
	}
	return ""
}

// withoutOwner returns the references without those to the owner.
func withoutOwner(refs []metav1.OwnerReference, owner types.UID) []metav1.OwnerReference {
	out := []metav1.OwnerReference{}
	for _, r := range refs {
		if r.UID != owner {
			out = append(out, r)
		}
	}
	return out
}

// referenceTo is an Event's reference to an object as the controller saw it.
func referenceTo(k *model.Kind, o model.Object) store.Reference {
	return store.Reference{Kind: k, Namespace: o.GetNamespace(), Name: o.GetName(), UID: o.GetUID(), Revision: revisionOf(o)}
}

// revisionOf is the object's resourceVersion as a number.
func revisionOf(o model.Object) uint64 {
	n := uint64(0)
	for _, c := range []byte(o.GetResourceVersion()) {
		n = n*10 + uint64(c-'0')
	}
	return n
}

// sameTemplate reports whether two templates say the same.
func sameTemplate(a, b *corev1.PodTemplateSpec) bool { return equality.Semantic.DeepEqual(a, b) }

func keyOf(o model.Object) store.Key {
	return store.Key{Namespace: o.GetNamespace(), Name: o.GetName()}
}

// conflict is the 409 of an update that was made from an old state.
func conflict(k *model.Kind, name string) error {
	return store.Errorf(store.CodeConflict, "Operation cannot be fulfilled on %s %q: the object has been modified; please apply your changes to the latest version and try again", k.Resource(), name)
}

// isConflict reports whether err is such a 409.
func isConflict(err error) bool {
	e, ok := err.(*store.APIError)
	return ok && e.Code == store.CodeConflict && e.Reason != "AlreadyExists"
}

// isNotFound reports whether err is a 404.
func isNotFound(err error) bool {
	e, ok := err.(*store.APIError)
	return ok && e.Code == store.CodeNotFound
}

// isAlreadyExists reports whether err is the 409 of a create.
func isAlreadyExists(err error) bool {
	e, ok := err.(*store.APIError)
	return ok && e.Reason == "AlreadyExists"
}

// namespaceTerminating reports whether err says that the namespace takes no new objects.
func namespaceTerminating(err error) bool {
	e, ok := err.(*store.APIError)
	return ok && e.Code == store.CodeForbidden && strings.HasSuffix(e.Message, "because it is being terminated")
}

// podReady reports whether the pod's Ready condition is true.
func podReady(p *store.Pod) bool {
	c := store.Condition(p.Status, corev1.PodReady)
	return c != nil && c.Status == corev1.ConditionTrue
}

// podActive reports whether the pod counts as one that its controller has: not finished, not being deleted.
//
// Source: k8s v1.36.3 pkg/controller/controller_utils.go IsPodActive.
func podActive(p *store.Pod) bool { return p.Deletion == nil && !p.Terminal() }

// podTerminating reports whether the pod is being deleted and has not finished.
//
// Source: k8s v1.36.3 controller_utils.go IsPodTerminating.
func podTerminating(p *store.Pod) bool { return p.Deletion != nil && !p.Terminal() }

// sameMap reports whether two maps are one and the same.
func sameMap(a, b map[string]string) bool {
	return len(a) == len(b) && reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

// sameRefs reports whether two lists of references are one and the same, or say the same of one reference.
func sameRefs(a, b []metav1.OwnerReference) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) == 0 || &a[0] == &b[0] {
		return true
	}
	for i := range a {
		if a[i].UID != b[i].UID || (a[i].Controller != nil && *a[i].Controller) != (b[i].Controller != nil && *b[i].Controller) {
			return false
		}
	}
	return true
}
