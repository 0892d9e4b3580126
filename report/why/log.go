package why

import (
	"fmt"
	"slices"
	"sort"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/journal"
)

// Log is a journal.Sink that keeps the whole journal. The zero value is ready for use.
type Log struct {
	entries []entry
	of      map[key][]int // entries of an object, in order
	events  map[key][]int // Events about an object
}

// entry is a record or a mark.
type entry struct {
	seq, cause uint64
	at         time.Duration
	record     *journal.Record
	mark       *journal.Mark
}

type key struct {
	kind            *model.Kind
	namespace, name string
}

// Record implements journal.Sink.
func (l *Log) Record(r *journal.Record) error {
	if l.of == nil {
		l.of, l.events = map[key][]int{}, map[key][]int{}
	}
	n := len(l.entries)
	kept := *r
	l.entries = append(l.entries, entry{seq: r.Seq, cause: r.Cause, at: r.At, record: &kept})
	if e, ok := r.Object.(journal.Event); ok {
		f := e.EventFacts()
		k := key{model.FindKind(f.Kind), f.Namespace, f.Name}
		l.events[k] = append(l.events[k], n)
		return nil
	}
	o := r.Object.API()
	k := key{r.Object.Kind(), o.GetNamespace(), o.GetName()}
	l.of[k] = append(l.of[k], n)
	return nil
}

// Mark implements journal.MarkSink.
func (l *Log) Mark(m *journal.Mark) error {
	l.entries = append(l.entries, entry{seq: m.Seq, cause: m.Cause, at: m.At, mark: m})
	return nil
}

// find returns the entry of that number, nil if there is none.
func (l *Log) find(seq uint64) *entry {
	i := sort.Search(len(l.entries), func(i int) bool { return l.entries[i].seq >= seq })
	if i < len(l.entries) && l.entries[i].seq == seq {
		return &l.entries[i]
	}
	return nil
}

// keyOf is the object of a record.
func keyOf(r *journal.Record) key {
	o := r.Object.API()
	return key{r.Object.Kind(), o.GetNamespace(), o.GetName()}
}

// before is the state of a record's object before it, nil for a new one.
func (l *Log) before(r *journal.Record) model.Object {
	list := l.of[keyOf(r)]
	i, _ := slices.BinarySearchFunc(list, r.Seq, func(n int, seq uint64) int {
		switch s := l.entries[n].seq; {
		case s < seq:
			return -1
		case s > seq:
			return 1
		}
		return 0
	})
	if r.Verb == journal.Added || i == 0 {
		return nil
	}
	return l.entries[list[i-1]].record.Object.API()
}

// last is the last record of an object, nil if there was none.
func (l *Log) last(k key) *journal.Record {
	list := l.of[k]
	if len(list) == 0 {
		return nil
	}
	return l.entries[list[len(list)-1]].record
}

// node is the Node of that name, nil if there is none.
func (l *Log) node(name string) *corev1.Node {
	r := l.last(key{model.Node, "", name})
	if r == nil || r.Verb == journal.Deleted {
		return nil
	}
	n, _ := r.Object.API().(*corev1.Node)
	return n
}

// title names an object: Pod default/web.
func (k key) title() string {
	if k.namespace == "" {
		return fmt.Sprintf("%s %s", k.kind.Name, k.name)
	}
	return fmt.Sprintf("%s %s/%s", k.kind.Name, k.namespace, k.name)
}
