package kubectl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
)

// decode reads JSON and keeps whole numbers whole.
func decode(text []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	content := map[string]any{}
	err := d.Decode(&content)
	return content, err
}

// relaxed is what kubectl takes for a path: a.b, .a.b, {a.b} and {.a.b}.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/cmd/get/customcolumn.go RelaxedJSONPathExpression.
var relaxed = regexp.MustCompile(`^\{\.?([^{}]+)\}$|^\.?([^{}]+)$`)

// step is one part of a path: a field, an element of a list, or with all set any element.
type step struct {
	field string
	index int
	list  bool
	all   bool
}

// parsePath reads the part of JSONPath that names one place: fields, ['quoted fields'], [0], [-1] and [*].
func parsePath(text string) ([]step, string, error) {
	m := relaxed.FindStringSubmatch(text)
	if m == nil {
		return nil, "", usage("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'")
	}
	path := m[1] + m[2]
	steps := []step{}
	for rest := "." + path; rest != ""; {
		var s step
		var ok bool
		if s, rest, ok = nextStep(rest); !ok {
			return nil, "", usage("path %q: only fields and [index] can be sorted by", text)
		}
		steps = append(steps, s)
	}
	return steps, "{." + path + "}", nil
}

func nextStep(s string) (step, string, bool) {
	if strings.HasPrefix(s, ".") {
		var field strings.Builder
		i := 1
		for ; i < len(s) && s[i] != '.' && s[i] != '['; i++ {
			if s[i] == '\\' && i+1 < len(s) {
				i++
			}
			field.WriteByte(s[i])
		}
		return step{field: field.String()}, s[i:], field.Len() > 0
	}
	end := strings.IndexByte(s, ']')
	if !strings.HasPrefix(s, "[") || end < 0 {
		return step{}, "", false
	}
	inside, rest := s[1:end], s[end+1:]
	if inside == "*" {
		return step{list: true, all: true}, rest, true
	}
	if n := len(inside); n >= 2 && (inside[0] == '\'' || inside[0] == '"') && inside[n-1] == inside[0] {
		return step{field: inside[1 : n-1]}, rest, true
	}
	i, err := strconv.Atoi(inside)
	return step{list: true, index: i}, rest, err == nil
}

// lookup returns the first value at the path, or nil.
func lookup(value any, path []step) any {
	for i, s := range path {
		if !s.list {
			fields, _ := value.(map[string]any)
			value = fields[s.field]
			continue
		}
		list, _ := value.([]any)
		if s.all {
			for _, item := range list {
				if found := lookup(item, path[i+1:]); found != nil {
					return found
				}
			}
			return nil
		}
		at := s.index
		if at < 0 {
			at += len(list)
		}
		if at < 0 || at >= len(list) {
			return nil
		}
		value = list[at]
	}
	return value
}

// bySortKey sorts objects with their keys. It is not stable on purpose: kubectl calls the same sort.Sort, which is
// deterministic, so ties fall as they do there.
type bySortKey struct {
	objects []model.Object
	keys    []any
}

func (s bySortKey) Len() int { return len(s.objects) }

func (s bySortKey) Swap(i, j int) {
	s.objects[i], s.objects[j] = s.objects[j], s.objects[i]
	s.keys[i], s.keys[j] = s.keys[j], s.keys[i]
}

// Less puts objects without the field first. Strings that are both quantities compare as such.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/cmd/get/sorter.go isLess.
func (s bySortKey) Less(i, j int) bool {
	a, b := s.keys[i], s.keys[j]
	if a == nil {
		return true
	}
	if b == nil {
		return false
	}
	switch a := a.(type) {
	case string:
		b, _ := b.(string)
		p, errA := resource.ParseQuantity(a)
		q, errB := resource.ParseQuantity(b)
		if errA == nil && errB == nil {
			return p.Cmp(q) < 0
		}
		return a < b
	case json.Number:
		b, _ := b.(json.Number)
		p, errA := a.Float64()
		q, errB := b.Float64()
		return errA == nil && errB == nil && p < q
	}
	return fmt.Sprint(a) < fmt.Sprint(b)
}

// sortSections sorts each section by itself.
func sortSections(sections []section, by string) error {
	if by == "" {
		return nil
	}
	path, name, err := parsePath(by)
	if err != nil {
		return err
	}
	objects, found := 0, false
	for n := range sections {
		s := bySortKey{objects: append([]model.Object(nil), sections[n].objects...)}
		for _, o := range s.objects {
			content, err := unstructured(o)
			if err != nil {
				return usage("%v", err)
			}
			s.keys = append(s.keys, lookup(content, path))
			objects++
			found = found || s.keys[len(s.keys)-1] != nil
		}
		sort.Sort(s)
		sections[n].objects = s.objects
	}
	if objects > 0 && !found {
		return usage("couldn't find any field with path %q in the list of objects", name)
	}
	return nil
}
