package model

import (
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// FieldDoc is what is known of one field of a file, and of the fields below it.
type FieldDoc struct {
	Name        string
	Type        string // "string", "[]Container", "map[string]Quantity"
	Doc         string // what it means; of manifests in the words of the API's own documentation
	Enum        []string
	Unsimulated string // why it is read and shown but has no effect; "" if it has, or has no behaviour of its own
	Fields      []FieldDoc
}

// Explain describes the field that a path such as ["spec", "containers"] leads to, lists and maps passed through. No path describes
// the kind itself.
func (k *Kind) Explain(path []string) (*FieldDoc, error) {
	t := reflect.TypeOf(k.New()).Elem()
	f := &FieldDoc{Name: k.Name, Type: k.Name, Doc: swaggerDoc(t)[""]}
	var done []string
	for _, name := range path {
		fields := apiFields(t)
		i := indexOf(fields, name)
		if i < 0 {
			return nil, fmt.Errorf("%s has no field %q%s", strings.Join(append([]string{k.Name}, done...), "."), name, hintFor(name, fields))
		}
		reason := f.Unsimulated // what stands below a field without effect has none
		f, t = &fields[i].FieldDoc, fields[i].of
		if f.Unsimulated == "" {
			f.Unsimulated = reason
		}
		done = append(done, name)
	}
	for _, sub := range apiFields(t) {
		f.Fields = append(f.Fields, sub.FieldDoc)
	}
	return f, nil
}

// apiField is a field and the type of its values, or of their elements.
type apiField struct {
	FieldDoc
	of reflect.Type
}

func indexOf(fields []apiField, name string) int {
	for i := range fields {
		if fields[i].Name == name {
			return i
		}
	}
	return -1
}

func hintFor(name string, fields []apiField) string {
	var names []string
	for i := range fields {
		names = append(names, fields[i].Name)
	}
	if hint := DidYouMean(name, names); hint != "" {
		return " (" + hint + ")"
	}
	return ""
}

// apiFields are the fields of an API type as manifests write them, embedded ones included; none of a type that is one value.
func apiFields(t reflect.Type) (list []apiField) {
	if _, single := singleValues[t]; single || t.Kind() != reflect.Struct {
		return nil
	}
	docs := swaggerDoc(t)
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && (name == "" || strings.Contains(options, "inline")):
			for _, inner := range apiFields(f.Type) {
				if inner.Unsimulated == "" {
					inner.Unsimulated = unsimulatedField(t, inner.Name)
				}
				list = append(list, inner)
			}
		case name != "":
			label, of := typeLabel(f.Type)
			list = append(list, apiField{FieldDoc{Name: name, Type: label, Doc: docs[name], Unsimulated: unsimulatedField(t, name)}, of})
		}
	}
	return list
}

// singleValues are structs that a manifest writes as one value.
var singleValues = map[reflect.Type]string{
	reflect.TypeFor[resource.Quantity]():  "Quantity",
	reflect.TypeFor[metav1.Time]():        "Time",
	reflect.TypeFor[metav1.MicroTime]():   "Time",
	reflect.TypeFor[metav1.Duration]():    "Duration",
	reflect.TypeFor[metav1.FieldsV1]():    "Object",
	reflect.TypeFor[intstr.IntOrString](): "IntOrString",
}

// typeLabel names a type as kubectl does, and says what its elements are.
func typeLabel(t reflect.Type) (label string, of reflect.Type) {
	if name, single := singleValues[t]; single {
		return name, t
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeLabel(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "string", t
		}
		label, of = typeLabel(t.Elem())
		return "[]" + label, of
	case reflect.Map:
		label, of = typeLabel(t.Elem())
		return "map[string]" + label, of
	case reflect.Bool:
		return "boolean", t
	case reflect.String:
		return "string", t
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "integer", t
	case reflect.Float32, reflect.Float64:
		return "number", t
	}
	return t.Name(), t
}

// swaggerDoc is what the API's documentation says of a type (under "") and of its fields.
func swaggerDoc(t reflect.Type) map[string]string {
	if s, ok := reflect.Zero(t).Interface().(interface{ SwaggerDoc() map[string]string }); ok {
		return s.SwaggerDoc()
	}
	return nil
}
