package scheduler

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// NodeAffinity's reasons.
const (
	ReasonNodeAffinity         = "node(s) didn't match Pod's node affinity/selector"
	ReasonNodeAffinityConflict = "pod affinity terms conflict"
	ReasonAddedAffinity        = "node(s) didn't match scheduler-enforced node affinity"
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go.
var nodeAffinity = &Plugin{
	Name:   "NodeAffinity",
	Points: partPoints,
	Doc: "Turns nodes down that do not match the pod's nodeSelector and its required node affinity. " +
		"Scores nodes by the weights of the preferred terms that they match.",
	Events:  NodeAdd | NodeLabel,
	Compile: compileNodeAffinity,
}

func compileNodeAffinity(k *Compiler) Part {
	var required *corev1.NodeSelector
	var preferred []corev1.PreferredSchedulingTerm
	if a := k.Spec.Affinity; a != nil && a.NodeAffinity != nil {
		required = a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
		preferred = a.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution
	}
	state := &affinityState{}
	part := Part{State: state}
	var added corev1.NodeAffinity
	if a := k.Args.NodeAffinity.AddedAffinity; a != nil {
		added = *a
	}
	enforced := added.RequiredDuringSchedulingIgnoredDuringExecution
	if required != nil || k.Spec.NodeSelector != nil || enforced != nil {
		filterByAffinity(k, required, &part)
	}
	if enforced != nil {
		state.matcher = nil
		enforce(k, enforced, &part)
	}
	if len(added.PreferredDuringSchedulingIgnoredDuringExecution) > 0 || preferred != nil {
		scoreByAffinity(k, added.PreferredDuringSchedulingIgnoredDuringExecution, preferred, &part)
	}
	return part
}

// affinityState is what scans have to know.
type affinityState struct {
	matcher *nodeMatcher // all that the filter asks; nil = it does not filter, or asks more
	terms   []*termScore
}

// enforce asks the profile's own node affinity before the pod's.
func enforce(k *Compiler, enforced *corev1.NodeSelector, part *Part) {
	m := k.enforced(enforced)
	reject := k.Verdict(UnschedulableAndUnresolvable, ReasonAddedAffinity)
	filter, queue := part.Filter, part.Queue
	part.Filter = func(c *Cycle, n int32) Verdict {
		if !m.matches(c.Snap, n) {
			return reject
		}
		return filter(c, n)
	}
	part.Queue = func(ev *Event) bool {
		ok, _ := m.match(ev.NewNode)
		return ok && queue(ev)
	}
}

func filterByAffinity(k *Compiler, required *corev1.NodeSelector, part *Part) {
	part.Nodes = namedNodes(required)
	if part.Nodes != nil && len(part.Nodes) == 0 {
		part.Nodes = nil
		part.Reject = k.Verdict(UnschedulableAndUnresolvable, ReasonNodeAffinityConflict)
	}
	reject := k.Verdict(UnschedulableAndUnresolvable, ReasonNodeAffinity)
	m := k.matcher(required, part.Nodes == nil)
	part.State.(*affinityState).matcher = m
	part.Queue = m.queue
	part.Filter = func(c *Cycle, n int32) Verdict {
		if !m.matches(c.Snap, n) {
			return reject
		}
		return 0
	}
}

// namedNodes are the nodes that the terms name by metadata.name, nil if any term names none.
func namedNodes(required *corev1.NodeSelector) []string {
	if required == nil || len(required.NodeSelectorTerms) == 0 {
		return nil
	}
	names := []string{}
	for i := range required.NodeSelectorTerms {
		var term []string
		for _, r := range required.NodeSelectorTerms[i].MatchFields {
			if r.Key != "metadata.name" || r.Operator != corev1.NodeSelectorOpIn {
				continue
			}
			if term == nil {
				term = append([]string{}, r.Values...)
				continue
			}
			term = slices.DeleteFunc(term, func(n string) bool { return !slices.Contains(r.Values, n) })
		}
		if term == nil {
			return nil
		}
		names = append(names, term...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// nodeMatcher is a nodeSelector with required node affinity, of a pod or of the profile. Unless the pod names its nodes, it remembers which nodes
// match.
type nodeMatcher struct {
	match    func(*corev1.Node) (bool, error)
	remember bool
	answers  []matchAnswer // by slot
	statics  uint64        // of the snapshot, as matching saw it
	matching []bool        // by slot: the answers for all nodes
}

type matchAnswer struct {
	labelGen uint32
	matches  bool
}

// requiredMatcher is the matcher of the pod's nodeSelector and required node affinity, nil if it has neither.
func (k *Compiler) requiredMatcher() *nodeMatcher {
	var required *corev1.NodeSelector
	if a := k.Spec.Affinity; a != nil && a.NodeAffinity != nil {
		required = a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	}
	if required == nil && len(k.Spec.NodeSelector) == 0 {
		return nil
	}
	return k.matcher(required, namedNodes(required) == nil)
}

// matcher is shared by all shapes with this selector.
func (k *Compiler) matcher(required *corev1.NodeSelector, remember bool) *nodeMatcher {
	key := appendLabels(nil, k.Spec.NodeSelector)
	if required != nil {
		key = appendJSON(key, required)
	}
	if m, ok := k.matchers[string(key)]; ok {
		return m
	}
	m := &nodeMatcher{match: nodeaffinity.GetRequiredNodeAffinity(&corev1.Pod{Spec: *k.Spec}).Match, remember: remember}
	if remember {
		k.matchers[string(key)] = m
	}
	return m
}

// enforced is the matcher of a profile's own affinity. Terms that do not parse, which nobody lets through, match nothing.
func (k *Compiler) enforced(required *corev1.NodeSelector) *nodeMatcher {
	key := string(appendJSON([]byte("added"), required))
	if m, ok := k.matchers[key]; ok {
		return m
	}
	selector := nodeaffinity.NewLazyErrorNodeSelector(required)
	m := &nodeMatcher{match: selector.Match, remember: true}
	k.matchers[key] = m
	return m
}

func (m *nodeMatcher) matches(s *Snapshot, n int32) bool {
	nd := &s.nodes[n]
	if !m.remember {
		ok, _ := m.match(nd.object)
		return ok
	}
	for int(n) >= len(m.answers) {
		m.answers = append(m.answers, matchAnswer{})
	}
	a := &m.answers[n]
	if a.labelGen != nd.labelGen {
		ok, _ := m.match(nd.object) // a term that does not parse matches nothing
		*a = matchAnswer{nd.labelGen, ok}
	}
	return a.matches
}

// all says of every node whether it matches, by slot.
func (m *nodeMatcher) all(s *Snapshot) []bool {
	if m.statics == s.statics {
		return m.matching
	}
	m.statics = s.statics
	m.matching = append(m.matching[:0], make([]bool, len(s.rows))...)
	for _, slot := range s.order {
		m.matching[slot] = m.matches(s, slot)
	}
	return m.matching
}

func (m *nodeMatcher) queue(ev *Event) bool {
	ok, err := m.match(ev.NewNode)
	if err != nil || !ok {
		return err != nil
	}
	if ev.OldNode == nil {
		return true
	}
	was, err := m.match(ev.OldNode)
	return err != nil || !was
}

// scoreByAffinity sums the weights of the matching terms, the profile's and the pod's. Terms that do not parse are left out.
//
// Differs: upstream fails the whole cycle on them; the API server does not let them through.
func scoreByAffinity(k *Compiler, added, preferred []corev1.PreferredSchedulingTerm, part *Part) {
	var terms []*termScore
	for _, list := range [...][]corev1.PreferredSchedulingTerm{added, preferred} {
		for i := range list {
			if t := k.termScore(&list[i]); t != nil {
				terms = append(terms, t)
			}
		}
	}
	part.State.(*affinityState).terms = terms
	part.Score = func(c *Cycle, n int32) (sum int64) {
		for _, t := range terms {
			sum += t.of(c.Snap, n)
		}
		return sum
	}
	part.Normalize = func(_ *Cycle, _ []int32, scores []int64) { normalize(scores, false) }
}

// termScore is a preferred term with its weight. Shapes share it, and what it has said of nodes.
type termScore struct {
	terms   *nodeaffinity.PreferredSchedulingTerms
	answers []termAnswer // by slot
}

type termAnswer struct {
	labelGen uint32
	score    int64
}

func (d *dictionary) termScore(term *corev1.PreferredSchedulingTerm) *termScore {
	key := string(appendJSON(nil, term))
	if t, ok := d.termScores[key]; ok {
		return t
	}
	var t *termScore
	if terms, err := nodeaffinity.NewPreferredSchedulingTerms([]corev1.PreferredSchedulingTerm{*term}); err == nil {
		t = &termScore{terms: terms}
	}
	d.termScores[key] = t
	return t
}

func (t *termScore) of(s *Snapshot, n int32) int64 {
	if int(n) >= len(t.answers) {
		t.answers = append(t.answers, make([]termAnswer, len(s.rows)-len(t.answers))...)
	}
	nd := &s.nodes[n]
	a := &t.answers[n]
	if a.labelGen != nd.labelGen {
		*a = termAnswer{nd.labelGen, t.terms.Score(nd.object)}
	}
	return a.score
}
