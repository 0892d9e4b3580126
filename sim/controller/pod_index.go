package controller

import (
	"slices"
	"strings"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// podIndex knows the pods of each node.
type podIndex struct {
	nodes map[string]map[store.Key]struct{}
}

func newPodIndex() *podIndex { return &podIndex{map[string]map[store.Key]struct{}{}} }

func (x *podIndex) fill(s *store.Store) {
	for _, o := range s.List(model.Pod) {
		x.add(o.(*store.Pod))
	}
}

func (x *podIndex) observe(c *store.Change) {
	old, p, ok := c.Pods()
	switch {
	case !ok:
	case c.Verb == journal.Deleted:
		delete(x.nodes[p.NodeName], p.Key())
		if len(x.nodes[p.NodeName]) == 0 {
			delete(x.nodes, p.NodeName)
		}
	case old == nil || old.NodeName != p.NodeName:
		x.add(p)
	}
}

func (x *podIndex) add(p *store.Pod) {
	if p.NodeName == "" {
		return
	}
	if x.nodes[p.NodeName] == nil {
		x.nodes[p.NodeName] = map[store.Key]struct{}{}
	}
	x.nodes[p.NodeName][p.Key()] = struct{}{}
}

// on returns the pods bound to the node, by namespace and name. Upstream's order is that of a map.
func (x *podIndex) on(node string) []store.Key {
	keys := make([]store.Key, 0, len(x.nodes[node]))
	for k := range x.nodes[node] { // unordered: sorted below
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

// any reports whether a pod is bound to the node.
func (x *podIndex) any(node string) bool { return len(x.nodes[node]) > 0 }

// names returns the nodes that pods are bound to, sorted. Some may not exist.
func (x *podIndex) names() []string { return sortedKeys(x.nodes) }

func compareKeys(a, b store.Key) int {
	if c := strings.Compare(a.Namespace, b.Namespace); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m { // unordered: sorted below
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
