package model

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// shown is a value of an API type as an error message shows it: the API server validates its internal types, whose fields
// have no JSON names, so that all fields appear under their Go names.
type shown struct{ v reflect.Value }

// show wraps structs of the API's own packages; other values print as they are.
func show(value any) any {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct && hasGoNames(v.Type()) {
		return shown{v}
	}
	return value
}

// hasGoNames says whether the API server has an internal type of its own for t.
func hasGoNames(t reflect.Type) bool {
	return strings.HasPrefix(t.PkgPath(), "k8s.io/api/")
}

// MarshalJSON writes the fields under their Go names.
func (s shown) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := s.write(&b)
	return b.Bytes(), err
}

func (s shown) write(b *bytes.Buffer) error {
	v := s.v
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Struct && hasGoNames(v.Type()):
		b.WriteByte('{')
		for i := range v.NumField() {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString("\"" + v.Type().Field(i).Name + "\":")
			if err := (shown{v.Field(i)}).write(b); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	case v.Kind() == reflect.Slice && !v.IsNil() && v.Type().Elem().Kind() == reflect.Struct:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := (shown{v.Index(i)}).write(b); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	text, err := json.Marshal(v.Interface())
	b.Write(text)
	return err
}
