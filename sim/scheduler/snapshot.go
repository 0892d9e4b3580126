package scheduler

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Snapshot is the scheduler's picture of the cluster: nodes and the pods that count on them, bound or assumed. It is
// kept up to date by its methods, in place; nothing is copied for a cycle.
//
// Nodes are numbered by slots, which they keep while they exist. Order lists the slots of the nodes that can be
// chosen, zone by zone in turn. A node that was deleted while pods are bound to it stays as a ghost with a slot but
// without a place in Order.
//
// Source: k8s v1.36.3 pkg/scheduler/backend/cache/cache.go, snapshot.go.
type Snapshot struct {
	p     *dictionary
	rows  []row
	gens  []uint32 // by slot: counts changes of what a local filter or score reads
	nodes []node
	// outlines are by slot too.
	outlines []outline
	byName   map[string]int32
	free     []int32

	tree  nodeTree
	order []int32
	place []int32 // by slot: index in order, -1 for ghosts
	stale bool    // order has to be made anew

	lists   uint64 // counts changes of the list of nodes
	gen     uint64 // counts changes of anything
	cycle   uint32 // snapshots taken
	touched []int32
	images  imageTable

	alloc, used [][]int64 // by resource id, then slot

	preferring int // nodes with a PreferNoSchedule taint
	priorities []priorityCount

	labels   labelIndex
	anyTerms termList // of existing pods, about any pods,
	// termsByPair are those about pods with a label.
	termsByPair map[labelPair]*termList
	termSetBy   map[*podTerms]*termSet
	eligible    map[eligibleKey]*eligibleNodes
	topologies  []*topology
	statics     uint64 // counts changes of nodes other than of what runs on them
	namespaces  map[string]map[string]string
	nsGen       uint64 // counts changes of namespaces
	workloads   workloads
	budgets     []budget // by namespace and name
	nominated   nominations
	storage     storage
	devices     deviceState
	trials      int // trials under way: pods are moved to see what would be, and moved back
}

// row is what local filters and scores read of a node most.
type row struct {
	allocCPU, allocMemory, allocEphemeral int64
	reqCPU, reqMemory, reqEphemeral       int64
	nonZeroCPU, nonZeroMemory             int64
	pods, maxPods                         int64
	perCPU, perMemory                     float64 // 1/allocCPU, 1/allocMemory
	balance                               int64   // of what runs there, and 1; 0 = not known
	taints                                int32   // number of its list of taints
	unschedulable                         bool
}

// node is the rest.
type node struct {
	name     string
	object   *corev1.Node // nil: a ghost, or not seen yet
	zone     string
	pods     []*Pod
	ports    []hostPort
	images   []nodeImage
	seen     uint32 // number of the snapshot that took the node's last change in
	touched  bool
	prefers  bool   // has a PreferNoSchedule taint
	labelGen uint32 // counts changes of name and labels

	lowest    int32  // lowest priority of its pods,
	lowestGen uint32 // as of that generation
}

type priorityCount struct {
	priority int32
	pods     int
}

// NewSnapshot returns an empty cluster.
func (d *dictionary) NewSnapshot() *Snapshot {
	return &Snapshot{
		p: d, byName: map[string]int32{}, lists: 1, statics: 1, namespaces: map[string]map[string]string{}, nsGen: 1, termSetBy: map[*podTerms]*termSet{},
		workloads: workloads{services: map[string]*serviceList{}, owners: map[ownerKey]owner{}, memo: map[defaultKey]defaultSelector{}},
		devices:   newDeviceState(),
	}
}

// Len is the number of nodes that can be chosen.
func (s *Snapshot) Len() int { return s.tree.size }

// Node returns the object of that name, or nil.
func (s *Snapshot) Node(name string) *corev1.Node {
	if slot, ok := s.byName[name]; ok {
		return s.nodes[slot].object
	}
	return nil
}

// slotOf returns the node's slot, a new one if it is not known.
func (s *Snapshot) slotOf(name string) int32 {
	if slot, ok := s.byName[name]; ok {
		return slot
	}
	var slot int32
	if n := len(s.free); n > 0 {
		slot, s.free = s.free[n-1], s.free[:n-1]
	} else {
		slot = int32(len(s.rows))
		s.rows, s.nodes, s.gens = append(s.rows, row{}), append(s.nodes, node{}), append(s.gens, 0)
		s.outlines = append(s.outlines, outline{})
		s.place = append(s.place, -1)
		s.statics++ // what is known of each slot is too short
		for id := range s.alloc {
			s.alloc[id], s.used[id] = append(s.alloc[id], 0), append(s.used[id], 0)
		}
		for _, t := range s.topologies {
			t.of = append(t.of, -1)
		}
	}
	s.rows[slot] = row{}
	s.nodes[slot] = node{name: name, labelGen: s.nodes[slot].labelGen + 1}
	s.byName[name] = slot
	return slot
}

// SetNode adds a node or takes its new state in. The caller must not change the object afterwards.
func (s *Snapshot) SetNode(n *corev1.Node) {
	slot := s.slotOf(n.Name)
	nd := &s.nodes[slot]
	old := nd.object
	zone := zoneKey(n)
	switch {
	case old == nil:
		s.tree.add(zone, slot)
		s.stale = true
	case zone != nd.zone:
		// Upstream moves the node in the tree, but keeps the list until a node comes or goes.
		s.tree.remove(nd.zone, slot)
		s.tree.add(zone, slot)
	}
	nd.zone, nd.object = zone, n
	s.images.update(s, slot, old, n)
	if old == nil || !equalLabels(old, n) {
		nd.labelGen++
		s.setDomains(slot)
	}
	taints := s.rows[slot].taints
	s.setRow(slot, n)
	if s.rows[slot].taints != taints {
		s.statics++
	}
	s.changed(slot)
}

// setDomains notes that a node came, went, or has other labels.
func (s *Snapshot) setDomains(slot int32) {
	s.statics++
	for _, t := range s.topologies {
		t.set(slot, s)
	}
}

func equalLabels(a, b *corev1.Node) bool {
	if len(a.Labels) != len(b.Labels) {
		return false
	}
	for k, v := range a.Labels { // unordered: a comparison
		if w, ok := b.Labels[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// setRow reads allocatable, taints and unschedulable.
func (s *Snapshot) setRow(slot int32, n *corev1.Node) {
	r := &s.rows[slot]
	r.allocCPU, r.allocMemory, r.allocEphemeral, r.maxPods = 0, 0, 0, 0
	for id := range s.alloc {
		s.alloc[id][slot] = 0
	}
	for name, q := range n.Status.Allocatable { // unordered: each name has its own place
		id := s.p.resourceID(name)
		v, _ := value(id, q)
		switch id {
		case idCPU:
			r.allocCPU = v
		case idMemory:
			r.allocMemory = v
		case idEphemeral:
			r.allocEphemeral = v
		case idPods:
			r.maxPods = v
		case idIgnored:
		default:
			s.scalarColumn(id)
			s.alloc[id][slot] = v
		}
	}
	r.perCPU, r.perMemory = 1/float64(r.allocCPU), 1/float64(r.allocMemory)
	r.taints, r.unschedulable = s.p.taintsID(n.Spec.Taints), n.Spec.Unschedulable
	s.setPrefers(slot, slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Effect == corev1.TaintEffectPreferNoSchedule }))
}

// setPrefers counts the nodes with PreferNoSchedule taints. Without any, nobody computes that score; so with the first
// one, what is remembered of it is worth nothing.
func (s *Snapshot) setPrefers(slot int32, prefers bool) {
	if nd := &s.nodes[slot]; nd.prefers != prefers {
		nd.prefers = prefers
		if prefers {
			s.preferring++
			s.lists++
		} else {
			s.preferring--
		}
	}
}

func (s *Snapshot) scalarColumn(id int32) {
	for int32(len(s.alloc)) <= id {
		s.alloc = append(s.alloc, make([]int64, len(s.rows)))
		s.used = append(s.used, make([]int64, len(s.rows)))
	}
}

// RemoveNode takes the node away. Its pods stay as those of a ghost until they are removed too.
func (s *Snapshot) RemoveNode(name string) {
	slot, ok := s.byName[name]
	if !ok || s.nodes[slot].object == nil {
		return
	}
	nd := &s.nodes[slot]
	s.images.remove(s, slot)
	s.tree.remove(nd.zone, slot)
	s.setPrefers(slot, false)
	nd.object, s.stale = nil, true
	s.setDomains(slot)
	s.changed(slot)
	s.release(slot)
}

// release frees the slot of a ghost without pods.
func (s *Snapshot) release(slot int32) {
	nd := &s.nodes[slot]
	if nd.object != nil || len(nd.pods) > 0 {
		return
	}
	delete(s.byName, nd.name)
	for id := range s.alloc {
		s.alloc[id][slot] = 0
	}
	nd.name = ""
	s.free = append(s.free, slot)
}

// changed notes that a node is not what it was.
func (s *Snapshot) changed(slot int32) {
	s.gens[slot]++
	s.rows[slot].balance = 0
	s.outlines[slot].known = false
	s.gen++
	if s.trials == 0 {
		s.touch(slot)
	}
}

// touch has the next cycle look at the node's images again, as upstream's snapshot copies a node after any update.
func (s *Snapshot) touch(slot int32) {
	if nd := &s.nodes[slot]; !nd.touched {
		nd.touched = true
		s.touched = append(s.touched, slot)
	}
}

// Update takes a snapshot: what happened since the last one is seen from now on.
func (s *Snapshot) Update() {
	s.cycle++
	for _, slot := range s.touched {
		nd := &s.nodes[slot]
		if nd.seen < s.images.changed && len(nd.images) > 0 {
			s.gens[slot]++
			s.gen++
		}
		nd.touched, nd.seen = false, s.cycle
	}
	s.touched = s.touched[:0]
	if s.stale {
		s.stale = false
		s.lists++
		s.gen++
		for _, slot := range s.order {
			s.place[slot] = -1
		}
		s.order = s.tree.list(s.order[:0])
		for i, slot := range s.order {
			s.place[slot] = int32(i)
		}
	}
}
