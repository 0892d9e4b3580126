package scheduler

import (
	"math"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/config"
)

// scored is a resource in a score, with what the pod at hand requests of it.
type scored struct {
	id      int32
	weight  int64
	request int64
}

// scoredResources are the resources of a score, cpu and memory if specs has none. Extended resources that the pod does
// not request are left out, and so are names that no node has.
//
// Source: k8s v1.36.3 noderesources/resource_allocation.go calculateNodeAllocatableRequest.
func (k *Compiler) scoredResources(specs []config.ResourceSpec, r *Requests) []scored {
	if len(specs) == 0 {
		specs = []config.ResourceSpec{{Name: "cpu"}, {Name: "memory"}}
	}
	var out []scored
	for _, spec := range specs {
		s := scored{id: k.resourceID(corev1.ResourceName(spec.Name)), weight: max(spec.Weight, 1)}
		switch s.id {
		case idCPU:
			s.request = r.CPUMilli
		case idMemory:
			s.request = r.Memory
		case idEphemeral:
			s.request = r.EphemeralStorage
		case idPods, idIgnored:
			continue
		default:
			if s.request = r.scalar(s.id); s.request == 0 {
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// capacity is what a node has of a resource and what its pods request of it. nonZero counts pods without requests of cpu
// and memory as if they had some.
func (s *Snapshot) capacity(n, id int32, nonZero bool) (alloc, used int64) {
	r := &s.rows[n]
	switch id {
	case idCPU:
		if nonZero {
			return r.allocCPU, r.nonZeroCPU
		}
		return r.allocCPU, r.reqCPU
	case idMemory:
		if nonZero {
			return r.allocMemory, r.nonZeroMemory
		}
		return r.allocMemory, r.reqMemory
	case idEphemeral:
		return r.allocEphemeral, r.reqEphemeral
	}
	if int(id) >= len(s.alloc) {
		return 0, 0
	}
	return s.alloc[id][n], s.used[id][n]
}

// strategy is NodeResourcesFit's score for one shape of pod.
type strategy struct {
	kind      config.ScoringStrategyType
	resources []scored
	shape     []config.UtilizationShapePoint // scores 0..100
}

func (k *Compiler) strategy() *strategy {
	args := &k.Args.NodeResourcesFit.ScoringStrategy
	c := &strategy{kind: args.Type, resources: k.scoredResources(args.Resources, &k.requests.scored)}
	for _, p := range args.RequestedToCapacityRatio.Shape {
		c.shape = append(c.shape, config.UtilizationShapePoint{Utilization: p.Utilization, Score: p.Score * (MaxNodeScore / 10)})
	}
	return c
}

// isDefault reports whether the score is that of the default profile.
func (c *strategy) isDefault() bool {
	return (c.kind == "" || c.kind == config.LeastAllocated) && len(c.resources) == 2 && c.resources[0].id == idCPU && c.resources[1].id == idMemory &&
		c.resources[0].weight == 1 && c.resources[1].weight == 1
}

// least is the score of the default profile, without loops, for a pod that is scored as so much.
func least(r *row, pod *Requests) int64 {
	sum, n := int64(0), int64(0)
	if r.allocCPU != 0 {
		sum, n = leastRequested(r.nonZeroCPU+pod.CPUMilli, r.allocCPU), 1
	}
	if r.allocMemory != 0 {
		sum, n = sum+leastRequested(r.nonZeroMemory+pod.Memory, r.allocMemory), n+1
	}
	if n == 2 {
		return sum / 2
	}
	return sum
}

// score is the weighted mean over the resources that the node has.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/noderesources/least_allocated.go, most_allocated.go,
// requested_to_capacity_ratio.go.
func (c *strategy) score(s *Snapshot, n int32) int64 {
	var sum, weights int64
	for i := range c.resources {
		r := &c.resources[i]
		alloc, used := s.capacity(n, r.id, true)
		if alloc == 0 {
			continue
		}
		var v int64
		switch c.kind {
		case config.MostAllocated:
			v = mostRequested(used+r.request, alloc)
		case config.RequestedToCapacityRatio:
			if v = c.ratio(used+r.request, alloc); v == 0 {
				continue // does not count at all
			}
		default:
			v = leastRequested(used+r.request, alloc)
		}
		sum, weights = sum+v*r.weight, weights+r.weight
	}
	switch {
	case weights == 0:
		return 0
	case c.kind == config.RequestedToCapacityRatio:
		return int64(math.Round(float64(sum) / float64(weights)))
	}
	return sum / weights
}

func leastRequested(requested, capacity int64) int64 {
	if requested > capacity {
		return 0
	}
	return (capacity - requested) * MaxNodeScore / capacity
}

func mostRequested(requested, capacity int64) int64 {
	return min(requested, capacity) * MaxNodeScore / capacity
}

func (c *strategy) ratio(requested, capacity int64) int64 {
	utilization := int64(100)
	if requested <= capacity {
		utilization = requested * 100 / capacity
	}
	return c.valueAt(utilization)
}

// valueAt is the value of the piecewise linear function.
func (c *strategy) valueAt(p int64) int64 {
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
