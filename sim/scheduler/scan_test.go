package scheduler

import (
	"fmt"
	"math/rand/v2"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestScanIsPlain fills random clusters with pods that are all different, so that scans place them, and compares each with
// the plain cycle. Requests are odd numbers and small fractions of nodes, so that many totals are equal or nearly so.
func TestScanIsPlain(t *testing.T) {
	scans := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := NewProfile(Args{PercentageOfNodesToScore: percentage([]int32{0, 10, 100}[r.IntN(3)])})
		s := p.NewSnapshot()
		nodes := 1 + r.IntN(250)
		for i := range nodes {
			s.SetNode(scanNode(r, i))
		}
		c, start := Cycle{}, 0
		for i := range 300 {
			if r.IntN(10) == 0 {
				s.SetNode(scanNode(r, r.IntN(nodes))) // may have less than its pods request
			}
			pod := p.Compile(scanPod(r, i))
			want := p.Schedule(pod, s, Options{Start: start, Brief: true})
			if v := c.begin(p, s, pod); v != 0 {
				t.Fatalf("seed %d: pod %d is turned down", seed, i)
			}
			if pod.Shape.scanner != nil && !pod.Shape.seen {
				scans++
			}
			o, got := c.pick(start), ""
			if o.slot >= 0 {
				got = s.nodes[o.slot].name
			}
			if got != want.Chosen || o.next != want.Next {
				t.Fatalf("seed %d: pod %d: %q, next %d; plain %q, %d", seed, i, got, o.next, want.Chosen, want.Next)
			}
			if start = o.next; got != "" {
				s.AddPod(pod, got)
			}
		}
	}
	if scans < 10000 {
		t.Errorf("%d scans", scans)
	}
}

func scanNode(r *rand.Rand, i int) *corev1.Node {
	n := makeNode(fmt.Sprint("n", i), resources("cpu", fmt.Sprint(2+2*r.IntN(4)), "memory", fmt.Sprint(4+4*r.IntN(4), "Gi"), "pods", fmt.Sprint(5+r.IntN(20)),
		"ephemeral-storage", fmt.Sprint(r.IntN(20), "Gi")),
		label("disk", []string{"ssd", "hdd"}[r.IntN(2)]), label("generation", fmt.Sprint(r.IntN(3))))
	switch r.IntN(20) {
	case 0:
		n.Spec.Unschedulable = true
	case 1:
		taint("k", corev1.TaintEffectNoSchedule)(n)
	case 2:
		delete(n.Status.Allocatable, "memory")
	case 3, 4:
		n.Status.Images = []corev1.ContainerImage{{Names: []string{"img:v1"}, SizeBytes: 700 << 20}}
	}
	return n
}

func scanPod(r *rand.Rand, i int) *corev1.Pod {
	req := resources()
	if r.IntN(8) > 0 {
		req["cpu"] = resources("q", fmt.Sprint(1+r.IntN(900), "m"))["q"]
	}
	if r.IntN(8) > 0 {
		req["memory"] = resources("q", fmt.Sprint(1+r.IntN(1500), "Mi"))["q"]
	}
	if r.IntN(8) == 0 {
		req["ephemeral-storage"] = resources("q", fmt.Sprint(r.IntN(3), "Gi"))["q"]
	}
	pod := makePod(fmt.Sprint("p", i), req)
	pod.Spec.Containers[0].Image = []string{"img:v1", "other:v1"}[r.IntN(2)]
	if r.IntN(6) == 0 {
		pod.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	}
	if r.IntN(8) == 0 {
		pod.Spec.Containers[0].Ports = []corev1.ContainerPort{{HostPort: 8080}}
	}
	if r.IntN(3) == 0 {
		selector("disk", "ssd")(pod)
	}
	if r.IntN(3) == 0 {
		a := &corev1.NodeAffinity{}
		for i := range 1 + r.IntN(2) {
			a.PreferredDuringSchedulingIgnoredDuringExecution = append(a.PreferredDuringSchedulingIgnoredDuringExecution, corev1.PreferredSchedulingTerm{
				Weight:     int32(1 + r.IntN(100)),
				Preference: corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "generation", Operator: corev1.NodeSelectorOpIn, Values: []string{fmt.Sprint(i)}}}},
			})
		}
		pod.Spec.Affinity = &corev1.Affinity{NodeAffinity: a}
	}
	return pod
}
