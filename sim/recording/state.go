package recording

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/journal"
)

// State is a journal.Sink that keeps what the API server holds: the last state of every object that there is. The zero value is
// ready for use.
type State struct {
	objects map[*model.Kind]map[string]journal.Object // by namespace and name
	beats   map[string]journal.Heartbeat
	nodes   []string // those with heartbeats, in the order in which they came
}

// Record implements journal.Sink.
func (s *State) Record(r *journal.Record) error {
	k := r.Object.Kind()
	if s.objects == nil {
		s.objects = map[*model.Kind]map[string]journal.Object{}
	}
	if s.objects[k] == nil {
		s.objects[k] = map[string]journal.Object{}
	}
	key := nameOf(r.Object)
	if r.Verb == journal.Deleted {
		delete(s.objects[k], key)
	} else {
		s.objects[k][key] = r.Object
	}
	return nil
}

// nameOf is namespace and name, in the order of which the API server lists.
func nameOf(o journal.Object) string {
	switch o := o.(type) {
	case *object:
		return sortable(o.name)
	case *podObject:
		return sortable(o.name)
	case *eventObject:
		return sortable(o.name)
	}
	api := o.API()
	return api.GetNamespace() + "\x00" + api.GetName()
}

func sortable(name string) string {
	if namespace, rest, ok := strings.Cut(name, "/"); ok {
		return namespace + "\x00" + rest
	}
	return "\x00" + name
}

// Heartbeat implements journal.HeartbeatSink.
func (s *State) Heartbeat(h *journal.Heartbeat) error {
	if s.beats == nil {
		s.beats = map[string]journal.Heartbeat{}
	}
	if _, known := s.beats[h.Node]; !known {
		s.nodes = append(s.nodes, h.Node)
	}
	s.beats[h.Node] = *h
	return nil
}

// Object returns an object, or nil.
func (s *State) Object(k *model.Kind, namespace, name string) journal.Object {
	return s.objects[k][namespace+"\x00"+name]
}

// Objects is what sim.Run.Objects is at the instant t: the kinds asked for, or all without any. start is the virtual wall clock at
// t=0. The caller must not change the objects.
func (s *State) Objects(t time.Duration, start time.Time, kinds ...*model.Kind) (out []model.Object) {
	if len(kinds) == 0 {
		kinds = model.Kinds
	}
	for _, k := range kinds {
		names := make([]string, 0, len(s.objects[k]))
		for name := range s.objects[k] { // unordered: sorted below
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			o := s.objects[k][name].API()
			if n, ok := o.(*corev1.Node); ok {
				if h, beats := s.beats[n.Name]; beats {
					o = h.Show(n, t, start)
				}
			}
			out = append(out, o)
		}
	}
	if slices.Contains(kinds, model.Lease) {
		out = append(out, s.leases(t, start)...)
	}
	return out
}

func (s *State) leases(t time.Duration, start time.Time) (out []model.Object) {
	for _, name := range s.nodes {
		o, h := s.Object(model.Node, "", name), s.beats[name]
		if o == nil {
			continue
		}
		if l := h.Lease(o.API().(*corev1.Node), t, start); l != nil {
			out = append(out, l)
		}
	}
	return out
}
