package store

import (
	"encoding/json"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"clustersim/model"
	"clustersim/sim/journal"
)

// Generic is a stored object of any kind but Pod and Event: the API object itself.
type Generic struct {
	kind *model.Kind
	obj  model.Object
}

// Kind of the object.
func (g *Generic) Kind() *model.Kind { return g.kind }

// Key of the object.
func (g *Generic) Key() Key { return Key{g.obj.GetNamespace(), g.obj.GetName()} }

// API is the object. The caller must not change it.
func (g *Generic) API() model.Object { return g.obj }

// AppendDigest appends the object as JSON.
func (g *Generic) AppendDigest(b []byte) []byte {
	j, err := json.Marshal(g.obj)
	if err != nil {
		panic("invariant: API objects marshal: " + err.Error())
	}
	return append(b, j...)
}

// Node returns the Node object, or nil. The caller must not change it.
func (s *Store) Node(name string) *corev1.Node {
	if g, ok := s.Get(model.Node, Key{Name: name}).(*Generic); ok {
		return g.obj.(*corev1.Node)
	}
	return nil
}

// AsNode returns the Node of a stored object, or nil.
func AsNode(o Object) *corev1.Node {
	if g, ok := o.(*Generic); ok {
		n, _ := g.obj.(*corev1.Node)
		return n
	}
	return nil
}

// Create stores a new object (not a Pod or Event). The store takes it over: the caller must not use it afterwards.
// It sets uid (unless given), creationTimestamp (unless given), resourceVersion and the generation where the kind has
// one. It returns the 409 of the API server if the name is taken.
func (s *Store) Create(k *model.Kind, o model.Object) error {
	if o.GetName() == "" && o.GetGenerateName() != "" {
		o.SetName(s.GenerateName(k, o.GetNamespace(), o.GetGenerateName()))
	}
	key := Key{o.GetNamespace(), o.GetName()}
	if old := s.Get(k, key); old != nil {
		return alreadyExists(k, key.Name, old.API().GetDeletionTimestamp() != nil)
	}
	if o.GetUID() == "" {
		o.SetUID(s.newUID(k, key))
	}
	if ts := o.GetCreationTimestamp(); ts.IsZero() {
		o.SetCreationTimestamp(metav1.NewTime(s.Now()).Rfc3339Copy())
	}
	if hasGeneration(k) && o.GetGeneration() == 0 {
		o.SetGeneration(1)
	}
	o.GetObjectKind().SetGroupVersionKind(groupVersionKind(k))
	o.SetResourceVersion(strconv.FormatUint(s.nextRevision(), 10))
	s.commit(journal.Added, nil, &Generic{k, o})
	return nil
}

// Update replaces the object of that key by a changed deep copy. change gets the copy; if it returns false nothing is
// written. Update returns the 404 of the API server if the object is gone.
func (s *Store) Update(k *model.Kind, key Key, change func(model.Object) bool) error {
	old, ok := s.Get(k, key).(*Generic)
	if !ok {
		return NotFound(k, key.Name)
	}
	o := old.obj.DeepCopyObject().(model.Object)
	if !change(o) {
		return nil
	}
	o.SetResourceVersion(strconv.FormatUint(s.nextRevision(), 10))
	if o.GetDeletionTimestamp() != nil && len(o.GetFinalizers()) == 0 && len(old.obj.GetFinalizers()) > 0 {
		s.commit(journal.Deleted, old, &Generic{k, o}) // the last finalizer was all that kept it
		return nil
	}
	s.commit(journal.Modified, old, &Generic{k, o})
	return nil
}

// Replace stores o in the place of the object of its key, without Update's deep copy: o must share nothing with the old
// object that anybody may change. The store takes it over. It returns the 404 of the API server if the object is gone.
func (s *Store) Replace(k *model.Kind, o model.Object) error {
	key := Key{o.GetNamespace(), o.GetName()}
	old, ok := s.Get(k, key).(*Generic)
	if !ok {
		return NotFound(k, key.Name)
	}
	o.SetResourceVersion(strconv.FormatUint(s.nextRevision(), 10))
	if o.GetDeletionTimestamp() != nil && len(o.GetFinalizers()) == 0 && len(old.obj.GetFinalizers()) > 0 {
		s.commit(journal.Deleted, old, &Generic{k, o}) // the last finalizer was all that kept it
		return nil
	}
	s.commit(journal.Modified, old, &Generic{k, o})
	return nil
}

// UpdateNode is Update for a Node.
func (s *Store) UpdateNode(name string, change func(*corev1.Node) bool) error {
	return s.Update(model.Node, Key{Name: name}, func(o model.Object) bool { return change(o.(*corev1.Node)) })
}

// Remove deletes the object at once, without finalizers. It returns the 404 of the API server if there is none.
func (s *Store) Remove(k *model.Kind, key Key) error {
	old, ok := s.Get(k, key).(*Generic)
	if !ok {
		return NotFound(k, key.Name)
	}
	last := old.obj.DeepCopyObject().(model.Object) // watchers see the last state under the resourceVersion of its end
	last.SetResourceVersion(strconv.FormatUint(s.nextRevision(), 10))
	s.commit(journal.Deleted, old, &Generic{k, last})
	return nil
}

// hasGeneration reports whether the kind's strategy counts spec changes.
// Source: k8s v1.36.3 pkg/registry/*/strategy.go.
func hasGeneration(k *model.Kind) bool {
	switch k.Name {
	case "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob", "PodDisruptionBudget", "EndpointSlice":
		return true
	}
	return false
}

func groupVersionKind(k *model.Kind) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: k.Group, Version: k.Version, Kind: k.Name}
}
