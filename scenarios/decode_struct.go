package scenarios

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/world"
)

// nodeDecoder is implemented by types that a file may write in more than one way. The node is resolved and not null.
type nodeDecoder interface {
	decodeNode(d *decoder, n *yaml.Node, path string)
}

// hints are what a field's tags say about its value.
type hints struct {
	unit   world.Unit // unit:"duration|bytes|cpu|count"
	raw    bool       // raw:"true": text of its own, in which $(name) is not ours
	signed bool       // may be negative
}

var units = map[string]world.Unit{"": world.Count, "count": world.Count, "duration": world.Duration, "bytes": world.Bytes, "cpu": world.MilliCPU}

var placeType = reflect.TypeFor[model.Place]()

// decode binds a node to v. Null leaves v as it is.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, path string, h hints) {
	switch x := v.Addr().Interface().(type) {
	case **yaml.Node:
		*x = n
		return
	case *json.RawMessage:
		*x = d.rawJSON(n, path)
		return
	}
	if h.raw {
		d.rawText(n, v, path)
		return
	}
	n, leave, ok := d.enter(n, path)
	defer leave()
	if !ok || isNull(n) {
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch x := v.Addr().Interface().(type) {
	case nodeDecoder:
		x.decodeNode(d, n, path)
	case *time.Duration:
		*x = d.duration(n, path)
	case *world.Value:
		*x = d.value(n, path, h.unit)
	case *resource.Quantity:
		*x = d.quantity(n, path)
	case *time.Time:
		*x = d.time(n, path)
	case *metav1.Time:
		x.Time = d.time(n, path)
	case encoding.TextUnmarshaler:
		if n.Kind != yaml.ScalarNode {
			d.errorf(n, "%s: must be a single value, got %s", path, describe(n))
		} else if err := x.UnmarshalText([]byte(n.Value)); err != nil {
			d.errorf(n, "%s: %s", path, err)
		}
	default:
		d.byKind(n, v, path, h)
	}
}

// byKind binds a node to a value of an ordinary Go type.
func (d *decoder) byKind(n *yaml.Node, v reflect.Value, path string, h hints) {
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, path, nil, nil)
	case reflect.Map:
		d.mapping(n, v, path, h)
	case reflect.Slice:
		d.list(n, v, path, h)
	case reflect.String:
		if s, ok := d.text(n, path); ok {
			v.SetString(s)
		}
	case reflect.Bool:
		if n.ShortTag() != "!!bool" {
			d.errorf(n, "%s: must be true or false, got %s", path, describe(n))
			return
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Int, reflect.Int32, reflect.Int64:
		d.integer(n, v, path, h.signed)
	case reflect.Uint64:
		d.unsigned(n, v, path)
	case reflect.Float64:
		if f, ok := d.float(n, path, h.signed); ok {
			v.SetFloat(f)
		}
	default:
		panic(fmt.Sprintf("invariant: no way to decode %s into %s", path, v.Type()))
	}
}

// structure binds a mapping to the fields of a struct. extra sees the fields that the struct lacks and says whether it
// knows them; names are what it knows, for suggestions.
func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string, extra func(pair) bool, names []string) {
	list, ok := d.pairs(n, path)
	if !ok {
		return
	}
	fields := map[string]reflect.StructField{}
	known := fieldsOf(v.Type(), nil, fields)
	if f, ok := v.Type().FieldByName("Place"); ok && f.Type == placeType {
		v.FieldByIndex(f.Index).Set(reflect.ValueOf(d.place(n)))
	}
	for _, p := range list {
		f, ok := fields[p.key.Value]
		switch {
		case ok:
			d.decode(p.value, v.FieldByIndex(f.Index), join(path, p.key.Value), hintsOf(f))
		case extra != nil && extra(p):
		default:
			d.unknown(p.key, path, append(known, names...))
		}
	}
}

// unknown reports a field that does not exist.
func (d *decoder) unknown(key *yaml.Node, path string, known []string) {
	d.add(d.place(key), model.Error, model.DidYouMean(key.Value, known), "unknown field %q", join(path, key.Value))
}

// fieldsOf collects the names that a file may write for the fields of a struct, embedded ones included.
func fieldsOf(t reflect.Type, index []int, into map[string]reflect.StructField) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		f.Index = append(append([]int(nil), index...), i)
		tag := f.Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && name == "":
			names = append(names, fieldsOf(f.Type, f.Index, into)...)
		default:
			if name == "" {
				name = lowerCamel(f.Name)
			}
			into[name] = f
			names = append(names, name)
		}
	}
	return names
}

// lowerCamel is Kubernetes' spelling of a Go field: APIWrite -> apiWrite, KubeAPIQPS -> kubeAPIQPS.
func lowerCamel(name string) string {
	r := []rune(name)
	for i := range r {
		if !unicode.IsUpper(r[i]) || i > 0 && i+1 < len(r) && unicode.IsLower(r[i+1]) {
			break
		}
		r[i] = unicode.ToLower(r[i])
	}
	return string(r)
}

// hintsOf reads the tags of a field. KubeAPIQPS and KubeAPIBurst may be -1, as upstream's.
func hintsOf(f reflect.StructField) hints {
	return hints{unit: units[f.Tag.Get("unit")], raw: f.Tag.Get("raw") != "", signed: strings.HasPrefix(f.Name, "KubeAPI")}
}

// mapping binds a node to a map with string keys.
func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string, h hints) {
	list, ok := d.pairs(n, path)
	if !ok {
		return
	}
	m := reflect.MakeMap(v.Type())
	for _, p := range list {
		k, ok := d.resolve(p.key, path)
		if !ok {
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		d.decode(p.value, item, join(path, k.Value), h)
		m.SetMapIndex(reflect.ValueOf(k.Value).Convert(v.Type().Key()), item)
	}
	v.Set(m)
}

// list binds a node to a slice; an empty list is an empty slice, not nil.
func (d *decoder) list(n *yaml.Node, v reflect.Value, path string, h hints) {
	if n.Kind != yaml.SequenceNode {
		d.errorf(n, "%s: must be a list, got %s", path, describe(n))
		return
	}
	s := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.decode(item, s.Index(i), fmt.Sprintf("%s[%d]", path, i), h)
	}
	v.Set(s)
}
