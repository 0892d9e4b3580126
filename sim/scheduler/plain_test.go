package scheduler

import (
	"math"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// plain counts pods for PodTopologySpread and InterPodAffinity the way upstream does: by walking all pods of all nodes.
// It is the twin of the tallies.
type plain struct {
	s   *Snapshot
	pod *Pod
}

func (p plain) nodes(f func(slot int32, n *corev1.Node, pods []*Pod)) {
	for _, slot := range p.s.order {
		f(slot, p.s.nodes[slot].object, p.s.nodes[slot].pods)
	}
}

func (p plain) selector(t *corev1.TopologySpreadConstraint) labels.Selector {
	sel, _ := metav1.LabelSelectorAsSelector(t.LabelSelector)
	return withLabelKeys(sel, t.MatchLabelKeys, p.pod.Labels)
}

func (p plain) like(pods []*Pod, sel labels.Selector) (n int64) {
	if sel.Empty() {
		return 0
	}
	for _, q := range pods {
		if q.Namespace == p.pod.Namespace && !q.Terminating && sel.Matches(labels.Set(q.Labels)) {
			n++
		}
	}
	return n
}

func (p plain) included(t *corev1.TopologySpreadConstraint, n *corev1.Node) bool {
	if t.NodeAffinityPolicy == nil || *t.NodeAffinityPolicy == corev1.NodeInclusionPolicyHonor {
		if ok, _ := nodeaffinity.GetRequiredNodeAffinity(&corev1.Pod{Spec: *p.pod.Spec}).Match(n); !ok {
			return false
		}
	}
	return t.NodeTaintsPolicy == nil || *t.NodeTaintsPolicy == corev1.NodeInclusionPolicyIgnore || !judgeTaints(p.pod.Spec.Tolerations, n.Spec.Taints).untolerated
}

func (p plain) constraints(action corev1.UnsatisfiableConstraintAction) (out []*corev1.TopologySpreadConstraint) {
	for i := range p.pod.Spec.TopologySpreadConstraints {
		if t := &p.pod.Spec.TopologySpreadConstraints[i]; t.WhenUnsatisfiable == action {
			out = append(out, t)
		}
	}
	return out
}

func keysOf(list []*corev1.TopologySpreadConstraint, n *corev1.Node) bool {
	for _, t := range list {
		if _, ok := n.Labels[t.TopologyKey]; !ok {
			return false
		}
	}
	return true
}

// spreadVerdict is the reason for which PodTopologySpread turns a node down, "" if it does not.
func (p plain) spreadVerdict(node *corev1.Node) string {
	hard := p.constraints(corev1.DoNotSchedule)
	for _, t := range hard {
		value, ok := node.Labels[t.TopologyKey]
		if !ok {
			return ReasonSpreadLabel
		}
		sel, counts := p.selector(t), map[string]int64{}
		p.nodes(func(_ int32, n *corev1.Node, pods []*Pod) {
			if keysOf(hard, n) && p.included(t, n) {
				counts[n.Labels[t.TopologyKey]] += p.like(pods, sel)
			}
		})
		least, self := int64(math.MaxInt32), int64(0)
		for _, n := range counts {
			least = min(least, n)
		}
		if t.MinDomains != nil && len(counts) < int(*t.MinDomains) {
			least = 0
		}
		if sel.Matches(labels.Set(p.pod.Labels)) {
			self = 1
		}
		if counts[value]+self-least > int64(t.MaxSkew) {
			return ReasonSpread
		}
	}
	return ""
}

// spreadScores are the raw scores of PodTopologySpread for explicit soft constraints.
func (p plain) spreadScores(feasible []int32) []int64 {
	soft := p.constraints(corev1.ScheduleAnyway)
	out := make([]int64, len(feasible))
	sums := make([]float64, len(feasible))
	for _, t := range soft {
		sel, counts := p.selector(t), map[string]int64{}
		sizes, scored := map[string]bool{}, 0
		for _, slot := range feasible {
			if n := p.s.nodes[slot].object; keysOf(soft, n) {
				sizes[n.Labels[t.TopologyKey]] = true
				scored++
			}
		}
		size := len(sizes)
		if t.TopologyKey == corev1.LabelHostname {
			size = scored
		}
		p.nodes(func(_ int32, n *corev1.Node, pods []*Pod) {
			if keysOf(soft, n) && p.included(t, n) {
				counts[n.Labels[t.TopologyKey]] += p.like(pods, sel)
			}
		})
		for i, slot := range feasible {
			n := p.s.nodes[slot].object
			if !keysOf(soft, n) {
				continue
			}
			cnt := counts[n.Labels[t.TopologyKey]]
			if t.TopologyKey == corev1.LabelHostname {
				cnt = p.like(p.s.nodes[slot].pods, sel)
			}
			sums[i] += float64(cnt)*math.Log(float64(size+2)) + float64(t.MaxSkew-1)
		}
	}
	for i := range sums {
		out[i] = int64(math.Round(sums[i]))
	}
	return out
}

// matches is upstream's AffinityTerm.Matches for a term of owner.
func (p plain) matches(t *corev1.PodAffinityTerm, owner, pod *Pod, own bool) bool {
	in := len(t.Namespaces) == 0 && t.NamespaceSelector == nil && owner.Namespace == pod.Namespace
	for _, n := range t.Namespaces {
		in = in || n == pod.Namespace
	}
	if t.NamespaceSelector != nil {
		sel, _ := metav1.LabelSelectorAsSelector(t.NamespaceSelector)
		ls, known := p.s.namespaces[pod.Namespace]
		in = in || own && sel.Matches(labels.Set{}) || (known || !own) && sel.Matches(labels.Set(ls))
	}
	sel, _ := metav1.LabelSelectorAsSelector(t.LabelSelector)
	return in && sel.Matches(labels.Set(pod.Labels))
}

type pair struct{ key, value string }

// affinityVerdict is the reason for which InterPodAffinity turns a node down, "" if it does not.
func (p plain) affinityVerdict(node *corev1.Node) string {
	var affinity, anti []corev1.PodAffinityTerm
	if a := p.pod.Spec.Affinity; a != nil {
		if a.PodAffinity != nil {
			affinity = a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution
		}
		if a.PodAntiAffinity != nil {
			anti = a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
		}
	}
	all := func(pod *Pod) bool {
		for i := range affinity {
			if !p.matches(&affinity[i], p.pod, pod, true) {
				return false
			}
		}
		return len(affinity) > 0
	}
	with, against, existing := map[pair]int{}, map[pair]int{}, map[pair]int{}
	add := func(m map[pair]int, n *corev1.Node, key string) {
		if v, ok := n.Labels[key]; ok {
			m[pair{key, v}]++
		}
	}
	p.nodes(func(_ int32, n *corev1.Node, pods []*Pod) {
		for _, q := range pods {
			if all(q) {
				for i := range affinity {
					add(with, n, affinity[i].TopologyKey)
				}
			}
			for i := range anti {
				if p.matches(&anti[i], p.pod, q, true) {
					add(against, n, anti[i].TopologyKey)
				}
			}
			if a := q.Spec.Affinity; a != nil && a.PodAntiAffinity != nil {
				for i := range a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
					if t := &a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[i]; p.matches(t, q, p.pod, false) {
						add(existing, n, t.TopologyKey)
					}
				}
			}
		}
	})
	here := true
	for i := range affinity {
		v, ok := node.Labels[affinity[i].TopologyKey]
		if !ok {
			return ReasonPodAffinity
		}
		here = here && with[pair{affinity[i].TopologyKey, v}] > 0
	}
	if !here && !(len(with) == 0 && all(p.pod)) {
		return ReasonPodAffinity
	}
	for i := range anti {
		if v, ok := node.Labels[anti[i].TopologyKey]; ok && against[pair{anti[i].TopologyKey, v}] > 0 {
			return ReasonPodAntiAffinity
		}
	}
	for k, v := range node.Labels {
		if existing[pair{k, v}] > 0 {
			return ReasonExistingAntiAffinity
		}
	}
	return ""
}

// affinityScores are the raw scores of InterPodAffinity.
func (p plain) affinityScores(feasible []int32) []int64 {
	sums := map[pair]int64{}
	add := func(n *corev1.Node, key string, w int64) {
		if v, ok := n.Labels[key]; ok {
			sums[pair{key, v}] += w
		}
	}
	weighted := func(list []corev1.WeightedPodAffinityTerm, owner, pod *Pod, own bool, n *corev1.Node, sign int64) {
		for i := range list {
			if p.matches(&list[i].PodAffinityTerm, owner, pod, own) {
				add(n, list[i].PodAffinityTerm.TopologyKey, sign*int64(list[i].Weight))
			}
		}
	}
	soft := func(owner, pod *Pod, own bool, n *corev1.Node) {
		a := owner.Spec.Affinity
		if a != nil && a.PodAffinity != nil {
			weighted(a.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution, owner, pod, own, n, 1)
		}
		if a != nil && a.PodAntiAffinity != nil {
			weighted(a.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution, owner, pod, own, n, -1)
		}
	}
	p.nodes(func(_ int32, n *corev1.Node, pods []*Pod) {
		for _, q := range pods {
			soft(p.pod, q, true, n)
			soft(q, p.pod, false, n)
			if a := q.Spec.Affinity; a != nil && a.PodAffinity != nil {
				for i := range a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
					if t := &a.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution[i]; p.matches(t, q, p.pod, false) {
						add(n, t.TopologyKey, 1)
					}
				}
			}
		}
	})
	out := make([]int64, len(feasible))
	for i, slot := range feasible {
		for k, v := range p.s.nodes[slot].object.Labels {
			out[i] += sums[pair{k, v}]
		}
	}
	return out
}
