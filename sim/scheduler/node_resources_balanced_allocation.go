package scheduler

import "math"

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.
var nodeResourcesBalancedAllocation = &Plugin{
	Name: "NodeResourcesBalancedAllocation",
	Doc: "Scores nodes by whether the pod brings the used shares of cpu and memory closer together (up to 100) or " +
		"further apart (down to 50). Pods that request neither are not scored.",
	Compile: func(k *Compiler) Part {
		cpu, memory := k.requests.requests.CPUMilli, k.requests.requests.Memory
		if cpu == 0 && memory == 0 {
			return Part{}
		}
		return Part{Score: func(c *Cycle, n int32) int64 {
			r := &c.Snap.rows[n]
			with := balance(r.reqCPU+cpu, r.allocCPU, r.reqMemory+memory, r.allocMemory)
			without := balance(r.reqCPU, r.allocCPU, r.reqMemory, r.allocMemory)
			return MaxNodeScore/2 + (MaxNodeScore/2+with-without)/2
		}}
	},
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
