package devices

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// ID names a device of the cluster.
type ID struct{ Driver, Pool, Device string }

// String is driver/pool/device.
func (id ID) String() string { return id.Driver + "/" + id.Pool + "/" + id.Device }

// poolID names a pool. Pools of two drivers may have one name.
type poolID struct{ driver, name string }

// Inventory is what there is to allocate. It is not safe for concurrent use. Objects must not be changed once they are in.
type Inventory struct {
	classes   map[string]*resourcev1.DeviceClass
	slices    map[string]*resourcev1.ResourceSlice
	onNode    map[string][]*resourcev1.ResourceSlice // those that name their node, by name
	shared    []*resourcev1.ResourceSlice            // the others, by name
	ofPool    map[poolID][]*resourcev1.ResourceSlice
	selectors *selectors
}

// NewInventory returns an empty one.
func NewInventory() *Inventory {
	return &Inventory{
		classes: map[string]*resourcev1.DeviceClass{}, slices: map[string]*resourcev1.ResourceSlice{},
		onNode: map[string][]*resourcev1.ResourceSlice{}, ofPool: map[poolID][]*resourcev1.ResourceSlice{}, selectors: newSelectors(),
	}
}

// SetClass adds a class or takes its new state in.
func (v *Inventory) SetClass(c *resourcev1.DeviceClass) { v.classes[c.Name] = c }

// RemoveClass forgets a class.
func (v *Inventory) RemoveClass(name string) { delete(v.classes, name) }

// Class is the class of that name, or nil.
func (v *Inventory) Class(name string) *resourcev1.DeviceClass { return v.classes[name] }

// SetSlice adds a slice or takes its new state in.
func (v *Inventory) SetSlice(s *resourcev1.ResourceSlice) {
	v.RemoveSlice(s.Name)
	v.slices[s.Name] = s
	id := poolOf(s)
	v.ofPool[id] = insert(v.ofPool[id], s)
	if node := nodeOf(s); node != "" {
		v.onNode[node] = insert(v.onNode[node], s)
	} else {
		v.shared = insert(v.shared, s)
	}
}

// RemoveSlice forgets a slice.
func (v *Inventory) RemoveSlice(name string) {
	s := v.slices[name]
	if s == nil {
		return
	}
	delete(v.slices, name)
	gone := func(o *resourcev1.ResourceSlice) bool { return o == s }
	id := poolOf(s)
	v.ofPool[id] = slices.DeleteFunc(v.ofPool[id], gone)
	if node := nodeOf(s); node != "" {
		v.onNode[node] = slices.DeleteFunc(v.onNode[node], gone)
	} else {
		v.shared = slices.DeleteFunc(v.shared, gone)
	}
	v.selectors.forget()
}

// insert keeps slices in the order of their names, in which they are looked at.
func insert(list []*resourcev1.ResourceSlice, s *resourcev1.ResourceSlice) []*resourcev1.ResourceSlice {
	i, _ := slices.BinarySearchFunc(list, s.Name, func(o *resourcev1.ResourceSlice, name string) int { return strings.Compare(o.Name, name) })
	return slices.Insert(list, i, s)
}

func poolOf(s *resourcev1.ResourceSlice) poolID { return poolID{s.Spec.Driver, s.Spec.Pool.Name} }

// nodeOf is the node that the slice names, "" if it names none or has counters for all nodes.
func nodeOf(s *resourcev1.ResourceSlice) string {
	if s.Spec.NodeName == nil || len(s.Spec.SharedCounters) > 0 {
		return ""
	}
	return *s.Spec.NodeName
}

// reaches reports whether a slice or a device that says so of its nodes is there for a node.
//
// Source: k8s v1.36.3 incubating/pools_incubating.go NodeMatches.
func reaches(n *corev1.Node, name *string, all *bool, selector *corev1.NodeSelector) (bool, error) {
	switch {
	case name != nil && *name != "":
		return n.Name == *name, nil
	case all != nil && *all:
		return true, nil
	case selector != nil:
		s, err := nodeaffinity.NewNodeSelector(selector)
		if err != nil {
			return false, err
		}
		return s.Match(n), nil
	}
	return false, nil
}
