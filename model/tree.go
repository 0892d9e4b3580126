package model

import (
	"sort"
	"strconv"
	"unicode/utf8"
)

// nodeKind is what JSON knows.
type nodeKind uint8

const (
	nullNode   nodeKind = iota
	boolNode            // text is "true" or "false"
	numberNode          // text is a JSON number
	stringNode
	listNode // children are the items
	mapNode  // children are key, value, key, value; every key is a stringNode
)

// String names the kind as messages speak of it.
func (k nodeKind) String() string {
	return [...]string{"null", "bool", "number", "string", "list", "mapping"}[k]
}

// node is one value of a tree, or one key.
type node struct {
	text  string
	off   int32 // byte offset in the source
	child int32 // first child, 0 if none
	next  int32 // next sibling, 0 if none
	count int32 // number of children
	kind  nodeKind
	plain bool // written without quotes
}

// tree holds the nodes of one document in one slice. Node 0 is a sentinel, so that 0 can mean "none".
type tree struct {
	nodes []node
}

// reset empties the tree and keeps its memory.
func (t *tree) reset() {
	t.nodes = append(t.nodes[:0], node{})
}

// add appends a node.
func (t *tree) add(kind nodeKind, text string, off int) int32 {
	t.nodes = append(t.nodes, node{kind: kind, text: text, off: int32(off)})
	return int32(len(t.nodes) - 1)
}

// link makes n the last child of parent; last is the child added before, 0 at first.
func (t *tree) link(parent, last, n int32) int32 {
	if last == 0 {
		t.nodes[parent].child = n
	} else {
		t.nodes[last].next = n
	}
	t.nodes[parent].count++
	return n
}

// get returns key and value of a member of a mapping, 0 if there is none.
func (t *tree) get(m int32, name string) (key, value int32) {
	if t.nodes[m].kind != mapNode {
		return 0, 0
	}
	for k := t.nodes[m].child; k != 0; {
		v := t.nodes[k].next
		if t.nodes[k].text == name {
			return k, v
		}
		k = t.nodes[v].next
	}
	return 0, 0
}

// item returns the i-th item of a list, 0 if there is none.
func (t *tree) item(list int32, i int) int32 {
	n := t.nodes[list].child
	for ; n != 0 && i > 0; i-- {
		n = t.nodes[n].next
	}
	return n
}

// appendJSON writes a node as compact JSON with sorted keys.
func (t *tree) appendJSON(b []byte, n int32) []byte {
	switch nd := &t.nodes[n]; nd.kind {
	case nullNode:
		return append(b, "null"...)
	case boolNode, numberNode:
		return append(b, nd.text...)
	case stringNode:
		return appendJSONString(b, nd.text)
	case listNode:
		b = append(b, '[')
		for c := nd.child; c != 0; c = t.nodes[c].next {
			if c != nd.child {
				b = append(b, ',')
			}
			b = t.appendJSON(b, c)
		}
		return append(b, ']')
	default:
		var keys []int32
		for k := nd.child; k != 0; k = t.nodes[t.nodes[k].next].next {
			keys = append(keys, k)
		}
		sort.SliceStable(keys, func(i, j int) bool { return t.nodes[keys[i]].text < t.nodes[keys[j]].text })
		b = append(b, '{')
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONString(b, t.nodes[k].text)
			b = append(b, ':')
			b = t.appendJSON(b, t.nodes[k].next)
		}
		return append(b, '}')
	}
}

// appendJSONString quotes s as JSON does.
func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// quote shows a value in a message, shortened if it is long.
func quote(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) > most {
		s = s[:runeStart(s, most)] + "..."
	}
	return strconv.Quote(s)
}
