package scenarios

import (
	_ "embed"
	"encoding/json"
	"path"
	"reflect"
	"strings"
	"sync"

	"clustersim/sim/fault"
)

// fieldDocs are the comments of the Go types of the language: "scenarios.Spec", "scenarios.Spec.Seed". `go test ./scenarios -run FieldDocs
// -update-docs` writes them anew.
//
//go:embed schema_docs.json
var fieldDocsJSON []byte

var fieldDocs = sync.OnceValue(func() map[string]string {
	docs := map[string]string{}
	if err := json.Unmarshal(fieldDocsJSON, &docs); err != nil {
		panic("invariant: schema_docs.json: " + err.Error())
	}
	return docs
})

// docKey names a type as the table does.
func docKey(t reflect.Type) string { return path.Base(t.PkgPath()) + "." + t.Name() }

// swagger is implemented by the API's types: what upstream says of their fields.
type swagger interface{ SwaggerDoc() map[string]string }

// typeDoc is what the comment of a type says.
func typeDoc(t reflect.Type) string {
	if s, ok := reflect.Zero(t).Interface().(swagger); ok {
		return s.SwaggerDoc()[""]
	}
	return fieldDocs()[docKey(t)]
}

// fieldDoc is what is said of a field of t, else of its type.
func fieldDoc(t reflect.Type, f reflect.StructField) string {
	owner := t
	if n := len(f.Index); n > 1 {
		owner = t.FieldByIndex(f.Index[:n-1]).Type
	}
	if s, ok := reflect.Zero(owner).Interface().(swagger); ok {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return s.SwaggerDoc()[name]
	}
	if doc := fieldDocs()[docKey(owner)+"."+f.Name]; doc != "" {
		return doc
	}
	of := f.Type
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	return typeDoc(of)
}

// actionDoc is what an action does: the comment of its type, without the Go name.
func actionDoc(e *fault.Entry) string {
	t := reflect.TypeOf(e.New()).Elem()
	doc := strings.TrimPrefix(typeDoc(t), t.Name()+" ")
	if e.Reverts {
		doc += " May stand with `for`: undone after that time."
	}
	return doc
}
