// Package store is the API server of a run: what the control plane believes. It keeps every object, gives each write
// a resourceVersion, writes the journal, and tells its watchers.
//
// Objects are immutable once stored: a write replaces the object by a changed copy, so watchers can compare old and
// new, and a snapshot is a pointer. Pods and Events, of which there are many, are compact (an identity, a pointer to
// the template shared with siblings, a status); everything else is the real API object. All are made into API objects
// by API().
//
// Writes take effect at the instant of the call. Components model the way to the API server (latency, client limits)
// before it, with a Client. Watchers are told at once and in order of registration; they must only note what they saw
// or queue engine events, never write.
//
// Source: k8s v1.36.3 staging apiserver/pkg/registry/generic/registry/store.go, registry/rest, pkg/registry/core/pod.
package store
