package main

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// objects adds what is neither node nor pod.
func (g *generator) objects() {
	for _, name := range namespaces {
		if name == "team-b" && g.oneIn(3) {
			continue // a namespace that nobody knows
		}
		g.set(Op{Do: DoSet, Object: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"team": pick(g, "a", "b")}}}})
	}
	if g.on["services"] {
		g.workloads()
	}
	for g.when("pdbs", 2) {
		g.made++
		pdb := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: pick(g, namespaces...), Name: fmt.Sprint("pdb", g.made)}}
		one := intstr.FromInt32(1)
		pdb.Spec.MinAvailable, pdb.Spec.Selector = &one, g.labelSelector()
		pdb.Status.DisruptionsAllowed = int32(g.IntN(3))
		g.set(Op{Do: DoSet, Object: pdb})
	}
}

func (g *generator) workloads() {
	for _, ns := range namespaces {
		meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: ns, Name: name} }
		if g.oneIn(2) {
			g.set(Op{Do: DoSet, Object: &corev1.Service{ObjectMeta: meta("web"), Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "web"}}}})
		}
		if g.oneIn(3) {
			g.set(Op{Do: DoSet, Object: &corev1.Service{ObjectMeta: meta("tier"), Spec: corev1.ServiceSpec{Selector: pick(g, map[string]string{"tier": "1"}, nil, map[string]string{})}}})
		}
		if g.oneIn(2) {
			g.set(Op{Do: DoSet, Object: &appsv1.ReplicaSet{ObjectMeta: meta("web"), Spec: appsv1.ReplicaSetSpec{Selector: g.labelSelector()}}})
		}
		if g.oneIn(3) {
			g.set(Op{Do: DoSet, Object: &appsv1.StatefulSet{ObjectMeta: meta("db"), Spec: appsv1.StatefulSetSpec{Selector: g.labelSelector()}}})
		}
		if g.oneIn(3) {
			g.set(Op{Do: DoSet, Object: &corev1.ReplicationController{ObjectMeta: meta("web"), Spec: corev1.ReplicationControllerSpec{Selector: map[string]string{"app": "web"}}}})
		}
	}
}

func (g *generator) nodeSelector() map[string]string {
	m := map[string]string{}
	if g.oneIn(2) {
		m["disk"] = pick(g, "ssd", "hdd")
	}
	if g.oneIn(3) {
		m["rack"] = pick(g, "r1", "r2")
	}
	return m
}

func (g *generator) requirement() corev1.NodeSelectorRequirement {
	r := corev1.NodeSelectorRequirement{Key: pick(g, "disk", "size", "rack", "absent", corev1.LabelTopologyZone)}
	switch g.IntN(7) {
	case 0:
		r.Operator = corev1.NodeSelectorOpExists
	case 1:
		r.Operator = corev1.NodeSelectorOpDoesNotExist
	case 2, 3:
		r.Key, r.Operator, r.Values = pick(g, "size", "disk"), pick(g, corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt), []string{pick(g, "1", "5", "7")}
	default:
		r.Operator = pick(g, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn)
		for range 1 + g.IntN(2) {
			r.Values = append(r.Values, pick(g, "ssd", "hdd", "5", "r1", "r2", "a", ""))
		}
	}
	return r
}

func (g *generator) nodeTerm() (t corev1.NodeSelectorTerm) {
	for range g.IntN(3) {
		t.MatchExpressions = append(t.MatchExpressions, g.requirement())
	}
	for g.when("matchfields", 2) && len(t.MatchFields) < 2 {
		r := corev1.NodeSelectorRequirement{Key: "metadata.name", Operator: pick(g, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn), Values: []string{"absent"}}
		if len(g.nodes) > 0 && !g.oneIn(5) {
			r.Values[0] = g.nodes[g.IntN(len(g.nodes))].Name
		}
		t.MatchFields = append(t.MatchFields, r)
	}
	return t
}

func (g *generator) affinities(p *corev1.Pod) {
	a := &corev1.Affinity{}
	if g.when("affinity", 2) {
		a.NodeAffinity = g.nodeAffinity()
		p.Spec.Affinity = a
	}
	if g.when("interpod", 2) {
		a.PodAffinity = &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: g.podTerms(), PreferredDuringSchedulingIgnoredDuringExecution: g.preferredPodTerms()}
		p.Spec.Affinity = a
	}
	if g.when("interpod", 2) {
		a.PodAntiAffinity = &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: g.podTerms(), PreferredDuringSchedulingIgnoredDuringExecution: g.preferredPodTerms()}
		p.Spec.Affinity = a
	}
}

func (g *generator) nodeAffinity() *corev1.NodeAffinity {
	a := &corev1.NodeAffinity{}
	if g.oneIn(2) {
		a.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{}
		for range 1 + g.IntN(2) {
			s := a.RequiredDuringSchedulingIgnoredDuringExecution
			s.NodeSelectorTerms = append(s.NodeSelectorTerms, g.nodeTerm())
		}
	}
	for g.oneIn(2) {
		a.PreferredDuringSchedulingIgnoredDuringExecution = append(a.PreferredDuringSchedulingIgnoredDuringExecution,
			corev1.PreferredSchedulingTerm{Weight: int32(1 + g.IntN(100)), Preference: g.nodeTerm()})
	}
	return a
}

func (g *generator) labelSelector() *metav1.LabelSelector {
	exprs := func(key string, op metav1.LabelSelectorOperator, values ...string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: key, Operator: op, Values: values}}}
	}
	switch g.IntN(9) {
	case 0:
		return nil
	case 1:
		return &metav1.LabelSelector{}
	case 2:
		return exprs("tier", metav1.LabelSelectorOpNotIn, "1")
	case 3:
		return exprs("tier", metav1.LabelSelectorOpExists)
	case 4:
		return exprs("tier", metav1.LabelSelectorOpDoesNotExist)
	case 5:
		return &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web", "tier": "1"}}
	}
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": pick(g, "web", "db")}}
}

func (g *generator) topologyKey() string {
	return pick(g, corev1.LabelHostname, corev1.LabelHostname, corev1.LabelTopologyZone, corev1.LabelTopologyZone, "rack")
}

func (g *generator) podTerm() corev1.PodAffinityTerm {
	t := corev1.PodAffinityTerm{TopologyKey: g.topologyKey(), LabelSelector: g.labelSelector()}
	switch g.IntN(7) {
	case 0:
		t.Namespaces = []string{"team-a", "team-b"}
	case 1:
		t.NamespaceSelector = &metav1.LabelSelector{}
	case 2:
		t.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "b"}}
	case 3:
		t.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"a"}}}}
		if g.oneIn(2) {
			t.Namespaces = []string{"default"}
		}
	}
	return t
}

func (g *generator) podTerms() (out []corev1.PodAffinityTerm) {
	for g.oneIn(2) {
		out = append(out, g.podTerm())
	}
	return out
}

func (g *generator) preferredPodTerms() (out []corev1.WeightedPodAffinityTerm) {
	for g.oneIn(2) {
		out = append(out, corev1.WeightedPodAffinityTerm{Weight: int32(1 + g.IntN(100)), PodAffinityTerm: g.podTerm()})
	}
	return out
}

func (g *generator) spread(p *corev1.Pod) {
	for g.when("spread", 2) && len(p.Spec.TopologySpreadConstraints) < 3 {
		c := corev1.TopologySpreadConstraint{
			MaxSkew: int32(1 + g.IntN(3)), TopologyKey: g.topologyKey(), LabelSelector: g.labelSelector(),
			WhenUnsatisfiable: pick(g, corev1.ScheduleAnyway, corev1.DoNotSchedule),
		}
		for (g.on["priority"] || g.on["nominated"]) && c.LabelSelector != nil && len(c.LabelSelector.MatchLabels)+len(c.LabelSelector.MatchExpressions) == 0 {
			c.LabelSelector = g.labelSelector() // see the known differences in README.md
		}
		if c.WhenUnsatisfiable == corev1.DoNotSchedule && g.oneIn(3) {
			n := int32(1 + g.IntN(4))
			c.MinDomains = &n
		}
		if g.oneIn(4) && c.LabelSelector != nil {
			c.MatchLabelKeys = pick(g, []string{"tier"}, []string{"absent"}, []string{"tier", "app"})
		}
		honor, ignore := corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore
		c.NodeTaintsPolicy = pick(g, nil, &honor, &ignore)
		c.NodeAffinityPolicy = pick(g, nil, &honor, &ignore)
		p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, c)
	}
}
