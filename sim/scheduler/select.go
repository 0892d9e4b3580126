package scheduler

import "math/bits"

// preorder is the place of index i of a list in a walk of the list as a binary heap: parent, left, right.
func preorder(i int) uint64 {
	n := uint64(i) + 1
	zeros := bits.LeadingZeros64(n)
	return n<<zeros&^63 | uint64(64-zeros)
}

// selectHost returns the index of the node that upstream picks: the one at the head of a heap made of the totals in
// order. Of several with the highest total, that is the first one in preorder, because making a heap lets an equal
// parent stay and prefers an equal left child. Upstream's second key, a random number, is only drawn for nodes that an
// extender scored.
//
// Source: k8s v1.36.3 pkg/scheduler/schedule_one.go newSortedNodeScores, nodeScoreHeap.
func selectHost(totals []int64) int {
	best := 0
	for i, t := range totals {
		if t > totals[best] || t == totals[best] && preorder(i) < preorder(best) {
			best = i
		}
	}
	return best
}
