package scheduler

import (
	"math"
	"slices"
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.
var nodeResourcesBalancedAllocation = &Plugin{
	Name:   "NodeResourcesBalancedAllocation",
	Points: PointPreScore | PointScore,
	Doc: "Scores nodes by whether the pod brings the used shares of cpu and memory closer together (up to 100) or " +
		"further apart (down to 50). Pods that request neither are not scored.",
	Compile: func(k *Compiler) Part {
		if len(k.Args.NodeResourcesBalancedAllocation.Resources) > 0 {
			return balanceOf(k.scoredResources(k.Args.NodeResourcesBalancedAllocation.Resources, &k.requests.Requests))
		}
		if r := &k.requests.Requests; r.CPUMilli == 0 && r.Memory == 0 {
			return Part{}
		}
		return Part{State: true, Score: func(c *Cycle, n int32) int64 {
			r, pod := &c.Snap.rows[n], &c.Pod.Shape.Requests
			with := balance(r.reqCPU+pod.CPUMilli, r.allocCPU, r.reqMemory+pod.Memory, r.allocMemory)
			without := balance(r.reqCPU, r.allocCPU, r.reqMemory, r.allocMemory)
			return MaxNodeScore/2 + (MaxNodeScore/2+with-without)/2
		}}
	},
}

// balanceOf is the plugin for other resources than cpu and memory.
func balanceOf(resources []scored) Part {
	if !slices.ContainsFunc(resources, func(r scored) bool { return r.request != 0 }) {
		return Part{}
	}
	with, without := make([]float64, 0, len(resources)), make([]float64, 0, len(resources))
	return Part{Score: func(c *Cycle, n int32) int64 {
		with, without = with[:0], without[:0]
		for i := range resources {
			r := &resources[i]
			alloc, used := c.Snap.capacity(n, r.id, false)
			if alloc != 0 {
				with = append(with, min(float64(used+r.request)/float64(alloc), 1))
				without = append(without, min(float64(used)/float64(alloc), 1))
			}
		}
		return MaxNodeScore/2 + (MaxNodeScore/2+evenness(with)-evenness(without))/2
	}}
}

// evenness is 100 less the standard deviation of the used shares, in percent.
func evenness(shares []float64) int64 {
	std := 0.0
	switch n := float64(len(shares)); {
	case n == 2:
		std = math.Abs((shares[0] - shares[1]) / 2)
	case n > 2:
		total, sum := 0.0, 0.0
		for _, s := range shares {
			total += s
		}
		mean := total / n
		for _, s := range shares {
			sum += float64((s - mean) * (s - mean))
		}
		std = math.Sqrt(sum / n)
	}
	return int64((1 - std) * MaxNodeScore)
}

// balance is 100 less the standard deviation of the used shares, in percent. Resources that the node lacks do not count.
func balance(reqCPU, capCPU, reqMemory, capMemory int64) int64 {
	if capCPU == 0 || capMemory == 0 {
		return MaxNodeScore
	}
	cpu := min(float64(reqCPU)/float64(capCPU), 1)
	memory := min(float64(reqMemory)/float64(capMemory), 1)
	std := math.Abs((cpu - memory) / 2)
	return int64((1 - std) * MaxNodeScore)
}
