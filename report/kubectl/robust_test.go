package kubectl

import (
	"reflect"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
)

// fill sets every pointer to a zero value and gives every list and map one zero element, down to a depth.
func fill(v reflect.Value, depth int) {
	if depth == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		if !v.IsNil() {
			fill(v.Elem(), depth-1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), depth)
			}
		}
	case reflect.Slice:
		if v.CanSet() && v.Type().Elem().Kind() != reflect.Uint8 { // bytes may have to be JSON
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), depth-1)
		}
	case reflect.Map:
		if v.CanSet() && v.Type().Elem().Kind() != reflect.Interface {
			m := reflect.MakeMap(v.Type())
			m.SetMapIndex(reflect.Zero(v.Type().Key()), reflect.Zero(v.Type().Elem()))
			v.Set(m)
		}
	}
}

// Objects that no API server would accept must still print.
func TestOddObjectsPrint(t *testing.T) {
	for _, k := range model.Kinds {
		for depth := range 12 {
			o := k.New()
			fill(reflect.ValueOf(o), depth)
			o.SetName("odd")
			o.SetManagedFields(nil)
			o.SetDeletionTimestamp(&metav1.Time{Time: time.Unix(0, 0)})
			for _, command := range []string{"get", "describe"} {
				for _, output := range []string{"", "wide", "json", "yaml"} {
					r := Request{Args: []string{k.Plural, "odd"}, Output: output}
					do := Get
					if command == "describe" {
						do = Describe
					}
					if k.Namespaced {
						o.SetNamespace("default")
					}
					var out strings.Builder
					if err := do(&out, &Cluster{Objects: []model.Object{o}}, r); err != nil || out.Len() == 0 {
						t.Errorf("%s %s %s at depth %d: %v\n%s", command, k.Name, output, depth, err, out.String())
					}
				}
			}
		}
	}
}
