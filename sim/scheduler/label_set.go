package scheduler

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// tally counts pods by node.
type tally struct {
	slots  []int32
	counts []int32
	at     map[int32]int32 // place of a slot, once there are many
}

const manySlots = 16

func (t *tally) add(slot, by int32) {
	i := t.find(slot)
	if i < 0 {
		i = len(t.slots)
		t.slots, t.counts = append(t.slots, slot), append(t.counts, 0)
		t.index(i)
	}
	if t.counts[i] += by; t.counts[i] != 0 {
		return
	}
	last := len(t.slots) - 1
	if t.at != nil {
		t.at[t.slots[last]] = int32(i)
		delete(t.at, slot)
	}
	t.slots[i], t.counts[i] = t.slots[last], t.counts[last]
	t.slots, t.counts = t.slots[:last], t.counts[:last]
}

func (t *tally) find(slot int32) int {
	if t.at != nil {
		if i, ok := t.at[slot]; ok {
			return int(i)
		}
		return -1
	}
	for i, s := range t.slots {
		if s == slot {
			return i
		}
	}
	return -1
}

func (t *tally) index(i int) {
	switch {
	case t.at != nil:
		t.at[t.slots[i]] = int32(i)
	case len(t.slots) > manySlots:
		t.at = make(map[int32]int32, 2*len(t.slots))
		for j, s := range t.slots {
			t.at[s] = int32(j)
		}
	}
}

// labelSet is what selectors see of a pod. Pods that no selector can tell apart share it, and it knows on which nodes
// they are.
type labelSet struct {
	namespace   string
	labels      labelList
	terminating bool
	tally

	terms   []matchedTerm // of existing pods that match these labels
	follows []*termList   // where they are listed
	seen    []int         // as of so many of each list,
	nsGen   uint64        // and of these labels of namespaces
}

// labelList is a pod's labels by their keys. It is smaller than a map, and what selectors ask.
type labelList []labelOf

type labelOf struct{ key, value string }

func newLabelList(m map[string]string) labelList {
	list := make(labelList, 0, len(m))
	for k, v := range m { // unordered: sorted below
		list = append(list, labelOf{k, v})
	}
	slices.SortFunc(list, func(a, b labelOf) int { return strings.Compare(a.key, b.key) })
	return list
}

// Lookup implements labels.Labels.
func (l labelList) Lookup(key string) (value string, ok bool) {
	for i := range l {
		if l[i].key == key {
			return l[i].value, true
		}
	}
	return "", false
}

// Has implements labels.Labels.
func (l labelList) Has(key string) bool {
	_, ok := l.Lookup(key)
	return ok
}

// Get implements labels.Labels.
func (l labelList) Get(key string) string {
	value, _ := l.Lookup(key)
	return value
}

// setList is a growing list of label sets; selectors follow one.
type setList struct{ sets []*labelSet }

// labelPair is one label in a namespace.
type labelPair struct{ namespace, key, value string }

// labelIndex finds label sets.
type labelIndex struct {
	all    setList
	byKey  map[string]*labelSet
	byName map[string]*setList    // by namespace
	byPair map[labelPair]*setList // by one of the labels
	key    []byte
}

// labelSetOf is the set of a pod's namespace, labels and whether it is terminating.
func (s *Snapshot) labelSetOf(namespace string, ls map[string]string, terminating bool) *labelSet {
	x := &s.labels
	b := append(appendLabels(appendText(x.key[:0], namespace), ls), '-')
	if terminating {
		b[len(b)-1] = 't'
	}
	x.key = b
	if set, ok := x.byKey[string(b)]; ok {
		return set
	}
	set := &labelSet{namespace: namespace, labels: newLabelList(ls), terminating: terminating}
	if x.byKey == nil {
		x.byKey, x.byName, x.byPair = map[string]*labelSet{}, map[string]*setList{}, map[labelPair]*setList{}
	}
	x.byKey[string(b)] = set
	x.all.sets = append(x.all.sets, set)
	l := x.inNamespace(namespace)
	l.sets = append(l.sets, set)
	for _, p := range set.labels {
		l := x.withLabel(labelPair{namespace, p.key, p.value})
		l.sets = append(l.sets, set)
	}
	return set
}

func (x *labelIndex) inNamespace(namespace string) *setList {
	l := x.byName[namespace]
	if l == nil {
		l = &setList{}
		if x.byName == nil {
			x.byKey, x.byName, x.byPair = map[string]*labelSet{}, map[string]*setList{}, map[labelPair]*setList{}
		}
		x.byName[namespace] = l
	}
	return l
}

func (x *labelIndex) withLabel(p labelPair) *setList {
	l := x.byPair[p]
	if l == nil {
		l = &setList{}
		x.byPair[p] = l
	}
	return l
}

// podMatcher matches pods by namespace and labels.
type podMatcher struct {
	namespaces []string
	// nsSelector matches more namespaces by their labels; nil = none.
	nsSelector labels.Selector
	selector   labels.Selector
	// own terms, those of the pod that is being placed, also match whatever their namespaceSelector makes of a namespace
	// without labels. Source: k8s v1.36.3 interpodaffinity mergeAffinityTermNamespacesIfNotEmpty, a known defect.
	own bool
}

func (m *podMatcher) matches(s *Snapshot, set *labelSet) bool {
	return m.inNamespace(s, set.namespace) && m.selector.Matches(set.labels)
}

func (m *podMatcher) inNamespace(s *Snapshot, namespace string) bool {
	for _, n := range m.namespaces {
		if n == namespace {
			return true
		}
	}
	if m.nsSelector == nil {
		return false
	}
	if m.own && m.nsSelector.Matches(labels.Set{}) {
		return true
	}
	ls, known := s.namespaces[namespace]
	if m.own && !known {
		return false // upstream lists the namespaces that exist
	}
	return m.nsSelector.Matches(labels.Set(ls))
}

// podSelection follows the label sets that all its matchers match.
type podSelection struct {
	matchers []podMatcher
	living   bool // leaves terminating pods out
	from     *setList
	seen     int
	nsGen    uint64
	sets     []*labelSet
}

// selectPods makes a selection.
func (s *Snapshot) selectPods(living bool, matchers ...podMatcher) *podSelection {
	sel := &podSelection{matchers: matchers, living: living, from: &s.labels.all}
	for i := range matchers {
		m := &matchers[i]
		if len(m.namespaces) != 1 || m.nsSelector != nil {
			continue
		}
		sel.from = s.labels.shortest(m.namespaces[0], m.selector)
		break
	}
	return sel
}

// shortest is the list of label sets that holds all that the selector can match: those with one of the labels that it
// asks for, or all of the namespace.
func (x *labelIndex) shortest(namespace string, sel labels.Selector) *setList {
	best := x.inNamespace(namespace)
	reqs, ok := sel.Requirements()
	if !ok {
		return &setList{}
	}
	for i := range reqs {
		r := &reqs[i]
		switch r.Operator() {
		case selection.In, selection.Equals, selection.DoubleEquals:
			if v := r.Values(); v.Len() == 1 {
				if l := x.withLabel(labelPair{namespace, r.Key(), v.UnsortedList()[0]}); len(l.sets) <= len(best.sets) {
					best = l
				}
			}
		}
	}
	return best
}

// pods brings the selection up to date and returns its label sets.
func (sel *podSelection) pods(s *Snapshot) []*labelSet {
	if sel.nsGen != s.nsGen {
		sel.nsGen, sel.seen, sel.sets = s.nsGen, 0, sel.sets[:0]
	}
	for ; sel.seen < len(sel.from.sets); sel.seen++ {
		if set := sel.from.sets[sel.seen]; !(sel.living && set.terminating) && sel.matchAll(s, set) {
			sel.sets = append(sel.sets, set)
		}
	}
	return sel.sets
}

func (sel *podSelection) matchAll(s *Snapshot, set *labelSet) bool {
	for i := range sel.matchers {
		if !sel.matchers[i].matches(s, set) {
			return false
		}
	}
	return true
}
