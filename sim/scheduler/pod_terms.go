package scheduler

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
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
	s.listTerms(ts)
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

// termList is a growing list of terms of existing pods; label sets follow those lists in which a term may match them.
type termList struct{ terms []listedTerm }

type listedTerm struct {
	*podTerm
	set    *termSet
	weight int64
	role   termRole
}

// listTerms files the terms of a new term set: under a label that pods must have, if there is one, else where all pods look.
func (s *Snapshot) listTerms(ts *termSet) {
	file := func(list []podTerm, role termRole, sign int64) {
		for i := range list {
			l := &s.anyTerms
			if p, ok := list[i].wants(); ok {
				l = s.termsFor(p)
			}
			l.terms = append(l.terms, listedTerm{&list[i], ts, sign * list[i].weight, role})
		}
	}
	file(ts.terms.anti, roleForbids, 1)
	file(ts.terms.affinity, roleRequires, 1)
	file(ts.terms.preferredAffinity, roleScores, 1)
	file(ts.terms.preferAnti, roleScores, -1)
}

func (s *Snapshot) termsFor(p labelPair) *termList {
	l := s.termsByPair[p]
	if l == nil {
		l = &termList{}
		put(&s.termsByPair, p, l)
	}
	return l
}

// wants is a label that a pod must have to match, if there is one.
func (m *podMatcher) wants() (p labelPair, ok bool) {
	reqs, selectable := m.selector.Requirements()
	if len(m.namespaces) != 1 || m.nsSelector != nil || !selectable {
		return p, false
	}
	for i := range reqs {
		switch r := &reqs[i]; r.Operator() {
		case selection.In, selection.Equals, selection.DoubleEquals:
			if v := r.Values(); v.Len() == 1 {
				return labelPair{m.namespaces[0], r.Key(), v.UnsortedList()[0]}, true
			}
		}
	}
	return p, false
}

// termsMatching lists the terms of existing pods that match pods of the set.
func (s *Snapshot) termsMatching(set *labelSet) []matchedTerm {
	if len(s.termSetBy) == 0 {
		return nil // as in most clusters
	}
	if set.follows == nil {
		set.follows = append(set.follows, &s.anyTerms)
		for _, p := range set.labels {
			set.follows = append(set.follows, s.termsFor(labelPair{set.namespace, p.key, p.value}))
		}
		set.seen = make([]int, len(set.follows))
	}
	if set.nsGen != s.nsGen {
		set.nsGen, set.terms = s.nsGen, nil
		clear(set.seen)
	}
	for i, l := range set.follows {
		for ; set.seen[i] < len(l.terms); set.seen[i]++ {
			if t := &l.terms[set.seen[i]]; t.matches(s, set) {
				set.terms = append(set.terms, matchedTerm{t.set, t.key, t.weight, t.role})
			}
		}
	}
	return set.terms
}
