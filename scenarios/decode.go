package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"clustersim/model"
)

// maxVisits bounds the nodes that one file may make the decoder visit: aliases of aliases can name more nodes than memory
// holds.
const maxVisits = 1_000_000

// decoder binds the nodes of one file to Go values. It never stops at a mistake.
type decoder struct {
	file     string
	lines    []string
	files    files
	params   map[string]*yaml.Node
	declared []*yaml.Node        // the names of spec.params
	used     map[string]bool     // parameters that stand somewhere
	given    map[*yaml.Node]bool // nodes that a $(parameter) put in place
	problems model.Problems

	open   map[*yaml.Node]bool // the nodes on the way from the root to here
	visits int
}

func newDecoder(file, text string, fs files) *decoder {
	return &decoder{
		file: file, lines: strings.Split(text, "\n"), files: fs,
		params: map[string]*yaml.Node{}, used: map[string]bool{}, given: map[*yaml.Node]bool{}, open: map[*yaml.Node]bool{},
	}
}

// place of a node. Nodes that come from --set have none but the file.
func (d *decoder) place(n *yaml.Node) model.Place {
	return model.Place{File: d.file, Line: n.Line, Column: n.Column}
}

// add records a problem at a place of this file.
func (d *decoder) add(at model.Place, severity model.Severity, hint, format string, args ...any) {
	p := model.Problem{Place: at, Severity: severity, Message: fmt.Sprintf(format, args...), Hint: hint}
	if at.File == d.file && at.Line >= 1 && at.Line <= len(d.lines) {
		p.Line = strings.TrimRight(d.lines[at.Line-1], "\r")
	}
	d.problems = append(d.problems, p)
}

// errorf records an error at a node.
func (d *decoder) errorf(n *yaml.Node, format string, args ...any) {
	d.add(d.place(n), model.Error, "", format, args...)
}

// warnf records a warning at a place.
func (d *decoder) warnf(at model.Place, format string, args ...any) {
	d.add(at, model.Warning, "", format, args...)
}

// sorted returns the problems by place, each once.
func sorted(ps model.Problems) model.Problems {
	ps = slices.Clone(ps)
	slices.SortStableFunc(ps, func(a, b model.Problem) int {
		if c := strings.Compare(a.Place.File, b.Place.File); c != 0 {
			return c
		}
		if a.Place.Line != b.Place.Line {
			return a.Place.Line - b.Place.Line
		}
		return a.Place.Column - b.Place.Column
	})
	return slices.CompactFunc(ps, func(a, b model.Problem) bool {
		return a.Place == b.Place && a.Message == b.Message
	})
}

// enter resolves aliases and parameters and marks the node as being worked on; leave undoes the mark. ok is false if the
// node contains itself, if there are too many, or if a parameter is unknown: a problem has then been recorded.
func (d *decoder) enter(n *yaml.Node, path string) (m *yaml.Node, leave func(), ok bool) {
	leave = func() {}
	if d.visits++; d.visits > maxVisits {
		if d.visits == maxVisits+1 {
			d.errorf(n, "%s: the file expands to more than %d values", path, maxVisits)
		}
		return n, leave, false
	}
	m, ok = d.resolve(n, path)
	if !ok {
		return m, leave, false
	}
	if d.open[m] {
		d.errorf(n, "%s: contains itself", path)
		return m, leave, false
	}
	if m.Kind != yaml.ScalarNode {
		d.open[m] = true
		leave = func() { delete(d.open, m) }
	}
	return m, leave, true
}

// resolve follows an alias and replaces $(parameters).
func (d *decoder) resolve(n *yaml.Node, path string) (*yaml.Node, bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "$") {
		return d.substitute(n, path)
	}
	return n, true
}

// pair is one entry of a mapping.
type pair struct{ key, value *yaml.Node }

// pairs returns the entries of a mapping in the order of the file, with merge keys (<<) filled in, and complains about
// duplicates. ok is false if the node is no mapping.
func (d *decoder) pairs(n *yaml.Node, path string) (list []pair, ok bool) {
	if n.Kind != yaml.MappingNode {
		d.errorf(n, "%s: must be a mapping, got %s", path, describe(n))
		return nil, false
	}
	first := map[string]*yaml.Node{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind == yaml.ScalarNode && k.ShortTag() == "!!merge" {
			merged = append(merged, v)
			continue
		}
		if k.Kind != yaml.ScalarNode {
			d.errorf(k, "%s: a key must be a plain word", path)
			continue
		}
		if f, twice := first[k.Value]; twice {
			d.errorf(k, "duplicate key %q (first on line %d)", join(path, k.Value), f.Line)
			continue
		}
		first[k.Value] = k
		list = append(list, pair{k, v})
	}
	for _, m := range merged {
		list = d.merge(list, first, m, path)
	}
	return list, true
}

// merge adds the entries of a merged mapping, or list of mappings, that are not there yet.
func (d *decoder) merge(list []pair, seen map[string]*yaml.Node, n *yaml.Node, path string) []pair {
	m, leave, ok := d.enter(n, path)
	if !ok {
		return list
	}
	defer leave()
	if m.Kind == yaml.SequenceNode {
		for _, item := range m.Content {
			list = d.merge(list, seen, item, path)
		}
		return list
	}
	more, _ := d.pairs(m, join(path, "<<"))
	for _, p := range more {
		if seen[p.key.Value] == nil {
			seen[p.key.Value] = p.key
			list = append(list, p)
		}
	}
	return list
}

// isNull says whether a node stands for nothing.
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// describe names a node in a message.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if isNull(n) {
		return "nothing"
	}
	return quoteShort(n.Value)
}

// quoteShort quotes at most 40 characters of a text.
func quoteShort(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "..."
	}
	return fmt.Sprintf("%q", s)
}

// join appends a field name to a path.
func join(path, name string) string {
	switch {
	case path == "":
		return name
	case strings.ContainsAny(name, "./"):
		return path + "[" + name + "]"
	}
	return path + "." + name
}
