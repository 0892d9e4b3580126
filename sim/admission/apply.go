package admission

import (
	"encoding/json"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "k8s.io/apimachinery/pkg/util/json"

	"clustersim/model"
	"clustersim/sim/store"
)

// Apply is `kubectl apply`, client side: it creates the object with what was applied in an annotation, or merges what
// changed since the last apply into the living object: fields that are gone from the manifest are removed, fields that
// others own stay.
//
// Source: k8s v1.36.3 staging kubectl/pkg/cmd/apply/{apply,patcher}.go, kubectl/pkg/util/apply.go.
func (a *Admission) Apply(o model.Object) error {
	k := model.KindOf(o)
	if k == nil {
		return store.Errorf(store.CodeBadRequest, "unknown kind %T", o)
	}
	o = o.DeepCopyObject().(model.Object)
	o.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{Group: k.Group, Version: k.Version, Kind: k.Name})
	if k.Namespaced && o.GetNamespace() == "" {
		o.SetNamespace(metav1.NamespaceDefault)
	}
	modified, err := manifestOf(o)
	if err != nil {
		return err
	}
	key := store.Key{Namespace: o.GetNamespace(), Name: o.GetName()}
	old := a.store.Get(k, key)
	if old == nil {
		set := map[string]string{corev1.LastAppliedConfigAnnotation: annotationOf(modified)}
		for name, v := range o.GetAnnotations() { // unordered: into a map
			set[name] = v
		}
		o.SetAnnotations(set)
		_, err = a.Create(k, o)
		return err
	}
	var original map[string]any
	if last := old.API().GetAnnotations()[corev1.LastAppliedConfigAnnotation]; last != "" {
		if err := kjson.Unmarshal([]byte(last), &original); err != nil {
			return store.Errorf(store.CodeBadRequest, "the annotation %s of %s %q is no JSON: %v", corev1.LastAppliedConfigAnnotation, k.Resource(), key.Name, err)
		}
	}
	doc, err := toDocument(old.API())
	if err != nil {
		return err
	}
	annotation := annotationOf(modified)
	meta := modified["metadata"].(map[string]any)
	meta["annotations"].(map[string]any)[corev1.LastAppliedConfigAnnotation] = annotation
	merged := applyFields(doc.(map[string]any), original, modified, reflect.TypeOf(k.New()), false)
	return a.replace(k, key, old.API(), merged, "")
}

// manifestOf is what the user wrote, as far as the typed object tells: without the zero values that encoding adds.
func manifestOf(o model.Object) (map[string]any, error) {
	doc, err := toDocument(o)
	if err != nil {
		return nil, err
	}
	m := doc.(map[string]any)
	prune(m)
	meta, _ := m["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
		m["metadata"] = meta
	}
	annotations, _ := meta["annotations"].(map[string]any)
	if annotations == nil {
		annotations = map[string]any{}
		meta["annotations"] = annotations
	}
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	return m, nil
}

// prune removes, at every depth, what encoding writes for fields that were not given.
func prune(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, child := range v { // unordered: each key for itself
			prune(child)
			empty, _ := child.(map[string]any)
			switch {
			case child == nil,
				len(empty) == 0 && empty != nil && slices.Contains([]string{"status", "resources", "strategy", "updateStrategy", "spec", "loadBalancer", "metadata"}, name):
				delete(v, name)
			}
		}
	case []any:
		for _, child := range v {
			prune(child)
		}
	}
}

// annotationOf is the manifest as the annotation holds it: compact JSON with a line end.
func annotationOf(m map[string]any) string {
	b, err := json.Marshal(m)
	if err != nil {
		panic("invariant: JSON values encode: " + err.Error())
	}
	return string(b) + "\n"
}

// applyFields merges modified into current and removes what original had and modified has not. current is changed.
//
// Source: k8s v1.36.3 staging apimachinery/pkg/util/strategicpatch/patch.go CreateThreeWayMergePatch.
func applyFields(current, original, modified map[string]any, t reflect.Type, retain bool) map[string]any {
	for name := range current { // unordered: each key for itself
		_, had := original[name]
		if _, has := modified[name]; !has && (had || retain) {
			delete(current, name)
		}
	}
	for name, value := range modified { // unordered: each key for itself
		rule := ruleOf(t, name)
		switch v := value.(type) {
		case map[string]any:
			have, ok := current[name].(map[string]any)
			if !ok {
				have = map[string]any{}
			}
			was, _ := original[name].(map[string]any)
			current[name] = applyFields(have, was, v, rule.typ, rule.retainKeys)
		case []any:
			have, _ := current[name].([]any)
			was, _ := original[name].([]any)
			current[name] = applyList(have, was, v, rule)
		default:
			current[name] = value
		}
	}
	return current
}

// applyList does the same for a list.
func applyList(current, original, modified []any, rule fieldRule) []any {
	if !rule.merge {
		return modified
	}
	has := func(list []any, v any) bool {
		return slices.ContainsFunc(list, func(o any) bool { return sameItem(o, v, rule.key) })
	}
	current = slices.DeleteFunc(current, func(v any) bool { return has(original, v) && !has(modified, v) })
	for _, v := range modified {
		item, isMap := v.(map[string]any)
		i := slices.IndexFunc(current, func(o any) bool { return sameItem(o, v, rule.key) })
		switch {
		case i < 0:
			current = append(current, v)
		case isMap && rule.key != "":
			var was map[string]any
			if j := indexByKey(original, rule.key, item[rule.key]); j >= 0 {
				was, _ = original[j].(map[string]any)
			}
			have, _ := current[i].(map[string]any)
			current[i] = applyFields(have, was, item, rule.typ, rule.retainKeys)
		}
	}
	return ordered(current, modified, rule.key)
}
