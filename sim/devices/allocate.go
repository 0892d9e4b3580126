package devices

import (
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
)

// ErrNodeFails says that nothing can be allocated on this node, while others may do.
var ErrNodeFails = errors.New("invalid resource pools were encountered")

// errTooMany sends the search back to where fewer devices may do. A claim holds so many and no more.
var errTooMany = errors.New("allocation max size exceeded")

// Allocate looks for devices for the claims on the node, none of which is allocated yet. inUse reports whether a device
// belongs to another claim. It returns a result for each claim, or nil if they cannot all be had there. An error other than
// ErrNodeFails is that of a claim or class, and holds for every node.
//
// Source: k8s v1.36.3 incubating/allocator_incubating.go Allocate.
func (v *Inventory) Allocate(n *corev1.Node, claims []*resourcev1.ResourceClaim, inUse func(ID) bool) ([]resourcev1.AllocationResult, error) {
	s := &search{
		v: v, node: n, claims: claims, inUse: inUse, wishes: make([][][]*wish, len(claims)), constraints: make([][]*constraint, len(claims)),
		taken: make([][]choice, len(claims)), taking: map[ID][]int{},
	}
	var err error
	if s.pools, err = v.pools(n); err != nil {
		return nil, err
	}
	for i, claim := range claims {
		fewest, err := s.prepare(i)
		if err != nil {
			return nil, err
		}
		if fewest > resourcev1.AllocationResultsMaxSize {
			return nil, fmt.Errorf("claim %s: number of requested devices %d exceeds the claim limit of %d", keyOf(claim), fewest, resourcev1.AllocationResultsMaxSize)
		}
		s.constraints[i] = constraintsOf(claim)
	}
	ok, err := s.request(0, 0)
	switch {
	case err != nil && !errors.Is(err, errTooMany):
		return nil, err
	case !ok && slices.ContainsFunc(s.pools, func(p *pool) bool { return p.invalid }):
		return nil, ErrNodeFails
	case !ok:
		return nil, nil
	}
	return s.results(), nil
}

// search is one Allocate.
type search struct {
	v           *Inventory
	node        *corev1.Node
	claims      []*resourcev1.ResourceClaim
	inUse       func(ID) bool
	pools       []*pool
	wishes      [][][]*wish // by claim and request: its alternatives
	constraints [][]*constraint
	taken       [][]choice   // by claim
	taking      map[ID][]int // claims of this search that have the device
}

// choice is a device for a wish.
type choice struct {
	candidate
	wish *wish
}

// place is where in the pools to go on. The devices of one request are looked for in order, so that no two of their
// permutations are tried.
type place struct{ pool, slice, device int }

// request finds devices for a request and all that come after it.
func (s *search) request(ci, ri int) (bool, error) {
	if ci == len(s.claims) {
		return true, nil
	}
	if ri == len(s.wishes[ci]) {
		ok, err := s.request(ci+1, 0)
		if errors.Is(err, errTooMany) {
			return false, nil // another choice for an earlier claim may leave room for an alternative of this one
		}
		return ok, err
	}
	alternatives := s.wishes[ci][ri]
	if len(alternatives) == 1 && alternatives[0].parent == "" {
		return s.device(ci, ri, alternatives[0], 0, place{})
	}
	tooMany := true
	for _, w := range alternatives {
		ok, err := s.device(ci, ri, w, 0, place{})
		if errors.Is(err, errTooMany) {
			continue
		}
		tooMany = false
		if ok || err != nil {
			return ok, err
		}
	}
	if tooMany {
		return false, errTooMany
	}
	return false, nil
}

// device finds the next device for a wish, and all that comes after it.
//
// Source: k8s v1.36.3 incubating/allocator_incubating.go allocateOne.
func (s *search) device(ci, ri int, w *wish, have int, from place) (bool, error) {
	switch {
	case w.all && len(w.every) == 0:
		return false, nil
	case have >= w.number:
		return s.request(ci, ri+1)
	case len(s.taken[ci])+w.number-have > resourcev1.AllocationResultsMaxSize:
		return false, errTooMany
	case w.all:
		return s.take(ci, ri, w, have, w.every[have], place{})
	}
	for i := from.pool; i < len(s.pools); i++ {
		p := s.pools[i]
		if p.incomplete || p.invalid {
			continue
		}
		j := 0
		if i == from.pool {
			j = from.slice
		}
		for ; j < len(p.slices); j++ {
			k := 0
			if i == from.pool && j == from.slice {
				k = from.device
			}
			for ; k < len(p.slices[j].Spec.Devices); k++ {
				if ok, err := s.try(ci, ri, w, have, candidate{p.slices[j], k}, place{i, j, k + 1}); ok || err != nil {
					return ok, err
				}
			}
		}
	}
	return false, nil
}

// try takes a device if it is free and matches.
func (s *search) try(ci, ri int, w *wish, have int, d candidate, next place) (bool, error) {
	if s.busy(ci, w, d) {
		return false, nil
	}
	if ok, err := s.selectable(s.claims[ci], w, d); !ok || err != nil {
		return false, err
	}
	return s.take(ci, ri, w, have, d, next)
}

// busy reports whether a device is not to be had. Admins may have any, but each once in a claim.
func (s *search) busy(ci int, w *wish, d candidate) bool {
	id := d.id()
	if w.admin {
		return slices.Contains(s.taking[id], ci)
	}
	return s.inUse(id) || len(s.taking[id]) > 0
}

// take takes a device that matches, goes on, and gives it back if that leads nowhere.
func (s *search) take(ci, ri int, w *wish, have int, d candidate, next place) (bool, error) {
	if s.busy(ci, w, d) || !tolerated(d, w) {
		return false, nil
	}
	rules := s.constraints[ci]
	for i, c := range rules {
		if c.add(w, d) {
			continue
		}
		for _, c := range slices.Backward(rules[:i]) {
			c.remove(w)
		}
		if w.all {
			return false, fmt.Errorf("claim %s, request %s: cannot add device %s because a claim constraint would not be satisfied", keyOf(s.claims[ci]), w.name, d.id())
		}
		return false, nil
	}
	id := d.id()
	s.taking[id] = append(s.taking[id], ci)
	s.taken[ci] = append(s.taken[ci], choice{d, w})
	ok, err := s.device(ci, ri, w, have+1, next)
	if ok && err == nil {
		return true, nil
	}
	s.taken[ci] = s.taken[ci][:len(s.taken[ci])-1]
	s.taking[id] = s.taking[id][:len(s.taking[id])-1]
	for _, c := range slices.Backward(rules) {
		c.remove(w)
	}
	return false, err
}

// tolerated reports whether the request tolerates the device's taints. Effects that are not known do not matter.
func tolerated(d candidate, w *wish) bool {
	for _, t := range d.device().Taints {
		if t.Effect != resourcev1.DeviceTaintEffectNoSchedule && t.Effect != resourcev1.DeviceTaintEffectNoExecute {
			continue
		}
		if !slices.ContainsFunc(w.tolerations, func(o resourcev1.DeviceToleration) bool { return tolerates(o, t) }) {
			return false
		}
	}
	return true
}

// Source: k8s v1.36.3 staging dynamic-resource-allocation/resourceclaim/devicetoleration.go ToleratesTaint.
func tolerates(o resourcev1.DeviceToleration, t resourcev1.DeviceTaint) bool {
	if o.Effect != "" && o.Effect != t.Effect || o.Key != "" && o.Key != t.Key {
		return false
	}
	return o.Operator == resourcev1.DeviceTolerationOpExists || (o.Operator == "" || o.Operator == resourcev1.DeviceTolerationOpEqual) && o.Value == t.Value
}

// selectable reports whether class and request select the device and it is there for the node.
//
// Source: k8s v1.36.3 incubating/allocator_incubating.go isSelectable, selectorsMatch.
func (s *search) selectable(claim *resourcev1.ResourceClaim, w *wish, d candidate) (bool, error) {
	id := d.id()
	if ok, known := w.matched[id]; known {
		return ok, nil
	}
	if d.unsupported() {
		return false, nil
	}
	ok, err := s.v.selectors.match(d, w.class.Spec.Selectors, "class "+w.class.Name)
	if ok && err == nil {
		ok, err = s.v.selectors.match(d, w.selectors, "claim "+keyOf(claim))
	}
	if ok && err == nil {
		ok, err = d.reaches(s.node)
	}
	if err != nil {
		return false, err
	}
	w.matched[id] = ok
	return ok, nil
}
