package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func (g *generator) addNode() {
	g.made++
	n := g.node(fmt.Sprintf("n%d", g.made))
	g.nodes = append(g.nodes, n)
	g.set(Op{Do: DoSet, Object: n})
	g.csiNode(n.Name)
}

// node draws a node of that name.
func (g *generator) node(name string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelHostname: name}}}
	g.nodeLabels(n)
	a := corev1.ResourceList{}
	n.Status.Allocatable, n.Status.Capacity = a, a
	a["cpu"] = resource.MustParse(pick(g, "1", "2", "4", "4", "3920m", "8", "1930m", "0"))
	a["memory"] = resource.MustParse(pick(g, "1Gi", "4Gi", "8Gi", "8Gi", "16Gi", "7850Mi", "3G"))
	a["pods"] = resource.MustParse("110")
	if g.on["scalars"] {
		g.scalarsOf(a)
	}
	if g.when("cordon", 5) {
		n.Spec.Unschedulable = true
	}
	for g.when("taints", 3) {
		n.Spec.Taints = append(n.Spec.Taints, g.taint())
	}
	if g.on["images"] {
		g.nodeImages(n)
	}
	if g.on["declared"] {
		n.Status.DeclaredFeatures = [][]string{nil, {"A"}, declaredFeatures, declaredFeatures[:1], declaredFeatures[1:]}[g.IntN(5)]
	}
	return n
}

// declaredFeatures are those that pods may need.
var declaredFeatures = []string{"RestartAllContainersOnContainerExits", "UserNamespacesHostNetworkSupport"}

func (g *generator) scalarsOf(a corev1.ResourceList) {
	if g.oneIn(3) {
		a["pods"] = resource.MustParse(pick(g, "0", "1", "2", "4"))
	}
	if g.oneIn(8) {
		delete(a, "pods")
	}
	if g.oneIn(2) {
		a["ephemeral-storage"] = resource.MustParse(pick(g, "1Gi", "10Gi", "100G"))
	}
	if g.oneIn(2) {
		a["example.com/gpu"] = resource.MustParse(pick(g, "0", "1", "4"))
	}
	if g.oneIn(3) {
		a["hugepages-2Mi"] = resource.MustParse(pick(g, "4Mi", "64Mi"))
	}
}

func (g *generator) nodeLabels(n *corev1.Node) {
	l := n.Labels
	if g.oneIn(2) {
		l["disk"] = pick(g, "ssd", "hdd", "")
	}
	if g.oneIn(2) {
		l["size"] = pick(g, "1", "5", "10", "junk")
	}
	if g.oneIn(2) {
		l["rack"] = pick(g, "r1", "r2", "r3")
	}
	if g.oneIn(20) {
		delete(l, corev1.LabelHostname)
	}
	if !g.on["zones"] {
		return
	}
	if !g.oneIn(5) {
		l[corev1.LabelTopologyZone] = pick(g, "a", "b", "c")
	}
	if g.oneIn(3) {
		l[corev1.LabelTopologyRegion] = pick(g, "east", "west")
	}
	if g.oneIn(10) {
		l[corev1.LabelFailureDomainBetaZone] = pick(g, "a", "d")
	}
}

func (g *generator) taint() corev1.Taint {
	t := corev1.Taint{
		Key: pick(g, "dedicated", "gpu", "spot", corev1.TaintNodeUnschedulable), Value: pick(g, "", "x", "y", "7"),
		Effect: pick(g, corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute),
	}
	return t
}

func (g *generator) toleration() corev1.Toleration {
	t := corev1.Toleration{
		Key: pick(g, "dedicated", "gpu", "spot", corev1.TaintNodeUnschedulable), Value: pick(g, "", "x", "y", "7"),
		Operator: pick(g, "", corev1.TolerationOpEqual),
		Effect:   pick(g, "", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute),
	}
	if g.oneIn(2) {
		t.Operator, t.Value = corev1.TolerationOpExists, ""
		if g.oneIn(4) {
			t.Key = ""
		}
	}
	return t
}

var imageNames = []string{"app", "app:latest", "app:v1", "registry.local:5000/web", "registry.local:5000/web:latest", "db@sha256:aa", "tools:v2"}

func (g *generator) nodeImages(n *corev1.Node) {
	for range g.IntN(5) {
		i := corev1.ContainerImage{SizeBytes: pick[int64](g, 1<<20, 24<<20, 90<<20, 600<<20, 2<<30) + g.Int64N(1000)}
		for range 1 + g.IntN(2) {
			i.Names = append(i.Names, imageNames[g.IntN(len(imageNames))])
		}
		n.Status.Images = append(n.Status.Images, i)
	}
}
