package controller

import (
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"clustersim/sim/store"
)

// daemonFilter says on which nodes the pods of a set should be.
type daemonFilter struct {
	nodeName    string // "" = any
	affinity    nodeaffinity.RequiredNodeAffinity
	tolerations []corev1.Toleration
}

func newDaemonFilter(set *appsv1.DaemonSet) daemonFilter {
	spec := set.Spec.Template.Spec
	return daemonFilter{spec.NodeName, nodeaffinity.GetRequiredNodeAffinity(&corev1.Pod{Spec: spec}), daemonTolerations(&spec)}
}

// check reports whether a pod of the set should run on the node, and whether one that runs there may stay.
//
// Source: k8s v1.36.3 pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod, predicates.
func (f *daemonFilter) check(node *corev1.Node) (run, stay bool) {
	if f.nodeName != "" && f.nodeName != node.Name {
		return false, false
	}
	if fits, _ := f.affinity.Match(node); !fits {
		return false, false
	}
	run, stay = true, true
	for i := range node.Spec.Taints {
		t := &node.Spec.Taints[i]
		if t.Effect == corev1.TaintEffectPreferNoSchedule || slices.ContainsFunc(f.tolerations, func(o corev1.Toleration) bool { return tolerates(&o, t) }) {
			continue
		}
		run = false
		if t.Effect == corev1.TaintEffectNoExecute {
			stay = false
		}
	}
	return run, stay
}

// daemonTolerations are the tolerations of a set's pods: the user's and those that daemons always have. One of the user's
// of the same key, operator, value and effect is replaced.
//
// Source: k8s v1.36.3 pkg/controller/daemon/util/daemonset_util.go AddOrUpdateDaemonPodTolerations.
func daemonTolerations(spec *corev1.PodSpec) []corev1.Toleration {
	out := slices.Clone(spec.Tolerations)
	add := func(key string, effect corev1.TaintEffect) {
		t := corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: effect}
		i := slices.IndexFunc(out, func(o corev1.Toleration) bool {
			return o.Key == t.Key && o.Operator == t.Operator && o.Value == t.Value && o.Effect == t.Effect
		})
		if i >= 0 {
			out[i] = t
		} else {
			out = append(out, t)
		}
	}
	add(corev1.TaintNodeNotReady, corev1.TaintEffectNoExecute)
	add(corev1.TaintNodeUnreachable, corev1.TaintEffectNoExecute)
	add(corev1.TaintNodeDiskPressure, corev1.TaintEffectNoSchedule)
	add(corev1.TaintNodeMemoryPressure, corev1.TaintEffectNoSchedule)
	add(corev1.TaintNodePIDPressure, corev1.TaintEffectNoSchedule)
	add(corev1.TaintNodeUnschedulable, corev1.TaintEffectNoSchedule)
	if spec.HostNetwork {
		add(corev1.TaintNodeNetworkUnavailable, corev1.TaintEffectNoSchedule)
	}
	return out
}

// podManifest is what new pods are made of, but for their node.
//
// Source: k8s v1.36.3 daemonset_util.go CreatePodTemplate.
func (s *daemonState) podManifest() *corev1.Pod {
	if s.manifest == nil || s.manifest.Labels[appsv1.DefaultDaemonSetUniqueLabelKey] != s.hash {
		t := &s.set.Spec.Template
		m := manifestOf(t)
		m.Labels = maps.Clone(t.Labels)
		if m.Labels == nil {
			m.Labels = map[string]string{}
		}
		if g := s.set.Annotations[appsv1.DeprecatedTemplateGeneration]; g != "" {
			m.Labels["pod-template-generation"] = g
		}
		m.Labels[appsv1.DefaultDaemonSetUniqueLabelKey] = s.hash
		m.Spec.Tolerations = daemonTolerations(&t.Spec)
		s.manifest = m
	}
	return s.manifest
}

// pinTo returns the affinity with its required node terms replaced by the name of one node.
//
// Source: k8s v1.36.3 daemonset_util.go ReplaceDaemonSetPodNodeNameNodeAffinity.
func pinTo(a *corev1.Affinity, node string) *corev1.Affinity {
	var out corev1.Affinity
	if a != nil {
		out = *a
	}
	var on corev1.NodeAffinity
	if out.NodeAffinity != nil {
		on = *out.NodeAffinity
	}
	on.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
		MatchFields: []corev1.NodeSelectorRequirement{{Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpIn, Values: []string{node}}},
	}}}
	out.NodeAffinity = &on
	return &out
}

// targetNode is the node of a pod or, before it is bound, the one that it is meant for; "" if it tells none.
//
// Source: k8s v1.36.3 daemonset_util.go GetTargetNodeName.
func targetNode(p *store.Pod) string {
	if p.NodeName != "" {
		return p.NodeName
	}
	a := p.Spec().Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return ""
	}
	for _, t := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		for _, f := range t.MatchFields {
			if f.Key == metav1.ObjectNameField && f.Operator == corev1.NodeSelectorOpIn && len(f.Values) == 1 {
				return f.Values[0]
			}
		}
	}
	return ""
}
