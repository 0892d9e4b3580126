package kubectl

import (
	"reflect"
	"sort"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
)

// Cluster is what the API server holds at one instant. Objects may come in any order and are not changed; the index over
// them is made when first needed, so Objects must not change between calls.
type Cluster struct {
	// Now is when kubectl is run: ages count from it.
	Now     time.Time
	Objects []model.Object
	// Below, if not nil, is what Describe adds below an object; kubectl adds nothing.
	Below func(model.Object) string

	index map[*model.Kind][]model.Object
}

// kindsByType finds the kind of an object whose TypeMeta is empty, as those of typed clients are.
var kindsByType = func() map[reflect.Type]*model.Kind {
	m := make(map[reflect.Type]*model.Kind, len(model.Kinds))
	for _, k := range model.Kinds {
		m[reflect.TypeOf(k.New())] = k
	}
	return m
}()

// kindOf returns nil for a type that model.Kinds does not list.
func kindOf(o model.Object) *model.Kind { return kindsByType[reflect.TypeOf(o)] }

// list returns the objects of a kind in the order of the API server: by etcd key, that is by the bytes of namespace/name.
// An empty namespace means all.
func (c *Cluster) list(k *model.Kind, namespace string) []model.Object {
	if c.index == nil {
		c.build()
	}
	all := c.index[k]
	if namespace == "" || !k.Namespaced {
		return all
	}
	from := sort.Search(len(all), func(i int) bool { return !before(all[i].GetNamespace(), all[i].GetName(), namespace, "") })
	to := from
	for to < len(all) && all[to].GetNamespace() == namespace {
		to++
	}
	return all[from:to]
}

func (c *Cluster) build() {
	c.index = map[*model.Kind][]model.Object{}
	for _, o := range c.Objects {
		if k := kindOf(o); k != nil {
			c.index[k] = append(c.index[k], o)
		}
	}
	for _, k := range model.Kinds {
		objects := c.index[k]
		sort.SliceStable(objects, func(i, j int) bool {
			a, b := objects[i], objects[j]
			return before(a.GetNamespace(), a.GetName(), b.GetNamespace(), b.GetName())
		})
	}
}

// before compares a/x with b/y byte by byte without joining them. The slash counts: a-b/x comes before a/y.
func before(a, x, b, y string) bool {
	if a == b {
		return x < y
	}
	n := min(len(a), len(b))
	switch {
	case a[:n] != b[:n]:
		return a < b
	case len(a) == n:
		return '/' < b[n]
	}
	return a[n] < '/'
}

// find returns nil if there is no such object.
func (c *Cluster) find(k *model.Kind, namespace, name string) model.Object {
	if !k.Namespaced {
		namespace = ""
	}
	all := c.list(k, "")
	i := sort.Search(len(all), func(i int) bool { return !before(all[i].GetNamespace(), all[i].GetName(), namespace, name) })
	if i < len(all) && all[i].GetNamespace() == namespace && all[i].GetName() == name {
		return all[i]
	}
	return nil
}

// reference says which events belong to an object, as the field selector of kubectl's query does.
type reference struct {
	kind            string // empty: any
	namespace, name string
	uid             types.UID
}

func (c *Cluster) eventsOf(r reference) []corev1.Event {
	found := []corev1.Event{}
	// Events of cluster-scoped objects lie in namespace default, so the whole list is searched, as kubectl does there.
	for _, o := range c.list(model.Event, r.namespace) {
		e := o.(*corev1.Event)
		about := e.InvolvedObject
		if about.Name == r.name && about.Namespace == r.namespace && about.UID == r.uid && (r.kind == "" || about.Kind == r.kind) {
			found = append(found, *e)
		}
	}
	return found
}

// controlledPods counts the pods that a controller owns, by phase.
func (c *Cluster) controlledPods(owner model.Object, selected func(map[string]string) bool) (running, waiting, succeeded, failed int) {
	for _, o := range c.list(model.Pod, owner.GetNamespace()) {
		ref := metav1.GetControllerOf(o)
		if ref == nil || ref.UID != owner.GetUID() || !selected(o.GetLabels()) {
			continue
		}
		switch o.(*corev1.Pod).Status.Phase {
		case corev1.PodRunning:
			running++
		case corev1.PodPending:
			waiting++
		case corev1.PodSucceeded:
			succeeded++
		case corev1.PodFailed:
			failed++
		}
	}
	return running, waiting, succeeded, failed
}
