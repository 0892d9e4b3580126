package model

import (
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// goKind is how a Go type takes a value.
type goKind uint8

const (
	goStruct goKind = iota
	goPointer
	goSlice
	goBytes // base64 in the text
	goMap
	goString
	goBool
	goInt
	goUint
	goFloat
	goStringMap    // map[string]string
	goResourceList // corev1.ResourceList
	goQuantity
	goTime
	goMicroTime
	goDuration
	goIntOrString
	goRaw    // runtime.RawExtension
	goFields // metav1.FieldsV1
	goOther  // none of the API's types; nothing may be written into it
)

// typeInfo is what binding must know of a Go type.
type typeInfo struct {
	t      reflect.Type
	kind   goKind
	elem   *typeInfo
	fields map[string]*fieldInfo
	names  []string // of the fields, in the order of the struct
}

// fieldInfo is one field of a struct, or of a struct embedded in it.
type fieldInfo struct {
	index  []int
	number int // among all fields, for finding duplicates
	info   *typeInfo
	reason string // why the simulator does not act on it, "" if it does
}

// maxFields is how many fields a struct may have; the largest in the API has about 45.
const maxFields = 128

// typeTable builds and keeps the infos. It belongs to one reading and is filled as types are met.
type typeTable map[reflect.Type]*typeInfo

var specialTypes = map[reflect.Type]goKind{
	reflect.TypeFor[map[string]string]():    goStringMap,
	reflect.TypeFor[corev1.ResourceList]():  goResourceList,
	reflect.TypeFor[resource.Quantity]():    goQuantity,
	reflect.TypeFor[metav1.Time]():          goTime,
	reflect.TypeFor[metav1.MicroTime]():     goMicroTime,
	reflect.TypeFor[metav1.Duration]():      goDuration,
	reflect.TypeFor[intstr.IntOrString]():   goIntOrString,
	reflect.TypeFor[runtime.RawExtension](): goRaw,
	reflect.TypeFor[metav1.FieldsV1]():      goFields,
	reflect.TypeFor[[]byte]():               goBytes,
}

// of returns the info of t.
func (tt typeTable) of(t reflect.Type) *typeInfo {
	if info := tt[t]; info != nil {
		return info
	}
	info := &typeInfo{t: t, kind: goOther}
	tt[t] = info
	if kind, ok := specialTypes[t]; ok {
		info.kind = kind
		return info
	}
	switch t.Kind() {
	case reflect.Struct:
		info.kind = goStruct
		info.fields = map[string]*fieldInfo{}
		tt.addFields(info, t, nil)
	case reflect.Pointer:
		info.kind, info.elem = goPointer, tt.of(t.Elem())
	case reflect.Slice:
		info.kind, info.elem = goSlice, tt.of(t.Elem())
		if t.Elem().Kind() == reflect.Uint8 {
			info.kind = goBytes
		}
	case reflect.Map:
		info.kind, info.elem = goMap, tt.of(t.Elem())
	case reflect.String:
		info.kind = goString
	case reflect.Bool:
		info.kind = goBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		info.kind = goInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		info.kind = goUint
	case reflect.Float32, reflect.Float64:
		info.kind = goFloat
	}
	return info
}

// addFields enters the fields of t, which is info's type or a struct embedded in it at index.
func (tt typeTable) addFields(info *typeInfo, t reflect.Type, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int(nil), index...), i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && name == "":
			tt.addFields(info, f.Type, at)
		default:
			if name == "" {
				name = f.Name
			}
			info.fields[name] = &fieldInfo{
				index:  at,
				number: len(info.names),
				info:   tt.of(f.Type),
				reason: unsimulatedField(t, name),
			}
			info.names = append(info.names, name)
		}
	}
	if len(info.names) > maxFields {
		panic("invariant: " + t.String() + " has too many fields")
	}
}
