package scheduler

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// podTerms are the compiled inter-pod affinity terms of a pod. Pods of a namespace with equal affinity share them.
type podTerms struct {
	affinity, anti                []podTerm // required
	preferredAffinity, preferAnti []podTerm
}

// podTerm is one term: pods that it matches, within a topology domain.
type podTerm struct {
	podMatcher
	key    string
	weight int64
}

// podTermsOf compiles a spec's terms; nil if it has none.
func (d *dictionary) podTermsOf(spec *corev1.PodSpec, namespace string) *podTerms {
	a := spec.Affinity
	if a == nil || a.PodAffinity == nil && a.PodAntiAffinity == nil {
		return nil
	}
	key := string(appendJSON(appendJSON(appendText(nil, namespace), a.PodAffinity), a.PodAntiAffinity))
	if t, ok := d.terms[key]; ok {
		return t
	}
	t := &podTerms{}
	if pa := a.PodAffinity; pa != nil {
		t.affinity = compileTerms(pa.RequiredDuringSchedulingIgnoredDuringExecution, namespace)
		t.preferredAffinity = compileWeighted(pa.PreferredDuringSchedulingIgnoredDuringExecution, namespace)
	}
	if pa := a.PodAntiAffinity; pa != nil {
		t.anti = compileTerms(pa.RequiredDuringSchedulingIgnoredDuringExecution, namespace)
		t.preferAnti = compileWeighted(pa.PreferredDuringSchedulingIgnoredDuringExecution, namespace)
	}
	if len(t.affinity)+len(t.anti)+len(t.preferredAffinity)+len(t.preferAnti) == 0 {
		t = nil
	}
	d.terms[key] = t
	return t
}

func compileTerms(terms []corev1.PodAffinityTerm, namespace string) []podTerm {
	var out []podTerm
	for i := range terms {
		out = append(out, compileTerm(&terms[i], namespace, 1))
	}
	return out
}

func compileWeighted(terms []corev1.WeightedPodAffinityTerm, namespace string) []podTerm {
	var out []podTerm
	for i := range terms {
		out = append(out, compileTerm(&terms[i].PodAffinityTerm, namespace, int64(terms[i].Weight)))
	}
	return out
}

// compileTerm reads a term. Without namespaces and namespaceSelector it is about the pod's own namespace. A selector
// that does not parse, which the API server does not let through, matches nothing.
//
// Source: k8s v1.36.3 staging kube-scheduler/framework/types.go newAffinityTerm, getNamespacesFromPodAffinityTerm.
func compileTerm(t *corev1.PodAffinityTerm, namespace string, weight int64) podTerm {
	out := podTerm{key: t.TopologyKey, weight: weight}
	out.namespaces = t.Namespaces
	if len(t.Namespaces) == 0 && t.NamespaceSelector == nil {
		out.namespaces = []string{namespace}
	}
	if t.NamespaceSelector != nil {
		out.nsSelector = selectorOf(t.NamespaceSelector)
	}
	out.selector = selectorOf(t.LabelSelector)
	return out
}

func selectorOf(l *metav1.LabelSelector) labels.Selector {
	sel, err := metav1.LabelSelectorAsSelector(l)
	if err != nil {
		return labels.Nothing()
	}
	return sel
}

// termSet says on which nodes the pods with some terms are.
type termSet struct {
	terms *podTerms
	tally
}

func (s *Snapshot) termSetOf(t *podTerms) *termSet {
	if ts, ok := s.termSetBy[t]; ok {
		return ts
	}
	ts := &termSet{terms: t}
	s.termSetBy[t] = ts
	s.termSets = append(s.termSets, ts)
	return ts
}

// termRole is what a term of an existing pod does to a pod that it matches.
type termRole uint8

const (
	roleForbids  termRole = iota // required anti-affinity
	roleRequires                 // required affinity: hardPodAffinityWeight counts in the score
	roleScores                   // preferred terms: their weight counts
)

// matchedTerm is a term of existing pods that matches a label set.
type matchedTerm struct {
	set    *termSet
	key    string
	weight int64
	role   termRole
}

// hardPodAffinityWeight is what required affinity of existing pods counts in scores: the default of the plugin's args.
const hardPodAffinityWeight = 1

// termsMatching lists the terms of existing pods that match pods of the set.
func (s *Snapshot) termsMatching(set *labelSet) []matchedTerm {
	if set.nsGen != s.nsGen {
		set.nsGen, set.termSets, set.terms = s.nsGen, 0, nil
	}
	for ; set.termSets < len(s.termSets); set.termSets++ {
		ts := s.termSets[set.termSets]
		add := func(list []podTerm, role termRole, weigh func(w int64) int64) {
			for i := range list {
				if list[i].matches(s, set) {
					set.terms = append(set.terms, matchedTerm{ts, list[i].key, weigh(list[i].weight), role})
				}
			}
		}
		add(ts.terms.anti, roleForbids, func(w int64) int64 { return w })
		add(ts.terms.affinity, roleRequires, func(w int64) int64 { return w })
		add(ts.terms.preferredAffinity, roleScores, func(w int64) int64 { return w })
		add(ts.terms.preferAnti, roleScores, func(w int64) int64 { return -w })
	}
	return set.terms
}
