package scheduler

// swift judges and scores the common case, a node without taints on which the pod fits, in one go and without a division.
// Whatever is not common it leaves to the plugins themselves. What it says is what they would: where a rounded product lies
// too near a whole number to be sure, it divides as they do.
type swift struct {
	fit    *fit
	images []int32

	fitWeight, balanceWeight, imageWeight int64
	filters                               []boundFilter // others
	scores                                []boundScore  // others
}

// newSwift is for shapes whose requests are of cpu, memory and ephemeral storage alone, scored as the default profile does.
// It is nil for others.
func newSwift(s *skeleton) *swift {
	w := &swift{}
	for _, f := range s.local {
		switch s.profile.plugins[f.plugin].Plugin {
		case nodeUnschedulable, taintToleration:
		case nodeResourcesFit:
			w.fit, _ = s.parts[f.plugin].State.(*fit)
		default:
			w.filters = append(w.filters, f)
		}
	}
	if w.fit == nil || len(w.fit.counted) > 0 {
		return nil
	}
	for _, b := range s.fixed {
		switch s.profile.plugins[b.plugin].Plugin {
		case nodeResourcesFit:
			if !w.fit.strategy.isDefault() {
				return nil
			}
			w.fitWeight = b.weight
		case nodeResourcesBalancedAllocation:
			if b.part.State == nil {
				return nil
			}
			w.balanceWeight = b.weight
		case imageLocality:
			w.images, _ = b.part.State.([]int32)
			w.imageWeight = b.weight
		default:
			w.scores = append(w.scores, b)
		}
	}
	return w
}

// evaluate is the sum of the scores that need no normalizing. ok is false if the node is not a common case.
func (w *swift) evaluate(c *Cycle, n int32) (sum int64, ok bool) {
	sh := c.Pod.Shape
	r, req := &c.Snap.rows[n], &sh.Requests
	if r.unschedulable || r.taints != 0 || r.pods >= r.maxPods || r.allocCPU <= 0 || r.allocMemory <= 0 ||
		req.CPUMilli > r.allocCPU-r.reqCPU && req.CPUMilli > 0 || req.Memory > r.allocMemory-r.reqMemory && req.Memory > 0 ||
		req.EphemeralStorage > r.allocEphemeral-r.reqEphemeral && req.EphemeralStorage > 0 {
		return 0, false
	}
	for i := range w.filters {
		if w.filters[i].fn(c, n) != 0 {
			return 0, false
		}
	}
	return w.score(c, n), true
}

// score is the sum for a node of which it is known that the pod fits it, and that it has cpu and memory.
func (w *swift) score(c *Cycle, n int32) (sum int64) {
	sh := c.Pod.Shape
	r, req := &c.Snap.rows[n], &sh.Requests
	if w.fitWeight != 0 {
		cpu := freeShare(r.allocCPU-r.nonZeroCPU-sh.scored.CPUMilli, r.allocCPU, r.perCPU)
		memory := freeShare(r.allocMemory-r.nonZeroMemory-sh.scored.Memory, r.allocMemory, r.perMemory)
		sum = w.fitWeight * ((cpu + memory) / 2)
	}
	if w.balanceWeight != 0 {
		if r.balance == 0 {
			r.balance = 1 + balance(r.reqCPU, r.allocCPU, r.reqMemory, r.allocMemory)
		}
		with := r.balanceWith(r.reqCPU+req.CPUMilli, r.reqMemory+req.Memory)
		sum += w.balanceWeight * (MaxNodeScore/2 + (MaxNodeScore/2+with-(r.balance-1))/2)
	}
	for _, id := range w.images {
		if c.Snap.images.state(id) != nil {
			sum += w.imageWeight * imageScore(c.Snap, n, w.images, int64(sh.containers))
			break
		}
	}
	for i := range w.scores {
		b := &w.scores[i]
		sum += b.weight * b.part.Score(c, n)
	}
	return sum
}

// doubt is how near to a whole number a quotient may come that was found by multiplying. The error of such a one, of at most
// 100, is below 1e-12.
const doubt = 1e-9

// freeShare is free*100/alloc, per being 1/alloc; 0 if nothing is free.
func freeShare(free, alloc int64, per float64) int64 {
	if free <= 0 {
		return 0
	}
	v := float64(free) * MaxNodeScore * per
	whole := int64(v)
	if rest := v - float64(whole); rest < doubt || rest > 1-doubt {
		return free * MaxNodeScore / alloc
	}
	return whole
}

// balanceWith is balance of the node with other amounts.
func (r *row) balanceWith(cpu, memory int64) int64 {
	d := min(float64(cpu)*r.perCPU, 1) - min(float64(memory)*r.perMemory, 1)
	if d < 0 {
		d = -d
	}
	v := MaxNodeScore - MaxNodeScore/2*d
	whole := int64(v)
	if rest := v - float64(whole); rest < doubt || rest > 1-doubt {
		return balance(cpu, r.allocCPU, memory, r.allocMemory)
	}
	return whole
}
