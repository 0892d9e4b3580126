package scenarios

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// schema is a JSON Schema, draft 2020-12, as far as the format needs it. Keywords that are about one type of value say nothing about
// values of the others, so that one schema takes a duration, the word $(name), or nothing.
type schema struct {
	Dialect     string             `json:"$schema,omitempty"`
	Ref         string             `json:"$ref,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        []string           `json:"type,omitempty"`
	Const       any                `json:"const,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	AnyOf       []*schema          `json:"anyOf,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Minimum     *int               `json:"minimum,omitempty"`
	Maximum     *int               `json:"maximum,omitempty"`
	Properties  properties         `json:"properties,omitempty"`
	Additional  any                `json:"additionalProperties,omitempty"` // false, or a *schema
	Required    []string           `json:"required,omitempty"`
	MinProps    int                `json:"minProperties,omitempty"`
	MaxProps    int                `json:"maxProperties,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	MinItems    int                `json:"minItems,omitempty"`
	MaxItems    int                `json:"maxItems,omitempty"`
	Defs        map[string]*schema `json:"$defs,omitempty"`
}

// properties are the fields of an object, in the order of the Go type.
type properties []property

type property struct {
	name string
	*schema
}

// MarshalJSON keeps the order.
func (ps properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		writeJSONValue(&b, p.name)
		b.WriteByte(':')
		text, err := json.Marshal(p.schema)
		if err != nil {
			return nil, err
		}
		b.Write(text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// find returns the property of that name, nil if there is none.
func (ps properties) find(name string) *schema {
	for _, p := range ps {
		if p.name == name {
			return p.schema
		}
	}
	return nil
}

// Schema returns the JSON Schema (draft 2020-12) of a scenario document, indented. It is made of the Go types that the reader fills, so
// that it knows the fields that the reader knows. It is as strict about names and types of fields; what depends on
// more than one field is the reader's.
func Schema() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(formatSchema()); err != nil {
		panic("invariant: the schema has no JSON: " + err.Error())
	}
	return b.Bytes()
}

// formatSchema builds the schema.
func formatSchema() *schema {
	b := &schemaBuilder{defs: scalarForms()}
	root := b.object(reflect.TypeFor[Document]())
	root.Dialect = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "Scenario, " + APIVersion
	root.Description = typeDoc(reflect.TypeFor[Document]())
	root.Type, root.Pattern = []string{"object"}, "" // the document itself cannot be a parameter
	root.Required = []string{"apiVersion", "kind", "spec"}
	root.Properties.find("apiVersion").Const = APIVersion
	root.Properties.find("kind").Const = Kind
	root.Defs = b.defs
	return root
}
