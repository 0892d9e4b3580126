package model

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// binder writes a tree into Go values and notes every mistake. Its rules are those of encoding/json with case-sensitive
// names, unknown and duplicate fields refused: null changes nothing, a number never becomes a string.
//
// Source: sigs.k8s.io/json UnmarshalStrict, by which the API server reads with fieldValidation=Strict.
// Differs: every mistake is found, not the first of each sort; timestamps are kept in UTC, not in the machine's zone.
type binder struct {
	*tree
	types      typeTable
	quantities map[string]resource.Quantity // parsed once each
	path       []step
	report     func(off int32, s Severity, path, message, hint string)
	seen       map[string]bool // field paths already reported as not simulated
	quiet      bool            // do not report fields that are not simulated
}

// step is one part of a field path: a field, a key in brackets, or an index.
type step struct {
	name  string
	index int32
	kind  stepKind
}

type stepKind uint8

const (
	fieldStep stepKind = iota
	keyStep
	indexStep
)

// pathString prints a path as the API server does: spec.containers[0].resources.limits[cpu].
func pathString(path []step, indexes bool) string {
	var b strings.Builder
	for _, s := range path {
		switch s.kind {
		case fieldStep:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.name)
		case keyStep:
			b.WriteString("[" + s.name + "]")
		case indexStep:
			if indexes {
				b.WriteString("[" + strconv.Itoa(int(s.index)) + "]")
			}
		}
	}
	return b.String()
}

// fieldPath of where the binder stands, with a field appended if name is not empty.
func (b *binder) fieldPath(name string) string {
	path := b.path
	if name != "" {
		path = append(path[:len(path):len(path)], step{name: name})
	}
	return pathString(path, true)
}

// fail reports an error at node n.
func (b *binder) fail(n int32, hint, format string, args ...any) {
	b.report(b.nodes[n].off, Error, b.fieldPath(""), fmt.Sprintf(format, args...), hint)
}

// bind writes node n into v, which is addressable and zero.
func (b *binder) bind(n int32, v reflect.Value, info *typeInfo) {
	if b.nodes[n].kind == nullNode {
		if info.kind == goDuration {
			b.fail(n, "", "invalid duration \"\" in field %q", b.fieldPath(""))
		}
		return
	}
	switch info.kind {
	case goStruct:
		b.bindStruct(n, v, info)
	case goPointer:
		p := reflect.New(info.elem.t)
		b.bind(n, p.Elem(), info.elem)
		v.Set(p)
	case goSlice:
		b.bindSlice(n, v, info)
	case goMap:
		b.bindMap(n, v, info)
	case goStringMap:
		b.bindStringMap(n, v)
	case goResourceList:
		b.bindResourceList(n, v)
	default:
		b.bindScalar(n, v, info)
	}
}

// mismatch reports a value of the wrong kind.
func (b *binder) mismatch(n int32, want string) {
	nd := &b.nodes[n]
	what := nd.kind.String()
	hint := ""
	switch {
	case nd.kind == stringNode || nd.kind == numberNode:
		what += " " + quote(nd.text)
		if nd.kind == numberNode {
			what = "number " + nd.text
		}
	case nd.kind == boolNode:
		what += " " + nd.text
	}
	switch {
	case want == "string" && (nd.kind == numberNode || nd.kind == boolNode):
		hint = "write it in quotes"
		if nd.kind == boolNode {
			hint = "YAML reads yes, no, on, off, y, n, true and false as booleans: write it in quotes"
		}
	case nd.kind == stringNode && !nd.plain && (want == "int" || want == "bool"):
		if kind, _, ok := resolvePlain(nd.text); ok && (kind == numberNode && want == "int" || kind == boolNode && want == "bool") {
			hint = "write it without quotes"
		}
	case want == "list" && nd.kind == mapNode:
		hint = "begin each item with \"- \""
	}
	b.fail(n, hint, "cannot use %s as %s in field %q", what, want, b.fieldPath(""))
}

// bindStruct writes a mapping into a struct.
func (b *binder) bindStruct(n int32, v reflect.Value, info *typeInfo) {
	if b.nodes[n].kind != mapNode {
		b.mismatch(n, "mapping")
		return
	}
	var set [maxFields / 64]uint64
	for k := b.nodes[n].child; k != 0; {
		value := b.nodes[k].next
		name := b.nodes[k].text
		f := info.fields[name]
		if f == nil {
			b.unknownField(k, info)
		} else if bit := uint64(1) << (f.number % 64); set[f.number/64]&bit != 0 {
			b.report(b.nodes[k].off, Error, b.fieldPath(name), fmt.Sprintf("duplicate field %q", b.fieldPath(name)), "")
		} else {
			set[f.number/64] |= bit
			b.path = append(b.path, step{name: name})
			if f.reason != "" && !b.quiet {
				b.unsimulated(k, value, f.reason)
			}
			field := v
			for _, i := range f.index {
				field = field.Field(i)
			}
			b.bind(value, field, f.info)
			b.path = b.path[:len(b.path)-1]
		}
		k = b.nodes[value].next
	}
}

// unknownField reports a key that the struct does not have.
func (b *binder) unknownField(k int32, info *typeInfo) {
	name := b.nodes[k].text
	path := b.fieldPath(name)
	hint := b.misplaced(name, info)
	if similar(name, info.names) != "" || hint == "" {
		hint = didYouMean(name, info.names)
	}
	b.report(b.nodes[k].off, Error, path, fmt.Sprintf("unknown field %q", path), hint)
}

// misplaced tells where a field is known that stands one level too high: of several places, in the largest struct.
func (b *binder) misplaced(name string, info *typeInfo) string {
	place, size := "", 0
	for _, parent := range info.names {
		below := info.fields[parent].info
		suffix := ""
		if below.kind == goPointer {
			below = below.elem
		} else if below.kind == goSlice {
			below, suffix = below.elem, "[]"
		}
		if below.kind == goStruct && below.fields[name] != nil && len(below.names) > size {
			place, size = b.fieldPath(parent)+suffix, len(below.names)
		}
	}
	if place == "" {
		return ""
	}
	return fmt.Sprintf("it is a field of %q: look at the indentation", place)
}

// unsimulated notes once a field path that the simulator accepts and does not act on.
func (b *binder) unsimulated(k, value int32, reason string) {
	nd := &b.nodes[value]
	if nd.kind == nullNode || (nd.kind == mapNode || nd.kind == listNode) && nd.count == 0 || nd.kind == boolNode && nd.text == "false" {
		return
	}
	if reason == noCommand && b.sleeps(value) {
		return
	}
	path := pathString(b.path, false)
	if b.seen[path] {
		return
	}
	b.seen[path] = true
	b.report(b.nodes[k].off, Warning, path, path+" is accepted and not simulated: "+reason, "")
}

// sleeps reports whether a command says how long it takes: the kubelet goes by its `sleep N`.
func (b *binder) sleeps(list int32) bool {
	if b.nodes[list].kind != listNode {
		return false
	}
	for c := b.nodes[list].child; c != 0; c = b.nodes[c].next {
		if strings.Contains(b.nodes[c].text, "sleep") {
			return true
		}
	}
	return false
}

// bindSlice writes a list into a slice.
func (b *binder) bindSlice(n int32, v reflect.Value, info *typeInfo) {
	if b.nodes[n].kind != listNode {
		b.mismatch(n, "list")
		return
	}
	count := int(b.nodes[n].count)
	s := reflect.MakeSlice(info.t, count, count)
	b.path = append(b.path, step{kind: indexStep})
	c := b.nodes[n].child
	for i := range count {
		b.path[len(b.path)-1].index = int32(i)
		b.bind(c, s.Index(i), info.elem)
		c = b.nodes[c].next
	}
	b.path = b.path[:len(b.path)-1]
	v.Set(s)
}

// members calls f for every member of a mapping whose key was not there before.
func (b *binder) members(n int32, has func(key string) bool, f func(key string, value int32)) {
	for k := b.nodes[n].child; k != 0; {
		value := b.nodes[k].next
		name := b.nodes[k].text
		b.path = append(b.path, step{name: name, kind: keyStep})
		if has(name) {
			b.report(b.nodes[k].off, Error, b.fieldPath(""), fmt.Sprintf("duplicate field %q", b.fieldPath("")), "")
		} else {
			f(name, value)
		}
		b.path = b.path[:len(b.path)-1]
		k = b.nodes[value].next
	}
}

// bindMap writes a mapping into a map whose keys are strings.
func (b *binder) bindMap(n int32, v reflect.Value, info *typeInfo) {
	if b.nodes[n].kind != mapNode {
		b.mismatch(n, "mapping")
		return
	}
	m := reflect.MakeMapWithSize(info.t, int(b.nodes[n].count))
	key := func(name string) reflect.Value { return reflect.ValueOf(name).Convert(info.t.Key()) }
	b.members(n, func(name string) bool { return m.MapIndex(key(name)).IsValid() }, func(name string, value int32) {
		e := reflect.New(info.elem.t).Elem()
		b.bind(value, e, info.elem)
		m.SetMapIndex(key(name), e)
	})
	v.Set(m)
}

// bindStringMap is bindMap for labels, annotations and selectors.
func (b *binder) bindStringMap(n int32, v reflect.Value) {
	if b.nodes[n].kind != mapNode {
		b.mismatch(n, "mapping")
		return
	}
	m := make(map[string]string, b.nodes[n].count)
	b.members(n, func(name string) bool { _, ok := m[name]; return ok }, func(name string, value int32) {
		text := ""
		switch b.nodes[value].kind {
		case stringNode:
			text = b.nodes[value].text
		case nullNode:
		default:
			b.mismatch(value, "string")
		}
		m[name] = text
	})
	*v.Addr().Interface().(*map[string]string) = m
}

// bindResourceList is bindMap for requests, limits and capacities.
func (b *binder) bindResourceList(n int32, v reflect.Value) {
	if b.nodes[n].kind != mapNode {
		b.mismatch(n, "mapping")
		return
	}
	m := make(corev1.ResourceList, b.nodes[n].count)
	b.members(n, func(name string) bool { _, ok := m[corev1.ResourceName(name)]; return ok }, func(name string, value int32) {
		m[corev1.ResourceName(name)] = b.quantity(value)
	})
	*v.Addr().Interface().(*corev1.ResourceList) = m
}

// bytes decodes base64.
func (b *binder) bytes(n int32) []byte {
	if b.nodes[n].kind != stringNode {
		b.mismatch(n, "base64 string")
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(b.nodes[n].text)
	if err != nil {
		b.fail(n, "stringData takes plain text", "%v in field %q", err, b.fieldPath(""))
	}
	return data
}
