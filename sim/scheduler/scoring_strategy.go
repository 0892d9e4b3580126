package scheduler

import "math"

// StrategyType is the type of NodeResourcesFit's scoringStrategy.
type StrategyType string

// The strategies.
const (
	LeastAllocated           StrategyType = "LeastAllocated" // the default
	MostAllocated            StrategyType = "MostAllocated"
	RequestedToCapacityRatio StrategyType = "RequestedToCapacityRatio"
)

// ScoringStrategy is NodeResourcesFit's scoringStrategy over cpu and memory. Weights of 0 count as 1.
type ScoringStrategy struct {
	Type                    StrategyType
	CPUWeight, MemoryWeight int64
	Shape                   []ShapePoint // RequestedToCapacityRatio alone
}

// ShapePoint is a point of the piecewise linear function of RequestedToCapacityRatio: utilization 0..100, score 0..10.
type ShapePoint struct{ Utilization, Score int64 }

// compiledStrategy scores a node: capacity and what would be requested, of cpu and memory.
type compiledStrategy struct {
	kind        StrategyType
	cpu, memory int64
	shape       []ShapePoint // scores 0..100
}

func (s ScoringStrategy) compile() *compiledStrategy {
	c := &compiledStrategy{s.Type, max(s.CPUWeight, 1), max(s.MemoryWeight, 1), nil}
	for _, p := range s.Shape {
		c.shape = append(c.shape, ShapePoint{p.Utilization, p.Score * (MaxNodeScore / 10)})
	}
	return c
}

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/noderesources/least_allocated.go, most_allocated.go,
// requested_to_capacity_ratio.go.
func (c *compiledStrategy) score(capCPU, reqCPU, capMemory, reqMemory int64) int64 {
	switch c.kind {
	case MostAllocated:
		return weigh(capCPU, c.cpu*mostRequested(reqCPU, capCPU), c.cpu, capMemory, c.memory*mostRequested(reqMemory, capMemory), c.memory)
	case RequestedToCapacityRatio:
		return c.ratio(capCPU, reqCPU, capMemory, reqMemory)
	}
	return weigh(capCPU, c.cpu*leastRequested(reqCPU, capCPU), c.cpu, capMemory, c.memory*leastRequested(reqMemory, capMemory), c.memory)
}

// weigh is the weighted mean over the resources that the node has.
func weigh(capCPU, cpu, cpuWeight, capMemory, memory, memoryWeight int64) int64 {
	switch {
	case capCPU == 0 && capMemory == 0:
		return 0
	case capCPU == 0:
		return memory / memoryWeight
	case capMemory == 0:
		return cpu / cpuWeight
	}
	return (cpu + memory) / (cpuWeight + memoryWeight)
}

func leastRequested(requested, capacity int64) int64 {
	if capacity == 0 || requested > capacity {
		return 0
	}
	return (capacity - requested) * MaxNodeScore / capacity
}

func mostRequested(requested, capacity int64) int64 {
	if capacity == 0 {
		return 0
	}
	return min(requested, capacity) * MaxNodeScore / capacity
}

// ratio leaves resources whose score is 0 out of the mean.
func (c *compiledStrategy) ratio(capCPU, reqCPU, capMemory, reqMemory int64) int64 {
	var sum, weights int64
	add := func(capacity, requested, weight int64) {
		if capacity == 0 {
			return
		}
		utilization := int64(100)
		if requested <= capacity {
			utilization = requested * 100 / capacity
		}
		if s := c.at(utilization); s > 0 {
			sum, weights = sum+s*weight, weights+weight
		}
	}
	add(capCPU, reqCPU, c.cpu)
	add(capMemory, reqMemory, c.memory)
	if weights == 0 {
		return 0
	}
	return int64(math.Round(float64(sum) / float64(weights)))
}

func (c *compiledStrategy) at(p int64) int64 {
	for i, point := range c.shape {
		if p > point.Utilization {
			continue
		}
		if i == 0 {
			return point.Score
		}
		last := c.shape[i-1]
		return last.Score + (point.Score-last.Score)*(p-last.Utilization)/(point.Utilization-last.Utilization)
	}
	if n := len(c.shape); n > 0 {
		return c.shape[n-1].Score
	}
	return 0
}
