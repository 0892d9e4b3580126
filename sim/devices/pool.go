package devices

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
)

// pool is a pool as one node sees it.
type pool struct {
	poolID
	slices     []*resourcev1.ResourceSlice // with devices for the node, by name
	incomplete bool                        // the driver is still writing it
	invalid    bool                        // devices share a name
}

// pools are those with devices for a node, by driver and name.
//
// Source: k8s v1.36.3 incubating/pools_incubating.go GatherPools, addSlice, checkSlicesInPool, buildPool.
func (v *Inventory) pools(n *corev1.Node) ([]*pool, error) {
	var ids []poolID
	found := map[poolID][]*resourcev1.ResourceSlice{}
	for _, list := range [...][]*resourcev1.ResourceSlice{v.onNode[n.Name], v.shared} {
		for _, s := range list {
			ok, err := relevant(s, n)
			if err != nil {
				return nil, fmt.Errorf("gather pool information: failed to perform node selection for slice %s: %w", s.Name, err)
			}
			if !ok {
				continue
			}
			id := poolOf(s)
			switch old := found[id]; {
			case old == nil:
				ids = append(ids, id)
				found[id] = append(old, s)
			case s.Spec.Pool.Generation > old[0].Spec.Pool.Generation:
				found[id] = append(old[:0:0], s)
			case s.Spec.Pool.Generation == old[0].Spec.Pool.Generation:
				found[id] = append(old, s)
			}
		}
	}
	slices.SortFunc(ids, func(a, b poolID) int { return cmp.Or(cmp.Compare(a.driver, b.driver), cmp.Compare(a.name, b.name)) })
	var out []*pool
	for _, id := range ids {
		if p := v.build(id, found[id]); p != nil {
			out = append(out, p)
		}
	}
	return out, nil
}

// relevant reports whether a slice may hold devices for a node.
func relevant(s *resourcev1.ResourceSlice, n *corev1.Node) (bool, error) {
	spec := &s.Spec
	switch {
	case len(spec.SharedCounters) > 0:
		return true, nil
	case spec.PerDeviceNodeSelection != nil && *spec.PerDeviceNodeSelection && spec.NodeName == nil && spec.AllNodes == nil && spec.NodeSelector == nil:
		for i := range spec.Devices {
			d := &spec.Devices[i]
			if ok, err := reaches(n, d.NodeName, d.AllNodes, d.NodeSelector); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	}
	return reaches(n, spec.NodeName, spec.AllNodes, spec.NodeSelector)
}

// build makes a pool of the slices that are relevant. It returns nil if the driver is replacing them.
func (v *Inventory) build(id poolID, list []*resourcev1.ResourceSlice) *pool {
	p := &pool{poolID: id}
	if spec := &list[0].Spec.Pool; int64(len(list)) != spec.ResourceSliceCount {
		all := int64(0)
		for _, s := range v.ofPool[id] {
			switch g := s.Spec.Pool.Generation; {
			case g > spec.Generation:
				return nil
			case g == spec.Generation:
				all++
			}
		}
		if p.incomplete = all != spec.ResourceSliceCount; p.incomplete {
			return p
		}
	}
	names := map[string]bool{}
	slices.SortFunc(list, func(a, b *resourcev1.ResourceSlice) int { return cmp.Compare(a.Name, b.Name) })
	for _, s := range list {
		if len(s.Spec.SharedCounters) > 0 {
			continue
		}
		for i := range s.Spec.Devices {
			p.invalid = p.invalid || names[s.Spec.Devices[i].Name]
			names[s.Spec.Devices[i].Name] = true
		}
		p.slices = append(p.slices, s)
	}
	return p
}
