package admission

import (
	"encoding/json"
	"fmt"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "k8s.io/apimachinery/pkg/util/json"

	"clustersim/model"
	"clustersim/sim/store"
)

// Patch changes an object as PATCH does. patchType is "merge", "strategic" or "json"; subresource is "", "status",
// "resize" (of a pod: its containers' cpu and memory) or "scale". A patch that changes nothing writes nothing.
//
// Source: k8s v1.36.3 staging apiserver/pkg/endpoints/handlers/patch.go.
func (a *Admission) Patch(k *model.Kind, key store.Key, patchType, subresource string, patch []byte) error {
	if !k.Namespaced {
		key.Namespace = ""
	} else if key.Namespace == "" {
		key.Namespace = metav1.NamespaceDefault
	}
	old := a.store.Get(k, key)
	if old == nil {
		return store.NotFound(k, key.Name)
	}
	if subresource == "scale" {
		return a.patchScale(k, key, patch)
	}
	if k == model.Event {
		return store.Errorf(store.CodeBadRequest, "events cannot be changed by hand")
	}
	doc, err := toDocument(old.API())
	if err != nil {
		return err
	}
	switch patchType {
	case "json":
		doc, err = patchJSON(doc, patch)
	case "merge", "strategic":
		doc, err = patchMerge(doc, patch, patchType, k)
	default:
		err = store.Errorf(store.CodeBadRequest, "unknown patch type %q", patchType)
	}
	if err != nil {
		return err
	}
	return a.replace(k, key, old.API(), doc, subresource)
}

func patchJSON(doc any, patch []byte) (any, error) {
	doc, err := jsonPatch(doc, patch)
	if err != nil {
		return nil, store.Errorf(store.CodeInvalid, "the server rejected our request due to an error in our request (%v)", err)
	}
	return doc, nil
}

func patchMerge(doc any, patch []byte, patchType string, k *model.Kind) (any, error) {
	var p any
	if err := kjson.Unmarshal(patch, &p); err != nil {
		return nil, store.Errorf(store.CodeBadRequest, "error decoding patch: %v", err)
	}
	fields, ok := p.(map[string]any)
	if !ok {
		return nil, store.Errorf(store.CodeBadRequest, "error decoding patch: not an object")
	}
	if patchType == "merge" {
		return mergePatch(doc, fields), nil
	}
	return strategicMerge(doc.(map[string]any), fields, reflect.TypeOf(k.New()))
}

// toDocument makes JSON values of an object.
func toDocument(o model.Object) (any, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", o.GetName(), err)
	}
	var doc any
	if err := kjson.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("decode %s: %w", o.GetName(), err)
	}
	return doc, nil
}

// fromDocument makes an object of JSON values. Fields that the kind does not have are dropped.
func fromDocument(k *model.Kind, doc any) (model.Object, error) {
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	o := k.New()
	if err := json.Unmarshal(b, o); err != nil {
		return nil, store.Errorf(store.CodeBadRequest, "%s in version %q cannot be handled as a %s: %v", k.Name, k.APIVersion(), k.Name, err)
	}
	return o, nil
}
