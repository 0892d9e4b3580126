package model

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Check says what an API server would refuse of the manifests, and what it would warn of, each with its place. The
// manifests stay as they are: a copy is defaulted and validated. A missing namespace counts as "default".
func Check(ms []Manifest) Problems {
	var c checker
	for i := range ms {
		c.manifest(&ms[i])
	}
	return c.problems
}

// checker finds the places of fields. It keeps the tree of the document that it looked at last.
type checker struct {
	problems Problems
	tree     tree
	fast     fastYAML
	slow     slowYAML
	loc      locator
	at       origin // of the tree
	root     int32  // of the object, 0 if it cannot be found
	item     int    // of a list: the item that was found last
	itemNode int32
}

func (c *checker) manifest(m *Manifest) {
	o, ok := m.Object.DeepCopyObject().(Object)
	if !ok {
		return
	}
	if m.Kind != nil && m.Kind.Namespaced && o.GetNamespace() == "" {
		o.SetNamespace("default")
	}
	Default(o)
	list, texts := Validate(o), Warnings(o)
	if len(list) == 0 && len(texts) == 0 {
		return
	}
	c.open(m)
	found := len(c.problems)
	for _, e := range list {
		atValue := e.Type != field.ErrorTypeRequired && e.Type != field.ErrorTypeForbidden
		c.add(m, Error, e.Field, e.Error(), atValue)
	}
	for _, text := range texts {
		path, _, _ := strings.Cut(text, ": ")
		c.add(m, Warning, path, text, true)
	}
	sortByPlace(c.problems[found:])
}

// add notes a problem of a manifest at the field.
func (c *checker) add(m *Manifest, s Severity, path, message string, atValue bool) {
	p := Problem{Place: m.Place, Severity: s, Message: message}
	if c.root != 0 {
		p = c.loc.problem(c.find(path, atValue), s, message, "")
	}
	p.Path = path
	c.problems = append(c.problems, p)
}

// open finds the tree of a manifest.
func (c *checker) open(m *Manifest) {
	at := m.origin
	if at.src == nil {
		c.root = 0
		return
	}
	if at.src != c.at.src {
		c.loc = locator{src: at.src}
	}
	if c.root != 0 && at == c.at {
		return
	}
	same := c.root != 0 && at.src == c.at.src && at.start == c.at.start && c.at.end == at.end && at.item >= 0
	c.at, c.root = at, 0
	if !same {
		doc, _, _ := nextDocument(at.src.text[:at.end], at.start)
		if roots, err := parseDocument(&c.tree, &c.fast, &c.slow, at.src, doc); err != nil || len(roots) == 0 {
			return
		}
	}
	root := int32(1) // the first node is the root
	if at.item >= 0 {
		if !same || at.item < c.item {
			_, items := c.tree.get(root, "items")
			c.item, c.itemNode = 0, c.tree.nodes[items].child
		}
		for ; c.item < at.item && c.itemNode != 0; c.item++ {
			c.itemNode = c.tree.nodes[c.itemNode].next
		}
		c.root = c.itemNode
		return
	}
	c.root = root
}

// find returns the offset of a field, or of the nearest field above it that is there. Of a field with a value on its own
// line it is that of the value, if so wanted.
func (c *checker) find(path string, atValue bool) int {
	n, key := c.root, int32(0)
	found := true
	for _, s := range splitPath(path) {
		next, k := c.step(n, s)
		if next == 0 {
			found = false
			break
		}
		n, key = next, k
	}
	kind := c.tree.nodes[n].kind
	scalar := kind != mapNode && kind != listNode
	if key == 0 || found && atValue && scalar && kind != nullNode {
		return int(c.tree.nodes[n].off)
	}
	return int(c.tree.nodes[key].off)
}

// step goes down one part of a path. key is that of a member, or 0 for an item of a list.
func (c *checker) step(n int32, s step) (next, key int32) {
	switch c.tree.nodes[n].kind {
	case listNode:
		if s.kind == indexStep {
			return c.tree.item(n, int(s.index)), 0
		}
	case mapNode:
		if s.kind == indexStep {
			s.name = strconv.Itoa(int(s.index))
		}
		k, v := c.tree.get(n, s.name)
		return v, k
	}
	return 0, 0
}

// splitPath takes the text of a field path apart: spec.containers[0].resources.limits[cpu].
func splitPath(path string) []step {
	var steps []step
	for path != "" {
		if path[0] == '[' {
			end := strings.IndexByte(path, ']')
			if end < 0 {
				return steps
			}
			inner := path[1:end]
			path = strings.TrimPrefix(path[end+1:], ".")
			if i, err := strconv.ParseInt(inner, 10, 32); err == nil {
				steps = append(steps, step{kind: indexStep, index: int32(i)})
			} else {
				steps = append(steps, step{kind: keyStep, name: inner})
			}
			continue
		}
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			return append(steps, step{name: path})
		}
		steps = append(steps, step{name: path[:end]})
		path = path[end:]
		if path[0] == '.' {
			path = path[1:]
		}
	}
	return steps
}
