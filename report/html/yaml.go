package html

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

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
		return p.text(head, indent, v)
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

func (p *printer) text(head, indent, s string) error {
	lines, err := p.scalar(s)
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
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	lines[0] = strings.TrimPrefix(lines[0], "k: ")
	if len(p.scalars) > scalarsKept {
		clear(p.scalars)
	}
	p.scalars[s] = lines
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
		if err != nil {
			continue // a line of a key that spans several
		}
		ordered = append(ordered, keys[n])
	}
	p.orders[set] = ordered
	return ordered, nil
}
