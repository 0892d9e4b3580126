package scheduler

// topology knows the domain of every node under one topology key: the nodes with equal values of that label.
type topology struct {
	key    string
	of     []int32 // by slot: number of the domain; -1 = the node lacks the label, or is a ghost
	values map[string]int32
}

// topology returns the domains of a key, which are kept up to date from then on.
func (s *Snapshot) topology(key string) *topology {
	for _, t := range s.topologies {
		if t.key == key {
			return t
		}
	}
	t := &topology{key: key, values: map[string]int32{}}
	for slot := range s.nodes {
		t.of = append(t.of, -1)
		t.set(int32(slot), s)
	}
	s.topologies = append(s.topologies, t)
	return t
}

func (t *topology) set(slot int32, s *Snapshot) {
	t.of[slot] = -1
	n := s.nodes[slot].object
	if n == nil {
		return
	}
	v, ok := n.Labels[t.key]
	if !ok {
		return
	}
	d, ok := t.values[v]
	if !ok {
		d = int32(len(t.values))
		t.values[v] = d
	}
	t.of[slot] = d
}

// counts sums numbers by domain (or slot). Reset forgets them without touching memory.
type counts struct {
	epoch uint32
	any   bool // something was added, be it 0
	stamp []uint32
	sums  []int64
}

func (c *counts) reset() {
	c.epoch++
	c.any = false
}

func (c *counts) add(d int32, by int64) {
	for int(d) >= len(c.sums) {
		c.sums, c.stamp = append(c.sums, 0), append(c.stamp, 0)
	}
	if c.stamp[d] != c.epoch {
		c.stamp[d], c.sums[d] = c.epoch, 0
	}
	c.sums[d] += by
	c.any = true
}

func (c *counts) get(d int32) int64 {
	if d < 0 || int(d) >= len(c.sums) || c.stamp[d] != c.epoch {
		return 0
	}
	return c.sums[d]
}

func (c *counts) has(d int32) bool { return int(d) < len(c.sums) && c.stamp[d] == c.epoch }

// ln is the natural logarithm of a whole number. The standard library's differs between machines in the last bit; this
// one uses nothing but rounded sums, products and quotients.
func ln(n int) float64 {
	const ln2 = 0.693147180559945309417232121458176568
	x, twos := float64(n), 0.0
	for x > 1.5 {
		x, twos = x/2, twos+1
	}
	// ln x = 2 artanh((x-1)/(x+1)), and |x-1| <= 0.5
	y := (x - 1) / (x + 1)
	square := y * y
	sum, power := 0.0, y
	for k := 1; k < 60; k += 2 {
		sum += power / float64(k)
		power = float64(power * square)
	}
	return float64(2*sum) + float64(twos*ln2)
}
