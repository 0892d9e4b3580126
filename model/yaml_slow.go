package model

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	// maxDepth is how deeply a document may nest.
	maxDepth = 1000
	// maxAliasNodes is how many nodes the aliases of a document may repeat, so that a few lines cannot become gigabytes.
	maxAliasNodes = 200_000
)

// syntaxError is a document that cannot be read.
type syntaxError struct {
	off           int // byte offset in the source
	message, hint string
}

func (e *syntaxError) Error() string { return e.message }

// slowYAML reads any YAML through yaml.v3 and resolves scalars as YAML 1.1, as the API server's reader does.
//
// Differs: a key that is written out wins over a merged one (`<<`) wherever it stands.
type slowYAML struct {
	*tree
	text       string // the source
	start, end int    // of the document
	lines      []int  // offsets of its line starts
	last       mark   // the node that was placed last; most stand behind it
	aliasNodes int
	inAlias    []*yaml.Node // the aliases that are being repeated, outermost first
	open       map[*yaml.Node]bool
	depth      int
}

// parse reads text[start:end] and returns the roots, most often one. With "..." a document can hold several.
func (p *slowYAML) parse(t *tree, text string, start, end int) (roots []int32, err *syntaxError) {
	*p = slowYAML{tree: t, text: text, start: start, end: end, open: map[*yaml.Node]bool{}}
	defer func() {
		if r := recover(); r != nil {
			if e, ok := r.(*syntaxError); ok {
				err = e
				return
			}
			err = &syntaxError{off: start, message: fmt.Sprintf("the YAML reader failed: %v", r)}
		}
	}()
	d := yaml.NewDecoder(strings.NewReader(text[start:end]))
	for {
		var doc yaml.Node
		switch e := d.Decode(&doc); {
		case errors.Is(e, io.EOF):
			return roots, nil
		case e != nil:
			return nil, locateYAML(text, start, end, e)
		}
		if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
			roots = append(roots, p.node(doc.Content[0]))
		}
	}
}

// fail stops the parse.
func (p *slowYAML) fail(n *yaml.Node, format string, args ...any) {
	panic(&syntaxError{off: p.offset(n), message: fmt.Sprintf(format, args...)})
}

// offset of a node: yaml.v3 tells lines and columns in characters.
func (p *slowYAML) offset(n *yaml.Node) int {
	if p.lines == nil {
		p.lines = lineStarts(p.text, p.start, p.end)
	}
	line := min(max(n.Line-1, 0), len(p.lines)-1)
	at := mark{line: line, column: 1, off: p.lines[line]}
	if p.last.line == line && p.last.column > 0 && p.last.column <= n.Column {
		at = p.last
	}
	limit := p.end
	if line+1 < len(p.lines) {
		limit = p.lines[line+1] - 1
	}
	for ; at.column < n.Column && at.off < limit; at.column++ {
		_, size := utf8.DecodeRuneInString(p.text[at.off:])
		at.off += size
	}
	p.last = at
	return at.off
}

// mark is a place in the text: line from 0, column from 1.
type mark struct{ line, column, off int }

// node converts n and what is below it.
func (p *slowYAML) node(n *yaml.Node) int32 {
	if p.depth++; p.depth > maxDepth {
		p.fail(n, "the document nests deeper than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	if len(p.inAlias) > 0 {
		if p.aliasNodes++; p.aliasNodes > maxAliasNodes {
			p.fail(p.inAlias[0], "the aliases of this document repeat more than %d values", maxAliasNodes)
		}
	}
	switch n.Kind {
	case yaml.AliasNode:
		return p.alias(n)
	case yaml.SequenceNode:
		l := p.add(listNode, "", p.offset(n))
		last := int32(0)
		for _, c := range n.Content {
			last = p.link(l, last, p.node(c))
		}
		return l
	case yaml.MappingNode:
		return p.mapping(n)
	}
	return p.scalar(n)
}

// alias repeats the node that an alias names.
func (p *slowYAML) alias(n *yaml.Node) int32 {
	if p.open[n.Alias] {
		p.fail(n, "the anchor %q contains itself", n.Value)
	}
	p.open[n.Alias] = true
	p.inAlias = append(p.inAlias, n)
	c := p.node(n.Alias)
	p.inAlias = p.inAlias[:len(p.inAlias)-1]
	delete(p.open, n.Alias)
	return c
}

// scalar resolves a scalar by its style and tag.
func (p *slowYAML) scalar(n *yaml.Node) int32 {
	off := p.offset(n)
	if n.Style&yaml.TaggedStyle != 0 {
		return p.tagged(n, off)
	}
	p.refuseBang(n, off)
	if n.Style != 0 {
		return p.add(stringNode, n.Value, off)
	}
	kind, text, ok := resolvePlain(n.Value)
	if !ok {
		p.fail(n, "%s is no number that an API object can hold", n.Value)
	}
	c := p.add(kind, text, off)
	p.nodes[c].plain = true
	return c
}

// refuseBang refuses the tag "!", which would make any scalar a string: yaml.v3 drops it.
func (p *slowYAML) refuseBang(n *yaml.Node, off int) {
	properties := strings.TrimPrefix(p.text[off:], "&"+n.Anchor)
	properties, bang := strings.CutPrefix(strings.TrimLeftFunc(properties, isFiller), "!")
	next, _ := utf8.DecodeRuneInString(properties)
	if bang && (properties == "" || unicode.IsSpace(next)) {
		p.fail(n, "the tag ! is not supported")
	}
}

// isFiller reports what may stand before the properties of a node at the place that yaml.v3 gives it.
func isFiller(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' }

// tagged resolves a scalar with an explicit tag.
func (p *slowYAML) tagged(n *yaml.Node, off int) int32 {
	want := map[string]nodeKind{"!!int": numberNode, "!!float": numberNode, "!!bool": boolNode, "!!null": nullNode}
	kind, typed := want[n.ShortTag()]
	if !typed {
		if tag := n.ShortTag(); tag == "!!binary" || tag == "!!timestamp" {
			p.fail(n, "the tag %s is not supported", tag)
		}
		return p.add(stringNode, n.Value, off)
	}
	got, text, ok := resolvePlain(n.Value)
	if got != kind || !ok || n.ShortTag() == "!!int" && strings.ContainsAny(text, ".e") {
		p.fail(n, "%s is no %s", quote(n.Value), n.ShortTag())
	}
	return p.add(kind, text, off)
}

// mapping converts a mapping and resolves merge keys.
func (p *slowYAML) mapping(n *yaml.Node) int32 {
	m := p.add(mapNode, "", p.offset(n))
	last := int32(0)
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.Style == 0 && key.Value == "<<" {
			merged = append(merged, p.mergeSources(value)...)
			continue
		}
		last = p.link(m, last, p.key(key))
		last = p.link(m, last, p.node(value))
	}
	for _, from := range merged {
		if p.open[from] {
			p.fail(n, "the anchor %q contains itself", from.Anchor)
		}
		p.open[from] = true
		p.inAlias = append(p.inAlias, n)
		c := p.mapping(from)
		p.inAlias = p.inAlias[:len(p.inAlias)-1]
		delete(p.open, from)
		last = p.mergeInto(m, last, c)
	}
	p.nodes[m].count /= 2
	return m
}

// mergeInto appends the members of from whose keys m lacks.
func (p *slowYAML) mergeInto(m, last, from int32) int32 {
	for k := p.nodes[from].child; k != 0; {
		v := p.nodes[k].next
		next := p.nodes[v].next
		if have, _ := p.get(m, p.nodes[k].text); have == 0 {
			if p.aliasNodes++; p.aliasNodes > maxAliasNodes {
				panic(&syntaxError{off: int(p.nodes[m].off), message: fmt.Sprintf("the aliases of this document repeat more than %d values", maxAliasNodes)})
			}
			p.nodes[k].next, p.nodes[v].next = 0, 0
			last = p.link(m, last, k)
			last = p.link(m, last, v)
		}
		k = next
	}
	return last
}

// mergeSources are the mappings that a merge key names.
func (p *slowYAML) mergeSources(value *yaml.Node) []*yaml.Node {
	target := value
	if value.Kind == yaml.AliasNode {
		target = value.Alias
	}
	switch target.Kind {
	case yaml.MappingNode:
		return []*yaml.Node{target}
	case yaml.SequenceNode:
		var all []*yaml.Node
		for _, c := range target.Content {
			if c.Kind == yaml.AliasNode {
				c = c.Alias
			}
			if c.Kind != yaml.MappingNode {
				p.fail(c, "a merge key (<<) takes mappings only")
			}
			all = append(all, c)
		}
		return all
	}
	p.fail(value, "a merge key (<<) takes mappings only")
	return nil
}

// key converts a key to the string that JSON needs.
func (p *slowYAML) key(n *yaml.Node) int32 {
	off := p.offset(n)
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	p.refuseBang(n, off)
	if n.Kind != yaml.ScalarNode {
		p.fail(n, "a key must be a string, this one is a collection")
	}
	if n.Style != 0 {
		return p.add(stringNode, n.Value, off)
	}
	text, ok := resolveKey(n.Value)
	if !ok {
		p.fail(n, "a key must be a string, write %q in quotes", n.Value)
	}
	k := p.add(stringNode, text, off)
	p.nodes[k].plain = true
	return k
}
