package fault

import (
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// podSpecOf returns the spec of the pods that an object makes, or is, and the fields that lead to it. The spec is nil for
// kinds that make none.
func podSpecOf(o model.Object) (spec *corev1.PodSpec, path []string) {
	template := []string{"spec", "template", "spec"}
	switch o := o.(type) {
	case *corev1.Pod:
		return &o.Spec, []string{"spec"}
	case *corev1.ReplicationController:
		if o.Spec.Template != nil {
			return &o.Spec.Template.Spec, template
		}
	case *appsv1.Deployment:
		return &o.Spec.Template.Spec, template
	case *appsv1.ReplicaSet:
		return &o.Spec.Template.Spec, template
	case *appsv1.StatefulSet:
		return &o.Spec.Template.Spec, template
	case *appsv1.DaemonSet:
		return &o.Spec.Template.Spec, template
	case *batchv1.Job:
		return &o.Spec.Template.Spec, template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template.Spec, append([]string{"spec", "jobTemplate"}, template...)
	}
	return nil, nil
}

// at nests a value below fields.
func at(path []string, value any) any {
	for i := len(path) - 1; i >= 0; i-- {
		value = map[string]any{path[i]: value}
	}
	return value
}

// find returns the object as it is now, or the API server's 404.
func (o *Object) find(c Cluster) (*model.Kind, store.Key, model.Object, error) {
	k, ns, name := o.Resolve()
	key := store.Key{Namespace: ns, Name: name}
	found := c.Store().Get(k, key)
	if found == nil {
		return k, key, nil, store.NotFound(k, name)
	}
	return k, key, found.API(), nil
}

// patch sends a strategic merge patch.
func (o *Object) patch(c Cluster, value any) error {
	k, ns, name := o.Resolve()
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	return c.API().Patch(k, store.Key{Namespace: ns, Name: name}, StrategicPatch, "", b)
}
