package report

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// RunResult is the outcome of one run. All times are since the start of the run; Never where something did not happen.
type RunResult struct {
	Scenario string
	Version  string // of this program
	// Kubernetes is the release that is simulated.
	Kubernetes string
	Profile    string
	Inputs     string // digest of all files that were read
	Seed       uint64
	Run        int    // number of the replication, from 0
	Digest     string // of the journal
	Settled    bool   // nothing but periodic work was left at the end
	Time       time.Duration
	Events     uint64 // engine events

	Pods       []PodResult
	Scheduling SchedulingResult
	Nodes      []NodeResult
	Checks     []CheckResult
	Thresholds []ThresholdResult
	Warnings   []string // about the input: what is accepted and not simulated, and what lint says
	Notes      []NoteResult
}

// PodResult is one pod's life.
type PodResult struct {
	Namespace, Name, UID string
	Node, Owner          string // "" for none
	Phase                corev1.PodPhase
	Reason               string // kubectl's STATUS where it says more than the phase
	Restarts             int
	Timeline             []Transition

	// ContainersStarted is when the last of the app containers had run for the first time.
	Created, Scheduled, Initialized, ContainersStarted, Ready, Finished, Deleted time.Duration
}

// SchedulingResult counts what the scheduler did.
type SchedulingResult struct {
	Attempts      uint64
	Bound         int
	Unschedulable []UnschedulableResult
}

// UnschedulableResult is the pods that have no node at the end for one reason.
type UnschedulableResult struct {
	Reason  string // of the condition PodScheduled: Unschedulable, SchedulingGated, SchedulerError
	Pods    int
	Message string // the last of them
}

// NodeResult is one node at the end.
type NodeResult struct {
	Name   string
	Status string // as kubectl shows it
	Pods   int    // bound and not finished
	// CPU in thousandths of a core, memory in bytes: requested by those pods, and allocatable.
	CPURequested, CPUAllocatable       int64
	MemoryRequested, MemoryAllocatable int64
	PodsAllocatable                    int64
	Ready                              []Interval
}

// NoteResult is something that happened and stopped nothing.
type NoteResult struct {
	At            time.Duration
	What, Message string
}

// Fill sets pods, scheduling (but for Attempts) and nodes from what was collected.
func (c *Collector) Fill(r *RunResult) {
	r.Pods = make([]PodResult, 0, len(c.pods))
	for i := range c.pods {
		p := c.podResult(c.pods[i])
		r.Pods = append(r.Pods, p)
		if p.Scheduled >= 0 {
			r.Scheduling.Bound++
		} else if c.pods[i].last != nil {
			r.Scheduling.refused(c.pods[i].last.Facts().Status)
		}
	}
	alive := slices.DeleteFunc(slices.Clone(c.order), func(l *nodeLife) bool { return l.gone })
	for i, n := range c.timelineNodes() {
		r.Nodes = append(r.Nodes, NodeResult{
			Name: n.Name, Status: n.Status, Pods: n.Pods, CPURequested: n.CPURequested, CPUAllocatable: n.CPUAllocatable,
			MemoryRequested: n.MemoryRequested, MemoryAllocatable: n.MemoryAllocatable, PodsAllocatable: n.PodsAllocatable,
			Ready: alive[i].ready,
		})
	}
}

func (c *Collector) podResult(l *podLife) PodResult {
	p := PodResult{
		Namespace: l.namespace, Name: l.name, UID: string(l.uid), Node: l.node, Owner: l.owner, Phase: l.phase, Reason: l.status,
		Restarts: l.restarts, Timeline: l.transitions, Created: l.created, Scheduled: l.scheduled, Initialized: l.initialized,
		ContainersStarted: l.started, Ready: l.ready, Finished: l.finished, Deleted: l.deleted,
	}
	if l.last != nil {
		f := l.last.Facts()
		s := c.summary(&f)
		p.Phase, p.Reason, p.Restarts = f.Status.Phase, s.Status, s.Restarts
	}
	if p.Reason == string(p.Phase) {
		p.Reason = ""
	}
	return p
}

// refused counts a pod without a node.
func (s *SchedulingResult) refused(st *corev1.PodStatus) {
	reason, message := "Pending", ""
	if c := condition(st, corev1.PodScheduled); c != nil && c.Reason != "" {
		reason, message = c.Reason, c.Message
	}
	i := slices.IndexFunc(s.Unschedulable, func(u UnschedulableResult) bool { return u.Reason == reason })
	if i < 0 {
		i = len(s.Unschedulable)
		s.Unschedulable = append(s.Unschedulable, UnschedulableResult{Reason: reason})
	}
	s.Unschedulable[i].Pods++
	s.Unschedulable[i].Message = message
}

// ReadyWaits are the times from creation to ready of the pods that got there, in order.
func (r *RunResult) ReadyWaits() []time.Duration {
	var waits []time.Duration
	for i := range r.Pods {
		if p := &r.Pods[i]; p.Ready >= 0 {
			waits = append(waits, p.Ready-p.Created)
		}
	}
	slices.Sort(waits)
	return waits
}
