package check

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// Pattern is a partial object as a scenario writes it: exactly one of its forms.
type Pattern struct {
	Place  model.Place
	Fields []Entry    // a mapping
	Items  []*Pattern // a list
	List   bool       // it is a list, maybe empty
	Null   bool
	Text   string // a scalar, as JSON and YAML write it
	String bool   // the scalar is text, not a number or a boolean
}

// Entry is one field of a mapping.
type Entry struct {
	Name  string
	Place model.Place
	Value *Pattern
}

// PatternMistake is what is wrong with a Pattern.
type PatternMistake struct {
	Place         model.Place
	Message, Hint string
}

// Match is a compiled partial object.
type Match struct {
	Kind *model.Kind
	root matcher
}

// matcher compares a part of an object. d collects what differs; nil: only the answer is wanted.
type matcher interface {
	match(v any, path string, d *diff) bool
}

// diff is what differs between an object and a pattern.
type diff struct {
	lines []string
	same  int // leaves that do not differ; those of metadata count for ten
}

func (d *diff) add(path string, is, want string) {
	if d != nil {
		d.lines = append(d.lines, fmt.Sprintf("%s: is %s, wanted %s", path, is, want))
	}
}

func (d *diff) equal(path string) {
	if d != nil {
		d.same++
		if strings.HasPrefix(path, "metadata.") {
			d.same += 9
		}
	}
}

// CompileMatch checks a pattern against the type of its kind and makes it ready.
func CompileMatch(k *model.Kind, p *Pattern) (*Match, []PatternMistake) {
	c := &patternCompiler{}
	t := reflect.TypeOf(k.New()).Elem()
	root := &Pattern{Place: p.Place}
	for _, f := range p.Fields {
		if f.Name != "kind" && f.Name != "apiVersion" {
			root.Fields = append(root.Fields, f)
		}
	}
	m := &Match{Kind: k, root: c.compile(t, root, "")}
	return m, c.mistakes
}

type patternCompiler struct{ mistakes []PatternMistake }

func (c *patternCompiler) errorf(at model.Place, hint, format string, args ...any) {
	c.mistakes = append(c.mistakes, PatternMistake{at, fmt.Sprintf(format, args...), hint})
}

func (c *patternCompiler) compile(t reflect.Type, p *Pattern, path string) matcher {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case isScalar(t) || t == rawExtension || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return c.scalar(t, p, path)
	case t.Kind() == reflect.Struct:
		return c.structure(t, p, path)
	case t.Kind() == reflect.Map:
		if p.List || p.Text != "" || p.String {
			c.errorf(p.Place, "", "%s: must be a mapping", path)
			return nothing{}
		}
		var m fieldsMatcher
		for _, f := range p.Fields {
			at := join(path, f.Name)
			if f.Value.Null {
				m = append(m, fieldMatcher{f.Name, absent{}})
				continue
			}
			m = append(m, fieldMatcher{f.Name, c.compile(t.Elem(), f.Value, at)})
		}
		return m
	}
	if !p.List {
		c.errorf(p.Place, "", "%s: must be a list", path)
		return nothing{}
	}
	var m listMatcher
	for i, item := range p.Items {
		m = append(m, c.compile(t.Elem(), item, fmt.Sprintf("%s[%d]", path, i)))
	}
	return m
}

func (c *patternCompiler) structure(t reflect.Type, p *Pattern, path string) matcher {
	if p.List || p.Text != "" || p.String {
		c.errorf(p.Place, "", "%s: must be a mapping", orObject(path))
		return nothing{}
	}
	s := structureOf(t)
	var m fieldsMatcher
	for _, f := range p.Fields {
		known, ok := s.fields[f.Name]
		at := join(path, f.Name)
		switch {
		case !ok:
			c.errorf(f.Place, model.DidYouMean(f.Name, s.names), "unknown field %q", at)
		case f.Value.Null:
			m = append(m, fieldMatcher{f.Name, absent{}})
		default:
			m = append(m, fieldMatcher{f.Name, c.compile(known.typ, f.Value, at)})
		}
	}
	return m
}

func orObject(path string) string {
	if path == "" {
		return "match"
	}
	return path
}

// scalar compiles a single value: it has to be one that the field can have.
func (c *patternCompiler) scalar(t reflect.Type, p *Pattern, path string) matcher {
	if p.List || p.Fields != nil {
		c.errorf(p.Place, "", "%s: must be a single value", path)
		return nothing{}
	}
	m := scalarMatcher{want: p.Text, name: path == "metadata.name"}
	var err error
	wants := ""
	switch {
	case t == quantityType:
		m.quantity = new(resource.Quantity)
		*m.quantity, err = resource.ParseQuantity(p.Text)
		wants = "a quantity such as 500m or 16Gi"
	case t == intOrString:
	case t.Kind() == reflect.String:
		if !p.String {
			c.errorf(p.Place, "", "%s: must be text: write %q, in quotes", path, p.Text)
		}
	case t.Kind() == reflect.Bool:
		_, err = strconv.ParseBool(p.Text)
		wants = "true or false"
	case t.Kind() == reflect.Struct:
	case t.Kind() == reflect.Float64 || t.Kind() == reflect.Float32:
		_, err = strconv.ParseFloat(p.Text, 64)
		wants = "a number"
	default:
		_, err = strconv.ParseInt(p.Text, 10, 64)
		wants = "a whole number"
	}
	if err != nil {
		c.errorf(p.Place, "", "%s: must be %s, got %q", path, wants, p.Text)
	}
	return m
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// nothing stands for a part of a pattern with a mistake.
type nothing struct{}

func (nothing) match(any, string, *diff) bool { return false }

// absent wants a field not to be set; fieldsMatcher looks.
type absent struct{}

func (absent) match(any, string, *diff) bool { return false }

type fieldMatcher struct {
	name string
	m    matcher
}

// fieldsMatcher compares fields of a struct or entries of a map.
type fieldsMatcher []fieldMatcher

func (m fieldsMatcher) match(v any, path string, d *diff) bool {
	ok := true
	for _, f := range m {
		at := join(path, f.name)
		value, set := fieldOf(v, f.name)
		good := false
		switch _, wantsNone := f.m.(absent); {
		case wantsNone && !set:
			good = true
			d.equal(at)
		case wantsNone:
			d.add(at, brief(value), "nothing")
		default:
			good = f.m.match(value, at, d)
		}
		if !good {
			ok = false
			if d == nil {
				return false
			}
		}
	}
	return ok
}

// fieldOf reads a field of an object, or an entry of a map.
func fieldOf(v any, name string) (value any, set bool) {
	if o, ok := v.(*object); ok {
		value, err := o.get(name)
		if err != nil {
			return nil, false
		}
		return value, o.has(name)
	}
	m := reflect.ValueOf(v)
	if m.Kind() != reflect.Map {
		return nil, false
	}
	e := m.MapIndex(reflect.ValueOf(name).Convert(m.Type().Key()))
	if !e.IsValid() {
		return nil, false
	}
	return goValue(e), true
}

// listMatcher wants each of its items matched by an item of its own, in any order.
type listMatcher []matcher

func (m listMatcher) match(v any, path string, d *diff) bool {
	list := reflect.ValueOf(v)
	n := 0
	if list.Kind() == reflect.Slice {
		n = list.Len()
	}
	fits := make([][]bool, len(m))
	for i := range m {
		fits[i] = make([]bool, n)
		for k := range n {
			fits[i][k] = m[i].match(goValue(list.Index(k)), "", nil)
		}
	}
	taken := make([]int, n) // index of the pattern + 1
	for i := range m {
		if assign(i, fits, taken, make([]bool, n)) {
			d.equal(path)
			continue
		}
		if d != nil {
			m.nearest(i, list, n, taken, path, d)
		}
		return false
	}
	return true
}

// assign finds an item for a pattern, moving others if need be.
func assign(i int, fits [][]bool, taken []int, seen []bool) bool {
	for k, fit := range fits[i] {
		if !fit || seen[k] {
			continue
		}
		seen[k] = true
		if taken[k] == 0 || assign(taken[k]-1, fits, taken, seen) {
			taken[k] = i + 1
			return true
		}
	}
	return false
}

// nearest tells how the free item that differs least differs from the pattern.
func (m listMatcher) nearest(i int, list reflect.Value, n int, taken []int, path string, d *diff) {
	var best *diff
	for k := range n {
		if taken[k] != 0 {
			continue
		}
		one := &diff{}
		m[i].match(goValue(list.Index(k)), fmt.Sprintf("%s[%d]", path, k), one)
		if best == nil || len(one.lines) < len(best.lines) {
			best = one
		}
	}
	if best == nil {
		d.add(path, fmt.Sprintf("a list of %d", n), "one more item")
		return
	}
	d.lines, d.same = append(d.lines, best.lines...), d.same+best.same
}

// scalarMatcher compares one value.
type scalarMatcher struct {
	want     string
	quantity *resource.Quantity
	name     bool // a name, which may be a glob: no name has a * in it
}

func (m scalarMatcher) match(v any, path string, d *diff) bool {
	text := scalarText(v)
	ok := text == m.want
	switch {
	case m.quantity != nil:
		q, err := resource.ParseQuantity(text)
		ok = err == nil && q.Cmp(*m.quantity) == 0
	case m.name && strings.ContainsAny(m.want, "*?"):
		ok = world.Match(m.want, text)
	}
	if ok {
		d.equal(path)
	} else {
		d.add(path, brief(v), strconv.Quote(m.want))
	}
	return ok
}

// scalarText is a value as JSON writes it, without quotes.
func scalarText(v any) string {
	switch x := v.(type) {
	case types.String:
		return string(x)
	case string:
		return x
	case types.Timestamp:
		if x.IsZero() {
			return ""
		}
		return x.UTC().Format(time.RFC3339)
	case types.Duration:
		return x.Duration.String()
	case types.Null, nil:
		return ""
	case []byte:
		return string(x)
	}
	return fmt.Sprint(v)
}

// brief is a value in a message.
func brief(v any) string {
	switch r := reflect.ValueOf(v); {
	case v == nil || !r.IsValid():
		return "not set"
	case r.Kind() == reflect.Slice:
		return fmt.Sprintf("a list of %d", r.Len())
	case r.Kind() == reflect.Map:
		return fmt.Sprintf("a mapping of %d", r.Len())
	}
	if _, ok := v.(*object); ok {
		return "set"
	}
	if s := scalarText(v); s != "" {
		return strconv.Quote(s)
	}
	return "not set"
}

// Holds says whether an object matches.
func (m *Match) Holds(o store.Object) bool { return m.root.match(whole(o), "", nil) }

// nearest finds the object that differs least from the pattern, and how.
func (m *Match) nearest(list []store.Object) (o store.Object, lines []string) {
	best := -1
	for _, candidate := range list {
		d := &diff{}
		m.root.match(whole(candidate), "", d)
		if d.same > best && len(d.lines) > 0 {
			best, o, lines = d.same, candidate, slices.Clone(d.lines)
		}
	}
	return o, lines
}
