package check

import (
	"fmt"
	"reflect"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
)

// adapter turns Go values of the API into CEL values.
type adapter struct{ types.Adapter }

var adapt = adapter{types.DefaultTypeAdapter}

// NativeToValue implements types.Adapter.
func (a adapter) NativeToValue(value any) ref.Val {
	switch v := value.(type) {
	case ref.Val:
		return v
	case nil:
		return types.NullValue
	case map[string]string:
		return types.NewStringStringMap(a, v)
	case []string:
		return types.NewStringList(a, v)
	}
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return types.NewDynamicList(a, value)
		}
	case reflect.Map:
		return types.NewDynamicMap(a, value)
	case reflect.Struct, reflect.Pointer:
		if g := goValue(v); g != value {
			return a.NativeToValue(g)
		}
	case reflect.String:
		return types.String(v.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return types.Int(v.Int())
	}
	return a.Adapter.NativeToValue(value)
}

// provider knows the types of the API.
type provider struct {
	types.Provider
	byName map[string]reflect.Type
}

// newProvider knows the types of all kinds and everything inside them.
func newProvider(base types.Provider) *provider {
	p := &provider{base, map[string]reflect.Type{}}
	for _, k := range model.Kinds {
		p.know(reflect.TypeOf(k.New()))
	}
	return p
}

func (p *provider) know(t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || isScalar(t) || t == rawExtension {
		return
	}
	s := structureOf(t)
	if p.byName[s.name] != nil {
		return
	}
	p.byName[s.name] = t
	for _, name := range s.names {
		p.know(s.fields[name].typ)
	}
}

// FindStructType implements types.Provider.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if p.byName[name] != nil {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	if t := p.byName[name]; t != nil {
		return structureOf(t).names, true
	}
	return p.Provider.FindStructFieldNames(name)
}

// FindStructFieldType implements types.Provider.
func (p *provider) FindStructFieldType(name, fieldName string) (*types.FieldType, bool) {
	t := p.byName[name]
	if t == nil {
		return p.Provider.FindStructFieldType(name, fieldName)
	}
	f, ok := structureOf(t).fields[fieldName]
	if !ok {
		return nil, false
	}
	return &types.FieldType{
		Type:  celType(f.typ),
		IsSet: func(target any) bool { o, ok := target.(*object); return ok && o.has(fieldName) },
		GetFrom: func(target any) (any, error) {
			o, ok := target.(*object)
			if !ok {
				return nil, fmt.Errorf("not an object: %v", target)
			}
			return o.get(fieldName)
		},
	}, true
}

// celType is the type under which expressions see a Go type.
func celType(t reflect.Type) *types.Type {
	optional := t.Kind() == reflect.Pointer
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case timeType, microTimeType:
		return types.TimestampType
	case durationType:
		return types.DurationType
	case quantityType:
		return types.StringType
	case intOrString, rawExtension:
		return types.DynType
	}
	var c *types.Type
	switch t.Kind() {
	case reflect.Struct:
		return types.NewObjectType(typeName(t), traits.FieldTesterType|traits.IndexerType)
	case reflect.Map:
		return types.NewMapType(types.StringType, celType(t.Elem()))
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return types.BytesType
		}
		return types.NewListType(celType(t.Elem()))
	case reflect.String:
		c = types.StringType
	case reflect.Bool:
		c = types.BoolType
	case reflect.Float32, reflect.Float64:
		c = types.DoubleType
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		c = types.IntType
	default:
		return types.DynType
	}
	if optional {
		return types.NewNullableType(c)
	}
	return c
}

// quantityText is a quantity as the API server prints it.
func quantityText(v reflect.Value) string {
	q := v.Interface().(resource.Quantity)
	return q.String()
}
