package store

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
)

// Key names an object of a kind. Namespace is "" for cluster-scoped kinds.
type Key struct{ Namespace, Name string }

// String is namespace/name, or the name alone.
func (k Key) String() string {
	if k.Namespace == "" {
		return k.Name
	}
	return k.Namespace + "/" + k.Name
}

// Object is a stored object.
type Object interface {
	journal.Object
	Key() Key
}

// Change is one write as watchers see it. Old is nil for Added; New is the last state for Deleted.
type Change struct {
	Verb     journal.Verb
	Old, New Object
}

// Kind of the object that changed.
func (c *Change) Kind() *model.Kind { return c.New.Kind() }

// Pods returns old and new as pods; ok is false if the change is of another kind. Old is nil for an added pod.
func (c *Change) Pods() (old, new *Pod, ok bool) {
	new, ok = c.New.(*Pod)
	old, _ = c.Old.(*Pod)
	return old, new, ok
}

// Watcher is told of every change, at the instant of the write, in order of registration. It must not write.
type Watcher interface{ Observe(c *Change) }

// Store is the API server. Use New.
type Store struct {
	Journal *journal.Journal

	engine   *engine.Engine
	start    time.Time
	revision uint64
	tables   map[*model.Kind]*table
	watchers []Watcher
	lives    map[uint64]uint32 // times that an object of this kind and key has been created, by their hash
	pods     uint32            // pods ever created

	expiries []expiry // of Events, the next first

	templates  map[*corev1.Pod][sha256.Size]byte // digests
	topologies map[topology]map[string]string
}

type table struct {
	objects map[Key]Object
	sorted  []Object // by namespace and name; nil when out of date
}

// New returns an empty store whose objects' timestamps count from start.
func New(e *engine.Engine, start time.Time, j *journal.Journal) *Store {
	return &Store{Journal: j, engine: e, start: start.UTC(), tables: map[*model.Kind]*table{}, lives: map[uint64]uint32{}, templates: map[*corev1.Pod][sha256.Size]byte{}, topologies: map[topology]map[string]string{}}
}

// Watch registers a watcher. It sees changes from now on.
func (s *Store) Watch(w Watcher) { s.watchers = append(s.watchers, w) }

// Now is the virtual wall clock.
func (s *Store) Now() time.Time { return s.Clock(s.engine.Now()) }

// Clock is the virtual wall clock at an instant.
func (s *Store) Clock(t engine.Time) time.Time { return s.start.Add(t) }

// Since is the instant of a virtual wall clock time.
func (s *Store) Since(t time.Time) engine.Time { return t.Sub(s.start) }

// Revision is the resourceVersion of the last write.
func (s *Store) Revision() uint64 { return s.revision }

// Get returns the object, or nil.
func (s *Store) Get(k *model.Kind, key Key) Object {
	if t := s.tables[k]; t != nil {
		return t.objects[key]
	}
	return nil
}

// Pod returns the pod, or nil.
func (s *Store) Pod(key Key) *Pod {
	p, _ := s.Get(model.Pod, key).(*Pod)
	return p
}

// Len is the number of objects of a kind.
func (s *Store) Len(k *model.Kind) int {
	if t := s.tables[k]; t != nil {
		return len(t.objects)
	}
	return 0
}

// List returns all objects of a kind by namespace and name. The caller must not change the slice.
func (s *Store) List(k *model.Kind) []Object {
	t := s.tables[k]
	if t == nil {
		return nil
	}
	if t.sorted == nil {
		t.sorted = make([]Object, 0, len(t.objects))
		for _, o := range t.objects { // unordered: sorted below
			t.sorted = append(t.sorted, o)
		}
		slices.SortFunc(t.sorted, func(a, b Object) int { return compareKeys(a.Key(), b.Key()) })
	}
	return t.sorted
}

func compareKeys(a, b Key) int {
	if c := strings.Compare(a.Namespace, b.Namespace); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// commit stores the change, journals it and tells the watchers.
func (s *Store) commit(verb journal.Verb, old, new Object) {
	k := new.Kind()
	t := s.tables[k]
	if t == nil {
		t = &table{objects: map[Key]Object{}}
		s.tables[k] = t
	}
	key := new.Key()
	if verb == journal.Deleted {
		delete(t.objects, key)
	} else {
		t.objects[key] = new
	}
	t.sorted = nil
	e := s.engine
	before := e.Why
	if e.Ran() == 0 {
		before = before.Since(0) // what is there before the run has no cause in it
	}
	by := before.Rule()
	seq := s.Journal.Append(e.Now(), verb, new, before.Cause(), by)
	c := Change{Verb: verb, Old: old, New: new}
	for _, w := range s.watchers {
		e.Why = engine.Because(seq, 0) // what one watcher sets is not the next one's
		w.Observe(&c)
	}
	e.Why = engine.Because(seq, by)
	if e.Ran() == 0 {
		e.Why = before
	}
}

// nextRevision numbers a write.
func (s *Store) nextRevision() uint64 {
	s.revision++
	return s.revision
}
