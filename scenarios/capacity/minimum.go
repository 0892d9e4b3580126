package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
)

// MinimumOptions say how Minimum looks. The zero value is right but for Seed.
type MinimumOptions struct {
	Seeds      int      // compactions; 0 = 11
	MaxPending float64  // share of the pods that may stay without a node; 0.002 is Borg's. Negative = none
	Zones      []string // the nodes of a type are spread over them, round robin
	Seed       uint64
}

// Minimum is how few nodes do.
type Minimum struct {
	Type string `json:"type"`
	Pods int    `json:"pods"`
	// Allowed is how many of them may stay without a node.
	Allowed int `json:"allowedPending"`
	// Impossible is why no number of nodes does; the rest is then 0.
	Impossible []Unplaced `json:"impossible,omitempty"`
	// LowerBound follows from the sums of requests alone; BoundBy is the resource that gives it.
	LowerBound int    `json:"lowerBound"`
	BoundBy    string `json:"boundBy"`
	// Smallest is the smallest number of nodes on which the pods fit in the order of the input. Exact says that every
	// smaller number from the lower bound on was tried; else it was found by bisection.
	Smallest int  `json:"smallest"`
	Exact    bool `json:"exact"`
	// Compactions are what each seed came to: nodes were removed in random order, the pods in random order of arrival,
	// until it did not fit any more. P90 is what suffices for nine of ten.
	Compactions []int `json:"compactions"`
	// Own is how many nodes the cluster has, for Compact, and Cloned how many times they were taken, since once was too few.
	Own    int `json:"own,omitempty"`
	Cloned int `json:"cloned,omitempty"`

	P90 int `json:"p90"`
	Min int `json:"min"`
	Max int `json:"max"`
}

// budgetPlacements is how many placements an exact answer may cost; beyond it, bisection.
const budgetPlacements = 30_000_000

// oneByOne is the number of nodes up to which nodes are removed one by one.
const oneByOne = 64

// Minimum looks for the smallest number of nodes of a type on which everything fits.
func (c *Cluster) Minimum(t NodeType, o MinimumOptions) *Minimum {
	pods := c.unbound()
	m := &Minimum{Type: t.Name, Pods: len(pods), Allowed: o.allowed(len(pods))}
	fleet := func(n int) []*corev1.Node { return fleetOf([]NodeType{t}, []int{n}, o.Zones) }
	fits := func(n int) bool { return c.fits(fleet(n), pods, m.Allowed) }
	m.LowerBound, m.BoundBy = c.lowerBound(t, pods, m.Allowed)
	most := max(m.LowerBound, len(pods)) + len(o.Zones)
	enough := max(m.LowerBound, 1)
	if m.LowerBound == math.MaxInt32 {
		most, enough = 1, 1
	}
	for !fits(enough) {
		if enough >= most {
			m.Impossible = c.unplacedOn(fleet(most), pods)
			return m
		}
		enough = min(2*enough, most)
	}
	m.smallest(enough, fits)
	clone := enough
	m.Compactions = make([]int, o.seeds())
	parallel(o.seeds(), func(seed int) {
		s := engine.New(o.Seed).Stream(fmt.Sprintf("compaction/%d", seed))
		shuffled := shuffle(pods, s)
		n := clone
		for !c.fits(fleet(n), shuffled, m.Allowed) && n < most {
			n = min(2*n, most) // this order needs more
		}
		m.Compactions[seed] = c.compact(permuted(fleet(n), s), shuffled, m.Allowed, m.LowerBound)
	})
	m.summarize()
	return m
}

// mostClones is how many times Compact takes the cluster at the most.
const mostClones = 8

// Compact is Minimum over the cluster's own nodes: how many of them do, chosen at random. A cluster that is too small is
// cloned first, as Borg's authors do. There is no lower bound and no smallest: nodes may differ.
func (c *Cluster) Compact(o MinimumOptions) *Minimum {
	pods := c.unbound()
	m := &Minimum{Type: "the cluster's own nodes", Pods: len(pods), Allowed: o.allowed(len(pods)), Own: len(c.Nodes), Cloned: 1}
	nodes := c.Nodes
	for !c.fits(nodes, pods, m.Allowed) {
		if m.Cloned == mostClones {
			m.Impossible = c.unplacedOn(nodes, pods)
			return m
		}
		m.Cloned++
		nodes = append(slices.Clip(nodes), clonesOf(c.Nodes, m.Cloned)...)
	}
	low := c.fewest(nodes, pods, m.Allowed)
	m.Compactions = make([]int, o.seeds())
	parallel(o.seeds(), func(seed int) {
		s := engine.New(o.Seed).Stream(fmt.Sprintf("compaction/%d", seed))
		shuffled, nodes := shuffle(pods, s), permuted(nodes, s)
		if !c.fits(nodes, shuffled, m.Allowed) {
			shuffled = pods // this order does not fit even on all nodes
		}
		m.Compactions[seed] = c.compact(nodes, shuffled, m.Allowed, low)
	})
	m.summarize()
	return m
}

// clonesOf are the nodes again under other names.
func clonesOf(nodes []*corev1.Node, n int) []*corev1.Node {
	out := make([]*corev1.Node, len(nodes))
	for i, node := range nodes {
		out[i] = node.DeepCopy()
		out[i].Name = fmt.Sprintf("%s-%d", node.Name, n)
		out[i].Labels[corev1.LabelHostname] = out[i].Name
	}
	return out
}

func (o *MinimumOptions) seeds() int {
	if o.Seeds <= 0 {
		return 11
	}
	return o.Seeds
}

func (o *MinimumOptions) allowed(pods int) int {
	share := o.MaxPending
	if share < 0 {
		return 0
	}
	return int(share * float64(pods))
}

func (m *Minimum) summarize() {
	slices.Sort(m.Compactions)
	n := len(m.Compactions)
	m.Min, m.Max = m.Compactions[0], m.Compactions[n-1]
	m.P90 = m.Compactions[(9*n+9)/10-1] // the smallest that nine of ten do not exceed
}

// smallest looks for the smallest number that fits, knowing one that does.
func (m *Minimum) smallest(enough int, fits func(int) bool) {
	low := max(m.LowerBound, 1)
	if m.Pods <= m.Allowed {
		low = 0
	}
	if int64(enough-low)*int64(m.Pods) <= budgetPlacements {
		m.Exact = true
		for n := low; ; n++ {
			if n == enough || fits(n) {
				m.Smallest = n
				return
			}
		}
	}
	m.Smallest = bisect(low, enough, fits)
}

// bisect is the smallest number in (low, high] that fits, if more nodes never harm; high fits.
func bisect(low, high int, fits func(int) bool) int {
	low--
	for high-low > 1 {
		if mid := (low + high) / 2; fits(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// compact removes nodes from the end of the list until the pods do not fit any more, and returns how many were left at
// the last time that they did. low is a number below which they cannot fit.
func (c *Cluster) compact(nodes []*corev1.Node, pods []*Pod, allowed, low int) int {
	fits := func(n int) bool { return c.fits(nodes[:n], pods, allowed) }
	if len(nodes) > oneByOne {
		return bisect(max(1, min(low, len(nodes))), len(nodes), fits)
	}
	n := len(nodes)
	for n > 0 && fits(n-1) {
		n--
	}
	return n
}

// fits reports whether all pods but a few fit on fresh nodes.
func (c *Cluster) fits(nodes []*corev1.Node, pods []*Pod, allowed int) bool {
	return len(c.newTrial(nodes, true).placeAll(pods, allowed)) <= allowed
}

// unplacedOn is why pods do not fit on fresh nodes.
func (c *Cluster) unplacedOn(nodes []*corev1.Node, pods []*Pod) []Unplaced {
	t := c.newTrial(nodes, true)
	f := &Fit{}
	for _, p := range t.placeAll(pods, -1) {
		var u Unplaced
		u.Message, u.Reasons = t.Why(t.compiled(p))
		f.refused(p, u)
	}
	for i := range f.Unplaced {
		f.Unplaced[i].order()
	}
	return f.Unplaced
}

// fewest is how many of different nodes the sums of requests need at the least: the largest ones.
func (c *Cluster) fewest(nodes []*corev1.Node, pods []*Pod, allowed int) int {
	most := 0
	for i := range c.resources {
		var gives []int64
		for _, n := range nodes {
			gives = append(gives, c.gives(n)[i])
		}
		slices.SortFunc(gives, func(a, b int64) int { return cmp.Compare(b, a) })
		left, n := c.sumOf(i, pods, allowed), 0
		for n < len(gives) && left > 0 {
			left -= gives[n]
			n++
		}
		most = max(most, n)
	}
	return most
}

// sumOf is what all pods but some need of a resource at the least: those that ask for most may be left over.
func (c *Cluster) sumOf(i int, pods []*Pod, allowed int) (sum int64) {
	needs := make([]int64, 0, len(pods))
	for _, p := range pods {
		needs = append(needs, p.Needs[i])
	}
	slices.Sort(needs)
	for _, v := range needs[:max(0, len(needs)-allowed)] {
		sum += v
	}
	return sum
}

// lowerBound is how many nodes the sums of requests need at the least, if all but some pods have to fit. It is
// math.MaxInt32 for a resource that the type does not have.
func (c *Cluster) lowerBound(t NodeType, pods []*Pod, allowed int) (n int, by string) {
	gives := c.amounts(t.Allocatable)
	for _, d := range c.Daemons {
		if suits(d.Pod, t.node("x", "")) {
			gives.sub(d.Needs)
		}
	}
	for i, name := range c.resources {
		sum, bound := c.sumOf(i, pods, allowed), 0
		switch {
		case sum == 0:
		case gives[i] <= 0:
			bound = math.MaxInt32
		default:
			bound = int((sum + gives[i] - 1) / gives[i])
		}
		if bound > n {
			n, by = bound, string(name)
		}
	}
	return n, by
}

// fleetOf are so many nodes of each type, spread over zones, type by type.
func fleetOf(types []NodeType, counts []int, zones []string) []*corev1.Node {
	var out []*corev1.Node
	for i := range types {
		for k := range counts[i] {
			zone := ""
			if len(zones) > 0 {
				zone = zones[len(out)%len(zones)]
			}
			out = append(out, types[i].node(fmt.Sprintf("%s-%d", nodeName(types[i].Name), k+1), zone))
		}
	}
	return out
}

// nodeName makes a text part of a node's name.
func nodeName(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c == '=' || c == ',' || c == '/' || c == '_' {
			b[i] = '-'
		}
	}
	return string(b)
}

// permuted is a list in random order.
func permuted[T any](list []T, s *engine.Stream) []T {
	out := slices.Clone(list)
	for i := len(out) - 1; i > 0; i-- {
		j := int(s.Int64N(int64(i + 1)))
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// shuffle puts pods of equal priority in random order.
func shuffle(pods []*Pod, s *engine.Stream) []*Pod {
	out := permuted(pods, s)
	slices.SortStableFunc(out, func(a, b *Pod) int { return cmp.Compare(priority(b), priority(a)) })
	return out
}
