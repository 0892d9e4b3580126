package admission

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"clustersim/sim/store"
)

// Strategic merge patches, told by the struct tags patchStrategy and patchMergeKey of the API types. Objects are JSON
// values: map[string]any, []any and scalars.
//
// Differs: the package strategicpatch of apimachinery is not used, since it brings the OpenAPI libraries along.
// Merged lists keep their order and new items come last, unless the patch has $setElementOrder.
//
// Source: k8s v1.36.3 staging apimachinery/pkg/util/strategicpatch/patch.go.

const (
	directive    = "$patch"
	retainKeys   = "$retainKeys"
	elementOrder = "$setElementOrder/"
	deleteFrom   = "$deleteFromPrimitiveList/"
)

// fieldRule says how a field is merged.
type fieldRule struct {
	typ        reflect.Type // of the field or, for a list, of its items; nil if unknown
	merge      bool         // a list is merged, not replaced
	key        string       // the item field by which items are told apart; "" for scalars
	retainKeys bool         // what a new value lacks is removed
}

// ruleOf returns the rule of a field of a struct type.
func ruleOf(t reflect.Type, name string) fieldRule {
	t = bare(t)
	switch {
	case t == nil:
		return fieldRule{}
	case t.Kind() == reflect.Map:
		return fieldRule{typ: bare(t.Elem())}
	case t.Kind() != reflect.Struct:
		return fieldRule{}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if strings.Contains(options, "inline") {
			if r := ruleOf(f.Type, name); r.typ != nil {
				return r
			}
		}
		if tag != name || name == "" {
			continue
		}
		strategy := strings.Split(f.Tag.Get("patchStrategy"), ",")
		r := fieldRule{typ: bare(f.Type), key: f.Tag.Get("patchMergeKey"), merge: slices.Contains(strategy, "merge"), retainKeys: slices.Contains(strategy, "retainKeys")}
		if r.typ.Kind() == reflect.Slice {
			r.typ = bare(r.typ.Elem())
		}
		return r
	}
	return fieldRule{}
}

func bare(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// strategicMerge returns current with the patch merged in. current is changed.
func strategicMerge(current, patch map[string]any, t reflect.Type) (map[string]any, error) {
	switch d := patch[directive]; d {
	case nil:
	case "replace":
		delete(patch, directive)
		return patch, nil
	case "delete":
		return map[string]any{}, nil
	default:
		if d != "merge" {
			return nil, store.Errorf(store.CodeBadRequest, "Unknown patch type: %v", d)
		}
	}
	if keep, ok := patch[retainKeys].([]any); ok {
		for k := range current { // unordered: each key for itself
			if !slices.Contains(keep, any(k)) {
				delete(current, k)
			}
		}
	}
	for _, name := range sortedNames(patch) {
		if err := mergeField(current, patch, name, t); err != nil {
			return nil, err
		}
	}
	return current, nil
}

// mergeField merges one field of the patch.
func mergeField(current, patch map[string]any, name string, t reflect.Type) error {
	value := patch[name]
	switch {
	case name == directive || name == retainKeys || strings.HasPrefix(name, elementOrder):
		return nil
	case strings.HasPrefix(name, deleteFrom):
		field := strings.TrimPrefix(name, deleteFrom)
		have, _ := current[field].([]any)
		gone, _ := value.([]any)
		current[field] = slices.DeleteFunc(have, func(v any) bool { return containsValue(gone, v) })
		return nil
	case value == nil:
		delete(current, name)
		return nil
	}
	rule := ruleOf(t, name)
	switch v := value.(type) {
	case map[string]any:
		have, ok := current[name].(map[string]any)
		if !ok {
			have = map[string]any{}
		}
		merged, err := strategicMerge(have, v, rule.typ)
		if err == nil && v[directive] == "delete" {
			delete(current, name)
			return nil
		}
		current[name] = merged
		return err
	case []any:
		have, _ := current[name].([]any)
		order, _ := patch[elementOrder+name].([]any)
		merged, err := mergeList(have, v, rule)
		current[name] = ordered(merged, order, rule.key)
		return err
	}
	current[name] = value
	return nil
}

// mergeList merges the items of a list, or replaces it.
func mergeList(current, patch []any, rule fieldRule) ([]any, error) {
	if !rule.merge {
		return patch, nil
	}
	if rule.key == "" {
		for _, v := range patch {
			if !containsValue(current, v) {
				current = append(current, v)
			}
		}
		return current, nil
	}
	replace := slices.ContainsFunc(patch, func(v any) bool { m, _ := v.(map[string]any); return m[directive] == "replace" })
	if replace {
		return slices.DeleteFunc(patch, func(v any) bool { m, _ := v.(map[string]any); return m[directive] == "replace" }), nil
	}
	for _, v := range patch {
		item, ok := v.(map[string]any)
		if !ok || item[rule.key] == nil {
			return nil, store.Errorf(store.CodeBadRequest, "map: %v does not contain declared merge key: %s", v, rule.key)
		}
		i := indexByKey(current, rule.key, item[rule.key])
		switch {
		case item[directive] == "delete":
			if i >= 0 {
				current = slices.Delete(current, i, i+1)
			}
		case i < 0:
			fresh, err := strategicMerge(map[string]any{}, item, rule.typ)
			if err != nil {
				return nil, err
			}
			current = append(current, fresh)
		default:
			merged, err := strategicMerge(current[i].(map[string]any), item, rule.typ)
			if err != nil {
				return nil, err
			}
			current[i] = merged
		}
	}
	return current, nil
}

// ordered brings the items that order names into its order; each other item stays behind the one that it stood behind.
func ordered(list, order []any, key string) []any {
	if len(order) == 0 {
		return list
	}
	place := func(v any) int {
		for i, o := range order {
			if sameItem(v, o, key) {
				return i
			}
		}
		return -1
	}
	rank := make([]int, len(list)) // the place of the item, or of the nearest named one before it
	last := -1
	for i, v := range list {
		if p := place(v); p >= 0 {
			last = p
		}
		rank[i] = last
	}
	at := make([]int, len(list))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return rank[a] - rank[b] })
	out := make([]any, len(list))
	for i, j := range at {
		out[i] = list[j]
	}
	return out
}

func sameItem(a, b any, key string) bool {
	x, ok := a.(map[string]any)
	y, ok2 := b.(map[string]any)
	if ok && ok2 && key != "" {
		return sameValue(x[key], y[key])
	}
	return sameValue(a, b)
}

func indexByKey(list []any, key string, value any) int {
	return slices.IndexFunc(list, func(v any) bool {
		m, ok := v.(map[string]any)
		return ok && sameValue(m[key], value)
	})
}

func containsValue(list []any, v any) bool {
	return slices.ContainsFunc(list, func(o any) bool { return sameValue(o, v) })
}

// sameValue compares scalars of JSON by what they print.
func sameValue(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for k := range m { // unordered: sorted below
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}
