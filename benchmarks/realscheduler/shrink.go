package main

import (
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// shrink drops ops, then parts of objects, for as long as the two sides still differ in the same subject.
func shrink(sc Scenario, d *difference) (Scenario, *difference) {
	sc = sc[:d.Op+1]
	subject, _, _ := strings.Cut(d.Lines[0], ":")
	fails := func(s Scenario) bool {
		n, err := compare(s, nil)
		if err != nil || n == nil || !strings.HasPrefix(n.Lines[0], subject+":") {
			return false
		}
		d = n
		return true
	}
	for size := len(sc) / 2; size > 0; {
		dropped := false
		for i := 0; i+size <= len(sc); {
			smaller := append(append(Scenario{}, sc[:i]...), sc[i+size:]...)
			if fails(smaller) {
				sc, dropped = smaller[:d.Op+1], true
			} else {
				i += size
			}
		}
		if !dropped || size > 1 {
			size /= 2
		}
	}
	for again := true; again; {
		again = false
		for i := range sc {
			for _, cut := range cuts(sc[i]) {
				smaller := append(Scenario{}, sc...)
				smaller[i] = cut
				if fails(smaller) {
					sc, again = smaller, true
				}
			}
		}
	}
	if !fails(sc) {
		panic("invariant: the smallest failing scenario does not fail")
	}
	return sc, d
}

// cuts are simpler variants of an op.
func cuts(op Op) (out []Op) {
	switch o := op.Object.(type) {
	case *corev1.Pod:
		for _, f := range podCuts {
			if c := o.DeepCopy(); f(c) {
				out = append(out, Op{Do: op.Do, Object: c, Key: op.Key})
			}
		}
	case *corev1.Node:
		for _, f := range nodeCuts {
			if c := o.DeepCopy(); f(c) {
				out = append(out, Op{Do: op.Do, Object: c, Key: op.Key})
			}
		}
	}
	return out
}

// podCuts make a pod simpler; each reports whether it did.
var podCuts = []func(p *corev1.Pod) bool{
	func(p *corev1.Pod) bool { return drop(&p.Labels) },
	func(p *corev1.Pod) bool { return drop(&p.OwnerReferences) },
	func(p *corev1.Pod) bool { return zero(&p.Spec.Affinity) },
	func(p *corev1.Pod) bool { return p.Spec.Affinity != nil && zero(&p.Spec.Affinity.NodeAffinity) },
	func(p *corev1.Pod) bool { return p.Spec.Affinity != nil && zero(&p.Spec.Affinity.PodAffinity) },
	func(p *corev1.Pod) bool { return p.Spec.Affinity != nil && zero(&p.Spec.Affinity.PodAntiAffinity) },
	func(p *corev1.Pod) bool { return drop(&p.Spec.Tolerations) },
	func(p *corev1.Pod) bool { return drop(&p.Spec.NodeSelector) },
	func(p *corev1.Pod) bool { return drop(&p.Spec.InitContainers) },
	func(p *corev1.Pod) bool { return drop(&p.Spec.Overhead) },
	func(p *corev1.Pod) bool { return zero(&p.Spec.Resources) },
	func(p *corev1.Pod) bool { return pop(&p.Spec.TopologySpreadConstraints) },
	func(p *corev1.Pod) bool { return len(p.Spec.Containers) > 1 && pop(&p.Spec.Containers) },
	func(p *corev1.Pod) bool { return drop(&p.Spec.Containers[0].Resources.Requests) },
	func(p *corev1.Pod) bool { return drop(&p.Spec.Containers[0].Ports) },
	func(p *corev1.Pod) bool { return zero(&p.Spec.Priority) },
	func(p *corev1.Pod) bool { return zero(&p.Spec.PreemptionPolicy) },
	func(p *corev1.Pod) bool { return zero(&p.DeletionTimestamp) },
	func(p *corev1.Pod) bool { return zero(&p.Status.NominatedNodeName) },
	func(p *corev1.Pod) bool {
		a := p.Spec.Affinity
		return a != nil && a.PodAffinity != nil && pop(&a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	},
	func(p *corev1.Pod) bool {
		a := p.Spec.Affinity
		return a != nil && a.PodAffinity != nil && pop(&a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	},
	func(p *corev1.Pod) bool {
		a := p.Spec.Affinity
		return a != nil && a.PodAntiAffinity != nil && pop(&a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution)
	},
	func(p *corev1.Pod) bool {
		a := p.Spec.Affinity
		return a != nil && a.PodAntiAffinity != nil && pop(&a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution)
	},
}

var nodeCuts = []func(n *corev1.Node) bool{
	func(n *corev1.Node) bool { return drop(&n.Labels) },
	func(n *corev1.Node) bool { return drop(&n.Spec.Taints) },
	func(n *corev1.Node) bool { return drop(&n.Status.Images) },
	func(n *corev1.Node) bool { return drop(&n.Status.Capacity) },
	func(n *corev1.Node) bool { return zero(&n.Spec.Unschedulable) },
}

func zero[T comparable](v *T) bool {
	var none T
	was := *v != none
	*v = none
	return was
}

func pop[T any](v *[]T) bool {
	if len(*v) == 0 {
		return false
	}
	*v = (*v)[:len(*v)-1]
	return true
}

// drop empties a map or slice.
func drop[T any](v *T) bool {
	var none T
	was := fmt.Sprint(*v) != fmt.Sprint(none)
	*v = none
	return was
}

// writeYAML prints the Scenario as manifests; comments say what else is done.
func writeYAML(w io.Writer, sc Scenario) {
	for i, op := range sc {
		if i > 0 {
			fmt.Fprintln(w, "---")
		}
		switch {
		case op.Object == nil:
			fmt.Fprintf(w, "# %s %s\n", op.Do, op.Key)
			continue
		case op.Do != DoSet:
			fmt.Fprintf(w, "# %s\n", op.Do)
		}
		b, err := compact(op.Object)
		must(err)
		y, err := yaml.JSONToYAML(b)
		must(err)
		fmt.Fprintf(w, "kind: %s\n%s", kindOf(op.Object), y)
	}
}
