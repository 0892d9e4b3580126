package admission

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// request is one create as plugins see it.
type request struct {
	kind   *model.Kind
	object model.Object
	pod    *corev1.Pod // the object, if it is a pod
	token  bool        // set by ServiceAccount: a token volume is to be laid over the pod
}

// plugin is one admission plugin, under upstream's name.
type plugin struct {
	name  string
	admit func(*Admission, *request) error
}

// The plugins in upstream's order. Those of podPlugins change the manifest of a pod in a way that depends on nothing but
// the manifest and the objects that Admission.Observe watches, so that their work is done once for many pods.
// podChecks and objectChecks run for every object, once it has its name and is valid.
//
// Source: k8s v1.36.3 pkg/kubeapiserver/options/plugins.go AllOrderedPlugins.
var (
	podGates = []plugin{
		{"NamespaceLifecycle", namespaceLifecycle},
	}
	podPlugins = []plugin{
		{"LimitRanger", applyLimits},
		{"ServiceAccount", serviceAccount},
		{"Priority", podPriority},
		{"DefaultTolerationSeconds", defaultTolerations},
		{"RuntimeClass", runtimeClass},
	}
	podChecks = []plugin{
		{"LimitRanger", checkLimits},
		{"ResourceQuota", chargeQuotas},
	}
	objectPlugins = []plugin{
		{"NamespaceLifecycle", namespaceLifecycle},
		{"TaintNodesByCondition", taintNodes},
		{"Priority", priorityClass},
		{"DefaultStorageClass", defaultStorageClass},
		{"StorageObjectInUseProtection", protectStorage},
	}
	objectChecks = []plugin{
		{"LimitRanger", checkLimits},
		{"ResourceQuota", chargeQuotas},
	}
)

// forbidden is the 403 of a plugin. Before names are generated it speaks of the object by its generateName.
//
// Source: k8s v1.36.3 staging apiserver/pkg/admission/errors.go NewForbidden.
func (r *request) forbidden(format string, args ...any) error {
	name := r.object.GetName()
	if name == "" {
		name = r.object.GetGenerateName()
	}
	if name == "" {
		name = "Unknown"
	}
	e := store.Errorf(store.CodeForbidden, format, args...)
	e.Message = r.kind.Resource() + ` "` + name + `" is forbidden: ` + e.Message
	return e
}
