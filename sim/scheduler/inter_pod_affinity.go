package scheduler

import (
	"math"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/sim/config"
)

// InterPodAffinity's reasons.
const (
	ReasonPodAffinity          = "node(s) didn't match pod affinity rules"
	ReasonPodAntiAffinity      = "node(s) didn't match pod anti-affinity rules"
	ReasonExistingAntiAffinity = "node(s) didn't satisfy existing pods anti-affinity rules"
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/interpodaffinity.
var interPodAffinity = &Plugin{
	Name:   "InterPodAffinity",
	Points: partPoints,
	Doc: "Turns nodes down whose topology domains lack pods that the pod wants to be with, or have pods that it, or they, do not want to be together. " +
		"Scores nodes by the preferred terms of the pod and of the pods that are there.",
	Events:  PodAdd | PodDelete | PodLabel | NodeAdd | NodeLabel,
	Compile: compilePodAffinity,
}

func compilePodAffinity(k *Compiler) Part {
	a := &podAffinity{
		noAffinity: k.Verdict(UnschedulableAndUnresolvable, ReasonPodAffinity),
		noAnti:     k.Verdict(Unschedulable, ReasonPodAntiAffinity),
		noExisting: k.Verdict(Unschedulable, ReasonExistingAntiAffinity),
		hardWeight: hardPodAffinityWeight, args: &k.Args.InterPodAffinity,
	}
	if w := a.args.HardPodAffinityWeight; w != nil {
		a.hardWeight = int64(*w)
	}
	if t := k.podTermsOf(k.Spec, k.Namespace); t != nil {
		a.affinity, a.anti = ownTerms(t.affinity), ownTerms(t.anti)
		for _, list := range [...]struct {
			terms []podTerm
			sign  int64
		}{{t.preferredAffinity, 1}, {t.preferAnti, -1}} {
			for _, o := range ownTerms(list.terms) {
				o.weight *= list.sign
				a.preferred = append(a.preferred, o)
			}
		}
	}
	return Part{Wide: true, Begin: a.begin, Filter: a.filter, PreScore: a.preScore, Score: a.score, Normalize: a.normalize, Queue: a.queue}
}

// podAffinity is the plugin for one shape of pod.
type podAffinity struct {
	affinity, anti, preferred      []*ownTerm
	noAffinity, noAnti, noExisting Verdict
	hardWeight                     int64
	args                           *config.InterPodAffinityArgs

	snap     *Snapshot
	together *podSelection // pods that match all of affinity
	someone  bool          // there are any, in a domain
	self     bool          // the pod matches all of its own affinity terms
	existing []keyCounts   // domains that the anti-affinity of existing pods forbids
	scores   []keyCounts
	used     [2]int // of existing and scores, in this cycle
}

// ownTerm is a term of the pod that is being placed.
type ownTerm struct {
	podTerm
	pods     *podSelection
	topology *topology
	counts   counts // matching pods by domain
}

// keyCounts sums by domain under one topology key.
type keyCounts struct {
	topology *topology
	counts
}

func ownTerms(list []podTerm) []*ownTerm {
	var out []*ownTerm
	for _, t := range list {
		t.own = true
		out = append(out, &ownTerm{podTerm: t})
	}
	return out
}

// tie binds the terms to a snapshot.
func (a *podAffinity) tie(s *Snapshot) {
	if a.snap == s {
		return
	}
	a.snap, a.together = s, nil
	var all []podMatcher
	for _, t := range a.affinity {
		t.topology = s.topology(t.key)
		all = append(all, t.podMatcher)
	}
	if len(all) > 0 {
		a.together = s.selectPods(false, all...)
	}
	for _, list := range [...][]*ownTerm{a.anti, a.preferred} {
		for _, t := range list {
			t.topology, t.pods = s.topology(t.key), s.selectPods(false, t.podMatcher)
		}
	}
}

// begin counts what the filter needs, and finds out whether there is anything to score.
//
// Source: k8s v1.36.3 interpodaffinity/filtering.go PreFilter, scoring.go PreScore.
func (a *podAffinity) begin(c *Cycle) (v Verdict, filters, scores bool) {
	a.tie(c.Snap)
	s := c.Snap
	a.used = [2]int{}
	terms := s.termsMatching(s.setOf(c.Pod))
	for i := range terms {
		m := &terms[i]
		if len(m.set.slots) == 0 {
			continue
		}
		switch m.role {
		case roleForbids:
			addAll(sumsOf(&a.existing, &a.used[0], s, m.key), &m.set.tally, m.weight)
		case roleScores:
			addAll(sumsOf(&a.scores, &a.used[1], s, m.key), &m.set.tally, m.weight)
		case roleRequires:
			if a.hardWeight > 0 {
				addAll(sumsOf(&a.scores, &a.used[1], s, m.key), &m.set.tally, a.hardWeight)
			}
		}
	}
	if len(a.affinity)+len(a.anti) > 0 {
		a.countOwn(c)
	}
	for _, t := range a.preferred {
		for _, set := range t.pods.pods(s) {
			if len(set.slots) > 0 {
				addAll(sumsOf(&a.scores, &a.used[1], s, t.key), &set.tally, t.weight)
			}
		}
	}
	scores = anySum(a.scores[:a.used[1]]) && (len(a.preferred) > 0 || !a.args.IgnorePreferredTermsOfExistingPods)
	return 0, anySum(a.existing[:a.used[0]]) || len(a.affinity)+len(a.anti) > 0, scores
}

// sumsOf is the sums of a key in this cycle, from zero on if they were not used yet.
func sumsOf(list *[]keyCounts, used *int, s *Snapshot, key string) *keyCounts {
	for i := range (*list)[:*used] {
		if (*list)[i].topology.key == key {
			return &(*list)[i]
		}
	}
	if *used == len(*list) {
		*list = append(*list, keyCounts{})
	}
	k := &(*list)[*used]
	*used++
	k.topology = s.topology(key)
	k.reset()
	return k
}

// addAll adds the pods of a tally to the sums of their nodes' domains.
func addAll(k *keyCounts, t *tally, weight int64) {
	for i, slot := range t.slots {
		if d := k.topology.of[slot]; d >= 0 {
			k.add(d, int64(t.counts[i])*weight)
		}
	}
}

func anySum(list []keyCounts) bool {
	for i := range list {
		if list[i].any {
			return true
		}
	}
	return false
}

// countOwn counts the pods that the required terms of the pod match.
func (a *podAffinity) countOwn(c *Cycle) {
	s := c.Snap
	a.someone = false
	for _, t := range a.affinity {
		t.counts.reset()
	}
	if a.together != nil {
		for _, set := range a.together.pods(s) {
			for i, slot := range set.slots {
				for _, t := range a.affinity {
					if d := t.topology.of[slot]; d >= 0 {
						t.counts.add(d, int64(set.counts[i]))
						a.someone = true
					}
				}
			}
		}
	}
	for _, t := range a.anti {
		t.counts.reset()
		for _, set := range t.pods.pods(s) {
			for i, slot := range set.slots {
				if d := t.topology.of[slot]; d >= 0 {
					t.counts.add(d, int64(set.counts[i]))
				}
			}
		}
	}
	a.self = matchesAll(s, a.affinity, s.setOf(c.Pod))
}

func matchesAll(s *Snapshot, terms []*ownTerm, set *labelSet) bool {
	for _, t := range terms {
		if !t.matches(s, set) {
			return false
		}
	}
	return len(terms) > 0
}

func (a *podAffinity) filter(_ *Cycle, n int32) Verdict {
	together := true
	for _, t := range a.affinity {
		d := t.topology.of[n]
		if d < 0 {
			return a.noAffinity
		}
		together = together && t.counts.get(d) > 0
	}
	if !together && (a.someone || !a.self) { // the first of pods that want to be together may go anywhere
		return a.noAffinity
	}
	for _, t := range a.anti {
		if d := t.topology.of[n]; d >= 0 && t.counts.get(d) > 0 {
			return a.noAnti
		}
	}
	for i := range a.existing[:a.used[0]] {
		k := &a.existing[i]
		if d := k.topology.of[n]; d >= 0 && k.get(d) > 0 {
			return a.noExisting
		}
	}
	return 0
}

func (a *podAffinity) preScore(*Cycle, []int32) {}

func (a *podAffinity) score(_ *Cycle, n int32) int64 {
	var sum int64
	for i := range a.scores[:a.used[1]] {
		k := &a.scores[i]
		if d := k.topology.of[n]; d >= 0 {
			sum += k.get(d)
		}
	}
	return sum
}

// Source: k8s v1.36.3 interpodaffinity/scoring.go NormalizeScore.
func (a *podAffinity) normalize(_ *Cycle, _ []int32, scores []int64) {
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for _, v := range scores {
		least, most = min(least, v), max(most, v)
	}
	for i, v := range scores {
		scores[i] = 0
		if most > least {
			scores[i] = int64(float64(MaxNodeScore) * (float64(v-least) / float64(most-least)))
		}
	}
}

// queue says whether an event may let the pod in. Terms are compared with the pods of the event themselves, whose
// namespaces' labels upstream does not look up here.
//
// Source: k8s v1.36.3 interpodaffinity/plugin.go isSchedulableAfterPodChange, isSchedulableAfterNodeChange.
func (a *podAffinity) queue(ev *Event) bool {
	switch ev.Type {
	case NodeAdd, NodeLabel:
		return a.queueNode(ev.OldNode, ev.NewNode)
	case PodAdd:
		return hintMatchesAll(a.affinity, ev.NewPod)
	case PodDelete:
		t := ev.OldPod.Shape.terms
		return hintMatchesAll(a.anti, ev.OldPod) || t != nil && hintMatchesAll(ownTerms(t.anti), ev.Pod)
	}
	return ev.Own || !hintMatchesAll(a.affinity, ev.OldPod) && hintMatchesAll(a.affinity, ev.NewPod) ||
		hintMatchesAll(a.anti, ev.OldPod) && !hintMatchesAll(a.anti, ev.NewPod)
}

func hintMatchesAll(terms []*ownTerm, p *Pod) bool {
	for _, t := range terms {
		in := t.nsSelector != nil && t.nsSelector.Matches(labels.Set{})
		for _, n := range t.namespaces {
			in = in || n == p.Namespace
		}
		if !in || !t.selector.Matches(labels.Set(p.Labels)) {
			return false
		}
	}
	return len(terms) > 0
}

func (a *podAffinity) queueNode(old, n *corev1.Node) bool {
	for _, t := range a.affinity {
		now, has := n.Labels[t.key]
		if old == nil {
			if has {
				return true
			}
			continue
		}
		if was, had := old.Labels[t.key]; has && (!had || was != now) {
			return true
		}
	}
	for _, t := range a.anti {
		if old == nil {
			return true
		}
		now, has := n.Labels[t.key]
		if was, had := old.Labels[t.key]; had && (!has || was != now) {
			return true
		}
	}
	return false
}
