package fault

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// NodePressure has processes outside of all pods take memory and disk of nodes: the kubelet evicts pods when too little is
// left, and the machine kills some when nothing is.
type NodePressure struct {
	Target
	Memory  Share `json:"memory"`
	Nodefs  Share `json:"nodefs"`  // the disk of volumes and logs
	Imagefs Share `json:"imagefs"` // the disk of images; unset = as nodefs: it is one
}

// Check implements Action.
func (a *NodePressure) Check() error {
	if a.Memory == (Share{}) && a.Nodefs == (Share{}) && a.Imagefs == (Share{}) {
		return errors.New("needs memory, nodefs or imagefs")
	}
	return a.check()
}

// Run implements Runner.
func (a *NodePressure) Run(c Cluster) (func(), error) {
	images := a.Imagefs
	if images == (Share{}) {
		images = a.Nodefs
	}
	taken := map[string][3]int64{}
	return each(c, &a.Target, func(m Machine) {
		memory, disk := m.Capacity(corev1.ResourceMemory), m.Capacity(corev1.ResourceEphemeralStorage)
		t := [3]int64{a.Memory.of(memory), a.Nodefs.of(disk), images.of(disk)}
		taken[m.Name()] = t
		m.TakeOutside(t[0], t[1], t[2])
	}, func(m Machine) {
		t := taken[m.Name()]
		m.TakeOutside(-t[0], -t[1], -t[2])
	})
}

// Share is an amount or a part of a capacity. The zero value is nothing.
type Share struct {
	Percent float64 // of the capacity; 0 = Bytes
	Bytes   int64
}

// UnmarshalText reads a percentage or a quantity.
func (s *Share) UnmarshalText(text []byte) error {
	bad := fmt.Errorf("must be a percentage such as 95%% or a quantity such as 15Gi, got %q", text)
	if percent, ok := strings.CutSuffix(string(text), "%"); ok {
		p, err := strconv.ParseFloat(percent, 64)
		if err != nil || !(p > 0 && p <= 100) {
			return bad
		}
		s.Percent = p
		return nil
	}
	q, err := resource.ParseQuantity(string(text))
	if err != nil || q.Sign() <= 0 {
		return bad
	}
	s.Bytes = q.Value()
	return nil
}

// of is the amount that the share is of a capacity, rounded to whole bytes.
func (s Share) of(capacity int64) int64 {
	if s.Percent > 0 {
		return int64(math.Round(float64(capacity) * s.Percent / 100))
	}
	return s.Bytes
}
