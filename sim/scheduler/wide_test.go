package scheduler

import (
	"fmt"
	"math"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
)

func TestLn(t *testing.T) {
	for n := 2; n < 20000; n++ {
		if d := math.Abs(ln(n)-math.Log(float64(n))) / math.Log(float64(n)); d > 4e-16 {
			t.Fatalf("ln %d is off by %g", n, d)
		}
	}
}

// TestTalliesArePlain compares what PodTopologySpread and InterPodAffinity say, from tallies, with a walk over all pods.
func TestTalliesArePlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wideTwin{t: t, p: NewProfile(Args{})}
		w.s = w.p.NewSnapshot()
		for _, ns := range []string{"a", "b"} {
			w.s.SetObject(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns, Labels: map[string]string{"team": ns}}})
		}
		for range rapid.IntRange(1, 8).Draw(t, "nodes") {
			w.setNode(fmt.Sprint("n", len(w.names)))
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			w.step()
		}
	})
}

type wideTwin struct {
	t     *rapid.T
	p     *Profile
	s     *Snapshot
	names []string
	pods  []*Pod
	made  int
}

func (w *wideTwin) pick(name string, n int) int { return rapid.IntRange(0, n-1).Draw(w.t, name) }

func (w *wideTwin) oneOf(name string, list ...string) string { return list[w.pick(name, len(list))] }

func (w *wideTwin) setNode(name string) {
	n := makeNode(name, resources("cpu", "8", "memory", "8Gi"))
	if z := w.pick("zone", 4); z > 0 {
		n.Labels[corev1.LabelTopologyZone] = fmt.Sprint("z", z)
	}
	if r := w.pick("rack", 3); r > 0 {
		n.Labels["rack"] = fmt.Sprint("r", r)
	}
	if w.pick("taint", 5) == 0 {
		taint("k", corev1.TaintEffectNoSchedule)(n)
	}
	w.s.SetNode(n)
	if !slices.Contains(w.names, name) {
		w.names = append(w.names, name)
	}
}

func (w *wideTwin) step() {
	switch op := w.pick("op", 12); {
	case op < 6:
		w.place()
	case op == 6:
		w.setNode(w.names[w.pick("node", len(w.names))])
	case op == 7:
		w.s.RemoveNode(w.names[w.pick("node", len(w.names))])
	case op == 8:
		w.made++
		w.setNode(fmt.Sprint("m", w.made))
	case len(w.pods) == 0:
	case op == 9:
		i := w.pick("pod", len(w.pods))
		w.s.RemovePod(w.pods[i])
		w.pods = slices.Delete(w.pods, i, i+1)
	case op == 10:
		w.s.Relabel(w.pods[w.pick("pod", len(w.pods))], w.labels())
	default:
		pod := w.pods[w.pick("pod", len(w.pods))]
		node := w.s.NodeOf(pod)
		w.s.RemovePod(pod)
		pod.Terminating, pod.set = !pod.Terminating, nil
		w.s.AddPod(pod, node)
	}
}

func (w *wideTwin) labels() map[string]string {
	return map[string]string{"app": w.oneOf("app", "x", "y"), "tier": w.oneOf("tier", "1", "2", "3")}
}

func (w *wideTwin) selector() *metav1.LabelSelector {
	switch w.pick("selector", 6) {
	case 0:
		return nil
	case 1:
		return &metav1.LabelSelector{}
	case 2:
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"1"}}}}
	case 3:
		return &metav1.LabelSelector{MatchLabels: map[string]string{"app": "x", "tier": "2"}}
	}
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": w.oneOf("which", "x", "y")}}
}

func (w *wideTwin) key() string {
	return w.oneOf("key", corev1.LabelHostname, corev1.LabelTopologyZone, "rack")
}

func (w *wideTwin) term() corev1.PodAffinityTerm {
	t := corev1.PodAffinityTerm{TopologyKey: w.key(), LabelSelector: w.selector()}
	switch w.pick("namespaces", 5) {
	case 0:
		t.Namespaces = []string{"a", "b"}
	case 1:
		t.NamespaceSelector = &metav1.LabelSelector{}
	case 2:
		t.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "b"}}
	case 3:
		t.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"a"}}}}
	}
	return t
}

func (w *wideTwin) required() (out []corev1.PodAffinityTerm) {
	for range w.pick("terms", 3) {
		out = append(out, w.term())
	}
	return out
}

func (w *wideTwin) preferred() (out []corev1.WeightedPodAffinityTerm) {
	for range w.pick("preferences", 3) {
		out = append(out, corev1.WeightedPodAffinityTerm{Weight: int32(1 + w.pick("weight", 100)), PodAffinityTerm: w.term()})
	}
	return out
}

func (w *wideTwin) constraint() corev1.TopologySpreadConstraint {
	c := corev1.TopologySpreadConstraint{MaxSkew: int32(1 + w.pick("skew", 3)), TopologyKey: w.key(), LabelSelector: w.selector(), WhenUnsatisfiable: corev1.ScheduleAnyway}
	if w.pick("hard", 2) == 0 {
		c.WhenUnsatisfiable = corev1.DoNotSchedule
		if w.pick("domains", 3) == 0 {
			n := int32(1 + w.pick("min", 4))
			c.MinDomains = &n
		}
	}
	if w.pick("keys", 3) == 0 {
		c.MatchLabelKeys = []string{"tier", "absent"}
	}
	honor, ignore := corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore
	c.NodeTaintsPolicy = []*corev1.NodeInclusionPolicy{nil, &honor, &ignore}[w.pick("taints", 3)]
	c.NodeAffinityPolicy = []*corev1.NodeInclusionPolicy{nil, &honor, &ignore}[w.pick("affinity", 3)]
	return c
}

func (w *wideTwin) makePod() *Pod {
	w.made++
	pod := makePod(fmt.Sprint("p", w.made), nil, func(p *corev1.Pod) {
		p.Namespace, p.Labels = w.oneOf("namespace", "a", "b", "unknown"), w.labels()
		if w.pick("affine", 2) == 0 {
			p.Spec.Affinity = &corev1.Affinity{
				PodAffinity:     &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: w.required(), PreferredDuringSchedulingIgnoredDuringExecution: w.preferred()},
				PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: w.required(), PreferredDuringSchedulingIgnoredDuringExecution: w.preferred()},
			}
		}
		for range w.pick("constraints", 3) {
			p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, w.constraint())
		}
		if w.pick("selective", 4) == 0 {
			p.Spec.NodeSelector = map[string]string{"rack": "r1"}
		}
	})
	return w.p.Compile(pod)
}

// place compares verdicts and raw scores, and puts the pod anywhere.
func (w *wideTwin) place() {
	pod := w.makePod()
	w.s.Update()
	if len(w.s.order) == 0 {
		return
	}
	c := &Cycle{}
	c.begin(w.p, w.s, pod)
	ref := plain{w.s, pod}
	for i, pl := range w.p.plugins {
		verdict, scores := ref.spreadVerdict, ref.spreadScores
		switch pl.Name {
		case "InterPodAffinity":
			verdict, scores = ref.affinityVerdict, ref.affinityScores
		case "PodTopologySpread":
		default:
			continue
		}
		part := &pod.Shape.parts[i]
		w.compareFilter(c, i, part, verdict)
		if part.Score != nil && c.quiet>>i&1 == 0 {
			feasible := w.someOf(w.s.order)
			part.PreScore(c, feasible)
			for j, want := range scores(feasible) {
				if got := part.Score(c, feasible[j]); got != want {
					w.t.Fatalf("%s scores %s: %d, plain %d", pl.Name, w.s.nodes[feasible[j]].name, got, want)
				}
			}
		} else if pl.Name == "InterPodAffinity" && slices.ContainsFunc(scores(w.s.order), func(v int64) bool { return v != 0 }) {
			w.t.Fatalf("InterPodAffinity has nothing to score, plain has")
		}
	}
	w.s.AddPod(pod, w.names[w.pick("where", len(w.names))])
	w.pods = append(w.pods, pod)
}

func (w *wideTwin) compareFilter(c *Cycle, i int, part *Part, verdict func(*corev1.Node) string) {
	for _, slot := range w.s.order {
		got := ""
		if part.Filter != nil && c.skip>>i&1 == 0 {
			if v := part.Filter(c, slot); v != 0 {
				got = w.p.rejections[v].Reasons[0]
			}
		}
		if want := verdict(w.s.nodes[slot].object); got != want {
			w.t.Fatalf("%s on %s: %q, plain %q", w.p.plugins[i].Name, w.s.nodes[slot].name, got, want)
		}
	}
}

func (w *wideTwin) someOf(slots []int32) []int32 {
	var out []int32
	for _, s := range slots {
		if w.pick("feasible", 4) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// A pod may be bound to a node that nobody has seen.
func TestSpreadBesideGhost(t *testing.T) {
	p := NewProfile(Args{})
	s := cluster(p, makeNode("n1", resources("cpu", "4", "pods", "9"), label(corev1.LabelTopologyZone, "a")))
	web := func(name string) *Pod {
		return p.Compile(makePod(name, nil, func(pod *corev1.Pod) {
			pod.Labels = map[string]string{"app": "web"}
			pod.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone,
				WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: &metav1.LabelSelector{MatchLabels: pod.Labels}}}
		}))
	}
	for i, ghost := range []string{"gone", "lost", ""} {
		pod := web(fmt.Sprint("p", i))
		if got := p.Schedule(pod, s, Options{}); got.Chosen != "n1" {
			t.Errorf("%+v", got)
		}
		if ghost != "" {
			s.AddPod(web(ghost), ghost)
		}
	}
}

// scheduler.md 5.7: default constraints of a Service's pods, zone and node.
func TestDefaultSpread(t *testing.T) {
	p := NewProfile(Args{})
	alloc := func() corev1.ResourceList { return resources("cpu", "4", "memory", "8Gi") }
	s := cluster(p, makeNode("a1", alloc(), label(corev1.LabelTopologyZone, "a")), makeNode("a2", alloc(), label(corev1.LabelTopologyZone, "a")),
		makeNode("b1", alloc(), label(corev1.LabelTopologyZone, "b")), makeNode("x1", alloc()))
	web := func(name string) *Pod {
		return p.Compile(makePod(name, nil, func(pod *corev1.Pod) { pod.Labels = map[string]string{"app": "web"} }))
	}
	for _, n := range []string{"a1", "a2", "x1"} {
		s.AddPod(web("on-"+n), n)
	}
	spread := func() (out []int64) {
		for _, n := range p.Schedule(web("new"), s, Options{}).Nodes {
			out = append(out, n.Scores["PodTopologySpread"])
		}
		return out
	}
	if got := spread(); !slices.Equal(got, []int64{0, 0, 0, 0}) {
		t.Errorf("without a Service: %v", got)
	}
	s.SetObject(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"}, Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "web"}}})
	if got := spread(); !slices.Equal(got, []int64{72, 72, 162, 200}) {
		t.Errorf("with a Service: %v, want 36, 36, 81, 100 times 2", got)
	}
	s.RemoveObject(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"}})
	if got := spread(); !slices.Equal(got, []int64{0, 0, 0, 0}) {
		t.Errorf("Service gone: %v", got)
	}
}
