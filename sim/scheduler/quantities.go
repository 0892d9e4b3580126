package scheduler

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// quantities are what pods may differ in that share a skeleton: sums over their containers. They are comparable, which
// Requests are not.
type quantities struct {
	plain                         bool
	cpuMilli, memory, ephemeral   int64
	defaultedCPU, defaultedMemory int64 // with what containers without a request count as
}

// sums adds up the requests of a plain spec: whole amounts of cpu, memory and ephemeral storage, of containers that run at
// the same time. Nothing but sums matters of such. plain is false for others, and if a plugin of the profile may read more.
func (p *Profile) sums(spec *corev1.PodSpec) (q quantities, plain bool) {
	if !p.split || len(spec.InitContainers)+len(spec.Overhead) > 0 || spec.Resources != nil {
		return q, false
	}
	for i := range spec.Containers {
		cpu, memory := int64(DefaultMilliCPURequest), int64(DefaultMemoryRequest)
		for name, amount := range spec.Containers[i].Resources.Requests { // unordered: sums
			switch name {
			case corev1.ResourceCPU:
				v, ok := milli(amount)
				if !ok {
					return quantities{}, false
				}
				q.cpuMilli, cpu = q.cpuMilli+v, v
			case corev1.ResourceMemory:
				v, ok := amount.AsInt64()
				if !ok {
					return quantities{}, false
				}
				q.memory, memory = q.memory+v, v
			case corev1.ResourceEphemeralStorage:
				v, ok := amount.AsInt64()
				if !ok {
					return quantities{}, false
				}
				q.ephemeral += v
			default:
				return quantities{}, false
			}
		}
		q.defaultedCPU, q.defaultedMemory = q.defaultedCPU+cpu, q.defaultedMemory+memory
	}
	q.plain = true
	return q, true
}

// milli is a quantity in thousandths, if it is a whole number of them.
func milli(q resource.Quantity) (int64, bool) {
	const most = 1 << 50 // more of it is left to the library
	if v, ok := q.AsInt64(); ok {
		return v * 1000, v < most && v > -most
	}
	return value(idCPU, q)
}

// kind tells skeletons apart: which plugins score a pod depends on whether it requests any cpu or memory.
func (q *quantities) kind() byte {
	switch {
	case !q.plain:
		return 'x'
	case q.cpuMilli == 0 && q.memory == 0:
		return '0'
	}
	return '1'
}

// requests are those of a plain spec.
func (q *quantities) requests() podRequests {
	defaulted := Requests{CPUMilli: q.defaultedCPU, Memory: q.defaultedMemory, EphemeralStorage: q.ephemeral}
	return podRequests{
		Requests: Requests{CPUMilli: q.cpuMilli, Memory: q.memory, EphemeralStorage: q.ephemeral}, nonZero: defaulted, scored: defaulted,
	}
}
