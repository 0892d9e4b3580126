package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// script is the story of the seed: pods and nodes that come, change and go, with seconds or minutes between. Each call of
// the function returned is one step; it returns false at the end.
func script(seed uint64) func(l *live) bool {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0x11fe)), on: map[string]bool{}, specs: map[string]*corev1.Pod{}}
	for _, f := range []string{"requests", "selector", "affinity", "taints", "cordon", "ports", "zones", "spread", "interpod"} {
		g.on[f] = g.oneIn(3)
	}
	g.on["priority"] = g.oneIn(3)
	g.on["requests"], g.crowd = true, g.oneIn(2)
	steps := 15 + g.IntN(25)
	return func(l *live) bool {
		if steps--; steps < 0 {
			return false
		}
		gap := pick(g, 37, 137, 537, 837, 1237, 2137, 4437, 9337, 12137, 31237)
		if g.oneIn(15) {
			gap = 330037
		}
		l.step(time.Duration(gap)*time.Millisecond, func() Op { return g.liveOp(l) })
		return true
	}
}

// liveOp draws the next change, from what there is on the real side.
func (g *generator) liveOp(l *live) Op {
	nodes, pods := slices.Sorted(maps.Keys(l.real.nodes)), slices.Sorted(maps.Keys(l.real.pods))
	for _, key := range pods {
		if l.real.pods[key].DeletionTimestamp != nil && g.oneIn(3) {
			return Op{Do: DoRemovePod, Key: key}
		}
	}
	switch op := g.IntN(20); {
	case op < 2 && len(nodes) < 6:
		g.made++
		return Op{Do: DoSet, Object: g.liveNode(fmt.Sprint("n", g.made))}
	case op == 2 && len(nodes) > 0:
		return Op{Do: DoRemoveNode, Key: nodes[g.IntN(len(nodes))]}
	case op < 8 && len(nodes) > 0:
		return Op{Do: DoSet, Object: g.changedNode(l.real.nodes[nodes[g.IntN(len(nodes))]])}
	case op < 10 && len(pods) > 0:
		return Op{Do: DoRemovePod, Key: pods[g.IntN(len(pods))]}
	case op < 13 && len(pods) > 0:
		return Op{Do: DoSet, Object: g.changedPod(l.real.pods[pods[g.IntN(len(pods))]])}
	}
	p := g.pod()
	if g.oneIn(4) {
		p.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "a"}, {Name: "b"}}[:1+g.IntN(2)]
	}
	p.Status.Phase = corev1.PodPending
	start := instant(g.made) // which no kubelet sets here; without it upstream sorts victims by chance
	p.Status.StartTime = &start
	grace := int64(30)
	p.Spec.TerminationGracePeriodSeconds = &grace
	return Op{Do: DoSet, Object: p}
}

func (g *generator) liveNode(name string) *corev1.Node {
	n := g.node(name)
	n.Status.Allocatable["cpu"] = resource.MustParse(pick(g, "1", "2", "3"))
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	return n
}

// changedNode changes one thing.
func (g *generator) changedNode(old *corev1.Node) *corev1.Node {
	n, fresh := old.DeepCopy(), g.liveNode(old.Name)
	switch g.IntN(7) {
	case 0:
		n.Labels = fresh.Labels
	case 1:
		n.Spec.Taints = append(n.Spec.Taints, g.taint())
	case 2:
		n.Spec.Taints = nil
	case 3:
		n.Spec.Unschedulable = !n.Spec.Unschedulable
	case 4, 5:
		n.Status.Allocatable = fresh.Status.Allocatable
	default:
		n.Status.Conditions[0].Status = pick(g, corev1.ConditionTrue, corev1.ConditionUnknown)
	}
	return n
}

// changedPod changes what may be changed of a pod: labels, and before it is bound gates and tolerations.
func (g *generator) changedPod(old *corev1.Pod) *corev1.Pod {
	p := old.DeepCopy()
	switch {
	case len(p.Spec.SchedulingGates) > 0 && p.Spec.NodeName == "":
		p.Spec.SchedulingGates = p.Spec.SchedulingGates[:len(p.Spec.SchedulingGates)-1]
	case g.oneIn(3) && p.Spec.NodeName == "":
		p.Spec.Tolerations = append(p.Spec.Tolerations, g.toleration())
	default:
		p.Labels = g.podLabels()
	}
	return p
}
