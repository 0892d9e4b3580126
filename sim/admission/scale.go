package admission

import (
	"encoding/json"
	"fmt"
	"slices"

	"clustersim/model"
	"clustersim/sim/store"
)

// scalable are the kinds with a scale subresource.
//
// Source: k8s v1.36.3 pkg/registry/apps/rest/storage_apps.go, pkg/registry/core/rest/storage_core.go.
var scalable = []string{"Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"}

// Scale sets the replicas of a workload, as `kubectl scale` does.
func (a *Admission) Scale(k *model.Kind, key store.Key, replicas int32) error {
	if !slices.Contains(scalable, k.Name) {
		return store.Errorf(store.CodeNotFound, "the server could not find the requested resource: %s cannot be scaled", k.Resource())
	}
	return a.Patch(k, key, "merge", "", fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas))
}

// patchScale is a patch of the scale subresource: its one field that can be changed is spec.replicas.
func (a *Admission) patchScale(k *model.Kind, key store.Key, patch []byte) error {
	var p struct {
		Spec struct{ Replicas *int32 }
	}
	if err := json.Unmarshal(patch, &p); err != nil {
		return store.Errorf(store.CodeBadRequest, "error decoding patch: %v", err)
	}
	if p.Spec.Replicas == nil {
		return nil
	}
	return a.Scale(k, key, *p.Spec.Replicas)
}
