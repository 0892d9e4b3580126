package capacity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim"
	"clustersim/sim/scheduler"
)

// randomCluster has a few pods of a few classes, some of which mind where their siblings are.
func randomCluster(t *testing.T, r *rand.Rand) *Cluster {
	t.Helper()
	var list []model.Manifest
	for class := range 1 + r.IntN(3) {
		cpu, memory := 250*(1+r.IntN(12)), 256*(1+r.IntN(16))
		kind := r.IntN(4)
		for i := range 1 + r.IntN(4) {
			p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("c%d-%d", class, i), Namespace: "default", Labels: map[string]string{"class": fmt.Sprint(class)}}}
			p.APIVersion, p.Kind = "v1", "Pod"
			p.Spec.Containers = []corev1.Container{{Name: "a", Image: "a", Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
				"cpu": *resource.NewMilliQuantity(int64(cpu), resource.DecimalSI), "memory": *resource.NewQuantity(int64(memory)<<20, resource.BinarySI),
			}}}}
			siblings := &metav1.LabelSelector{MatchLabels: p.Labels}
			switch kind {
			case 0:
				p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{TopologyKey: corev1.LabelHostname, LabelSelector: siblings}}}}
			case 1:
				p.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone, WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: siblings}}
			}
			list = append(list, model.Manifest{Kind: model.Pod, Object: p})
		}
	}
	c, err := New(sim.Options{Workloads: []sim.Workload{{Manifests: list}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func randomType(r *rand.Rand, i int) NodeType {
	cpu := []int64{1000, 2000, 3000, 4000}[r.IntN(4)]
	memory := []int64{1, 2, 4, 6}[r.IntN(4)]
	price := float64(cpu/500+memory) * float64(13+r.IntN(6)) / 16
	return NodeType{Name: fmt.Sprintf("t%d", i), Price: price, Allocatable: corev1.ResourceList{
		"cpu": *resource.NewMilliQuantity(cpu, resource.DecimalSI), "memory": *resource.NewQuantity(memory<<30, resource.BinarySI), "pods": resource.MustParse("110"),
	}}
}

// plainFits places the pods with the scheduler's plain cycles: every node judged and scored anew, nothing remembered.
func plainFits(c *Cluster, nodes []*corev1.Node) bool {
	p := scheduler.NewPlanner(c.scheduler)
	for _, n := range nodes {
		p.SetNode(n)
	}
	for _, o := range c.objects {
		p.SetObject(o)
	}
	for _, pod := range c.Waiting {
		if p.Place(pod.Pod, scheduler.Options{Brief: true}).Chosen == "" {
			return false
		}
	}
	return true
}

// The smallest number of nodes is that of brute force: every number, by the same scheduler, the plain way.
func TestMinimumAgreesWithBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	impossible := 0
	for i := range 200 {
		c := randomCluster(t, r)
		zones := [][]string{nil, {"a", "b"}, {"a", "b", "c"}}[r.IntN(3)]
		nt := randomType(r, 0)
		m := c.Minimum(nt, MinimumOptions{MaxPending: -1, Zones: zones, Seed: uint64(i)})
		want := 0
		for n := 1; n <= len(c.Waiting)+len(zones); n++ {
			if plainFits(c, fleetOf([]NodeType{nt}, []int{n}, zones)) {
				want = n
				break
			}
		}
		if len(m.Impossible) > 0 {
			impossible++
		}
		if m.Smallest != want || (want > 0) != (len(m.Impossible) == 0) || want > 0 && !m.Exact {
			t.Fatalf("instance %d: %+v, brute force finds %d", i, m, want)
		}
		if want > 0 && (m.LowerBound > want || m.Min > m.P90 || m.P90 > m.Max || m.Min < m.LowerBound || len(m.Compactions) != 11) {
			t.Fatalf("instance %d: %+v", i, m)
		}
	}
	if impossible == 0 || impossible > 150 {
		t.Errorf("%d of 200 instances are impossible: the others test little", impossible)
	}
}

// The cheapest mix is that of brute force: every mix of up to so many nodes.
func TestCheapestAgreesWithBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	possible, mixed := 0, 0
	for i := range 200 {
		c := randomCluster(t, r)
		types := []NodeType{randomType(r, 0), randomType(r, 1)}
		if i%2 == 0 {
			types = append(types, randomType(r, 2))
		}
		zones := [][]string{nil, {"a", "b"}}[r.IntN(2)]
		got, err := c.Cheapest(types, CheapestOptions{Zones: zones})
		if err != nil {
			t.Fatal(err)
		}
		best := bruteCheapest(c, types, zones, got.Best.Price)
		switch {
		case len(got.Impossible) > 0:
			if !math.IsInf(best, 1) {
				t.Fatalf("instance %d: said to be impossible, brute force finds %v", i, best)
			}
			continue
		case !got.Exact || math.Abs(got.Best.Price-best) > 1e-9:
			t.Fatalf("instance %d: %+v, brute force finds %v", i, got, best)
		case got.LowerBound > best+1e-9 || got.Gap < -1e-9:
			t.Fatalf("instance %d: bound %v above %v", i, got.LowerBound, best)
		}
		possible++
		if len(got.Best.Types) > 1 {
			mixed++
		}
	}
	if possible < 100 || mixed < 10 {
		t.Errorf("%d instances are possible, %d best mixes have several types: too few", possible, mixed)
	}
}

// bruteCheapest tries every mix that costs no more than a price (or, without one, of up to as many nodes as pods).
func bruteCheapest(c *Cluster, types []NodeType, zones []string, price float64) float64 {
	best := math.Inf(1)
	most := len(c.Waiting) + len(zones)
	counts := make([]int, len(types))
	var try func(i int, spent float64)
	try = func(i int, spent float64) {
		if spent > best || price > 0 && spent > price+1e-9 {
			return
		}
		if i == len(types) {
			if spent < best && plainFits(c, fleetOf(types, counts, zones)) {
				best = spent
			}
			return
		}
		for n := 0; n <= most; n++ {
			counts[i] = n
			try(i+1, spent+float64(n)*types[i].Price)
		}
		counts[i] = 0
	}
	try(0, 0)
	return best
}
