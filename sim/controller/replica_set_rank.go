package controller

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/store"
)

// rankVictims sorts pods so that those which should be deleted first come first. crowd counts the related pods on each
// node; nil for controllers that do not look at it.
//
// The comparison is not transitive, since UIDs decide only between pods of different seconds: the result depends on the
// order of the list, which is that of a map upstream. Here it is that of the UIDs.
//
// Source: k8s v1.36.3 pkg/controller/controller_utils.go ActivePodsWithRanks.Less.
func rankVictims(pods []*store.Pod, crowd map[string]int, now time.Time) {
	slices.SortFunc(pods, func(a, b *store.Pod) int { return strings.Compare(string(a.UID), string(b.UID)) })
	slices.SortStableFunc(pods, func(a, b *store.Pod) int { return compareVictims(a, b, crowd, now) })
}

// compareVictims is negative if a is to be deleted before b.
func compareVictims(a, b *store.Pod, crowd map[string]int, now time.Time) int {
	if c := compareStages(a, b); c != 0 {
		return c
	}
	if c := deletionCost(a) - deletionCost(b); c != 0 {
		return sign(c)
	}
	if c := crowd[b.NodeName] - crowd[a.NodeName]; c != 0 {
		return c
	}
	if podReady(a) && podReady(b) {
		if x, y := readySince(a), readySince(b); !x.Equal(&y) {
			return compareAges(a, b, x, y, now)
		}
	}
	if c := compareRestarts(a, b); c != 0 {
		return c
	}
	if x, y := a.Clock(a.Created), b.Clock(b.Created); !x.Equal(&y) {
		return compareAges(a, b, x, y, now)
	}
	return 0
}

// compareStages puts unbound before bound, Pending before Unknown before Running, not ready before ready.
func compareStages(a, b *store.Pod) int {
	if (a.NodeName == "") != (b.NodeName == "") {
		return before(a.NodeName == "")
	}
	if x, y := stageOf(a.Status.Phase), stageOf(b.Status.Phase); x != y {
		return x - y
	}
	if podReady(a) != podReady(b) {
		return before(!podReady(a))
	}
	return 0
}

func stageOf(p corev1.PodPhase) int {
	switch p {
	case corev1.PodUnknown:
		return 1
	case corev1.PodRunning:
		return 2
	}
	return 0
}

// deletionCost is the pod's annotation, 0 if it has none or nonsense.
//
// Source: k8s v1.36.3 pkg/apis/core/helper/helpers.go GetDeletionCostFromPodAnnotations.
func deletionCost(p *store.Pod) int64 {
	v, ok := p.AnnotationSet()[corev1.PodDeletionCost]
	if !ok || v == "" || v[0] == '+' || v[0] == '0' && v != "0" {
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil {
		return 0
	}
	return n
}

func readySince(p *store.Pod) metav1.Time {
	return store.Condition(p.Status, corev1.PodReady).LastTransitionTime
}

// compareAges puts the younger first, counted in powers of two of a nanosecond; equal ones by UID.
func compareAges(a, b *store.Pod, x, y metav1.Time, now time.Time) int {
	if x.IsZero() || y.IsZero() {
		return before(x.IsZero())
	}
	if d := logAge(x, now) - logAge(y, now); d != 0 {
		return d
	}
	return strings.Compare(string(a.UID), string(b.UID))
}

func logAge(t metav1.Time, now time.Time) int {
	if d := now.Sub(t.Time); d > 0 {
		return int(math.Log2(float64(d)))
	}
	return -1
}

// compareRestarts puts the pod with more restarts first: those of its containers, then those of its sidecars.
func compareRestarts(a, b *store.Pod) int {
	ra, sa := mostRestarts(a)
	rb, sb := mostRestarts(b)
	if ra != rb {
		return int(rb - ra)
	}
	return int(sb - sa)
}

func mostRestarts(p *store.Pod) (regular, sidecar int32) {
	for i := range p.Status.ContainerStatuses {
		regular = max(regular, p.Status.ContainerStatuses[i].RestartCount)
	}
	for i := range p.Status.InitContainerStatuses {
		st := &p.Status.InitContainerStatuses[i]
		for j := range p.Spec().InitContainers {
			if c := &p.Spec().InitContainers[j]; c.Name == st.Name && c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
				sidecar = max(sidecar, st.RestartCount)
			}
		}
	}
	return regular, sidecar
}

func before(first bool) int {
	if first {
		return -1
	}
	return 1
}

func sign(n int64) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
