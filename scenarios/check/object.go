package check

import (
	"fmt"
	"reflect"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// object is a struct of the API as a CEL value. What it points to is the store's own and must not be changed.
//
// As with protocol buffers, a field that is not set reads as the zero value of its type, and has() tells whether it is set.
type object struct {
	v reflect.Value // the struct; of a pod's parts only made when a field is asked for that pod does not answer
	s *structure
	// pod answers for the fields of a Pod, its metadata and its spec.
	pod  *store.Pod
	part podPart
	top  store.Object // the object that it is, for whole objects
}

// podPart is the part of a pod that an object is.
type podPart uint8

const (
	notPod podPart = iota
	podItself
	podMetadata
	podSpec
)

var (
	podStruct      = structureOf(reflect.TypeFor[corev1.Pod]())
	metadataStruct = structureOf(reflect.TypeFor[metav1.ObjectMeta]())
	podSpecStruct  = structureOf(reflect.TypeFor[corev1.PodSpec]())
	podStatus      = structureOf(reflect.TypeFor[corev1.PodStatus]())
)

// whole is a stored object as CEL sees it.
func whole(o store.Object) *object {
	if p, ok := o.(*store.Pod); ok {
		return &object{s: podStruct, pod: p, part: podItself, top: o}
	}
	v := reflect.ValueOf(o.API()).Elem()
	return &object{v: v, s: structureOf(v.Type()), top: o}
}

// of is a struct inside an object.
func of(v reflect.Value) *object { return &object{v: v, s: structureOf(v.Type())} }

// api is the API object that a whole object stands for.
func (o *object) api() model.Object {
	if o.top != nil {
		return o.top.API()
	}
	return nil
}

// get reads a field; the value is a Go value or an *object.
func (o *object) get(name string) (any, error) {
	f, ok := o.s.fields[name]
	if !ok {
		return nil, fmt.Errorf("no such field %q in %s (it has %v)", name, o.s.name, o.s.names)
	}
	if v, ok := o.podField(name); ok {
		return v, nil
	}
	return goValue(o.value().FieldByIndex(f.index)), nil
}

// has says whether a field is set.
func (o *object) has(name string) bool {
	f, ok := o.s.fields[name]
	if !ok {
		return false
	}
	if v, ok := o.podField(name); ok {
		r := reflect.ValueOf(v)
		return r.Kind() == reflect.Pointer || !r.IsZero() && (r.Kind() != reflect.Map || r.Len() > 0)
	}
	v := o.value().FieldByIndex(f.index)
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len() > 0
	}
	return !v.IsZero()
}

// podField answers for the fields of a pod that expressions ask for most, without building the pod.
func (o *object) podField(name string) (any, bool) {
	p := o.pod
	switch o.part {
	case podItself:
		switch name {
		case "metadata":
			return &object{s: metadataStruct, pod: p, part: podMetadata}, true
		case "spec":
			return &object{s: podSpecStruct, pod: p, part: podSpec}, true
		case "status":
			return &object{v: reflect.ValueOf(p.Status).Elem(), s: podStatus}, true
		}
	case podMetadata:
		switch name {
		case "name":
			return p.Name, true
		case "namespace":
			return p.Namespace, true
		case "labels":
			return p.LabelSet(), true
		}
	case podSpec:
		switch name {
		case "nodeName":
			return p.NodeName, true
		case "containers":
			return p.Spec().Containers, true
		}
	}
	return nil, false
}

// value is the struct itself.
func (o *object) value() reflect.Value {
	if !o.v.IsValid() {
		pod := reflect.ValueOf(o.pod.API()).Elem()
		switch o.part {
		case podMetadata:
			o.v = pod.FieldByName("ObjectMeta")
		case podSpec:
			o.v = pod.FieldByName("Spec")
		default:
			o.v = pod
		}
	}
	return o.v
}

// goValue is a field's value as the adapter takes it.
func goValue(v reflect.Value) any {
	t := v.Type()
	for t.Kind() == reflect.Pointer {
		if v.IsNil() {
			if t.Elem().Kind() == reflect.Struct {
				return goValue(reflect.Zero(t.Elem()))
			}
			return types.NullValue
		}
		v, t = v.Elem(), t.Elem()
	}
	switch t {
	case timeType, microTimeType:
		return types.Timestamp{Time: timeOf(v)}
	case durationType:
		return types.Duration{Duration: v.Interface().(metav1.Duration).Duration}
	case quantityType, intOrString, rawExtension:
		return plain(v)
	}
	switch t.Kind() {
	case reflect.Struct:
		return of(v)
	case reflect.String:
		return types.String(v.String())
	case reflect.Interface:
		return types.NullValue
	}
	return v.Interface()
}

// plain is what JSON makes of a struct that it writes as a single value.
func plain(v reflect.Value) any {
	switch v.Type() {
	case quantityType:
		return types.String(quantityText(v))
	case intOrString:
		if v.FieldByName("Type").Int() == 1 {
			return types.String(v.FieldByName("StrVal").String())
		}
		return types.Int(v.FieldByName("IntVal").Int())
	}
	return types.NullValue
}

// ConvertToNative implements ref.Val.
func (o *object) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s cannot become a %s", o.s.name, t)
}

// ConvertToType implements ref.Val.
func (o *object) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return types.NewObjectTypeValue(o.s.name)
	}
	return types.NewErr("%s cannot become a %s", o.s.name, t.TypeName())
}

// Equal implements ref.Val.
func (o *object) Equal(other ref.Val) ref.Val {
	x, ok := other.(*object)
	return types.Bool(ok && x.s == o.s && (o.pod != nil && o.pod == x.pod || reflect.DeepEqual(o.value().Interface(), x.value().Interface())))
}

// Type implements ref.Val.
func (o *object) Type() ref.Type { return types.NewObjectType(o.s.name) }

// Value implements ref.Val: the object itself, as the provider's getters take it.
func (o *object) Value() any { return o }

// Get implements traits.Indexer, for expressions that do not know the type.
func (o *object) Get(index ref.Val) ref.Val {
	name, ok := index.(types.String)
	if !ok {
		return types.NewErr("a field is named by text")
	}
	v, err := o.get(string(name))
	if err != nil {
		return types.WrapErr(err)
	}
	return adapt.NativeToValue(v)
}

// IsSet implements traits.FieldTester.
func (o *object) IsSet(name ref.Val) ref.Val {
	s, ok := name.(types.String)
	return types.Bool(ok && o.has(string(s)))
}
