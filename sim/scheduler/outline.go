package scheduler

// outline is what a scan reads of a node: what is free, and a bound on the score. It fills a cache line.
type outline struct {
	// What a pod may request and be scored as; negative if the node is no common case: it has taints, say, or is full.
	freeCPU, freeMemory, freeEphemeral int64
	perCPU, perMemory                  float64 // 1/allocatable
	top                                float64 // see bound
	tilt                               float64 // used share of cpu, less that of memory
	known                              bool
	exact                              bool // a pod whose requests are more than what is free does not fit; else the plugins have to be asked
}

// outlineOf brings the outline of a node up to date.
func (s *Snapshot) outlineOf(n int32) {
	o, r := &s.outlines[n], &s.rows[n]
	*o = outline{known: true, freeCPU: -1, exact: r.pods >= r.maxPods}
	if o.exact || r.unschedulable || r.taints != 0 || r.allocCPU <= 0 || r.allocMemory <= 0 {
		return
	}
	if r.balance == 0 {
		r.balance = 1 + balance(r.reqCPU, r.allocCPU, r.reqMemory, r.allocMemory)
	}
	o.freeCPU = r.allocCPU - max(r.reqCPU, r.nonZeroCPU)
	o.freeMemory = r.allocMemory - max(r.reqMemory, r.nonZeroMemory)
	o.freeEphemeral = r.allocEphemeral - r.reqEphemeral
	o.exact = r.nonZeroCPU <= r.reqCPU && r.nonZeroMemory <= r.reqMemory && o.freeEphemeral >= 0
	o.perCPU, o.perMemory = r.perCPU, r.perMemory
	free := float64(r.allocCPU-r.nonZeroCPU)*r.perCPU + float64(r.allocMemory-r.nonZeroMemory)*r.perMemory
	o.top = MaxNodeScore/2*free + MaxNodeScore*5/4 - float64(r.balance-1)/2
	o.tilt = float64(r.reqCPU)*r.perCPU - float64(r.reqMemory)*r.perMemory
}

// demand is a pod as a scan sees it.
type demand struct {
	exact                          bool  // it is scored as what it requests
	cpu, memory, ephemeral         int64 // the larger of what it requests and what it is scored as
	reqCPU, reqMemory              float64
	scoredCPU, scoredMemory, spare float64
}

func (sh *Shape) demand() demand {
	return demand{
		exact: sh.CPUMilli > 0 && sh.Memory > 0 && sh.CPUMilli >= sh.scored.CPUMilli && sh.Memory >= sh.scored.Memory,
		cpu:   max(sh.CPUMilli, sh.scored.CPUMilli), memory: max(sh.Memory, sh.scored.Memory), ephemeral: sh.EphemeralStorage,
		reqCPU: float64(sh.CPUMilli), reqMemory: float64(sh.Memory), scoredCPU: float64(sh.scored.CPUMilli), scoredMemory: float64(sh.scored.Memory),
		spare: slack,
	}
}

// fits reports whether the pod fits a node that is a common case.
func (l *demand) fits(o *outline) bool {
	return l.cpu <= o.freeCPU && l.memory <= o.freeMemory && l.ephemeral <= o.freeEphemeral
}

// slack is more than the error of a bound.
const slack = 1e-6

// bound is what NodeResourcesFit and NodeResourcesBalancedAllocation give the pod on a node that it fits, before anything is
// rounded down: half the free shares of cpu and memory, and 50 + (50 + with - without)/2, where with is 100 less 50 times
// the distance of the used shares. ImageLocality adds no more than what it spares.
func (l *demand) bound(o *outline) float64 {
	d := o.tilt + l.reqCPU*o.perCPU - l.reqMemory*o.perMemory
	if d < 0 {
		d = -d
	}
	return o.top - MaxNodeScore/2*(l.scoredCPU*o.perCPU+l.scoredMemory*o.perMemory) - MaxNodeScore/4*d + l.spare
}
