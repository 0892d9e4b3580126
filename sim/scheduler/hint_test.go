package scheduler

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestHints asks, plugin by plugin, whether an event gets a pod that the plugin rejected another try (scheduler.md 2.7).
func TestHints(t *testing.T) {
	alloc := func(cpu string) corev1.ResourceList { return resources("cpu", cpu, "memory", "8Gi") }
	node := func(cpu string, o ...func(*corev1.Node)) *corev1.Node { return makeNode("n", alloc(cpu), o...) }
	cordon := func(n *corev1.Node) { n.Spec.Unschedulable = true }
	hard := taint("k", corev1.TaintEffectNoSchedule)
	pod := func(o ...func(*corev1.Pod)) *corev1.Pod { return makePod("p", resources("cpu", "2"), o...) }
	ssd := pod(selector("disk", "ssd"))
	port := func(n int32) func(*corev1.Pod) {
		return func(p *corev1.Pod) { p.Spec.Containers[0].Ports = []corev1.ContainerPort{{HostPort: n}} }
	}
	tolerant := func(key string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Spec.Tolerations = []corev1.Toleration{{Key: key, Operator: corev1.TolerationOpExists}}
		}
	}
	web := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
	spread := pod(func(p *corev1.Pod) {
		honor := corev1.NodeInclusionPolicyHonor
		p.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: "zone", WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: web, NodeTaintsPolicy: &honor}}
	})
	term := []corev1.PodAffinityTerm{{TopologyKey: "zone", LabelSelector: web}}
	with := pod(func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: term}}
	})
	apart := pod(func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: term}}
	})
	labelledPod := pod(labelled("web"))
	tests := []struct {
		plugin string
		pod    *corev1.Pod
		event  EventType
		oldN   *corev1.Node
		newN   *corev1.Node
		oldP   *corev1.Pod
		newP   *corev1.Pod
		own    bool
		want   bool
	}{
		{"NodeUnschedulable", pod(), NodeAdd, nil, node("4"), nil, nil, false, true},
		{"NodeUnschedulable", pod(), NodeAdd, nil, node("4", cordon), nil, nil, false, false},
		{"NodeUnschedulable", pod(), NodeTaint, node("4", cordon), node("4"), nil, nil, false, true},
		{"NodeUnschedulable", pod(), NodeTaint, node("4"), node("4", hard), nil, nil, false, false},
		{"NodeUnschedulable", pod(), PodToleration, nil, nil, pod(), pod(tolerant(corev1.TaintNodeUnschedulable)), true, true},
		{"NodeUnschedulable", pod(), PodToleration, nil, nil, pod(), pod(tolerant("other")), true, false},
		{"NodeUnschedulable", pod(), NodeLabel, node("4"), node("4"), nil, nil, false, false},
		{"NodeName", pod(), NodeAdd, nil, node("4"), nil, nil, false, true},
		{"NodeName", pod(), NodeTaint, node("4"), node("4"), nil, nil, false, true},
		{"TaintToleration", pod(), NodeAdd, nil, node("4"), nil, nil, false, true},
		{"TaintToleration", pod(), NodeAdd, nil, node("4", hard), nil, nil, false, false},
		{"TaintToleration", pod(tolerant("k")), NodeAdd, nil, node("4", hard), nil, nil, false, true},
		{"TaintToleration", pod(), NodeTaint, node("4", hard), node("4"), nil, nil, false, true},
		{"TaintToleration", pod(), NodeTaint, node("4"), node("4"), nil, nil, false, false},
		{"TaintToleration", pod(), PodToleration, nil, nil, pod(), pod(), true, true},
		{"NodeAffinity", ssd, NodeAdd, nil, node("4", label("disk", "ssd")), nil, nil, false, true},
		{"NodeAffinity", ssd, NodeAdd, nil, node("4"), nil, nil, false, false},
		{"NodeAffinity", ssd, NodeLabel, node("4"), node("4", label("disk", "ssd")), nil, nil, false, true},
		{"NodeAffinity", ssd, NodeLabel, node("4", label("disk", "ssd")), node("4", label("disk", "ssd"), label("x", "y")), nil, nil, false, false},
		{"NodeAffinity", ssd, NodeTaint, node("4"), node("4"), nil, nil, false, true},
		{"NodePorts", pod(port(80)), PodDelete, nil, nil, pod(port(80)), nil, false, true},
		{"NodePorts", pod(port(80)), PodDelete, nil, nil, pod(port(81)), nil, false, false},
		{"NodePorts", pod(port(80)), NodeAdd, nil, node("4"), nil, nil, false, true},
		{"NodeResourcesFit", pod(), PodDelete, nil, nil, makePod("x", nil), nil, false, true},
		{"NodeResourcesFit", pod(), NodeAdd, nil, node("2"), nil, nil, false, true},
		{"NodeResourcesFit", pod(), NodeAdd, nil, node("1"), nil, nil, false, false},
		{"NodeResourcesFit", pod(), NodeAllocatable, node("1"), node("2"), nil, nil, false, true},
		{"NodeResourcesFit", pod(), NodeAllocatable, node("4"), node("3"), nil, nil, false, false},
		{"NodeResourcesFit", pod(), NodeAllocatable, node("2"), makeNode("n", resources("cpu", "2", "memory", "9Gi")), nil, nil, false, false},
		{"NodeResourcesFit", pod(), NodeAllocatable, node("2"), makeNode("n", resources("cpu", "2", "memory", "8Gi", "pods", "200")), nil, nil, false, true},
		{"NodeResourcesFit", pod(), NodeTaint, node("2"), node("2"), nil, nil, false, true},
		{"NodeResourcesFit", pod(), NodeLabel, node("2"), node("2"), nil, nil, false, false},
		{"NodeResourcesFit", pod(), PodScaleDown, nil, nil, makePod("x", resources("cpu", "2")), makePod("x", resources("cpu", "1")), false, true},
		{"NodeResourcesFit", pod(), PodScaleDown, nil, nil, makePod("x", resources("memory", "2Gi")), makePod("x", resources("memory", "1Gi")), false, false},
		{"PodTopologySpread", spread, PodAdd, nil, nil, nil, pod(labelled("web")), false, true},
		{"PodTopologySpread", spread, PodAdd, nil, nil, nil, pod(labelled("db")), false, false},
		{"PodTopologySpread", spread, PodDelete, nil, nil, pod(labelled("web")), nil, false, true},
		{"PodTopologySpread", spread, PodDelete, nil, nil, pod(labelled("web"), func(p *corev1.Pod) { p.Namespace = "other" }), nil, false, false},
		{"PodTopologySpread", spread, PodLabel, nil, nil, pod(labelled("web")), pod(labelled("db")), false, true},
		{"PodTopologySpread", spread, PodLabel, nil, nil, pod(labelled("db")), pod(labelled("cache")), false, false},
		{"PodTopologySpread", spread, PodToleration, nil, nil, pod(), pod(), true, true},
		{"PodTopologySpread", spread, NodeAdd, nil, node("4", label("zone", "a")), nil, nil, false, true},
		{"PodTopologySpread", spread, NodeAdd, nil, node("4"), nil, nil, false, false},
		{"PodTopologySpread", spread, NodeDelete, node("4", label("zone", "a")), nil, nil, nil, false, true},
		{"PodTopologySpread", spread, NodeLabel, node("4", label("zone", "a")), node("4", label("zone", "b")), nil, nil, false, true},
		{"PodTopologySpread", spread, NodeLabel, node("4", label("zone", "a")), node("4", label("zone", "a"), label("x", "y")), nil, nil, false, false},
		{"PodTopologySpread", spread, NodeTaint, node("4", label("zone", "a")), node("4", label("zone", "a"), hard), nil, nil, false, true},
		{"InterPodAffinity", with, PodAdd, nil, nil, nil, pod(labelled("web")), false, true},
		{"InterPodAffinity", with, PodAdd, nil, nil, nil, pod(labelled("db")), false, false},
		{"InterPodAffinity", with, PodDelete, nil, nil, pod(labelled("web")), nil, false, false},
		{"InterPodAffinity", with, PodLabel, nil, nil, pod(labelled("db")), pod(labelled("web")), false, true},
		{"InterPodAffinity", with, NodeAdd, nil, node("4", label("zone", "a")), nil, nil, false, true},
		{"InterPodAffinity", with, NodeAdd, nil, node("4"), nil, nil, false, false},
		{"InterPodAffinity", apart, PodDelete, nil, nil, pod(labelled("web")), nil, false, true},
		{"InterPodAffinity", labelledPod, PodDelete, nil, nil, apart, nil, false, true},
		{"InterPodAffinity", pod(), PodDelete, nil, nil, apart, nil, false, false},
		{"InterPodAffinity", apart, PodAdd, nil, nil, nil, pod(labelled("web")), false, false},
		{"InterPodAffinity", apart, PodLabel, nil, nil, pod(labelled("web")), pod(labelled("db")), false, true},
		{"InterPodAffinity", apart, NodeLabel, node("4", label("zone", "a")), node("4"), nil, nil, false, true},
		{"InterPodAffinity", apart, NodeLabel, node("4"), node("4", label("zone", "a")), nil, nil, false, false},
		{"InterPodAffinity", apart, NodeTaint, node("4"), node("4"), nil, nil, false, true},
	}
	for i, tt := range tests {
		p := NewProfile(Args{})
		s := p.NewSnapshot()
		s.Update()
		q := newQueue(p, s, 1, 1, 1, 0)
		e := &entry{Pod: *p.Compile(tt.pod)}
		(&Cycle{}).begin(p, s, &e.Pod)
		e.rejectors = 1 << slices.Index(p.Plugins(), tt.plugin)
		ev := &Event{Type: tt.event, OldNode: tt.oldN, NewNode: tt.newN, Own: tt.own}
		if tt.oldP != nil {
			ev.OldPod = p.Compile(tt.oldP)
		}
		if tt.newP != nil {
			ev.NewPod = p.Compile(tt.newP)
		}
		if got := q.worth(e, ev); got != tt.want {
			t.Errorf("%d: %s, event %b: queue = %v", i, tt.plugin, tt.event, got)
		}
	}
}

// TestRegistry holds the registry to what `simulate explain` and results need of it.
func TestRegistry(t *testing.T) {
	seen := map[string]bool{}
	for _, pl := range registry(nil) {
		switch {
		case pl.Name == "" || seen[pl.Name]:
			t.Errorf("plugin %q: name is empty or repeated", pl.Name)
		case pl.Doc == "":
			t.Errorf("%s has no Doc", pl.Name)
		case pl.Compile == nil && pl.PostFilter == nil && pl.points()&^(PointQueueSort|PointBind) != 0:
			t.Errorf("%s does nothing", pl.Name)
		}
		seen[pl.Name] = true
	}
	if n := len(registry(nil)); n > 64 {
		t.Errorf("%d plugins do not fit a set of 64", n)
	}
}
