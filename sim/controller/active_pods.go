package controller

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/store"
)

// sortActivePods puts the pods first that are the least loss, as rankVictims does but without a look at crowds and costs,
// and with ages as they are. Pods that are equal in all keep their order.
//
// Source: k8s v1.36.3 pkg/controller/controller_utils.go ActivePods.Less.
func sortActivePods(pods []*store.Pod) {
	slices.SortStableFunc(pods, func(a, b *store.Pod) int {
		if c := compareStages(a, b); c != 0 {
			return c
		}
		if podReady(a) && podReady(b) {
			if x, y := readySince(a), readySince(b); !x.Equal(&y) {
				return laterOrZero(x, y)
			}
		}
		if c := compareRestarts(a, b); c != 0 {
			return c
		}
		if x, y := a.Clock(a.Created), b.Clock(b.Created); !x.Equal(&y) {
			return laterOrZero(x, y)
		}
		return 0
	})
}

// laterOrZero puts the later time first, and no time before all.
func laterOrZero(x, y metav1.Time) int {
	if x.IsZero() || y.IsZero() {
		return before(x.IsZero())
	}
	return before(x.After(y.Time))
}
