package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/yaml"
)

// printer writes objects as `kubectl get -o yaml` does, line by line. kubectl goes from JSON through a general YAML library,
// which takes a millisecond an object; a page has thousands. So the plain structure is written here, and the library is
// asked, once for each text, how to write what is not plain. A test compares both.
type printer struct {
	scalars map[string][]string // how the library writes a text, as a value
	orders  map[string][]string // how it orders a set of keys
	lines   []string
}

// scalarsKept bounds the cache.
const scalarsKept = 100_000

func newPrinter() *printer {
	return &printer{scalars: map[string][]string{}, orders: map[string][]string{}}
}

// print returns the lines of an object. The result is valid until the next call.
func (p *printer) print(o map[string]any) ([]string, error) {
	p.lines = p.lines[:0]
	err := p.object("", "", o)
	return p.lines, err
}

// object writes a map; first stands before its first key in place of the indent, as in "- name: web".
func (p *printer) object(first, indent string, o map[string]any) error {
	keys, err := p.keys(o)
	if err != nil {
		return err
	}
	for i, k := range keys {
		head := indent
		if i == 0 && first != "" {
			head = first
		}
		if len(k) > 100 || strings.ContainsAny(k, "\n\u2028\u2029\u0085") { // a key that takes lines of its own
			if err := p.entry(head, len(indent)/2, k, o[k]); err != nil {
				return err
			}
			continue
		}
		name, err := p.scalar(k)
		if err != nil {
			return err
		}
		if err := p.value(head+name[0]+":", indent, o[k], ""); err != nil {
			return err
		}
	}
	return nil
}

// entry writes a key and its value as the library does.
func (p *printer) entry(head string, depth int, key string, v any) error {
	content := map[string]any{key: v}
	for range depth {
		content = map[string]any{"k": content}
	}
	text, err := yaml.Marshal(content)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")[depth:]
	lines[0] = head + lines[0][2*depth:]
	p.lines = append(p.lines, lines...)
	return nil
}

// value writes what stands after a key, or after the dash of a list.
func (p *printer) value(head, indent string, v any, deeper string) error {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			p.lines = append(p.lines, head+" {}")
			return nil
		}
		if deeper != "" { // in a list
			return p.object(head+" ", indent+deeper, v)
		}
		p.lines = append(p.lines, head)
		return p.object("", indent+"  ", v)
	case []any:
		if len(v) == 0 {
			p.lines = append(p.lines, head+" []")
			return nil
		}
		return p.list(head, indent, v, deeper)
	case string:
		return p.text(head, indent, v, deeper != "")
	case json.Number:
		p.lines = append(p.lines, head+" "+string(v))
	case bool:
		p.lines = append(p.lines, head+" "+strconv.FormatBool(v))
	default:
		p.lines = append(p.lines, head+" null")
	}
	return nil
}

func (p *printer) list(head, indent string, v []any, deeper string) error {
	dash := indent + "-"
	if deeper == "" {
		p.lines = append(p.lines, head)
	} else { // a list within a list begins on the line of its dash
		dash, indent = head+" -", indent+deeper
	}
	for i, item := range v {
		if err := p.value(dash, indent, item, "  "); err != nil {
			return err
		}
		if i == 0 {
			dash = indent + "-"
		}
	}
	return nil
}

func (p *printer) text(head, indent, s string, inList bool) error {
	var lines []string
	var err error
	if len(s) > wraps && strings.Contains(s, " ") {
		lines, err = p.wrapped(s, len(indent)/2, utf8.RuneCountInString(head)-len(indent)-1, inList)
	} else {
		lines, err = p.scalar(s)
	}
	if err != nil {
		return err
	}
	p.lines = append(p.lines, head+" "+lines[0])
	for _, l := range lines[1:] {
		if l != "" {
			l = indent + l
		}
		p.lines = append(p.lines, l)
	}
	return nil
}

// wraps is the length from which on the library may break a text with blanks in it, depending on where it stands.
const wraps = 20

// wrapped is a text as the library writes it so many maps deep, after a key of a length or in a list. The lines after the
// first lack the indent.
func (p *printer) wrapped(s string, depth, key int, inList bool) ([]string, error) {
	id := fmt.Sprint(depth, " ", key, " ", inList, " ", s)
	if known, ok := p.scalars[id]; ok {
		return known, nil
	}
	var content any = s
	skip, start := depth, 2*depth+key+2
	if inList {
		content, key, skip, start = []string{s}, 1, depth+1, 2*depth+2
	}
	content = map[string]any{strings.Repeat("k", key): content}
	for range depth {
		content = map[string]any{"k": content}
	}
	text, err := yaml.Marshal(content)
	if err != nil {
		return []string{strconv.Quote(s)}, nil
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")[skip:]
	lines[0] = lines[0][start:]
	for i := range lines[1:] {
		lines[i+1] = strings.TrimPrefix(lines[i+1], strings.Repeat("  ", depth))
	}
	p.keep(id, lines)
	return lines, nil
}

func (p *printer) keep(id string, lines []string) {
	if len(p.scalars) > scalarsKept {
		clear(p.scalars)
	}
	p.scalars[id] = lines
}

// scalar is a text as the library writes it after a key that is not indented.
func (p *printer) scalar(s string) ([]string, error) {
	if plain(s) {
		return []string{s}, nil
	}
	if instant(s) {
		return []string{`"` + s + `"`}, nil
	}
	if known, ok := p.scalars[s]; ok {
		return known, nil
	}
	text, err := yaml.Marshal(map[string]string{"k": s})
	if err != nil { // a control character, which the library, and so kubectl, refuses
		return []string{strconv.Quote(s)}, nil
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	lines[0] = strings.TrimPrefix(lines[0], "k: ")
	p.keep(s, lines)
	return lines, nil
}

// plain is true for texts that are surely written as they are: letters, digits and some punctuation after a letter, and too
// long for any of the words that mean something else.
func plain(s string) bool {
	if len(s) < 6 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.' || c == '/' || c == '_'):
		default:
			return false
		}
	}
	return true
}

// instant is true for 2026-01-01T00:00:00Z, which is quoted lest it be read as a time.
func instant(s string) bool {
	const form = "0000-00-00T00:00:00Z"
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		if digit := s[i] >= '0' && s[i] <= '9'; digit != (form[i] == '0') || !digit && s[i] != form[i] {
			return false
		}
	}
	return true
}

// keys orders a map's keys as the library does: numbers in them count as numbers.
func (p *printer) keys(o map[string]any) ([]string, error) {
	keys := make([]string, 0, len(o))
	for k := range o { // unordered: sorted below
		keys = append(keys, k)
	}
	slices.Sort(keys)
	if len(keys) < 2 {
		return keys, nil
	}
	set := strings.Join(keys, "\x00")
	if known, ok := p.orders[set]; ok {
		return known, nil
	}
	// The library writes the places of the keys in its own order.
	places := make(map[string]int, len(keys))
	for i, k := range keys {
		places[k] = i
	}
	text, err := yaml.Marshal(places)
	if err != nil {
		return nil, err
	}
	ordered := make([]string, 0, len(keys))
	for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		i := bytes.LastIndexByte(line, ' ')
		n, err := strconv.Atoi(string(line[i+1:]))
		if err != nil || n < 0 || n >= len(keys) {
			continue // a line of a key that spans several
		}
		ordered = append(ordered, keys[n])
	}
	if len(ordered) != len(keys) {
		ordered = keys
	}
	p.orders[set] = ordered
	return ordered, nil
}
