package admission

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// operation is one step of an RFC 6902 patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	From  string `json:"from"`
	Value any    `json:"value"`
}

// jsonPatch carries out a patch on a document, which is changed.
func jsonPatch(doc any, patch []byte) (any, error) {
	var ops []operation
	if err := json.Unmarshal(patch, &ops); err != nil {
		return nil, err
	}
	var err error
	for _, o := range ops {
		if doc, err = o.apply(doc); err != nil {
			return nil, fmt.Errorf("%s operation does not apply: %w", o.Op, err)
		}
	}
	return doc, nil
}

func (o *operation) apply(doc any) (any, error) {
	path, err := pointer(o.Path)
	if err != nil {
		return nil, err
	}
	switch o.Op {
	case "add":
		return put(doc, path, o.Value, true)
	case "replace":
		if _, err := get(doc, path); err != nil {
			return nil, err
		}
		return put(doc, path, o.Value, false)
	case "remove":
		return remove(doc, path)
	case "test":
		v, err := get(doc, path)
		if err == nil && !reflect.DeepEqual(normal(v), normal(o.Value)) {
			err = fmt.Errorf("testing value %s failed", o.Path)
		}
		return doc, err
	case "move", "copy":
		return o.transfer(doc, path)
	}
	return nil, fmt.Errorf("unexpected kind: %s", o.Op)
}

func (o *operation) transfer(doc any, path []string) (any, error) {
	from, err := pointer(o.From)
	if err != nil {
		return nil, err
	}
	v, err := get(doc, from)
	if err != nil {
		return nil, err
	}
	if o.Op == "copy" {
		v = normal(v)
	} else if doc, err = remove(doc, from); err != nil {
		return nil, err
	}
	return put(doc, path, v, true)
}

// normal is a deep copy in which all numbers are float64.
func normal(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if json.Unmarshal(b, &out) != nil {
		return v
	}
	return out
}

// pointer splits an RFC 6901 pointer.
func pointer(p string) ([]string, error) {
	if p == "" {
		return nil, nil
	}
	if p[0] != '/' {
		return nil, fmt.Errorf("path %q does not begin with a slash", p)
	}
	parts := strings.Split(p[1:], "/")
	for i := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(parts[i], "~1", "/"), "~0", "~")
	}
	return parts, nil
}

var errMissing = errors.New("doc is missing path")

func get(doc any, path []string) (any, error) {
	for _, p := range path {
		switch d := doc.(type) {
		case map[string]any:
			v, ok := d[p]
			if !ok {
				return nil, fmt.Errorf("%w: missing key %q", errMissing, p)
			}
			doc = v
		case []any:
			i, err := index(p, len(d)-1)
			if err != nil {
				return nil, err
			}
			doc = d[i]
		default:
			return nil, errMissing
		}
	}
	return doc, nil
}

// index reads a list index of at most last.
func index(p string, last int) (int, error) {
	i, err := strconv.Atoi(p)
	if err != nil || i < 0 || i > last {
		return 0, fmt.Errorf("%w: no index %q", errMissing, p)
	}
	return i, nil
}

// put sets the value at the path; in a list, insert moves what is there.
func put(doc any, path []string, v any, insert bool) (any, error) {
	if len(path) == 0 {
		return v, nil
	}
	switch d := doc.(type) {
	case map[string]any:
		if len(path) == 1 {
			d[path[0]] = v
			return d, nil
		}
		child, ok := d[path[0]]
		if !ok {
			return nil, fmt.Errorf("%w: missing key %q", errMissing, path[0])
		}
		var err error
		d[path[0]], err = put(child, path[1:], v, insert)
		return d, err
	case []any:
		if len(path) == 1 && insert {
			if path[0] == "-" {
				return append(d, v), nil
			}
			i, err := index(path[0], len(d))
			if err != nil {
				return nil, err
			}
			return slices.Insert(d, i, v), nil
		}
		i, err := index(path[0], len(d)-1)
		if err != nil {
			return nil, err
		}
		d[i], err = put(d[i], path[1:], v, insert)
		return d, err
	}
	return nil, errMissing
}

func remove(doc any, path []string) (any, error) {
	if len(path) == 0 {
		return nil, errors.New("the whole document cannot be removed")
	}
	if _, err := get(doc, path); err != nil {
		return nil, err
	}
	switch d := doc.(type) {
	case map[string]any:
		if len(path) == 1 {
			delete(d, path[0])
			return d, nil
		}
		var err error
		d[path[0]], err = remove(d[path[0]], path[1:])
		return d, err
	case []any:
		i, err := index(path[0], len(d)-1)
		if err != nil {
			return nil, err
		}
		if len(path) == 1 {
			return slices.Delete(d, i, i+1), nil
		}
		d[i], err = remove(d[i], path[1:])
		return d, err
	}
	return nil, errMissing
}
