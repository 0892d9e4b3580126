package scheduler

// A scan finds a node for a pod of which nothing is remembered. It scores a node only if a bound says that it may be better
// than the best one so far. What it chooses is what pickLocal and pickAny would; a shape that comes again is left to them.

// scanner is what scans know of shapes for which they can do so; see newScanner.
type scanner struct {
	matcher *nodeMatcher // the only filter but for those that swift stands for; nil = see filters
	filters []boundFilter
	raw     *boundScore // NodeAffinity's score; nil = none
	terms   []*termScore
}

// newScanner is nil for shapes that other plugins score than those of which there is a bound.
func newScanner(s *skeleton) *scanner {
	w := s.swift
	if w == nil || w.fitWeight != 1 || w.balanceWeight != 1 || len(w.scores) > 0 || s.narrow != nil {
		return nil
	}
	sc := &scanner{filters: w.filters}
	for i := range s.raw {
		switch b := &s.raw[i]; s.profile.plugins[b.plugin].Plugin {
		case taintToleration:
		case nodeAffinity:
			sc.raw, sc.terms = b, b.part.State.(*affinityState).terms
		default:
			return nil
		}
	}
	if len(w.filters) == 1 && s.profile.plugins[w.filters[0].plugin].Plugin == nodeAffinity {
		if m := s.parts[w.filters[0].plugin].State.(*affinityState).matcher; m != nil && m.remember {
			sc.matcher, sc.filters = m, nil
		}
	}
	return sc
}

// scans reports whether the pod is to be placed by a scan: the first of its shape, where other pods have no say.
func (c *Cycle) scans() bool {
	sh := c.Pod.Shape
	if sh.seen || sh.scanner == nil || c.p.Reference {
		return false
	}
	sh.seen = true
	return c.Snap.preferring == 0 && len(c.Snap.nominated.byNode) == 0 && c.local() && c.alone()
}

// pickScan is pick for such pods.
func (c *Cycle) pickScan(slots []int32, start, need int, o *outcome) {
	l := c.Pod.Shape.demand()
	c.seek(&l, slots, start, need, o)
	switch o.feasible {
	case 0:
	case 1:
		o.slot = c.feasible[0]
	default:
		c.totals = c.totals[:0]
		if c.Pod.Shape.scanner.raw != nil {
			c.weighTerms()
		}
		o.slot = c.bestOf(&l)
	}
}

// seek finds the feasible nodes.
func (c *Cycle) seek(l *demand, slots []int32, start, need int, o *outcome) {
	s, sc := c.Snap, c.Pod.Shape.scanner
	var matches []bool
	if sc.matcher != nil {
		matches = sc.matcher.all(s)
	}
	outlines := s.outlines
	feasible := c.feasible[:0]
	at, failed := 0, 0
	if len(slots) > 0 {
		at = start % len(slots)
	}
	for range slots {
		slot := slots[at]
		if at++; at == len(slots) {
			at = 0
		}
		if matches != nil && !matches[slot] {
			failed++
			continue
		}
		ol := &outlines[slot]
		if !ol.known {
			s.outlineOf(slot)
		}
		if !l.fits(ol) && (l.exact && ol.exact || !c.passes(c.Pod.Shape.local, slot)) || len(sc.filters) > 0 && !c.passes(sc.filters, slot) {
			failed++
			continue
		}
		if len(feasible) == need {
			break
		}
		feasible = append(feasible, slot)
	}
	c.feasible, o.feasible, o.evaluated = feasible, len(feasible), len(feasible)+failed
}

func (c *Cycle) passes(filters []boundFilter, slot int32) bool {
	for i := range filters {
		if filters[i].fn(c, slot) != 0 {
			return false
		}
	}
	return true
}

// weighTerms has totals begin with the normalized scores of the preferred node affinity.
func (c *Cycle) weighTerms() {
	sc := c.Pod.Shape.scanner
	top := int64(0)
	for _, slot := range c.feasible {
		var v int64
		for _, t := range sc.terms {
			v += t.of(c.Snap, slot)
		}
		c.totals = append(c.totals, v)
		top = max(top, v)
	}
	if top == 0 {
		return
	}
	last, weighted := int64(0), int64(0)
	for i, v := range c.totals {
		if v != last {
			last, weighted = v, sc.raw.weight*(MaxNodeScore*v/top)
		}
		c.totals[i] = weighted
	}
}

// bestOf is the feasible node that selectHost would choose.
func (c *Cycle) bestOf(l *demand) int32 {
	l.spare = slack + c.imageBound()
	best, bestKey, chosen := int64(-1), uint64(0), int32(-1)
	limit := -1.0 // best
	for i, slot := range c.feasible {
		ol := &c.Snap.outlines[slot]
		var total int64
		if len(c.totals) > 0 {
			total = c.totals[i]
		}
		if l.bound(ol)+float64(total) < limit && l.fits(ol) {
			continue
		}
		total += c.sumFixed(slot)
		if total < best {
			continue
		}
		if key := preorder(i); total > best || key < bestKey {
			best, bestKey, chosen, limit = total, key, slot, float64(total)
		}
	}
	return chosen
}

// sumFixed is the sum of the scores that need no normalizing.
func (c *Cycle) sumFixed(slot int32) int64 {
	sh := c.Pod.Shape
	if r := &c.Snap.rows[slot]; r.allocCPU > 0 && r.allocMemory > 0 {
		return sh.swift.score(c, slot)
	}
	var sum int64
	for i := range sh.fixed {
		sum += sh.fixed[i].weight * sh.fixed[i].part.Score(c, slot)
	}
	return sum
}

// imageBound is the most that ImageLocality may add: all of the pod's images on a node, and on every other.
func (c *Cycle) imageBound() float64 {
	w := c.Pod.Shape.swift
	for _, id := range w.images {
		if c.Snap.images.state(id) != nil {
			return float64(w.imageWeight * MaxNodeScore)
		}
	}
	return 0
}
