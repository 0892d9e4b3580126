package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// CheapestOptions say what a mix has to hold.
type CheapestOptions struct {
	MaxPending float64         // share of the pods that may stay without a node; negative or 0 = none
	Zones      []string        // the nodes of a mix are spread over them, round robin
	Survive    string          // a failure domain (node, zone, a label): everything fits again after any one is lost; "" = not asked
	Protect    labels.Selector // the pods that have to fit again; nil = all
	MaxNodes   int             // of a mix; 0 = 10,000
	// Tries is how many mixes may be tried: the search is exact if that is enough. 0 = 20,000.
	Tries int
}

// Mix is so many nodes of each type.
type Mix struct {
	Types []TypeCount `json:"types"`
	Nodes int         `json:"nodes"`
	Price float64     `json:"pricePerHour"`
}

// TypeCount is how many nodes of a type.
type TypeCount struct {
	Type  string  `json:"type"`
	Count int     `json:"count"`
	Price float64 `json:"pricePerHour"` // of all of them
}

// Cheapest is the cheapest mix of types that was found.
type Cheapest struct {
	Best Mix `json:"best"`
	// LowerBound is a price that no mix can go below: the sums of requests alone, at the best price of each resource.
	LowerBound float64 `json:"lowerBound"`
	BoundBy    string  `json:"boundBy"`
	Gap        float64 `json:"gap"` // (best - lower bound) / best, from 0 to 1
	// Exact says that every cheaper mix was ruled out: the best is the cheapest there is.
	Exact bool `json:"exact"`
	Tried int  `json:"tried"` // mixes
	// Single are the cheapest fleets of one type alone, the cheapest first, at most five.
	Single []Mix `json:"single"`
	// NotFound says that no mix holds; Impossible is what is left over even with many nodes of each type, after a loss if
	// losses are asked for.
	NotFound   bool       `json:"notFound,omitempty"`
	Impossible []Unplaced `json:"impossible,omitempty"`
}

// mixSearch is one search.
type mixSearch struct {
	c       *Cluster
	types   []NodeType
	o       CheapestOptions
	pods    []*Pod
	allowed int
	needs   Amounts   // of all pods
	gives   []Amounts // of each type, less what DaemonSets take
	tried   int
	known   map[string]bool
}

// Cheapest looks for the least price at which everything fits, and the asked losses are survived.
func (c *Cluster) Cheapest(types []NodeType, o CheapestOptions) (*Cheapest, error) {
	if len(types) == 0 {
		return nil, fmt.Errorf("no node types to choose from")
	}
	if o.MaxNodes <= 0 {
		o.MaxNodes = 10_000
	}
	if o.Tries <= 0 {
		o.Tries = 20_000
	}
	if o.Survive != "" && labelKey(o.Survive) != "node" && len(o.Zones) < 2 {
		return nil, fmt.Errorf("to survive the loss of a %s the nodes need at least two zones to be in", o.Survive)
	}
	s := newMixSearch(c, types, o)
	out := &Cheapest{}
	out.LowerBound, out.BoundBy = s.bound()
	s.single(out)
	var start []int
	if len(out.Single) > 0 {
		start = s.counts(out.Single[0])
	} else if start = s.some(); start == nil {
		out.NotFound, out.Impossible = true, s.whyNot(fleetOf(types, s.ofEach(s.most()), o.Zones))
		return out, nil
	}
	best := s.improve(start)
	if s.price(best) > out.LowerBound*(1+1e-9) {
		best, out.Exact = s.exhaust(best)
	}
	out.Best, out.Tried = s.mix(best), s.tried
	if out.Best.Price > 0 {
		out.Gap = max(0, (out.Best.Price-out.LowerBound)/out.Best.Price)
	}
	out.Exact = out.Exact || out.Gap < 1e-9
	return out, nil
}

func newMixSearch(c *Cluster, types []NodeType, o CheapestOptions) *mixSearch {
	s := &mixSearch{c: c, types: types, o: o, pods: c.unbound(), known: map[string]bool{}, needs: make(Amounts, len(c.resources))}
	s.allowed = int(max(0, o.MaxPending) * float64(len(s.pods)))
	for i := range c.resources {
		s.needs[i] = c.sumOf(i, s.pods, s.allowed)
	}
	for i := range types {
		gives := c.amounts(types[i].Allocatable)
		for _, d := range c.Daemons {
			if suits(d.Pod, types[i].node("x", "")) {
				gives.sub(d.Needs)
			}
		}
		s.gives = append(s.gives, gives)
	}
	return s
}

// whyNot is what stands against a fleet that is large enough for all else.
func (s *mixSearch) whyNot(nodes []*corev1.Node) []Unplaced {
	if left := s.c.unplacedOn(nodes, s.pods); len(left) > 0 || s.o.Survive == "" {
		return left
	}
	domains := domainsOf(nodes, s.o.Survive)
	b := s.c.newBaseOf(nodes, s.pods)
	b.protect = s.o.Protect
	for i := range domains {
		if l := b.lose(domains, []int{i}); l.Pending > 0 {
			return l.Reasons
		}
	}
	return nil
}

// bound is the price that the sums of requests need at the least.
func (s *mixSearch) bound() (price float64, by string) {
	for r, name := range s.c.resources {
		if s.needs[r] == 0 {
			continue
		}
		best := math.Inf(1)
		for i := range s.types {
			if g := s.gives[i][r]; g > 0 {
				best = min(best, s.types[i].Price/float64(g))
			}
		}
		if v := float64(s.needs[r]) * best; v > price {
			price, by = v, string(name)
		}
	}
	if math.IsInf(price, 1) {
		price = 0
	}
	return price, by
}

func (s *mixSearch) price(counts []int) float64 {
	v := 0.0
	for i, n := range counts {
		v += float64(float64(n) * s.types[i].Price)
	}
	return v
}

func (s *mixSearch) mix(counts []int) Mix {
	m := Mix{Price: s.price(counts)}
	for i, n := range counts {
		if n > 0 {
			m.Types = append(m.Types, TypeCount{s.types[i].Name, n, float64(n) * s.types[i].Price})
			m.Nodes += n
		}
	}
	return m
}

func (s *mixSearch) counts(m Mix) []int {
	out := make([]int, len(s.types))
	for _, t := range m.Types {
		out[slices.IndexFunc(s.types, func(x NodeType) bool { return x.Name == t.Type })] = t.Count
	}
	return out
}

// enough reports whether the sums alone allow it.
func (s *mixSearch) enough(counts []int) bool {
	for r := range s.needs {
		have := int64(0)
		for i, n := range counts {
			have += int64(n) * max(0, s.gives[i][r])
		}
		if have < s.needs[r] {
			return false
		}
	}
	return true
}

// holds reports whether a mix does: everything fits, and fits again after each asked loss.
func (s *mixSearch) holds(counts []int) bool {
	if !s.enough(counts) {
		return false
	}
	key := fmt.Sprint(counts)
	if was, ok := s.known[key]; ok {
		return was
	}
	s.tried++
	nodes := fleetOf(s.types, counts, s.o.Zones)
	ok := s.c.fits(nodes, s.pods, s.allowed)
	if ok && s.o.Survive != "" {
		domains := domainsOf(nodes, s.o.Survive)
		b := s.c.newBaseOf(nodes, s.pods)
		b.protect = s.o.Protect
		for i := range domains {
			if ok = ok && b.lose(domains, []int{i}).Pending == 0; !ok {
				break
			}
		}
	}
	s.known[key] = ok
	return ok
}

// shownSingle is how many fleets of one type Cheapest lists.
const shownSingle = 5

// single fills the cheapest fleets of one type. A type that cannot be among them by its lower bound is not tried.
func (s *mixSearch) single(out *Cheapest) {
	lows, order := make([]int, len(s.types)), make([]int, len(s.types))
	for i := range s.types {
		low, _ := s.c.lowerBound(s.types[i], s.pods, s.allowed)
		lows[i], order[i] = max(1, low), i
	}
	least := func(i int) float64 { return float64(lows[i]) * s.types[i].Price }
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(least(i), least(j)) })
	for _, i := range order {
		if lows[i] > s.o.MaxNodes || len(out.Single) == shownSingle && least(i) > out.Single[shownSingle-1].Price {
			continue
		}
		n := s.alone(i, lows[i])
		if n == 0 {
			continue
		}
		counts := make([]int, len(s.types))
		counts[i] = n
		out.Single = append(out.Single, s.mix(counts))
		slices.SortStableFunc(out.Single, func(a, b Mix) int {
			if math.Abs(a.Price-b.Price) > 1e-9*a.Price {
				return cmp.Compare(a.Price, b.Price)
			}
			return cmp.Compare(a.Nodes, b.Nodes)
		})
		out.Single = out.Single[:min(shownSingle, len(out.Single))]
	}
}

// alone is how many nodes of a type hold by themselves; 0 if no number does.
func (s *mixSearch) alone(i, low int) int {
	counts := make([]int, len(s.types))
	fits := func(n int) bool {
		counts[i] = n
		return s.holds(counts)
	}
	n, most := low, min(s.o.MaxNodes, 2*(low+len(s.pods)+len(s.o.Zones)))
	for n < most && !fits(n) {
		n = min(n*2, most)
	}
	if !fits(n) {
		return 0
	}
	return bisect(low, n, fits)
}

// most is how many nodes of each type a search tries at the most where no type does alone.
func (s *mixSearch) most() int {
	return max(1, min(len(s.pods)+len(s.o.Zones), s.o.MaxNodes/len(s.types)))
}

func (s *mixSearch) ofEach(n int) []int { return slices.Repeat([]int{n}, len(s.types)) }

// some is a mix that holds where no type does alone: equally many of each type; nil if there is none.
func (s *mixSearch) some() []int {
	for n := 1; ; n = min(2*n, s.most()) {
		if s.holds(s.ofEach(n)) {
			return s.ofEach(n)
		}
		if n == s.most() {
			return nil
		}
	}
}

// improve changes a mix step by step as long as that makes it cheaper: a node less, or some nodes of one type for fewer or
// cheaper ones of another.
func (s *mixSearch) improve(counts []int) []int {
	best := slices.Clone(counts)
	for s.tried < s.o.Tries/2 {
		next := s.step(best)
		if next == nil {
			break
		}
		best = next
	}
	return best
}

// widest is how many neighbours of a mix are tried.
const widest = 400

// step is the cheapest neighbour that holds, of those tried in the order of what they save; nil if none does.
func (s *mixSearch) step(from []int) []int {
	var near [][]int
	price := s.price(from)
	consider := func(counts []int) {
		if s.price(counts) < price-1e-12 && s.enough(counts) {
			near = append(near, counts)
		}
	}
	for i := range from {
		for take := 1; take <= min(from[i], 16); take *= 2 {
			less := slices.Clone(from)
			less[i] -= take
			consider(slices.Clone(less))
			for j := range from {
				if j == i {
					continue
				}
				for _, put := range puts(float64(take) * s.types[i].Price / s.types[j].Price) {
					more := slices.Clone(less)
					more[j] += put
					consider(more)
				}
			}
		}
	}
	slices.SortStableFunc(near, func(a, b []int) int { return cmp.Compare(s.price(a), s.price(b)) })
	for _, counts := range near[:min(len(near), widest)] {
		if s.tried >= s.o.Tries/2 {
			return nil
		}
		if s.holds(counts) {
			return counts
		}
	}
	return nil
}

// puts are how many nodes may take the place of others at a price: the most that is cheaper, one less, half, one.
func puts(most float64) []int {
	n := int(math.Ceil(most)) - 1
	var out []int
	for _, k := range []int{n, n - 1, n / 2, 1} {
		if k >= 1 && k <= n && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// exhaust tries all mixes that are cheaper than one that holds, the cheapest first. exact is false if they are too many.
func (s *mixSearch) exhaust(best []int) (counts []int, exact bool) {
	cheaper, ok := s.cheaper(s.price(best))
	if !ok {
		return best, false
	}
	slices.SortStableFunc(cheaper, func(a, b []int) int { return cmp.Or(cmp.Compare(s.price(a), s.price(b)), slices.Compare(a, b)) })
	for _, counts := range cheaper {
		if s.tried >= s.o.Tries {
			return best, false
		}
		if s.holds(counts) {
			return counts, true
		}
	}
	return best, true
}

// cheaper lists the mixes below a price that have enough of everything; ok is false if there are too many to look at.
func (s *mixSearch) cheaper(price float64) (out [][]int, ok bool) {
	steps := 0
	counts := make([]int, len(s.types))
	var fill func(i int, spent float64) bool
	fill = func(i int, spent float64) bool {
		if steps++; steps > 2_000_000 || len(out) > s.o.Tries {
			return false
		}
		if i == len(s.types) {
			if s.enough(counts) {
				out = append(out, slices.Clone(counts))
			}
			return true
		}
		for n := 0; ; n++ {
			v := spent + float64(float64(n)*s.types[i].Price)
			if v >= price-1e-12 || n > s.o.MaxNodes {
				break
			}
			counts[i] = n
			if !fill(i+1, v) {
				return false
			}
		}
		counts[i] = 0
		return true
	}
	ok = fill(0, 0)
	return out, ok
}
