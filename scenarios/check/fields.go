package check

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// structure is what is known of a Go struct of the API: its fields by their names in JSON, inlined ones included.
type structure struct {
	name   string // of the CEL type: "core.v1.Pod"
	fields map[string]field
	names  []string // in order of the declaration
}

// field is where a field lies.
type field struct {
	name  string
	index []int
	typ   reflect.Type
}

var (
	structuresLock sync.Mutex // scenarios are loaded and runs carried out side by side
	structures     = map[reflect.Type]*structure{}
)

// structureOf looks a struct type up.
func structureOf(t reflect.Type) *structure {
	structuresLock.Lock()
	defer structuresLock.Unlock()
	s := structures[t]
	if s == nil {
		s = &structure{name: typeName(t), fields: map[string]field{}}
		s.add(t, nil)
		structures[t] = s
	}
	return s
}

func (s *structure) add(t reflect.Type, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(index), i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || name == "-":
		case f.Anonymous && name == "" && (options == "inline" || options == "") && f.Type.Kind() == reflect.Struct:
			s.add(f.Type, at)
		case name != "":
			s.fields[name] = field{name, at, f.Type}
			s.names = append(s.names, name)
		}
	}
}

// typeName is the last two elements of the package's path and the type's name: core.v1.Pod.
func typeName(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	parts = parts[max(0, len(parts)-2):]
	return strings.Join(append(parts, t.Name()), ".")
}

// Types that JSON writes as something else than a struct.
var (
	timeType      = reflect.TypeFor[metav1.Time]()
	microTimeType = reflect.TypeFor[metav1.MicroTime]()
	durationType  = reflect.TypeFor[metav1.Duration]()
	quantityType  = reflect.TypeFor[resource.Quantity]()
	intOrString   = reflect.TypeFor[intstr.IntOrString]()
	rawExtension  = reflect.TypeFor[runtime.RawExtension]()
)

// isScalar says whether JSON writes a struct type as one value.
func isScalar(t reflect.Type) bool {
	switch t {
	case timeType, microTimeType, durationType, quantityType, intOrString:
		return true
	}
	return t.Kind() != reflect.Struct && t.Kind() != reflect.Slice && t.Kind() != reflect.Map
}

// timeOf is the instant of a metav1.Time or MicroTime.
func timeOf(v reflect.Value) time.Time {
	switch t := v.Interface().(type) {
	case metav1.Time:
		return t.Time
	case metav1.MicroTime:
		return t.Time
	}
	return time.Time{}
}
