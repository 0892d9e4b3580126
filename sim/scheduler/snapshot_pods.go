package scheduler

import (
	"math"
	"slices"
)

// AddPod counts a pod on a node, which need not be known yet.
func (s *Snapshot) AddPod(pod *Pod, nodeName string) {
	slot := s.slotOf(nodeName)
	nd, r := &s.nodes[slot], &s.rows[slot]
	pod.slot, pod.place = slot, int32(len(nd.pods))
	nd.pods = append(nd.pods, pod)
	s.count(r, slot, pod.Shape, 1)
	for _, port := range pod.Shape.ports {
		if !slices.Contains(nd.ports, port) {
			nd.ports = append(nd.ports, port)
		}
	}
	s.countPriority(pod.Priority, 1)
	s.useClaims(pod, 1)
	s.setOf(pod).add(slot, 1)
	if pod.Shape.terms != nil {
		s.termSetOf(pod.Shape.terms).add(slot, 1)
	}
	s.changed(slot)
}

// RemovePod takes a pod off its node. It does nothing if the pod counts on none.
func (s *Snapshot) RemovePod(pod *Pod) {
	slot := pod.slot
	if slot < 0 {
		return
	}
	nd, r := &s.nodes[slot], &s.rows[slot]
	last := len(nd.pods) - 1
	nd.pods[last].place = pod.place
	nd.pods[pod.place] = nd.pods[last]
	nd.pods[last] = nil
	nd.pods = nd.pods[:last]
	s.count(r, slot, pod.Shape, -1)
	for _, port := range pod.Shape.ports {
		// A set, as upstream: the port is free even if another pod has it too.
		nd.ports = slices.DeleteFunc(nd.ports, func(p hostPort) bool { return p == port })
	}
	s.countPriority(pod.Priority, -1)
	s.useClaims(pod, -1)
	pod.set.add(slot, -1)
	if pod.Shape.terms != nil {
		s.termSetOf(pod.Shape.terms).add(slot, -1)
	}
	pod.slot = -1
	s.changed(slot)
	s.release(slot)
}

// setOf is the pod's label set in this snapshot.
func (s *Snapshot) setOf(pod *Pod) *labelSet {
	if pod.set == nil {
		pod.set = s.labelSetOf(pod.Namespace, pod.Labels, pod.Terminating)
	}
	return pod.set
}

// Relabel gives the pod other labels.
func (s *Snapshot) Relabel(pod *Pod, ls map[string]string) {
	old := pod.set
	pod.Labels, pod.set = ls, nil
	if pod.slot < 0 {
		return
	}
	if set := s.setOf(pod); set != old {
		old.add(pod.slot, -1)
		set.add(pod.slot, 1)
		s.changed(pod.slot)
	}
}

// NodeOf is the name of the node that the pod counts on, "" if it counts on none.
func (s *Snapshot) NodeOf(pod *Pod) string {
	if pod.slot < 0 {
		return ""
	}
	return s.nodes[pod.slot].name
}

func (s *Snapshot) count(r *row, slot int32, sh *Shape, sign int64) {
	r.reqCPU += sign * sh.Requests.CPUMilli
	r.reqMemory += sign * sh.Requests.Memory
	r.reqEphemeral += sign * sh.Requests.EphemeralStorage
	r.nonZeroCPU += sign * sh.nonZero.CPUMilli
	r.nonZeroMemory += sign * sh.nonZero.Memory
	r.pods += sign
	for _, a := range sh.Requests.Scalars {
		s.scalarColumn(a.ID)
		s.used[a.ID][slot] += sign * a.Value
	}
}

func (s *Snapshot) countPriority(priority int32, by int) {
	i, ok := slices.BinarySearchFunc(s.priorities, priority, func(c priorityCount, p int32) int {
		switch {
		case c.priority < p:
			return -1
		case c.priority > p:
			return 1
		}
		return 0
	})
	if !ok {
		s.priorities = slices.Insert(s.priorities, i, priorityCount{priority: priority})
	}
	if s.priorities[i].pods += by; s.priorities[i].pods == 0 {
		s.priorities = slices.Delete(s.priorities, i, i+1)
	}
}

// LowestPriority is the lowest priority of any pod that counts on a node.
func (s *Snapshot) LowestPriority() int32 {
	if len(s.priorities) == 0 {
		return math.MaxInt32
	}
	return s.priorities[0].priority
}

// lowestOn is the lowest priority of a node's pods.
func (s *Snapshot) lowestOn(slot int32) int32 {
	nd := &s.nodes[slot]
	if nd.lowestGen != s.gens[slot] {
		nd.lowest, nd.lowestGen = math.MaxInt32, s.gens[slot]
		for _, p := range nd.pods {
			nd.lowest = min(nd.lowest, p.Priority)
		}
	}
	return nd.lowest
}
