package capacity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/sim/engine"
)

// ExactSubsets is the number of subsets up to which Survive tries all of them.
const ExactSubsets = 10_000

// Domain is what can be lost at once: nodes that share the value of a label, or one node.
type Domain struct {
	Name  string
	Nodes []string
}

// Domains are the cluster's failure domains: each node for "node", else the values of a label ("zone" and "region" are
// short for upstream's). Nodes without the label are in none.
func (c *Cluster) Domains(key string) []Domain { return domainsOf(c.Nodes, key) }

func domainsOf(nodes []*corev1.Node, key string) []Domain {
	key = labelKey(key)
	var out []Domain
	for _, n := range nodes {
		name, ok := n.Name, true
		if key != "node" {
			name, ok = n.Labels[key]
		}
		if !ok {
			continue
		}
		i := slices.IndexFunc(out, func(d Domain) bool { return d.Name == name })
		if i < 0 || key == "node" {
			i = len(out)
			out = append(out, Domain{Name: name})
		}
		out[i].Nodes = append(out[i].Nodes, n.Name)
	}
	slices.SortStableFunc(out, func(a, b Domain) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// labelKey spells out the short names of labels.
func labelKey(key string) string {
	switch key {
	case "zone":
		return corev1.LabelTopologyZone
	case "region":
		return corev1.LabelTopologyRegion
	}
	return key
}

// SurviveOptions say which losses Survive looks at.
type SurviveOptions struct {
	Domain  string          // node, zone, region, or a label
	Lose    int             // how many domains at once; 0 = 1
	Samples int             // subsets to draw where there are more than ExactSubsets; 0 = 2000
	Protect labels.Selector // the pods that have to fit again; nil = all
	Seed    uint64
}

// Survival is what still fits after losses, placement alone: every pod that was lost is placed again, as if its
// controller made a new one, on the nodes that are left.
type Survival struct {
	Domain   string  `json:"domain"`
	Lose     int     `json:"lose"`
	Domains  int     `json:"domains"`
	Subsets  float64 `json:"subsets"` // how many there are
	Tried    int     `json:"tried"`
	Exact    bool    `json:"exact"` // all were tried
	Survived int     `json:"survived"`
	// Share is the survivability, from 0 to 1. Low and High bound it at 95 % (Clopper-Pearson) if it was sampled.
	Share float64 `json:"survivability"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Margin is what is left of the scarcest resource after the worst loss, as a share of what is requested; below 0
	// no placement can do.
	Margin   float64 `json:"staticMargin"`
	MarginBy string  `json:"marginResource"`
	// PendingBefore are pods without a node before any loss; they do not count.
	PendingBefore int    `json:"pendingBefore"`
	Worst         []Loss `json:"worst,omitempty"` // at most ten, those with most pods left over first
}

// Loss is one subset of the domains, and what it leaves.
type Loss struct {
	Lost    []string   `json:"lost"` // names of domains
	Nodes   int        `json:"nodes"`
	Pods    int        `json:"pods"`    // that were on them, without those of DaemonSets
	Pending int        `json:"pending"` // of those, that do not fit again
	Reasons []Unplaced `json:"reasons,omitempty"`
	index   int
}

// shownLosses is how many losses Survival lists.
const shownLosses = 10

// chunkOf is how many of n subsets share a trial: what one leaves behind in the order of nodes is then the same however
// many work.
func chunkOf(n int) int { return max(32, (n+15)/16) }

// Survive tries losses. It returns an error for a domain that the nodes do not have.
func (c *Cluster) Survive(o SurviveOptions) (*Survival, error) {
	if o.Domain == "" {
		o.Domain = "node"
	}
	k := max(1, o.Lose)
	domains := c.Domains(o.Domain)
	switch {
	case len(domains) == 0:
		return nil, fmt.Errorf("no node has the label %q", labelKey(o.Domain))
	case k > len(domains):
		return nil, fmt.Errorf("there are %d to lose (%s), not %d", len(domains), o.Domain, k)
	}
	s := &Survival{Domain: o.Domain, Lose: k, Domains: len(domains), Subsets: binomial(len(domains), k)}
	subsets := c.subsets(s, &o, k)
	losses := make([]Loss, len(subsets))
	before, chunk := 0, chunkOf(len(subsets))
	parallel((len(subsets)+chunk-1)/chunk, func(i int) {
		b := c.newBase(o.Protect)
		if i == 0 {
			before = b.pending
		}
		for j := i * chunk; j < min(len(subsets), (i+1)*chunk); j++ {
			losses[j] = b.lose(domains, subsets[j])
			losses[j].index = j
		}
	})
	s.PendingBefore = before
	s.judge(losses)
	s.Margin, s.MarginBy = c.margin(domains, subsets)
	return s, nil
}

// subsets are those to try.
func (c *Cluster) subsets(s *Survival, o *SurviveOptions, k int) [][]int {
	n := s.Domains
	if s.Exact = s.Subsets <= ExactSubsets; s.Exact {
		return combinations(n, k)
	}
	samples := o.Samples
	if samples <= 0 {
		samples = 2000
	}
	draws := engine.New(o.Seed).Stream("survive/" + o.Domain)
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	out := make([][]int, samples)
	for i := range out {
		for j := range k {
			at := j + int(draws.Int64N(int64(n-j)))
			all[j], all[at] = all[at], all[j]
		}
		out[i] = slices.Sorted(slices.Values(all[:k]))
	}
	return out
}

func (s *Survival) judge(losses []Loss) {
	s.Tried = len(losses)
	for i := range losses {
		if losses[i].Pending == 0 {
			s.Survived++
		}
	}
	s.Share = float64(s.Survived) / float64(s.Tried)
	s.Low, s.High = s.Share, s.Share
	if !s.Exact {
		s.Low, s.High = ClopperPearson(s.Survived, s.Tried, 0.95)
	}
	slices.SortStableFunc(losses, func(a, b Loss) int {
		return cmp.Or(cmp.Compare(b.Pending, a.Pending), cmp.Compare(b.Pods, a.Pods), cmp.Compare(a.index, b.index))
	})
	s.Worst = append(s.Worst, losses[:min(len(losses), shownLosses)]...)
}

// margin is the worst static margin over the subsets.
func (c *Cluster) margin(domains []Domain, subsets [][]int) (worst float64, by string) {
	total, wanted := make(Amounts, len(c.resources)), make(Amounts, len(c.resources))
	gives := map[string]Amounts{}
	for _, n := range c.Nodes {
		gives[n.Name] = c.gives(n)
		total.add(gives[n.Name])
	}
	for _, p := range c.Pods() {
		wanted.add(p.Needs)
	}
	lost := make([]Amounts, len(domains))
	for i, d := range domains {
		lost[i] = make(Amounts, len(c.resources))
		for _, n := range d.Nodes {
			lost[i].add(gives[n])
		}
	}
	first := true
	for _, set := range subsets {
		left := slices.Clone(total)
		for _, d := range set {
			left.sub(lost[d])
		}
		for i := range c.resources {
			if wanted[i] == 0 {
				continue
			}
			if m := float64(left[i]-wanted[i]) / float64(wanted[i]); first || m < worst {
				worst, by, first = m, string(c.resources[i]), false
			}
		}
	}
	return worst, by
}

// base is the cluster with everything placed, to be lost from.
type base struct {
	*trial
	protect labels.Selector
	objects map[string]*corev1.Node
	on      map[string][]*Pod
	pending int
}

func (c *Cluster) newBase(protect labels.Selector) *base {
	t := c.newTrial(c.Nodes, false)
	t.bindAll()
	b := &base{trial: t, protect: protect, objects: map[string]*corev1.Node{}, on: map[string][]*Pod{}}
	b.pending = len(t.placeAll(c.Waiting, -1))
	b.spread()
	return b
}

// newBaseOf is the same for fresh nodes.
func (c *Cluster) newBaseOf(nodes []*corev1.Node, pods []*Pod) *base {
	t := c.newTrial(nodes, true)
	b := &base{trial: t, objects: map[string]*corev1.Node{}, on: map[string][]*Pod{}}
	b.pending = len(t.placeAll(pods, -1))
	b.spread()
	return b
}

// spread notes which pods are on which node, in the order of the queue.
func (b *base) spread() {
	for _, n := range b.nodes {
		b.objects[n.Name] = n
	}
	pods := make([]*Pod, 0, len(b.of))
	for p := range b.of { // unordered: sorted below
		pods = append(pods, p)
	}
	slices.SortFunc(pods, func(x, y *Pod) int {
		return cmp.Or(cmp.Compare(priority(y), priority(x)), strings.Compare(x.Namespace, y.Namespace), strings.Compare(x.Name, y.Name))
	})
	for _, p := range pods {
		if node := b.NodeOf(b.of[p]); node != "" {
			b.on[node] = append(b.on[node], p)
		}
	}
}

// lose takes domains away, places what was on them again, and puts everything back.
func (b *base) lose(domains []Domain, set []int) Loss {
	var l Loss
	gone := map[string]bool{}
	for _, i := range set {
		l.Lost = append(l.Lost, domains[i].Name)
		for _, n := range domains[i].Nodes {
			gone[n] = true
			l.Nodes++
		}
	}
	var lost []*Pod
	for _, n := range b.nodes {
		if !gone[n.Name] {
			continue
		}
		for _, p := range b.on[n.Name] {
			b.Remove(b.of[p])
			if !p.daemon {
				lost = append(lost, p)
			}
		}
		for _, d := range b.daemons {
			if d.node == n.Name {
				b.Remove(d.pod)
			}
		}
		b.RemoveNode(n.Name)
	}
	slices.SortStableFunc(lost, func(x, y *Pod) int { return cmp.Compare(priority(y), priority(x)) })
	l.Pods = len(lost)
	b.replace(lost, &l)
	b.restore(gone)
	return l
}

// replace places lost pods again, for a moment.
func (b *base) replace(lost []*Pod, l *Loss) {
	f := &Fit{}
	why := map[*Class]Unplaced{}
	again := map[*Class]*corev1.Pod{}
	var undo []func()
	for i, p := range lost {
		proto := again[p.Class]
		if proto == nil {
			proto = unbound(p.Pod)
			again[p.Class] = proto
		}
		s := b.Compile(numbered(proto, i))
		if b.Place(s) != "" {
			clear(why)
			undo = append(undo, func() { b.Remove(s) })
			continue
		}
		if b.protect != nil && !b.protect.Matches(labels.Set(p.Labels)) {
			continue
		}
		l.Pending++
		u, ok := why[p.Class]
		if !ok {
			u.Message, u.Reasons = b.Why(s)
			why[p.Class] = u
		}
		f.refused(p, u)
	}
	for i := range f.Unplaced {
		f.Unplaced[i].order()
	}
	l.Reasons = f.Unplaced
	for _, do := range undo {
		do()
	}
}

// restore puts nodes and their pods back.
func (b *base) restore(gone map[string]bool) {
	for _, n := range b.nodes {
		if !gone[n.Name] {
			continue
		}
		b.SetNode(n)
		for _, p := range b.on[n.Name] {
			b.Bind(b.of[p], n.Name)
		}
		for _, d := range b.daemons {
			if d.node == n.Name {
				b.Bind(d.pod, n.Name)
			}
		}
	}
}

// combinations are the k-subsets of n, in lexicographic order.
func combinations(n, k int) [][]int {
	var out [][]int
	set := make([]int, k)
	var next func(at, from int)
	next = func(at, from int) {
		if at == k {
			out = append(out, slices.Clone(set))
			return
		}
		for i := from; i <= n-(k-at); i++ {
			set[at] = i
			next(at+1, i+1)
		}
	}
	next(0, 0)
	return out
}

// binomial is n over k, as a float: it may be large.
func binomial(n, k int) float64 {
	v := 1.0
	for i := range k {
		v = v * float64(n-i) / float64(i+1)
	}
	return v
}

// Tolerable is the largest number of nodes of which any may be lost such that everything fits again, as far as all
// subsets of that size can be tried (ExactSubsets). more says that the next size could not be.
func (c *Cluster) Tolerable(protect labels.Selector) (m int, more bool) {
	for n := 1; n <= len(c.Nodes); n++ {
		if binomial(len(c.Nodes), n) > ExactSubsets {
			return n - 1, true
		}
		s, err := c.Survive(SurviveOptions{Domain: "node", Lose: n, Protect: protect})
		if err != nil || s.Survived < s.Tried {
			return n - 1, false
		}
	}
	return len(c.Nodes), false
}
