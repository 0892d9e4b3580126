package scheduler

import (
	"slices"
	"sort"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// imageTable knows which images are on how many nodes.
//
// A node sees the count as it was when a snapshot last copied the node; so counts are kept with their history.
//
// Source: k8s v1.36.3 pkg/scheduler/backend/cache/cache.go addNodeImageStates, removeNodeImageStates;
// pkg/scheduler/framework/types.go NodeInfo.SnapshotConcrete.
type imageTable struct {
	states  []*imageState // by image id; nil: on no node
	changed uint32        // the snapshot that sees the last change of any count
}

// imageState is an image that is on some node. Its size is what the first of them said.
type imageState struct {
	size  int64
	nodes int64
	past  []imageCount
}

// imageCount is the number of nodes that a snapshot and the later ones see.
type imageCount struct {
	from  uint32
	nodes int64
}

// nodeImage is an image on a node.
type nodeImage struct {
	id    int32
	state *imageState
}

func (t *imageTable) state(id int32) *imageState {
	if int(id) < len(t.states) {
		return t.states[id]
	}
	return nil
}

// set notes a new count, which the next snapshot will see.
func (t *imageTable) set(st *imageState, nodes int64, cycle uint32) {
	st.nodes, t.changed = nodes, cycle+1
	if n := len(st.past); n > 0 && st.past[n-1].from == cycle+1 {
		st.past[n-1].nodes = nodes
		return
	}
	st.past = append(st.past, imageCount{cycle + 1, nodes})
}

// update takes in the images of a node's new object.
func (t *imageTable) update(s *Snapshot, slot int32, old, n *corev1.Node) {
	if old == nil || !equality.Semantic.DeepEqual(old.Status.Images, n.Status.Images) {
		t.remove(s, slot)
		t.add(s, slot, n)
		return
	}
	// Upstream takes the images out and puts them back, whereby an image that is nowhere else gets this node's size.
	for i := range n.Status.Images {
		for _, name := range n.Status.Images[i].Names {
			if st := t.state(s.p.imageID(name)); st != nil && st.nodes == 1 {
				st.size = n.Status.Images[i].SizeBytes
			}
		}
	}
}

// add takes in the images of a node that has none noted.
func (t *imageTable) add(s *Snapshot, slot int32, n *corev1.Node) {
	nd := &s.nodes[slot]
	for i := range n.Status.Images {
		img := &n.Status.Images[i]
		for _, name := range img.Names {
			id := s.p.imageID(name)
			if slices.ContainsFunc(nd.images, func(x nodeImage) bool { return x.id == id }) {
				continue
			}
			for int(id) >= len(t.states) {
				t.states = append(t.states, nil)
			}
			st := t.states[id]
			if st == nil {
				st = &imageState{size: img.SizeBytes}
				t.states[id] = st
			}
			t.set(st, st.nodes+1, s.cycle)
			nd.images = append(nd.images, nodeImage{id, st})
		}
	}
}

// remove forgets the images of a node.
func (t *imageTable) remove(s *Snapshot, slot int32) {
	nd := &s.nodes[slot]
	for _, img := range nd.images {
		t.set(img.state, img.state.nodes-1, s.cycle)
		if img.state.nodes == 0 {
			t.states[img.id] = nil
		}
	}
	nd.images = nd.images[:0]
}

// seenBy is the number of nodes with the image as the given snapshot saw it.
func (st *imageState) seenBy(snapshot uint32) int64 {
	later := sort.Search(len(st.past), func(i int) bool { return st.past[i].from > snapshot })
	return st.past[max(later-1, 0)].nodes
}
