package model

import (
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/runtime"
)

// FromObject makes a manifest of an object that a program has built: of any of Kinds, by its Go type. The object is copied. place is
// what messages call it.
func FromObject(o runtime.Object, place Place) (Manifest, error) {
	t := reflect.TypeOf(o)
	for _, k := range Kinds {
		if reflect.TypeOf(k.New()) != t {
			continue
		}
		copied, ok := o.DeepCopyObject().(Object)
		if !ok || reflect.ValueOf(o).IsNil() {
			break
		}
		return Manifest{Kind: k, Object: copied, Place: place}, nil
	}
	return Manifest{}, fmt.Errorf("%s: a %T is of no kind that can be simulated", place, o)
}
