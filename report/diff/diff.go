// Package diff compares two runs, change by change: the first divergence and what led to it, then object by object. Names that the
// cluster has generated are matched within their owners, in the order in which the objects came; Events are left out, since
// each follows from a change.
package diff

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"clustersim/model"
	"clustersim/report/timeline"
	"clustersim/sim/journal"
)

// Side is a journal.Sink that keeps one of the two runs. Name is what it is called in the text.
type Side struct {
	Name    string
	objects map[string][]change // by the object's name without what was generated
	names   map[string]string   // generated -> the same without
	uids    map[string]string   // -> the object's name
	count   map[string]int
}

// change is one change of an object.
type change struct {
	at     time.Duration
	verb   journal.Verb
	fields map[string]string // path -> value
	rule   string
}

// Record implements journal.Sink.
func (s *Side) Record(r *journal.Record) error {
	if r.Object.Kind() == model.Event {
		return nil
	}
	return s.Add(r.At, r.Verb, r.Object.API(), r.Rule.String())
}

// Add takes a change: of a watch log, which knows no rules.
func (s *Side) Add(at time.Duration, verb journal.Verb, o model.Object, rule string) error {
	if s.objects == nil {
		s.objects, s.names, s.uids, s.count = map[string][]change{}, map[string]string{}, map[string]string{}, map[string]int{}
	}
	kind := model.KindOf(o).Name
	id, known := s.uids[kind+"/"+string(o.GetUID())]
	if !known || o.GetUID() == "" {
		id = s.name(kind, o)
		s.uids[kind+"/"+string(o.GetUID())] = id
	}
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	var tree map[string]any
	if err := json.Unmarshal(text, &tree); err != nil {
		return err
	}
	c := change{at: at, verb: verb, fields: map[string]string{}, rule: rule}
	s.flatten("", tree, c.fields)
	s.objects[id] = append(s.objects[id], c)
	return nil
}

// name is an object's name without what was generated: that of its owner and a number.
func (s *Side) name(kind string, o model.Object) string {
	base := o.GetName()
	if o.GetNamespace() != "" {
		base = o.GetNamespace() + "/" + base
	}
	for _, ref := range o.GetOwnerReferences() {
		owner, ok := s.uids[ref.Kind+"/"+string(ref.UID)]
		if !ok || ref.Controller == nil || !*ref.Controller || ref.Kind == "StatefulSet" || ref.Kind == "Node" {
			continue
		}
		key := kind + " of " + owner
		s.count[key]++
		base = fmt.Sprintf("%s#%d", strings.TrimPrefix(owner, ref.Kind+" "), s.count[key])
		s.names[o.GetName()] = "<" + base + ">"
	}
	return kind + " " + base
}

// volatile are fields that differ between any two runs, or follow from others.
func volatile(path string) bool {
	switch path[strings.LastIndexByte(path, '.')+1:] {
	case "uid", "resourceVersion", "managedFields", "containerID", "systemUUID", "machineID", "bootID", "lastHeartbeatTime", "generateName":
		return true
	}
	return strings.HasPrefix(path, ".spec.volumes") || strings.Contains(path, "volumeMounts")
}

func (s *Side) flatten(path string, v any, out map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v { // unordered: into a map
			s.flatten(path+"."+k, x, out)
		}
	case []any:
		for i, x := range v {
			key := fmt.Sprint(i)
			if m, ok := x.(map[string]any); ok {
				for _, name := range [...]string{"name", "type", "key"} {
					if t, ok := m[name].(string); ok {
						key = t
						break
					}
				}
			}
			s.flatten(path+"["+key+"]", x, out)
		}
	default:
		if volatile(path) {
			return
		}
		text := fmt.Sprint(v)
		if generated, ok := s.names[text]; ok {
			text = generated
		}
		out[path] = text
	}
}

// Difference is an object that is not the same in both runs.
type Difference struct {
	Object string
	At     time.Duration // of the first difference
	A, B   string        // what each did then; "" = nothing more
	Fields []string      // path: a | b
}

// Compare lists the objects that differ, those first that differ first.
func Compare(a, b *Side) (out []Difference) {
	names := map[string]bool{}
	for n := range a.objects { // unordered: sorted below
		names[n] = true
	}
	for n := range b.objects { // unordered: sorted below
		names[n] = true
	}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if d, ok := compare(n, a.objects[n], b.objects[n]); ok {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(x, y Difference) int { return cmp.Compare(x.At, y.At) })
	return out
}

func compare(name string, a, b []change) (d Difference, differ bool) {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return Difference{Object: name, At: b[i].at, B: b[i].text()}, true
		case i >= len(b):
			return Difference{Object: name, At: a[i].at, A: a[i].text()}, true
		case a[i].at != b[i].at || a[i].verb != b[i].verb || !maps.Equal(a[i].fields, b[i].fields):
			return Difference{Object: name, At: min(a[i].at, b[i].at), A: a[i].text(), B: b[i].text(), Fields: fields(a[i].fields, b[i].fields)}, true
		}
	}
	return d, false
}

func (c *change) text() string {
	text := timeline.Clock(c.at) + " " + c.verb.String()
	if c.rule != "" {
		text += " by " + c.rule
	}
	return text
}

func fields(a, b map[string]string) (out []string) {
	paths := map[string]bool{}
	for p := range a { // unordered: sorted below
		paths[p] = true
	}
	for p := range b { // unordered: sorted below
		paths[p] = true
	}
	show := func(m map[string]string, p string) string {
		if v, ok := m[p]; ok {
			return v
		}
		return "(none)"
	}
	for _, p := range slices.Sorted(maps.Keys(paths)) {
		if x, y := show(a, p), show(b, p); x != y {
			out = append(out, fmt.Sprintf("%s: %s | %s", strings.TrimPrefix(p, "."), x, y))
		}
	}
	return out
}

// fieldsShown is how many fields of a difference a text names.
const fieldsShown = 6

// Text writes the differences for people: the first one in full. It returns the errors of w.
func Text(w io.Writer, a, b *Side, list []Difference, most int) error {
	var s strings.Builder
	if len(list) == 0 {
		fmt.Fprintf(&s, "%s and %s are equal: %d objects, change by change\n", a.Name, b.Name, len(a.objects))
	} else {
		fmt.Fprintf(&s, "A is %s, B is %s: %d objects differ\n\nThe first divergence, at %s\n", a.Name, b.Name, len(list), timeline.Clock(list[0].At))
	}
	for i, d := range list {
		if i == 1 {
			s.WriteString("\nObject by object\n")
		}
		if i == most {
			fmt.Fprintf(&s, "  ... and %d more\n", len(list)-i)
			break
		}
		fmt.Fprintf(&s, "  %s\n    A: %s\n    B: %s\n", d.Object, cmp.Or(d.A, "nothing more"), cmp.Or(d.B, "nothing more"))
		for k, f := range d.Fields {
			if k == fieldsShown {
				fmt.Fprintf(&s, "       ... and %d fields more\n", len(d.Fields)-k)
				break
			}
			fmt.Fprintf(&s, "       %s\n", f)
		}
	}
	_, err := io.WriteString(w, s.String())
	return err
}
