package admission

import (
	"reflect"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"clustersim/model"
	"clustersim/sim/store"
)

// replace puts the document in the place of an object, as far as the subresource lets it.
func (a *Admission) replace(k *model.Kind, key store.Key, old model.Object, doc any, subresource string) error {
	o, err := fromDocument(k, doc)
	if err != nil {
		return err
	}
	if err := keepIdentity(k, o, old); err != nil {
		return err
	}
	switch subresource {
	case "":
		copyField(o, old, "Status")
		model.Default(o)
		switch o := o.(type) {
		case *corev1.Service:
			if err := a.updateService(o, old.(*corev1.Service)); err != nil {
				return err
			}
		case *appsv1.DaemonSet:
			countTemplate(o, old.(*appsv1.DaemonSet))
		}
		if p, ok := o.(*corev1.Pod); ok {
			if err := defaultTolerations(a, &request{kind: k, object: o, pod: p}); err != nil {
				return err
			}
		}
	case "status":
		status := o
		o = old.DeepCopyObject().(model.Object)
		copyField(o, status, "Status")
	case "resize":
		if o, err = resized(old, o); err != nil {
			return err
		}
	}
	o.GetObjectKind().SetGroupVersionKind(old.GetObjectKind().GroupVersionKind())
	o.SetResourceVersion(old.GetResourceVersion())
	if equality.Semantic.DeepEqual(old, o) {
		return nil
	}
	if p, ok := o.(*corev1.Pod); ok {
		return a.updatePod(key, old.(*corev1.Pod), p, subresource)
	}
	if subresource == "" {
		if err := a.validateUpdate(k, o, old); err != nil {
			return err
		}
		if bumpsGeneration(k, old, o) {
			o.SetGeneration(old.GetGeneration() + 1)
		}
		if k == model.Service || k.Name == "PersistentVolumeClaim" {
			if err := a.chargeChange(&request{kind: k, object: o}, old); err != nil {
				return err
			}
		}
	}
	return a.store.Update(k, key, func(to model.Object) bool {
		reflect.ValueOf(to).Elem().Set(reflect.ValueOf(o).Elem())
		return true
	})
}

// keepIdentity restores what an update cannot change, and refuses one that is for another object or an old state.
//
// Source: k8s v1.36.3 staging apiserver/pkg/registry/rest/update.go BeforeUpdate.
func keepIdentity(k *model.Kind, o, old model.Object) error {
	if o.GetName() != old.GetName() || o.GetNamespace() != old.GetNamespace() {
		return store.Errorf(store.CodeBadRequest, "the name of the object (%s) does not match the name on the URL (%s)", o.GetName(), old.GetName())
	}
	if v := o.GetResourceVersion(); v != "" && v != old.GetResourceVersion() {
		return store.Errorf(store.CodeConflict, "Operation cannot be fulfilled on %s %q: the object has been modified; please apply your changes to the latest version and try again", k.Resource(), old.GetName())
	}
	if u := o.GetUID(); u != "" && u != old.GetUID() {
		return store.Errorf(store.CodeConflict, "Operation cannot be fulfilled on %s %q: Precondition failed: UID in precondition: %s, UID in object meta: %s", k.Resource(), old.GetName(), u, old.GetUID())
	}
	o.SetUID(old.GetUID())
	o.SetCreationTimestamp(old.GetCreationTimestamp())
	o.SetDeletionTimestamp(old.GetDeletionTimestamp())
	o.SetDeletionGracePeriodSeconds(old.GetDeletionGracePeriodSeconds())
	o.SetGeneration(old.GetGeneration())
	o.SetGenerateName(old.GetGenerateName())
	return nil
}

// copyField copies a field of that name, if the kind has one.
func copyField(to, from model.Object, name string) {
	if f := reflect.ValueOf(to).Elem().FieldByName(name); f.IsValid() {
		f.Set(reflect.ValueOf(from.DeepCopyObject()).Elem().FieldByName(name))
	}
}

// validateUpdate checks the changed object.
func (a *Admission) validateUpdate(k *model.Kind, o, old model.Object) error {
	if err := priorityClass(a, &request{kind: k, object: o}); err != nil {
		return err
	}
	if errs := append(validate(o), validateChange(o, old)...); len(errs) > 0 {
		return store.Errorf(store.CodeInvalid, "%s", model.InvalidMessage(o, errs))
	}
	return nil
}

// bumpsGeneration reports whether the update counts as a new generation: a change of the spec or, for a Deployment, of
// the annotations.
//
// Source: k8s v1.36.3 pkg/registry/*/strategy.go PrepareForUpdate.
func bumpsGeneration(k *model.Kind, old, o model.Object) bool {
	if old.GetGeneration() == 0 {
		return false
	}
	if k.Name == "Deployment" && !equality.Semantic.DeepEqual(old.GetAnnotations(), o.GetAnnotations()) {
		return true
	}
	before, after := reflect.ValueOf(old).Elem().FieldByName("Spec"), reflect.ValueOf(o).Elem().FieldByName("Spec")
	return before.IsValid() && !equality.Semantic.DeepEqual(before.Interface(), after.Interface())
}

// updatePod writes a changed pod. A new spec makes a new template, which the pod shares with no other.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/strategy.go podStrategy, podStatusStrategy, podResizeStrategy.
func (a *Admission) updatePod(key store.Key, old, o *corev1.Pod, subresource string) error {
	if subresource == "" {
		if errs := model.ValidatePodUpdate(o, old); len(errs) > 0 {
			return store.Errorf(store.CodeInvalid, "%s", model.InvalidMessage(o, errs))
		}
	}
	if err := a.limitChange(old, o, subresource); err != nil {
		return err
	}
	_, err := a.store.UpdatePod(key, "", func(p *store.Pod) bool {
		if subresource == "status" {
			p.Status = &o.Status
			return true
		}
		p.Labels, p.Annotations, p.Owners = o.Labels, o.Annotations, o.OwnerReferences
		if !slices.Equal(old.Finalizers, o.Finalizers) {
			p.Finalizers = append([]string{}, o.Finalizers...)
		}
		if p.Labels == nil {
			p.Labels = map[string]string{}
		}
		if p.Annotations == nil {
			p.Annotations = map[string]string{}
		}
		if !equality.Semantic.DeepEqual(old.Spec, o.Spec) {
			t := *p.Template
			t.Spec = *o.Spec.DeepCopy()
			t.Spec.NodeName = ""
			removeToken(&t.Spec, p.Token)
			p.Template = &t
			p.Generation++
		}
		return true
	})
	return err
}

// limitChange holds a resized pod to the LimitRanges of its namespace, and charges to quotas what it uses more than before. One that
// gets or loses an active deadline is in other scopes than before.
//
// Source: k8s v1.36.3 plugin/pkg/admission/limitranger/admission.go SupportsAttributes, pkg/quota/v1/evaluator/core/pods.go
// Handles.
func (a *Admission) limitChange(old, o *corev1.Pod, subresource string) error {
	r := &request{kind: model.Pod, object: o, pod: o}
	switch {
	case subresource == "resize":
		if err := checkLimits(a, r); err != nil {
			return err
		}
	case subresource != "" || (old.Spec.ActiveDeadlineSeconds == nil) == (o.Spec.ActiveDeadlineSeconds == nil):
		return nil
	}
	return a.chargeChange(r, old)
}

// removeToken takes off what store.Pod.API lays over the template.
func removeToken(s *corev1.PodSpec, token string) {
	if token == "" {
		return
	}
	s.Volumes = slices.DeleteFunc(s.Volumes, func(v corev1.Volume) bool { return v.Name == token })
	for _, list := range [][]corev1.Container{s.InitContainers, s.Containers} {
		for i := range list {
			list[i].VolumeMounts = slices.DeleteFunc(list[i].VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == token })
		}
	}
}

// resized returns old with the cpu and memory of o's containers.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/strategy.go podResizeStrategy, pkg/apis/core/validation/validation.go
// ValidatePodResize.
func resized(old, o model.Object) (model.Object, error) {
	p, ok := o.(*corev1.Pod)
	if !ok {
		return nil, store.Errorf(store.CodeNotFound, "the server could not find the requested resource")
	}
	out := old.(*corev1.Pod).DeepCopy()
	if len(p.Spec.Containers) != len(out.Spec.Containers) || len(p.Spec.InitContainers) != len(out.Spec.InitContainers) {
		return nil, invalidSpec(out, field.Forbidden(field.NewPath("spec"), "only cpu and memory resources are mutable"))
	}
	for i := range out.Spec.Containers {
		out.Spec.Containers[i].Resources = p.Spec.Containers[i].Resources
	}
	for i := range out.Spec.InitContainers {
		out.Spec.InitContainers[i].Resources = p.Spec.InitContainers[i].Resources
	}
	if out.Annotations[corev1.MirrorPodAnnotationKey] != "" {
		return nil, invalidSpec(out, field.Forbidden(field.NewPath(""), "static pods cannot be resized"))
	}
	if c := model.QOSClass(&out.Spec); c != out.Status.QOSClass {
		return nil, invalidSpec(out, field.Invalid(field.NewPath("spec"), c, "Pod QOS Class may not change as a result of resizing"))
	}
	return out, nil
}

func invalidSpec(p *corev1.Pod, e *field.Error) error {
	return store.Errorf(store.CodeInvalid, "%s", model.InvalidMessage(p, field.ErrorList{e}))
}
