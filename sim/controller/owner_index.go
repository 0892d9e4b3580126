package controller

import (
	"cmp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// ownerIndex knows the dependents of each owner: every object with a reference to its UID, controller or not.
type ownerIndex struct {
	pods    map[types.UID]map[store.Key]*store.Pod
	objects map[types.UID]map[objectID]store.Object
	// orphans are the pods of each namespace that have labels and no controller; nil until somebody wants to know.
	orphans map[string]map[store.Key]*store.Pod
}

// objectID names an object of any kind.
type objectID struct {
	kind *model.Kind
	key  store.Key
}

func newOwnerIndex() *ownerIndex {
	return &ownerIndex{pods: map[types.UID]map[store.Key]*store.Pod{}, objects: map[types.UID]map[objectID]store.Object{}}
}

func (x *ownerIndex) fill(s *store.Store) {
	for _, k := range model.Kinds {
		if k == model.Event || k == model.Node {
			continue
		}
		for _, o := range s.List(k) {
			x.observe(&store.Change{Verb: journal.Added, New: o})
		}
	}
}

func (x *ownerIndex) observe(c *store.Change) {
	switch o := c.New.(type) {
	case *store.Pod:
		old, _ := c.Old.(*store.Pod)
		x.observePod(c.Verb, old, o)
	case *store.Generic:
		x.observeObject(c, o)
	}
}

func (x *ownerIndex) observePod(verb journal.Verb, old, p *store.Pod) {
	key, refs := p.Key(), p.OwnerList()
	if x.orphans != nil {
		x.observeOrphan(verb, p)
	}
	if old != nil && (verb == journal.Deleted || !sameRefs(old.OwnerList(), refs)) {
		for _, r := range old.OwnerList() {
			dropFrom(x.pods, r.UID, key)
		}
	}
	if verb == journal.Deleted {
		return
	}
	for i := range refs {
		m := x.pods[refs[i].UID]
		if m == nil {
			m = map[store.Key]*store.Pod{}
			x.pods[refs[i].UID] = m
		}
		m[key] = p
	}
}

// trackOrphans has the index know orphans from now on.
func (x *ownerIndex) trackOrphans(s *store.Store) {
	if x.orphans != nil {
		return
	}
	x.orphans = map[string]map[store.Key]*store.Pod{}
	for _, o := range s.List(model.Pod) {
		x.observeOrphan(journal.Added, o.(*store.Pod))
	}
}

func (x *ownerIndex) observeOrphan(verb journal.Verb, p *store.Pod) {
	m := x.orphans[p.Namespace]
	if verb == journal.Deleted || len(p.LabelSet()) == 0 || controllerOf(p.OwnerList()) != nil {
		delete(m, p.Key())
		return
	}
	if m == nil {
		m = map[store.Key]*store.Pod{}
		x.orphans[p.Namespace] = m
	}
	m[p.Key()] = p
}

func (x *ownerIndex) observeObject(c *store.Change, g *store.Generic) {
	id := objectID{g.Kind(), g.Key()}
	if old, ok := c.Old.(*store.Generic); ok {
		for _, r := range old.API().GetOwnerReferences() {
			dropFrom(x.objects, r.UID, id)
		}
	}
	if c.Verb == journal.Deleted {
		return
	}
	for _, r := range g.API().GetOwnerReferences() {
		m := x.objects[r.UID]
		if m == nil {
			m = map[objectID]store.Object{}
			x.objects[r.UID] = m
		}
		m[id] = g
	}
}

func dropFrom[K comparable, V any](m map[types.UID]map[K]V, uid types.UID, key K) {
	delete(m[uid], key)
	if len(m[uid]) == 0 {
		delete(m, uid)
	}
}

// podsOf returns the pods that refer to the owner, in the order of their creation.
func (x *ownerIndex) podsOf(uid types.UID) []*store.Pod {
	out := make([]*store.Pod, 0, len(x.pods[uid]))
	for _, p := range x.pods[uid] { // unordered: sorted below
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *store.Pod) int { return cmp.Compare(a.Index, b.Index) })
	return out
}

// controlledBy returns the objects of a kind whose controller the owner is, by name.
func (x *ownerIndex) controlledBy(uid types.UID, k *model.Kind) []model.Object {
	var out []model.Object
	for id, o := range x.objects[uid] { // unordered: sorted below
		if id.kind == k && controllerUID(o.API().GetOwnerReferences()) == uid {
			out = append(out, o.API())
		}
	}
	slices.SortFunc(out, func(a, b model.Object) int { return strings.Compare(a.GetName(), b.GetName()) })
	return out
}

// dependents returns all objects that refer to the owner: pods in the order of their creation, then the others by kind
// and name.
func (x *ownerIndex) dependents(uid types.UID) []store.Object {
	var out []store.Object
	for _, p := range x.podsOf(uid) {
		out = append(out, p)
	}
	n := len(out)
	for _, o := range x.objects[uid] { // unordered: sorted below
		out = append(out, o)
	}
	slices.SortFunc(out[n:], func(a, b store.Object) int {
		if c := strings.Compare(a.Kind().Name, b.Kind().Name); c != 0 {
			return c
		}
		return compareKeys(a.Key(), b.Key())
	})
	return out
}

// any reports whether an object refers to the owner.
func (x *ownerIndex) any(uid types.UID) bool { return len(x.pods[uid])+len(x.objects[uid]) > 0 }

// ownersOf are the references of any stored object.
func ownersOf(o store.Object) []metav1.OwnerReference {
	switch o := o.(type) {
	case *store.Pod:
		return o.OwnerList()
	case *store.Generic:
		return o.API().GetOwnerReferences()
	}
	return nil
}
