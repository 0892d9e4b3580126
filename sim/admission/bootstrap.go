package admission

import (
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/model"
	"clustersim/sim/store"
)

// RootCAConfigMap is the ConfigMap that every namespace has for the token volumes of its pods.
const RootCAConfigMap = "kube-root-ca.crt"

// Bootstrap creates what every cluster has from the start.
//
// Differs: the service kubernetes has no EndpointSlice; upstream's API servers list their own addresses there.
//
// Source: k8s v1.36.3 pkg/controlplane/instance.go, pkg/registry/scheduling/rest/storage_scheduling.go,
// pkg/apis/scheduling/v1/helpers.go SystemPriorityClasses.
func (a *Admission) Bootstrap() {
	for _, name := range [...]string{metav1.NamespaceDefault, metav1.NamespaceSystem, metav1.NamespacePublic, corev1.NamespaceNodeLease} {
		a.addNamespace(name)
	}
	policy := corev1.PreemptLowerPriority
	for _, c := range []schedulingv1.PriorityClass{
		{ObjectMeta: metav1.ObjectMeta{Name: "system-cluster-critical"}, Value: 2000000000,
			Description: "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."},
		{ObjectMeta: metav1.ObjectMeta{Name: "system-node-critical"}, Value: 2000001000,
			Description: "Used for system critical pods that must not be moved from their current node."},
	} {
		c.PreemptionPolicy = &policy
		a.mustStore(model.PriorityClass, &c)
	}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "kubernetes", Namespace: metav1.NamespaceDefault, Labels: map[string]string{"component": "apiserver", "provider": "kubernetes"}},
		Spec: corev1.ServiceSpec{
			ClusterIP: "10.96.0.1", ClusterIPs: []string{"10.96.0.1"}, IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
			Ports: []corev1.ServicePort{{Name: "https", Protocol: corev1.ProtocolTCP, Port: 443, TargetPort: intstr.FromInt32(6443)}},
		},
	}
	family := corev1.IPFamilyPolicySingleStack
	service.Spec.IPFamilyPolicy = &family
	model.Default(service)
	a.mustStore(model.Service, service)
}

// addNamespace stores a namespace with what belongs in it, unless it is there.
func (a *Admission) addNamespace(name string) {
	if a.store.Get(model.Namespace, store.Key{Name: name}) != nil {
		return
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	model.Default(ns)
	a.mustStore(model.Namespace, ns)
	a.fillNamespace(name)
}

// fillNamespace stores what belongs in a namespace, where it is missing.
//
// Differs: upstream's controllers do so some milliseconds after the namespace came; here it comes with it, so that pods
// of the same instant find their service account.
func (a *Admission) fillNamespace(name string) {
	for _, m := range NamespaceContents(name) {
		if a.store.Get(m.Kind, store.Key{Namespace: name, Name: m.Object.GetName()}) == nil {
			a.mustStore(m.Kind, m.Object)
		}
	}
}

func (a *Admission) mustStore(k *model.Kind, o model.Object) {
	if err := a.store.Create(k, o); err != nil {
		panic("invariant: objects of the system itself are new: " + err.Error())
	}
}

// NamespaceContents returns new copies of the objects that controllers keep in every namespace.
//
// Source: k8s v1.36.3 pkg/controller/serviceaccount/serviceaccounts_controller.go,
// pkg/controller/certificates/rootcacertpublisher/publisher.go.
func NamespaceContents(namespace string) []model.Manifest {
	return []model.Manifest{
		{Kind: model.ServiceAccount, Object: &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: DefaultServiceAccount}}},
		{Kind: model.ConfigMap, Object: &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: RootCAConfigMap, Annotations: map[string]string{
				"kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
			}},
			Data: map[string]string{"ca.crt": "-----BEGIN CERTIFICATE-----\nsimulated\n-----END CERTIFICATE-----\n"},
		}},
	}
}
