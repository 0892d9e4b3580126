package scenarios

import (
	"fmt"
	"strings"

	"clustersim/model"
)

// Explain describes the field of a scenario file that a path such as ["spec", "cluster", "nodes"] leads to, lists and mappings
// passed through. No path describes the document.
func Explain(path []string) (*model.FieldDoc, error) {
	root := formatSchema()
	f := &model.FieldDoc{Name: "scenario", Type: Kind, Doc: root.Description}
	at, done := root, "scenario"
	for _, name := range path {
		fields := root.fields(at)
		p := fields.find(name)
		if p == nil {
			var names []string
			for _, p := range fields {
				names = append(names, p.name)
			}
			hint := model.DidYouMean(name, names)
			if hint != "" {
				hint = " (" + hint + ")"
			}
			return nil, fmt.Errorf("%s has no field %q%s", done, name, hint)
		}
		doc := root.fieldDoc(name, p)
		f, at, done = &doc, p, done+"."+name
	}
	if of := root.resolve(at); f.Doc == "" || of.Title == "" && strings.HasPrefix(at.Ref, "#/$defs/random-") {
		f.Doc = strings.TrimSpace(f.Doc + "\n" + of.Description)
	}
	for _, p := range root.fields(at) {
		f.Fields = append(f.Fields, root.fieldDoc(p.name, p.schema))
	}
	return f, nil
}

// fieldDoc describes one property.
func (s *schema) fieldDoc(name string, p *schema) model.FieldDoc {
	d := model.FieldDoc{Name: name, Type: s.label(p), Doc: p.Description}
	for _, one := range p.AnyOf {
		d.Enum = append(d.Enum, one.Enum...)
	}
	return d
}

// resolve follows a reference to a definition.
func (s *schema) resolve(p *schema) *schema {
	if name, ok := strings.CutPrefix(p.Ref, "#/$defs/"); ok {
		return s.Defs[name]
	}
	return p
}

// fields are the fields of the objects that a schema leads to, through lists, mappings and alternatives.
func (s *schema) fields(p *schema) (list properties) {
	p = s.resolve(p)
	list = append(list, p.Properties...)
	if p.Items != nil {
		list = append(list, s.fields(p.Items)...)
	}
	if of, ok := p.Additional.(*schema); ok {
		list = append(list, s.fields(of)...)
	}
	for _, one := range p.AnyOf {
		list = append(list, s.fields(one)...)
	}
	return list
}

// label names the type of a schema: "duration", "[]NodeTemplate".
func (s *schema) label(p *schema) string {
	if name, ok := strings.CutPrefix(p.Ref, "#/$defs/"); ok {
		name = name[strings.LastIndexByte(name, '.')+1:]
		if plain, random := strings.CutPrefix(name, "random-"); random {
			return plain + " or random"
		}
		return name
	}
	switch of, isMap := p.Additional.(*schema); {
	case p.Items != nil:
		return "[]" + s.label(p.Items)
	case isMap:
		return "map[string]" + s.label(of)
	case p.Const != nil:
		return fmt.Sprint(p.Const)
	case len(p.Enum) > 0:
		return "text"
	case len(p.AnyOf) > 0:
		var names []string
		for _, one := range p.AnyOf {
			if one.Ref != "#/$defs/parameter" {
				names = append(names, s.label(one))
			}
		}
		return strings.Join(names, " or ")
	case len(p.Properties) > 0:
		return "object"
	}
	return "any"
}
