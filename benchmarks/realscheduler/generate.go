package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// generator makes a Scenario of a seed.
type generator struct {
	*rand.Rand
	on    map[string]bool
	ops   Scenario
	nodes []*corev1.Node // that exist
	pods  []string       // that were made, by namespace/name
	specs map[string]*corev1.Pod
	made  int
	crowd bool // nodes are so full that pods have to make room for one another
}

// Generate returns the Scenario of the seed, which uses at most the features named. A small one has few nodes and pods.
func Generate(seed uint64, allowed []string, small bool) Scenario {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0x5eed)), on: map[string]bool{}, specs: map[string]*corev1.Pod{}}
	for _, f := range features { // draws do not depend on what is allowed
		on := g.IntN(2) == 0
		g.on[f] = on && slices.Contains(allowed, f)
	}
	if g.oneIn(4) && slices.Contains(allowed, "priority") {
		g.crowd = true
		for _, f := range []string{"affinity", "selector", "taints", "interpod", "matchfields", "cordon"} {
			g.on[f] = g.on[f] && g.oneIn(3)
		}
		g.on["priority"], g.on["requests"] = true, true
		g.on["pdbs"] = slices.Contains(allowed, "pdbs") && g.oneIn(2)
	}
	n, pods := g.IntN(14), 8+g.IntN(24)
	if g.on["nominated"] {
		g.on["terminating"] = g.on["terminating"] && !g.on["spread"] // see the known differences in README.md
	}
	if g.on["priority"] {
		g.on["many"] = false                                         // of more than 100 nodes upstream tries some by chance
		g.on["terminating"] = g.on["terminating"] && !g.on["spread"] // see the known differences in README.md
	}
	if g.oneIn(4) {
		n = 20 + g.IntN(60)
	}
	if g.oneIn(5) && g.on["many"] {
		n, pods = 100+g.IntN(180), 6+g.IntN(10)
	}
	if small {
		n, pods = 1+n%6, 4+pods%5
	}
	g.objects()
	for range n {
		g.addNode()
	}
	g.storage()
	for range g.IntN(3 * (n + 1)) {
		g.addBound()
	}
	for range pods {
		g.schedule()
		for g.on["changes"] && g.oneIn(3) {
			g.change()
		}
		for g.when("priority", 3) {
			g.set(Op{Do: DoRetry})
		}
	}
	return g.ops
}

func (g *generator) oneIn(n int) bool { return g.IntN(n) == 0 }

// when reports whether to use a feature here: never if it is off, else every nth time.
func (g *generator) when(feature string, n int) bool { return g.IntN(n) == 0 && g.on[feature] }

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

func (g *generator) set(op Op) { g.ops = append(g.ops, op) }

// instant is an object's birth. Names and times tell objects apart, so each has its own.
func instant(n int) metav1.Time {
	return metav1.NewTime(time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC))
}

// addBound adds a pod that is on a node already. It need not fit.
func (g *generator) addBound() {
	if len(g.nodes) == 0 {
		return
	}
	p := g.pod()
	p.Spec.Volumes = slices.DeleteFunc(p.Spec.Volumes, func(v corev1.Volume) bool { // two pods cannot have it
		return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == claimName(claimsANs-1)
	})
	p.Spec.NodeName = g.nodes[g.IntN(len(g.nodes))].Name
	p.Status.Phase = corev1.PodRunning
	p.Status.NominatedNodeName = ""
	start := instant(g.IntN(10)*100 + g.made) // no two are the same: upstream breaks such ties by chance
	p.Status.StartTime = &start
	if g.when("terminating", 6) {
		terminate(p)
	}
	g.keep(p)
	g.set(Op{Do: DoSet, Object: p})
}

func terminate(p *corev1.Pod) {
	at, grace := instant(1000), int64(30)
	p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &at, &grace
}

func (g *generator) keep(p *corev1.Pod) {
	key := p.Namespace + "/" + p.Name
	g.pods = append(g.pods, key)
	g.specs[key] = p
}

func (g *generator) schedule() {
	var p *corev1.Pod
	if len(g.pods) > 0 && g.oneIn(3) { // one more of its kind
		p = g.specs[g.pods[g.IntN(len(g.pods))]].DeepCopy()
		p.Spec.NodeName, p.DeletionTimestamp, p.DeletionGracePeriodSeconds = "", nil, nil
		p.Status = corev1.PodStatus{}
		g.name(p)
	} else {
		p = g.pod()
	}
	p.Status.Phase = corev1.PodPending
	if g.when("nominated", 5) && len(g.nodes) > 0 {
		p.Status.NominatedNodeName = g.nodes[g.IntN(len(g.nodes))].Name
	}
	g.keep(p)
	g.set(Op{Do: DoSchedule, Object: p})
}

func (g *generator) name(p *corev1.Pod) {
	g.made++
	p.Name = fmt.Sprintf("p%d", g.made)
	p.UID = types.UID(fmt.Sprintf("uid-%d", g.made))
	p.CreationTimestamp = instant(g.made)
}

// change does something to a node or to a pod on a node.
func (g *generator) change() {
	switch op := g.IntN(10); {
	case op < 2:
		g.addNode()
	case op < 4 && len(g.nodes) > 0:
		i := g.IntN(len(g.nodes))
		g.set(Op{Do: DoRemoveNode, Key: g.nodes[i].Name})
		g.nodes = slices.Delete(g.nodes, i, i+1)
	case op < 7 && len(g.nodes) > 0:
		i := g.IntN(len(g.nodes))
		n := g.node(g.nodes[i].Name)
		g.nodes[i] = n
		g.set(Op{Do: DoSet, Object: n})
	case len(g.pods) > 0:
		i := g.IntN(len(g.pods))
		g.set(Op{Do: DoRemovePod, Key: g.pods[i]})
		g.pods = slices.Delete(g.pods, i, i+1)
	}
}
