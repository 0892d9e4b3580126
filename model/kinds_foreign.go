package model

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// foreignKinds are kinds that a cluster of 1.36 serves and that this simulator does not read: their documents are skipped
// with one warning a kind, so that a whole application can be handed over as it is.
var foreignKinds = map[string][]string{
	"v1":                              {"PodTemplate", "ComponentStatus", "Binding"},
	"networking.k8s.io/v1":            {"Ingress", "IngressClass", "NetworkPolicy", "IPAddress", "ServiceCIDR"},
	"rbac.authorization.k8s.io/v1":    {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"},
	"apiextensions.k8s.io/v1":         {"CustomResourceDefinition"},
	"admissionregistration.k8s.io/v1": {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"},
	"apiregistration.k8s.io/v1":       {"APIService"},
	"certificates.k8s.io/v1":          {"CertificateSigningRequest"},
	"node.k8s.io/v1":                  {"RuntimeClass"},
	"flowcontrol.apiserver.k8s.io/v1": {"FlowSchema", "PriorityLevelConfiguration"},
	"storage.k8s.io/v1":               {"CSIStorageCapacity", "VolumeAttributesClass"},
	"autoscaling/v1":                  {"HorizontalPodAutoscaler", "Scale"},
	"events.k8s.io/v1":                {"Event"},
}

// isForeign says whether a kind is served by a cluster, or by an extension of one, and not read here.
func isForeign(apiVersion, kind string) bool {
	for _, k := range foreignKinds[apiVersion] {
		if k == kind {
			return true
		}
	}
	group, _, ok := strings.Cut(apiVersion, "/")
	return ok && strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io") && group != "simulate"
}

// kindNames are the names that a manifest's kind may have, for hints.
func kindNames() []string {
	names := make([]string, 0, len(Kinds)+1)
	for _, k := range Kinds {
		names = append(names, k.Name)
	}
	return append(names, "List")
}

// kindByName finds a kind as a manifest spells it, nil if there is none.
func kindByName(name string) *Kind {
	for _, k := range Kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// gvk names the kind as apimachinery does.
func (k *Kind) gvk() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: k.Group, Version: k.Version, Kind: k.Name}
}
