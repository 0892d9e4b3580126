package scenarios

import (
	"fmt"
	"path"
	"reflect"
	"strings"

	"clustersim/sim/fault"
	"clustersim/sim/world"
)

// schemaBuilder makes schemas of Go types by the rules of decode.go: what it knows is what the reader binds.
type schemaBuilder struct {
	defs map[string]*schema
}

// ref refers to a definition.
func ref(name string) *schema { return &schema{Ref: "#/$defs/" + name} }

// of is the schema of a value of the type.
func (b *schemaBuilder) of(t reflect.Type, h hints) *schema {
	if t.Kind() == reflect.Pointer && forms[t] == nil {
		t = t.Elem()
	}
	if t == reflect.TypeFor[world.Value]() {
		return ref(valueForms[h.unit])
	}
	if form := forms[t]; form != nil {
		return form(b)
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[nodeDecoder]()) && t != reflect.TypeFor[Step]() {
		panic(fmt.Sprintf("invariant: no schema for %s, which reads itself", t))
	}
	switch t.Kind() {
	case reflect.Struct:
		return b.named(t)
	case reflect.Map:
		return mapping(b.of(t.Elem(), h))
	case reflect.Slice:
		return listOf(b.of(t.Elem(), h))
	case reflect.String:
		return ref("text")
	case reflect.Bool:
		return ref("boolean")
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64, reflect.Float64:
		return ref(numberForm(t, h))
	}
	panic(fmt.Sprintf("invariant: no schema for %s", t))
}

// numberForm names the definition of a number.
func numberForm(t reflect.Type, h hints) string {
	name := "integer"
	if t.Kind() == reflect.Float64 {
		name = "number"
	}
	if h.signed {
		name = "signed-" + name
	}
	return name
}

// named puts the schema of a struct among the definitions.
func (b *schemaBuilder) named(t reflect.Type) *schema {
	name := t.Name()
	if pkg := path.Base(t.PkgPath()); pkg != "scenarios" {
		name = pkg + "." + name
	}
	if b.defs[name] == nil {
		b.defs[name] = &schema{} // it may name itself
		s := b.object(t)
		if t == reflect.TypeFor[Step]() {
			s.Properties = append(s.Properties, b.actions(func(*fault.Entry) bool { return true })...)
		}
		*b.defs[name] = *s
	}
	return ref(name)
}

// object is the schema of a struct: its fields and no others.
func (b *schemaBuilder) object(t reflect.Type) *schema {
	s := &schema{Type: []string{"object", "string", "null"}, Pattern: wholeParameter, Description: typeDoc(t), Additional: false}
	fields := map[string]reflect.StructField{}
	for _, name := range fieldsOf(t, nil, fields) {
		f := fields[name]
		p := b.of(f.Type, hintsOf(f))
		if f.Tag.Get("raw") != "" {
			p = ref("raw-text")
		}
		if list := f.Tag.Get("enum"); list != "" {
			p = words(strings.Split(list, ",")...)
		}
		p.Description = fieldDoc(t, f)
		s.Properties = append(s.Properties, property{name, p})
	}
	if len(s.Properties) == 0 {
		s.Properties = nil
	}
	return s
}

// actions are the actions that a step may name.
func (b *schemaBuilder) actions(wanted func(*fault.Entry) bool) (list properties) {
	for i := range fault.Registry {
		e := &fault.Registry[i]
		if e.New == nil || !wanted(e) {
			continue
		}
		t := reflect.TypeOf(e.New()).Elem()
		p := b.named(t)
		p.Description = actionDoc(e)
		list = append(list, property{e.Name, p})
		if e.Name == "forEach" {
			b.tasks("fault." + t.Name())
		}
	}
	return list
}

// tasks adds the list of actions of a forEach, which its type does not bind by itself.
func (b *schemaBuilder) tasks(name string) {
	if s := b.defs[name]; s.Properties.find("do") == nil {
		s.Properties = append(s.Properties, property{"do", &schema{Description: "actions on each node, in order"}})
		one := &schema{Type: []string{"object", "string", "null"}, Pattern: wholeParameter, Additional: false, MinProps: 1, MaxProps: 1}
		one.Properties = b.actions(func(e *fault.Entry) bool {
			_, ok := e.New().(fault.NodeTarget)
			return ok && e.Name != "forEach"
		})
		do := s.Properties.find("do")
		list := listOf(one)
		list.Description = do.Description
		*do = *list
	}
}
