package controller

import (
	"math"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/sim/store"
)

// surges reports whether new pods are created beside old ones.
func surges(set *appsv1.DaemonSet) bool { return rollLimit(set, 1, true) > 0 }

// rollLimit is maxSurge or maxUnavailable of a set that is wanted on so many nodes. Percentages are rounded up.
//
// Source: k8s v1.36.3 pkg/controller/daemon/util/daemonset_util.go SurgeCount, UnavailableCount.
func rollLimit(set *appsv1.DaemonSet, nodes int, surge bool) int {
	r := set.Spec.UpdateStrategy.RollingUpdate
	if set.Spec.UpdateStrategy.Type != appsv1.RollingUpdateDaemonSetStrategyType || r == nil {
		return 0
	}
	limit := r.MaxUnavailable
	if surge {
		limit = r.MaxSurge
	}
	if limit == nil {
		return 0
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(limit, nodes, true)
	if err != nil || n > math.MaxInt32 {
		return 0 // validation lets no such value in
	}
	return n
}

// rollingUpdate says which old pods may go and, with surge, on which nodes new ones may be created beside them.
//
// Source: k8s v1.36.3 pkg/controller/daemon/update.go rollingUpdate, updatedDesiredNodeCounts. Upstream's order of nodes
// is that of a map; here it is their names'.
func (c *daemonSets) rollingUpdate(s *daemonState, set *appsv1.DaemonSet) (create []string, remove []*store.Pod) {
	desired := int(s.tally.desired)
	surge, unavailable := rollLimit(set, desired, true), rollLimit(set, desired, false)
	if desired > 0 && surge == 0 && unavailable == 0 {
		unavailable = 1
	}
	if surge == 0 {
		return nil, c.replace(s, set, unavailable)
	}
	return c.surge(s, set, surge, desired)
}

// newAndOld finds the new and the old pod of a node among those that are not being deleted. ok is false if there are
// several of either.
//
// Source: k8s v1.36.3 update.go findUpdatedPodsOnNode.
func (s *daemonState) newAndOld(n *daemonNode) (fresh, old *store.Pod, ok bool) {
	for _, p := range n.live() {
		if p.Deletion != nil {
			continue
		}
		to := &old
		if s.updated(p) {
			to = &fresh
		}
		if *to != nil {
			return nil, nil, false
		}
		*to = p
	}
	return fresh, old, true
}

// rollState is what a node is to a rolling update without surge.
type rollState uint8

const (
	rollNothing        rollState = iota // no pod, and none wanted
	rollDone                            // has the new pod, available
	rollWaiting                         // counts as unavailable: others create or clean up, or the new pod is not available
	rollOld                             // has an old pod that is available
	rollOldUnavailable                  // has one that is not
)

// rollStateOf classifies a node; isAvailable says which pods are available.
//
// Source: k8s v1.36.3 update.go rollingUpdate, the part without surge.
func (s *daemonState) rollStateOf(n *daemonNode, isAvailable func(*store.Pod) bool) rollState {
	if !n.run && len(n.live()) == 0 {
		return rollNothing
	}
	fresh, old, ok := s.newAndOld(n)
	switch {
	case !ok, (fresh == nil) == (old == nil):
		return rollWaiting
	case fresh != nil && isAvailable(fresh):
		return rollDone
	case fresh != nil:
		return rollWaiting
	case isAvailable(old):
		return rollOld
	}
	return rollOldUnavailable
}

// replace chooses old pods to delete: those that are not available, and as many others as may be unavailable.
//
// The states of nodes are kept; only with minReadySeconds they change with time and are looked at anew.
func (c *daemonSets) replace(s *daemonState, set *appsv1.DaemonSet, limit int) (remove []*store.Pod) {
	minReady, now := set.Spec.MinReadySeconds, c.env.Store.Now()
	unavailable := int(s.tally.rollWaiting + s.tally.rollOldUnavailable)
	if minReady == 0 && s.tally.rollOldUnavailable == 0 && unavailable >= limit {
		return nil
	}
	names := s.sortedNodes()
	if minReady > 0 {
		unavailable = 0
		for _, name := range names {
			n := s.nodes[name]
			n.roll = s.rollStateOf(n, func(p *store.Pod) bool { return available(p, minReady, now) })
			if n.roll == rollWaiting || n.roll == rollOldUnavailable {
				unavailable++
			}
		}
	}
	var candidates []*store.Pod
	more := max(limit-unavailable, 0)
	for _, name := range names {
		switch n := s.nodes[name]; {
		case n.roll == rollOldUnavailable:
			_, old, _ := s.newAndOld(n)
			remove = append(remove, old)
		case n.roll == rollOld && len(candidates) < more:
			_, old, _ := s.newAndOld(n)
			candidates = append(candidates, old)
		}
	}
	return append(remove, candidates...)
}

// sortedNodes returns the names of the nodes in order.
func (s *daemonState) sortedNodes() []string {
	if s.order == nil {
		s.order = sortedKeys(s.nodes)
	}
	return s.order
}

// surge chooses nodes for new pods beside old ones, and old pods to delete.
func (c *daemonSets) surge(s *daemonState, set *appsv1.DaemonSet, limit, desired int) (create []string, remove []*store.Pod) {
	surging, availableNodes, now := 0, 0, c.env.Store.Now()
	isAvailable := func(p *store.Pod) bool { return p != nil && available(p, set.Spec.MinReadySeconds, now) }
	var candidates []string
	var leaving []*store.Pod
	for _, name := range s.sortedNodes() {
		n := s.nodes[name]
		if !n.run && len(n.live()) == 0 {
			continue
		}
		fresh, old, ok := s.newAndOld(n)
		if !ok {
			surging++
			continue
		}
		if isAvailable(old) || old == nil && isAvailable(fresh) {
			availableNodes++
		}
		switch {
		case old == nil:
		case fresh == nil && !isAvailable(old):
			if n.run {
				create = append(create, name)
			} else {
				remove = append(remove, old)
			}
		case fresh == nil && !n.run:
			leaving = append(leaving, old)
		case fresh == nil:
			if surging < limit {
				candidates = append(candidates, name)
			}
		case !isAvailable(fresh):
			surging++
		default:
			remove = append(remove, old)
		}
	}
	remove = append(remove, leaving[:min(max(availableNodes-desired, 0), len(leaving))]...)
	return append(create, candidates[:min(max(limit-surging, 0), len(candidates))]...), remove
}
