package scheduler

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/config"
)

// cluster is a snapshot of nodes, for tests of the pure half.
func cluster(p *Profile, nodes ...*corev1.Node) *Snapshot {
	s := p.NewSnapshot()
	for _, n := range nodes {
		s.SetNode(n)
	}
	return s
}

// Golden vectors of the real scheduler, scheduler.md 5.10.
func TestGoldenScores(t *testing.T) {
	existing := func(p *Profile, s *Snapshot) {
		s.AddPod(p.Compile(makePod("e1", resources("cpu", "1", "memory", "1Gi"))), "n2")
		s.AddPod(p.Compile(makePod("e2", nil)), "n3")
	}
	three := func() []*corev1.Node {
		return []*corev1.Node{
			makeNode("n1", resources("cpu", "4", "memory", "8Gi")), makeNode("n2", resources("cpu", "4", "memory", "8Gi")),
			makeNode("n3", resources("cpu", "2", "memory", "16Gi")),
		}
	}
	podLevel := func(pod *corev1.Pod) {
		pod.Spec.Resources = &corev1.ResourceRequirements{Requests: resources("cpu", "1", "memory", "1Gi")}
	}
	half := makePod("p", resources("cpu", "500m", "memory", "512Mi"))
	two := makePod("p", nil, func(pod *corev1.Pod) {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "d", Resources: corev1.ResourceRequirements{Requests: resources("cpu", "250m")}})
		pod.Spec.InitContainers = []corev1.Container{{Name: "i", Resources: corev1.ResourceRequirements{Requests: resources("cpu", "500m", "memory", "64Mi")}}}
	})
	type want struct{ fit, balanced, total int64 }
	tests := []struct {
		name  string
		args  Args
		nodes []*corev1.Node
		setup func(p *Profile, s *Snapshot)
		pod   *corev1.Pod
		want  []want
	}{
		{"500m/512Mi", Args{}, three(), existing, half, []want{{90, 73, 463}, {71, 73, 444}, {82, 69, 451}}},
		{"no requests", Args{}, three(), existing, makePod("p", nil), []want{{97, 0, 397}, {78, 0, 378}, {93, 0, 393}}},
		{"MostAllocated", fitArgs(config.ScoringStrategy{Type: config.MostAllocated}), three(), existing, half, []want{{9, 73, 382}, {27, 73, 400}, {17, 69, 386}}},
		{"RequestedToCapacityRatio", fitArgs(config.ScoringStrategy{Type: config.RequestedToCapacityRatio,
			Resources:                []config.ResourceSpec{{Name: "cpu", Weight: 3}, {Name: "memory", Weight: 1}},
			RequestedToCapacityRatio: config.RequestedToCapacityRatioParam{Shape: []config.UtilizationShapePoint{{Utilization: 0, Score: 0}, {Utilization: 50, Score: 8}, {Utilization: 100, Score: 10}}}}),
			three(), existing, half, []want{{17, 73, 390}, {51, 73, 424}, {38, 69, 407}}},
		{"two containers and init", Args{}, []*corev1.Node{makeNode("n1", resources("cpu", "4", "memory", "8Gi")), makeNode("n2", resources("cpu", "2", "memory", "4Gi"))},
			nil, two, []want{{91, 72, 463}, {82, 69, 451}}},
		{"pod level", Args{}, []*corev1.Node{makeNode("n1", resources("cpu", "4", "memory", "8Gi")), makeNode("n2", resources("cpu", "4", "memory", "8Gi"))},
			func(p *Profile, s *Snapshot) { s.AddPod(p.Compile(makePod("e", nil, podLevel)), "n2") }, makePod("p", nil, podLevel),
			[]want{{97, 71, 468}, {78, 72, 450}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := NewProfile(tt.args)
			s := cluster(p, tt.nodes...)
			if tt.setup != nil {
				tt.setup(p, s)
			}
			res := p.Schedule(p.Compile(tt.pod), s, Options{})
			for i, w := range tt.want {
				n := res.Nodes[i]
				if got := (want{n.Scores["NodeResourcesFit"], n.Scores["NodeResourcesBalancedAllocation"], n.Total}); got != w || n.Scores["TaintToleration"] != 300 {
					t.Errorf("%s: %+v, want %+v", n.Node, got, w)
				}
			}
		})
	}
}

// ImageLocality: the size that the first node reported, times the share of nodes that have the image (scheduler.md 5.8).
func TestImageScore(t *testing.T) {
	p := NewProfile(Args{})
	with := func(size int64) func(*corev1.Node) {
		return func(n *corev1.Node) {
			n.Status.Images = []corev1.ContainerImage{{Names: []string{"app:latest"}, SizeBytes: size << 20}}
		}
	}
	alloc := func() corev1.ResourceList { return resources("cpu", "4", "memory", "8Gi") }
	s := cluster(p, makeNode("i1", alloc(), with(600)), makeNode("i2", alloc(), with(900)), makeNode("i3", alloc()))
	pod := p.Compile(makePod("p", nil))
	check := func(want ...int64) {
		t.Helper()
		res := p.Schedule(pod, s, Options{})
		for i, w := range want {
			if got := res.Nodes[i].Scores["ImageLocality"]; got != w {
				t.Errorf("%s: %d, want %d", res.Nodes[i].Node, got, w)
			}
		}
	}
	check(38, 38, 0)
	// i1 goes: i2 still counts two nodes, as nothing has happened on it since; the size stays too. (600·2/2-23)/977.
	s.RemoveNode("i1")
	check(59, 0)
	s.AddPod(p.Compile(makePod("e", nil)), "i2")
	check(28, 0) // (600·1/2-23)/977
	s.SetNode(makeNode("i2", alloc(), with(900)))
	check(43, 0) // now i2 is the first to report it: (900/2-23)/977
}

// Texts of the real scheduler, scheduler.md 2.8.
func TestMessages(t *testing.T) {
	const useless = "Preemption is not helpful for scheduling."
	small := func(name string, o ...func(*corev1.Node)) *corev1.Node {
		return makeNode(name, resources("cpu", "1", "memory", "1Gi"), o...)
	}
	used := func(cpu, memory string) func(p *Profile, s *Snapshot) {
		return func(p *Profile, s *Snapshot) {
			s.AddPod(p.Compile(makePod("e", resources("cpu", cpu, "memory", memory))), "n1")
		}
	}
	onNode := func(names ...string) func(*corev1.Pod) {
		return func(pod *corev1.Pod) {
			var fields []corev1.NodeSelectorRequirement
			for _, n := range names {
				fields = append(fields, corev1.NodeSelectorRequirement{Key: "metadata.name", Operator: corev1.NodeSelectorOpIn, Values: []string{n}})
			}
			pod.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
				NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: fields}}}}}
		}
	}
	never := func(pod *corev1.Pod) { pp := corev1.PreemptNever; pod.Spec.PreemptionPolicy = &pp }
	cordon := func(n *corev1.Node) { n.Spec.Unschedulable = true }
	tests := []struct {
		name  string
		nodes []*corev1.Node
		setup func(p *Profile, s *Snapshot)
		pod   *corev1.Pod
		want  string
	}{
		{"larger than any node", []*corev1.Node{small("n1"), small("n2"), small("n3")}, nil, makePod("p", resources("cpu", "2")),
			"0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 " + useless},
		{"full and tainted", []*corev1.Node{small("n1"), small("n2", taint("k", corev1.TaintEffectNoSchedule))}, used("1", "1Mi"), makePod("p", resources("cpu", "1")),
			"0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 " + useless},
		{"several reasons of one node", []*corev1.Node{
			makeNode("n1", resources("cpu", "4", "memory", "4Gi", "pods", "0")), small("n2"), small("n3", cordon)},
			func(p *Profile, s *Snapshot) {
				s.AddPod(p.Compile(makePod("e", resources("memory", "3Gi"))), "n1")
			}, makePod("p", resources("cpu", "2", "memory", "2Gi")),
			"0/3 nodes are available: 1 Insufficient cpu, 1 Too many pods, 1 node(s) were unschedulable, 2 Insufficient memory. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 " + useless},
		{"named node is too small", []*corev1.Node{small("n1"), small("n2"), small("n3")}, nil, makePod("p", resources("cpu", "2"), onNode("n2")),
			"0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes are available: 3 " + useless},
		{"named node does not exist", []*corev1.Node{small("n1"), small("n2")}, nil, makePod("p", nil, onNode("n9")),
			"0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/2 nodes are available: 2 " + useless},
		{"terms conflict", []*corev1.Node{small("n1")}, nil, makePod("p", nil, onNode("n1", "n2")),
			"0/1 nodes are available: pod affinity terms conflict. not found"},
		{"selector", []*corev1.Node{small("n1")}, nil, makePod("p", nil, selector("disk", "ssd")),
			"0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 " + useless},
		{"policy Never", []*corev1.Node{small("n1")}, used("1", "1Mi"), makePod("p", resources("cpu", "1"), never),
			"0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."},
		{"extended resource", []*corev1.Node{small("n1")}, nil, makePod("p", resources("nvidia.com/gpu", "1", "example.com/b", "1")),
			"0/1 nodes are available: 1 Insufficient example.com/b, 1 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 " + useless},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			for _, n := range tt.nodes {
				r.node(n)
			}
			if tt.setup != nil {
				tt.setup(r.Profile(), r.snap)
			}
			r.pod(tt.pod)
			r.run(1e9)
			if got := r.failedMessage("p"); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestHistogramSortsAsText(t *testing.T) {
	var h histogram
	h.add("y", 2)
	h.add("x", 10)
	if got := h.String(); got != " 10 x, 2 y." {
		t.Errorf("%q", got)
	}
}

func TestTruncate(t *testing.T) {
	long := fmt.Sprintf("%01100d", 0)
	if got := truncate(long); len(got) != 1024 || got[1020:] != " ..." {
		t.Errorf("%d %q", len(got), got[1015:])
	}
}

// scheduler.md 3.1.
func TestNumFeasibleNodes(t *testing.T) {
	for n, want := range map[int]int{1: 1, 99: 99, 100: 100, 150: 100, 200: 100, 208: 101, 250: 120, 500: 230, 750: 330, 1000: 420, 2000: 680, 3000: 780, 4000: 720, 5000: 500, 6000: 300, 10000: 500, 15000: 750} {
		if got := NewProfile(Args{}).numFeasibleNodesToFind(n); got != want {
			t.Errorf("%d nodes: %d, want %d", n, got, want)
		}
	}
	if got := NewProfile(Args{PercentageOfNodesToScore: percentage(100)}).numFeasibleNodesToFind(5000); got != 5000 {
		t.Errorf("100%%: %d", got)
	}
}

func orderOf(s *Snapshot) []string {
	s.Update()
	var names []string
	for _, slot := range s.order {
		names = append(names, s.nodes[slot].name)
	}
	return names
}

// scheduler.md 3.2.
func TestNodeOrder(t *testing.T) {
	p := NewProfile(Args{})
	alloc := resources("cpu", "1")
	zone := func(name, z string) *corev1.Node { return makeNode(name, alloc, label(corev1.LabelTopologyZone, z)) }
	s := cluster(p, zone("a1", "a"), zone("a2", "a"), zone("a3", "a"), zone("b1", "b"))
	if diff := cmp.Diff([]string{"a1", "b1", "a2", "a3"}, orderOf(s)); diff != "" {
		t.Error(diff)
	}
	s.SetNode(zone("a3", "b")) // moves in the tree; the list stays until a node comes or goes
	if diff := cmp.Diff([]string{"a1", "b1", "a2", "a3"}, orderOf(s)); diff != "" {
		t.Error(diff)
	}
	s.RemoveNode("a1")
	if diff := cmp.Diff([]string{"a2", "b1", "a3"}, orderOf(s)); diff != "" {
		t.Error(diff)
	}
	s.SetNode(makeNode("old", alloc, label(corev1.LabelTopologyZone, "c"), label(corev1.LabelFailureDomainBetaZone, "b")))
	s.SetNode(zone("a1", "a"))
	if diff := cmp.Diff([]string{"a2", "b1", "a1", "a3", "old"}, orderOf(s)); diff != "" {
		t.Error(diff)
	}
}

// rotation schedules equal pods one after another, and says where they went and how many nodes were looked at.
func rotation(p *Profile, s *Snapshot, pods int) (nodes []string, starts []int) {
	c, start := &Cycle{}, 0
	for i := range pods {
		pod := p.Compile(makePod(fmt.Sprint("p", i), resources("cpu", "100m", "memory", "100Mi")))
		s.Update()
		c.begin(p, s, pod)
		o := c.pick(start)
		start = o.next
		nodes, starts = append(nodes, s.nodes[o.slot].name), append(starts, start)
		s.AddPod(pod, nodes[i])
	}
	return nodes, starts
}

// scheduler.md 3.3: 150 equal nodes.
func TestRotation(t *testing.T) {
	big := func(p *Profile, taints func(i int) bool) *Snapshot {
		s := p.NewSnapshot()
		for i := range 150 {
			n := makeNode(fmt.Sprintf("n%03d", i), resources("cpu", "4", "memory", "8Gi"))
			if taints(i) {
				n.Spec.Unschedulable = true
			}
			s.SetNode(n)
		}
		return s
	}
	p := NewProfile(Args{})
	nodes, _ := rotation(p, big(p, func(int) bool { return false }), 3)
	if !slices.Equal(nodes, []string{"n000", "n100", "n050"}) {
		t.Errorf("chosen %v", nodes)
	}
	_, starts := rotation(p, big(p, func(i int) bool { return i >= 100 && i < 105 }), 1)
	if starts[0] != 105 {
		t.Errorf("the second begins at %d, want 105: failures before the node too many count", starts[0])
	}
}

// scheduler.md 3.4: four equal nodes, one pod after another.
func TestTieBreak(t *testing.T) {
	p := NewProfile(Args{})
	alloc := func() corev1.ResourceList { return resources("cpu", "4", "memory", "8Gi") }
	s := cluster(p, makeNode("a", alloc()), makeNode("b", alloc()), makeNode("c", alloc()), makeNode("d", alloc()))
	nodes, _ := rotation(p, s, 5)
	if !slices.Equal(nodes, []string{"a", "b", "d", "c", "a"}) {
		t.Errorf("chosen %v", nodes)
	}
}

// The first in preorder is what making a heap brings to its head.
func TestSelectHostIsAHeap(t *testing.T) {
	x := uint64(1)
	for n := 1; n < 40; n++ {
		for range 200 {
			totals := make([]int64, n)
			for i := range totals {
				x = x*6364136223846793005 + 1442695040888963407
				totals[i] = int64(x >> 62)
			}
			if got, want := selectHost(totals), heapHead(totals); got != want {
				t.Fatalf("%v: %d, want %d", totals, got, want)
			}
		}
	}
}

func percentage(p int32) *int32 { return &p }

func fitArgs(s config.ScoringStrategy) (args Args) {
	args.NodeResourcesFit.ScoringStrategy = s
	return args
}
