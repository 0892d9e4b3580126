package recording

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/journal"
)

// object is a journal.Object that is decoded when somebody asks.
type object struct {
	kind   *model.Kind
	name   string // namespace/name
	fields []field
	api    model.Object
}

// podObject is an object that is a pod.
type podObject struct {
	*object
	index int
	spec  *podSpec
}

// podSpec is shared by the states of a pod between which its spec does not change.
type podSpec struct{ decoded *corev1.PodSpec }

// object makes the object of a line: complete, or what a patch makes of its last state.
func (r *Reader) object(k *model.Kind, l *anyLine, verb journal.Verb) (journal.Object, error) {
	key := k.Name + "/" + l.Name
	o := &object{kind: k, name: l.Name}
	old := r.last[key]
	var err error
	switch {
	case l.Object != nil:
		o.fields, err = split(string(l.Object), nil)
	case old == nil:
		err = fmt.Errorf("a patch of %s %s, which is not there", k.Name, l.Name)
	default:
		var patch []field
		if patch, err = split(string(l.Patch), nil); err == nil {
			o.fields = apply(old.fields, patch)
		}
	}
	if err != nil {
		return nil, err
	}
	if verb == journal.Deleted {
		delete(r.last, key)
	} else {
		r.last[key] = o
	}
	switch k {
	case model.Pod:
		return r.pod(o, old, verb), nil
	case model.Event:
		return r.event(o, l)
	}
	return o, nil
}

func (r *Reader) event(o *object, l *anyLine) (*eventObject, error) {
	e := &eventObject{object: o}
	var err error
	if len(l.Times) == 2 {
		if e.first, err = readTime(l.Times[0]); err == nil {
			e.last, err = readTime(l.Times[1])
		}
	}
	return e, err
}

// pod numbers a pod, and finds out whether its spec is what it was.
func (r *Reader) pod(o, old *object, verb journal.Verb) *podObject {
	if verb == journal.Added {
		r.index[o.name] = r.pods
		r.specs[o.name] = &podSpec{}
		r.pods++
	} else if old != nil && !sameSpec(old.fields, o.fields) {
		r.specs[o.name] = &podSpec{}
	}
	p := &podObject{object: o, index: r.index[o.name], spec: r.specs[o.name]}
	if verb == journal.Deleted {
		delete(r.index, o.name)
		delete(r.specs, o.name)
	}
	return p
}

func sameSpec(a, b []field) bool {
	of := func(list []field) []field {
		from, _ := slices.BinarySearchFunc(list, "spec.", func(f field, s string) int { return strings.Compare(f.path, s) })
		to := from
		for to < len(list) && strings.HasPrefix(list[to].path, "spec.") {
			to++
		}
		return list[from:to]
	}
	return slices.Equal(of(a), of(b))
}

// apply lays a patch over fields. Both are sorted.
func apply(old, patch []field) []field {
	out := make([]field, 0, len(old)+len(patch))
	i := 0
	for _, f := range patch {
		for i < len(old) && old[i].path < f.path {
			out = append(out, old[i])
			i++
		}
		if i < len(old) && old[i].path == f.path {
			i++
		}
		if f.json != "null" {
			out = append(out, f)
		}
	}
	return append(out, old[i:]...)
}

// Kind implements journal.Object.
func (o *object) Kind() *model.Kind { return o.kind }

// AppendDigest implements journal.Object. A digest of what was read is not that of the run: the trailer has it.
func (o *object) AppendDigest(b []byte) []byte { return join(b, o.fields) }

// API implements journal.Object.
func (o *object) API() model.Object {
	if o.api == nil {
		o.api = o.kind.New()
		_ = json.Unmarshal(join(nil, o.fields), o.api) // what does not fit stays empty: the file is somebody else's
	}
	return o.api
}

// API implements journal.Object.
func (p *podObject) API() model.Object {
	if p.api != nil {
		return p.api
	}
	if p.spec.decoded == nil {
		pod := p.object.API().(*corev1.Pod)
		p.spec.decoded = &pod.Spec
		return pod
	}
	rest := slices.DeleteFunc(slices.Clone(p.fields), func(f field) bool { return strings.HasPrefix(f.path, "spec.") })
	pod := &corev1.Pod{}
	_ = json.Unmarshal(join(nil, rest), pod)
	pod.Spec = *p.spec.decoded
	p.api = pod
	return pod
}

// Facts implements journal.Pod.
func (p *podObject) Facts() journal.PodFacts {
	o := p.API().(*corev1.Pod)
	return journal.PodFacts{
		Index: p.index, Namespace: o.Namespace, Name: o.Name, UID: o.UID, Labels: o.Labels, Owners: o.OwnerReferences, NodeName: o.Spec.NodeName,
		Deleting: o.DeletionTimestamp != nil, Spec: p.spec.decoded, Status: &o.Status,
	}
}
