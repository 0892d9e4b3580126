package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"clustersim/model"
)

// substitute replaces $(name) in a scalar. A scalar that is nothing but $(name) becomes the parameter itself, with its
// type; inside a longer text it is written out. $$( stands for $(.
func (d *decoder) substitute(n *yaml.Node, path string) (*yaml.Node, bool) {
	for name := range d.params { // unordered: fills a map
		if strings.Contains(n.Value, "$("+name+")") {
			d.used[name] = true
		}
	}
	if name, ok := wholeParam(n.Value); ok {
		p := d.params[name]
		if p == nil {
			d.unknownParam(n, path, name)
			return n, false
		}
		return d.atUse(p, n), true
	}
	text, missing := expand(n.Value, d.params)
	if missing != "" {
		d.unknownParam(n, path, missing)
		return n, false
	}
	if text == n.Value {
		return n, true
	}
	m := *n
	m.Value = text
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		m.Tag = "" // "$(a)0" without quotes is a number if that is what comes out
	}
	d.given[&m] = true
	return &m, true
}

// atUse is a parameter's value, standing where it is used.
func (d *decoder) atUse(p, use *yaml.Node) *yaml.Node {
	if p.Kind == yaml.AliasNode {
		p = p.Alias
	}
	if p.Kind != yaml.ScalarNode {
		return p
	}
	m := *p
	m.Line, m.Column, m.Anchor = use.Line, use.Column, ""
	d.given[&m] = true
	return &m
}

func (d *decoder) unknownParam(n *yaml.Node, path, name string) {
	d.add(d.place(n), model.Error, model.DidYouMean(name, slices.Sorted(maps.Keys(d.params))),
		"%s: there is no parameter %q in spec.params (write $$(%s) for the text itself)", path, name, name)
}

// wholeParam says whether a text is $(name) and nothing else.
func wholeParam(s string) (name string, ok bool) {
	if !strings.HasPrefix(s, "$(") || !strings.HasSuffix(s, ")") {
		return "", false
	}
	name = s[2 : len(s)-1]
	return name, !strings.ContainsAny(name, "()$")
}

// expand writes parameters out; missing is the first name that is none.
func expand(s string, params map[string]*yaml.Node) (text, missing string) {
	var b strings.Builder
	for {
		i := strings.Index(s, "$")
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s, ')')
		switch {
		case strings.HasPrefix(s, "$$("):
			b.WriteString("$(")
			s = s[3:]
		case strings.HasPrefix(s, "$(") && end > 0:
			name := s[2:end]
			p := params[name]
			if p == nil || p.Kind != yaml.ScalarNode {
				return "", name
			}
			b.WriteString(p.Value)
			s = s[end+1:]
		default:
			b.WriteByte('$')
			s = s[1:]
		}
	}
	b.WriteString(s)
	return b.String(), ""
}

// enterLoose is enter for texts that may hold $(names) of their own.
func (d *decoder) enterLoose(n *yaml.Node, path string) (m *yaml.Node, leave func(), ok bool) {
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "$(") {
		if _, missing := expand(n.Value, d.params); missing != "" && d.params[missing] == nil {
			return n, func() {}, true
		}
	}
	return d.enter(n, path)
}

// setParams declares the parameters of spec.params and lays --set over them.
func (d *decoder) setParams(spec *yaml.Node, set map[string]string) {
	if spec != nil {
		if list, ok := d.pairs(spec, "spec.params"); ok {
			for _, p := range list {
				d.params[p.key.Value] = p.value
				d.declared = append(d.declared, p.key)
			}
		}
	}
	known := slices.Sorted(maps.Keys(d.params))
	for _, name := range slices.Sorted(maps.Keys(set)) {
		old := d.params[name]
		if old == nil {
			d.add(model.Place{File: d.file}, model.Error, model.DidYouMean(name, known), "--set: there is no parameter %q in spec.params", name)
			continue
		}
		n, err := parseSet(old, set[name])
		if err != nil {
			d.add(model.Place{File: d.file}, model.Error, "", "--set %s: %s", name, err)
			continue
		}
		d.params[name] = n
	}
}

// unused are the places of parameters that stand nowhere. Something that could not be read may have been where they stand.
func (d *decoder) unused() (list []selfNamed) {
	for _, key := range d.declared {
		if !d.used[key.Value] {
			list = append(list, selfNamed{d.place(key), key.Value})
		}
	}
	return list
}

// selfNamed is a name and where it is declared.
type selfNamed struct {
	place model.Place
	name  string
}

// parseSet reads the value of a --set: it must be of the declared type.
func parseSet(declared *yaml.Node, text string) (*yaml.Node, error) {
	if declared.Kind == yaml.AliasNode {
		declared = declared.Alias
	}
	if declared.Kind == yaml.ScalarNode && declared.ShortTag() == "!!str" {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}, nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) != 1 {
		return nil, fmt.Errorf("not a value: %q", text)
	}
	n := doc.Content[0]
	want, got := typeName(declared), typeName(n)
	if want != got && want != "nothing" && !(want == "a number" && got == "a whole number") {
		return nil, fmt.Errorf("must be %s as in spec.params, got %q", want, text)
	}
	return n, nil
}

// typeName says what a parameter is.
func typeName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!int":
		return "a whole number"
	case "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!null":
		return "nothing"
	}
	return "text"
}
