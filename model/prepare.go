package model

import (
	"fmt"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Prepare drops from an input what only a server sets, so that a dump of a running cluster can be created anew: uid,
// resourceVersion, generation, timestamps, managedFields and status (of nodes it stays: it says what they have), owners
// that are not in the input, and a nodeName that nodes does not know. One note names all that was dropped. The manifests
// that it returns share with ms the objects that did not change; those of ms stay as they are.
//
// The uid stays on objects that others in the input name as their owner: whoever creates them gives them a new one, and
// must put it into those owner references.
//
// Prepare is not for imports, which keep all of it.
func Prepare(ms []Manifest, nodes func(name string) bool) ([]Manifest, Problems) {
	p := preparer{nodes: nodes, owners: map[ownerKey]bool{}, owned: map[ownerKey]bool{}, dropped: map[string]bool{}}
	for i := range ms {
		o := ms[i].Object
		p.owners[keyOf(ms[i].Kind, o.GetNamespace(), o.GetName())] = true
		for _, r := range o.GetOwnerReferences() {
			p.owned[p.ownerOf(o, r)] = true
		}
	}
	out := make([]Manifest, len(ms))
	for i := range ms {
		out[i] = p.manifest(ms[i])
	}
	if len(p.fields) == 0 {
		return out, nil
	}
	note := Problem{
		Place:    p.first,
		Severity: Note,
		Message:  fmt.Sprintf("fields that only a server sets are dropped, from %s: %s", objects(p.count), strings.Join(p.fields, ", ")),
		Hint:     "cluster.import keeps them",
	}
	return out, Problems{note}
}

func objects(n int) string {
	if n == 1 {
		return "1 object"
	}
	return fmt.Sprintf("%d objects", n)
}

// preparer remembers what was dropped.
type preparer struct {
	nodes   func(string) bool
	owners  map[ownerKey]bool // objects of the input
	owned   map[ownerKey]bool // objects that are named as owners
	dropped map[string]bool
	fields  []string // what was dropped, in the order of first sight
	first   Place
	count   int
}

// ownerKey names an object. Kinds of different groups with one name do not occur.
type ownerKey struct{ kind, namespace, name string }

func keyOf(k *Kind, namespace, name string) ownerKey {
	key := ownerKey{name: name}
	if k != nil {
		key.kind = k.Name
		if k.Namespaced {
			key.namespace = namespace
		}
	}
	return key
}

// ownerOf is the key of an owner of o.
func (p *preparer) ownerOf(o Object, r metav1.OwnerReference) ownerKey {
	k := kindByName(r.Kind)
	if k == nil {
		return ownerKey{kind: r.Kind, name: r.Name}
	}
	return keyOf(k, o.GetNamespace(), r.Name)
}

// manifest drops fields of one manifest.
func (p *preparer) manifest(m Manifest) Manifest {
	before := *metaFields(m.Object)
	copied := false
	o := m.Object
	// drop copies the object before its first change.
	drop := func(field string, clear func(o Object)) {
		if !copied {
			copied = true
			o = o.DeepCopyObject().(Object)
			if p.count++; p.count == 1 {
				p.first = m.Place
			}
		}
		clear(o)
		if !p.dropped[field] {
			p.dropped[field] = true
			p.fields = append(p.fields, field)
		}
	}
	p.meta(m, &before, drop)
	p.owner(o, drop)
	if pod, ok := o.(*corev1.Pod); ok && pod.Spec.NodeName != "" && (p.nodes == nil || !p.nodes(pod.Spec.NodeName)) {
		drop("spec.nodeName", func(o Object) { o.(*corev1.Pod).Spec.NodeName = "" })
	}
	if _, node := o.(*corev1.Node); !node {
		if status := statusOf(o); status.IsValid() && !status.IsZero() {
			drop("status", func(o Object) { statusOf(o).SetZero() })
		}
	}
	m.Object = o
	return m
}

// metaFields are the server's fields in the metadata of an object.
func metaFields(o Object) *metav1.ObjectMeta {
	return &metav1.ObjectMeta{
		UID:                        o.GetUID(),
		ResourceVersion:            o.GetResourceVersion(),
		Generation:                 o.GetGeneration(),
		SelfLink:                   o.GetSelfLink(),
		CreationTimestamp:          o.GetCreationTimestamp(),
		DeletionTimestamp:          o.GetDeletionTimestamp(),
		DeletionGracePeriodSeconds: o.GetDeletionGracePeriodSeconds(),
		ManagedFields:              o.GetManagedFields(),
	}
}

// meta drops the server's fields of the metadata.
func (p *preparer) meta(m Manifest, f *metav1.ObjectMeta, drop func(string, func(Object))) {
	if f.UID != "" && !p.owned[keyOf(m.Kind, m.Object.GetNamespace(), m.Object.GetName())] {
		drop("metadata.uid", func(o Object) { o.SetUID("") })
	}
	if f.ResourceVersion != "" {
		drop("metadata.resourceVersion", func(o Object) { o.SetResourceVersion("") })
	}
	if f.Generation != 0 {
		drop("metadata.generation", func(o Object) { o.SetGeneration(0) })
	}
	if f.SelfLink != "" {
		drop("metadata.selfLink", func(o Object) { o.SetSelfLink("") })
	}
	if !f.CreationTimestamp.IsZero() {
		drop("metadata.creationTimestamp", func(o Object) { o.SetCreationTimestamp(metav1.Time{}) })
	}
	if f.DeletionTimestamp != nil {
		drop("metadata.deletionTimestamp", func(o Object) { o.SetDeletionTimestamp(nil) })
	}
	if f.DeletionGracePeriodSeconds != nil {
		drop("metadata.deletionGracePeriodSeconds", func(o Object) { o.SetDeletionGracePeriodSeconds(nil) })
	}
	if len(f.ManagedFields) > 0 {
		drop("metadata.managedFields", func(o Object) { o.SetManagedFields(nil) })
	}
}

// owner drops owners that are not in the input.
func (p *preparer) owner(o Object, drop func(string, func(Object))) {
	refs := o.GetOwnerReferences()
	var keep []metav1.OwnerReference
	for _, r := range refs {
		if p.owners[p.ownerOf(o, r)] {
			keep = append(keep, r)
		}
	}
	if len(keep) < len(refs) {
		drop("metadata.ownerReferences", func(o Object) { o.SetOwnerReferences(keep) })
	}
}

// statusOf is the status of an object, the zero Value if its kind has none.
func statusOf(o Object) reflect.Value {
	v := reflect.ValueOf(o).Elem()
	if f := v.FieldByName("Status"); f.IsValid() && f.Kind() == reflect.Struct {
		return f
	}
	return reflect.Value{}
}
