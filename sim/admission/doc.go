// Package admission is the way into the store for what users, controllers and kubelets create, change and delete through
// the API server: defaulting, admission plugins, the kinds' strategies, name generation, validation, in that order.
//
//	Create, CreatePodAs   POST       defaults -> mutating plugins -> strategy -> name -> validation -> validating plugins
//	Patch, Apply          PATCH      patched copy -> update rules of the kind -> validation
//	Delete                DELETE     graceful for pods, in two stages for namespaces, at once for the rest
//	Bootstrap, Import     what exists before t=0, without any of it
//
// Writes take effect at the instant of the call; latency is the caller's. Errors are *store.APIError in the API
// server's words. Objects handed in are never kept or changed.
//
// Pods made from one manifest share one template: CreatePodAs admits a manifest once for each namespace and state of
// the cluster, and knows it again by its pointer. A plugin is one file and one line in plugin.go.
//
// Source: k8s v1.36.3 staging apiserver/pkg/registry/generic/registry/store.go Create; plugin/pkg/admission;
// pkg/registry/*/strategy.go.
package admission
