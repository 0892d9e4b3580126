package scheduler

import "slices"

// pick chooses a node for the pod as Schedule does, without the details: with what is remembered of siblings, and
// without an allocation once the scratch space has grown.
func (c *Cycle) pick(start int) outcome {
	s, sh := c.Snap, c.Pod.Shape
	slot, failed := c.tryNominated()
	if slot >= 0 {
		return outcome{slot: slot, next: start, evaluated: 1, feasible: 1}
	}
	slots := c.candidates()
	need := c.p.numFeasibleNodesToFind(len(slots))
	o := outcome{slot: -1}
	if c.scans() {
		c.pickScan(slots, start, need, &o)
	} else if cl := c.class(); cl != nil && c.local() && c.alone() && !c.rawMatters(sh) && len(s.nominated.byNode) == 0 {
		c.pickLocal(cl, slots, start, need, &o)
	} else {
		c.pickAny(cl, slots, start, need, &o)
	}
	if n := len(s.order); n > 0 {
		if failed >= 0 && !visited(slots, failed, start, o.evaluated) {
			o.evaluated++ // the record of the nominated node counts, though the search did not come to it
		}
		o.next = (start + o.evaluated) % n
	}
	return o
}

// visited reports whether a search of so many nodes from the start on has come to a node.
func visited(slots []int32, slot int32, start, evaluated int) bool {
	i := slices.Index(slots, slot)
	return i >= 0 && (i-start%len(slots)+len(slots))%len(slots) < evaluated
}

// rawMatters reports whether a score of the shape has to be normalized over the feasible nodes.
func (c *Cycle) rawMatters(sh *Shape) bool {
	for i := range sh.raw {
		if c.normalizes(&sh.raw[i]) {
			return true
		}
	}
	return false
}

// normalizes reports whether a raw score differs between nodes. Without PreferNoSchedule taints TaintToleration adds the
// same to all, which is left out of totals that are only compared.
func (c *Cycle) normalizes(b *boundScore) bool {
	return c.Snap.preferring > 0 || c.p.plugins[b.plugin].Plugin != taintToleration
}

// pickLocal is the case in which a node's total is remembered as a whole. It is the inner loop of the scheduler.
func (c *Cycle) pickLocal(cl *class, slots []int32, start, need int, o *outcome) {
	gens, cells, now := cl.gens, cl.cells, c.Snap.gens
	best, bestKey := Verdict(-1), uint64(0)
	at := 0
	if len(slots) > 0 {
		at = start % len(slots)
	}
	failed := 0
	for range slots {
		slot := slots[at]
		if at++; at == len(slots) {
			at = 0
		}
		if gens[slot] != now[slot] {
			gens[slot], cells[slot] = now[slot], c.evaluate(cl, slot)
		}
		v := cells[slot]
		if v < 0 {
			failed++
			continue
		}
		if o.feasible == need {
			break
		}
		if v > best {
			best, bestKey, o.slot = v, preorder(o.feasible), slot
		} else if v == best {
			if key := preorder(o.feasible); key < bestKey {
				bestKey, o.slot = key, slot
			}
		}
		o.feasible++
	}
	o.evaluated = o.feasible + failed
}

// pickAny is the general case.
func (c *Cycle) pickAny(cl *class, slots []int32, start, need int, o *outcome) {
	sh := c.Pod.Shape
	c.feasible, c.totals = c.feasible[:0], c.totals[:0]
	failed := 0
	for i := range slots {
		slot := slots[(start+i)%len(slots)]
		fits, total := c.fits(cl, slot)
		if !fits {
			failed++
			continue
		}
		if len(c.feasible) == need {
			break
		}
		c.feasible, c.totals = append(c.feasible, slot), append(c.totals, total)
	}
	o.feasible, o.evaluated = len(c.feasible), len(c.feasible)+failed
	switch len(c.feasible) {
	case 0:
		return
	case 1:
		o.slot = c.feasible[0]
		return
	}
	for i := range sh.raw {
		if b := &sh.raw[i]; c.normalizes(b) {
			c.addScores(b, cl, i)
		}
	}
	for i := range sh.wide {
		if b := &sh.wide[i]; c.quiet>>b.plugin&1 == 0 {
			c.addScores(b, nil, 0)
		}
	}
	o.slot = c.feasible[selectHost(c.totals)]
}

// fits judges a node, and sums the scores that need no normalizing.
func (c *Cycle) fits(cl *class, slot int32) (bool, int64) {
	sh := c.Pod.Shape
	if cl != nil {
		v := c.cell(cl, slot)
		return v >= 0 && c.judgeRest(sh, slot) == 0 && c.leavesRoom(slot), int64(v)
	}
	if c.judge(slot) != 0 {
		return false, 0
	}
	var sum int64
	for i := range sh.fixed {
		sum += sh.fixed[i].weight * sh.fixed[i].part.Score(c, slot)
	}
	return true, sum
}

// leavesRoom reports whether the pod fits a node also with the pods that are nominated to it.
func (c *Cycle) leavesRoom(slot int32) bool {
	guests := c.yieldTo(slot)
	return len(guests) == 0 || c.judgeWith(guests, slot) == 0
}

// addScores normalizes a plugin's scores of the feasible nodes and adds them to the totals. column is the plugin's
// place in the class, if there is one.
func (c *Cycle) addScores(b *boundScore, cl *class, column int) {
	part := b.part
	if part.PreScore != nil {
		part.PreScore(c, c.feasible)
	}
	c.scores = c.scores[:0]
	for _, slot := range c.feasible {
		if cl != nil {
			c.scores = append(c.scores, cl.raw[column][slot])
		} else {
			c.scores = append(c.scores, part.Score(c, slot))
		}
	}
	if part.Normalize != nil {
		part.Normalize(c, c.feasible, c.scores)
	}
	for i, v := range c.scores {
		c.totals[i] += b.weight * v
	}
}
