package kubelet

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/sim/engine"
)

// signal is a measure of a node that thresholds of eviction are about.
type signal uint8

// The signals, in the order in which their thresholds are served: memory first.
//
// Differs: inodes and process IDs never run short.
const (
	memoryAvailable signal = iota
	allocatableMemory
	nodefsAvailable
	imagefsAvailable
	numSignals
)

var signalNames = map[string]signal{"memory.available": memoryAvailable, "nodefs.available": nodefsAvailable, "imagefs.available": imagefsAvailable}

// resource is what a signal says is short.
func (s signal) resource() corev1.ResourceName {
	if s <= allocatableMemory {
		return corev1.ResourceMemory
	}
	return corev1.ResourceEphemeralStorage
}

// pressure is a condition of the node that signals lead to.
type pressure uint8

// The pressures, in the order of the node's conditions.
const (
	memoryPressure pressure = iota
	diskPressure
	numPressures
)

func (s signal) pressure() pressure {
	if s <= allocatableMemory {
		return memoryPressure
	}
	return diskPressure
}

var pressureConditions = [numPressures]corev1.NodeConditionType{corev1.NodeMemoryPressure, corev1.NodeDiskPressure}

// threshold is what has to be left, an amount or a part of the capacity.
type threshold struct {
	signal signal
	amount resource.Quantity
	part   float64 // if above 0: of the capacity
}

// defaultEvictionHard are the thresholds of a kubelet that is told none.
//
// Source: k8s v1.36.3 pkg/kubelet/eviction/defaults_linux.go DefaultEvictionHard.
var defaultEvictionHard = map[string]string{"memory.available": "100Mi", "nodefs.available": "10%", "imagefs.available": "15%"}

// thresholds reads evictionHard: a map that is given replaces the defaults as a whole. What is no amount is left out.
//
// Source: k8s v1.36.3 pkg/kubelet/eviction/helpers.go ParseThresholdConfig, addAllocatableThresholds.
func thresholds(hard map[string]string) (out []threshold) {
	if len(hard) == 0 {
		hard = defaultEvictionHard
	}
	for name, text := range hard { // unordered: sorted below
		s, known := signalNames[name]
		t := threshold{signal: s}
		var err error
		if percent, ok := strings.CutSuffix(text, "%"); ok {
			var p float64
			p, err = strconv.ParseFloat(percent, 32)
			t.part = float64(float32(p) / 100) // upstream's precision
		} else {
			t.amount, err = resource.ParseQuantity(text)
		}
		if !known || err != nil || !(t.part > 0 && t.part < 1) && t.amount.Sign() <= 0 {
			continue
		}
		out = append(out, t)
		if s == memoryAvailable {
			t.signal = allocatableMemory
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b threshold) int { return cmp.Compare(a.signal, b.signal) })
	return out
}

// quantity is the threshold as an amount, for a capacity.
func (t *threshold) quantity(capacity int64) resource.Quantity {
	if t.part > 0 {
		return *resource.NewQuantity(int64(float64(capacity)*t.part), resource.BinarySI)
	}
	return t.amount
}

// measure is a signal's capacity and what of it is available at t, as long as the containers run that run now; capacity 0: not
// known.
//
// Source: k8s v1.36.3 pkg/kubelet/eviction/helpers.go makeSignalObservations.
func (n *Node) measure(s signal, t engine.Time) (capacity, available int64) {
	m := &n.meter
	total, pods := n.memoryLimits()
	switch s {
	case memoryAvailable:
		return total, total - m.outside - m.memory(t)
	case allocatableMemory:
		return pods, pods - m.memory(t)
	}
	disk := amount(corev1.ResourceEphemeralStorage, n.template.Object.Status.Capacity)
	outside := m.nodefs
	if s == imagefsAvailable {
		outside = m.imagefs
	}
	return disk, disk - outside - m.disk(t)
}

// met reports whether less is left at t than the threshold wants.
func (n *Node) met(t *threshold, at engine.Time) bool {
	capacity, available := n.measure(t.signal, at)
	if capacity == 0 {
		return false
	}
	q := t.quantity(capacity)
	return max(available, 0) < q.Value()
}

// firstMet is the first of the ticks from (inclusive) on, one each period, at which a threshold is met as long as the
// containers run that run now; engine.Never if none is.
func (n *Node) firstMet(from engine.Time, period time.Duration) engine.Time {
	anyMet := func(t engine.Time) bool {
		return slices.ContainsFunc(n.k.thresholds, func(th threshold) bool { return n.met(&th, t) })
	}
	for t := from; t != engine.Never; {
		if anyMet(t) {
			return t
		}
		change := n.meter.next(t)
		if change == engine.Never {
			break
		}
		t = engine.NextTick(change-1, from, period)
	}
	return engine.Never
}
