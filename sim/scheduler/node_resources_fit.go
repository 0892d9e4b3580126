package scheduler

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// NodeResourcesFit's reasons; that of another resource is "Insufficient " and its name.
const (
	ReasonTooManyPods           = "Too many pods"
	ReasonInsufficientCPU       = "Insufficient cpu"
	ReasonInsufficientMemory    = "Insufficient memory"
	ReasonInsufficientEphemeral = "Insufficient ephemeral-storage"
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/noderesources/fit.go, least_allocated.go.
// Differs: device classes behind extended resources are not modelled.
var nodeResourcesFit = &Plugin{
	Name:   "NodeResourcesFit",
	Points: partPoints,
	Doc: "Turns nodes down whose allocatable resources, less what their pods request, do not hold the pod. " +
		"Scores nodes by what share of cpu and memory would stay free; containers without requests count as 100m and 200Mi.",
	Events:  PodDelete | PodScaleDown | NodeAdd | NodeAllocatable,
	Compile: compileFit,
}

func compileFit(k *Compiler) Part {
	f := &fit{plugin: k.plugin, counted: k.countedScalars(k.requests.Scalars)}
	strategy, p := k.strategy(), k.Profile
	f.strategy = strategy
	part := Part{State: f, Filter: f.filter, Queue: func(ev *Event) bool { return f.queue(p, ev) }}
	if strategy.isDefault() {
		part.Score = func(c *Cycle, n int32) int64 { return least(&c.Snap.rows[n], &c.Pod.Shape.scored) }
	} else {
		part.Score = func(c *Cycle, n int32) int64 { return strategy.score(c.Snap, n) }
	}
	return part
}

// countedScalars leaves out the extended resources that the profile ignores.
func (k *Compiler) countedScalars(list []Scalar) []Scalar {
	args := &k.Args.NodeResourcesFit
	if len(args.IgnoredResources)+len(args.IgnoredResourceGroups) == 0 {
		return list
	}
	var out []Scalar
	for _, s := range list {
		name := k.resourceNames[s.ID]
		group, _, _ := strings.Cut(name, "/")
		if !isExtended(name) || !slices.Contains(args.IgnoredResources, name) && !slices.Contains(args.IgnoredResourceGroups, group) {
			out = append(out, s)
		}
	}
	return out
}

// isExtended reports whether a scalar resource is neither Kubernetes' own nor a quota's.
//
// Source: k8s v1.36.3 pkg/apis/core/v1/helper/helpers.go IsExtendedResourceName, IsNativeResource.
func isExtended(name string) bool {
	return strings.Contains(name, "/") && !strings.Contains(name, corev1.ResourceDefaultNamespacePrefix) && !strings.HasPrefix(name, corev1.DefaultResourceRequestsPrefix)
}

// fit is the filter of pods that differ in their requests of cpu, memory and ephemeral storage at most.
type fit struct {
	plugin  int
	counted []Scalar // requests of extended resources that the filter counts

	strategy *strategy
	memo     [32]Verdict // of explain, by what is short and whether preemption may help
}

func (f *fit) filter(c *Cycle, n int32) Verdict {
	r, req := &c.Snap.rows[n], &c.Pod.Shape.Requests
	if r.pods+1 <= r.maxPods &&
		(req.CPUMilli == 0 || req.CPUMilli <= r.allocCPU-r.reqCPU) &&
		(req.Memory == 0 || req.Memory <= r.allocMemory-r.reqMemory) &&
		(req.EphemeralStorage == 0 || req.EphemeralStorage <= r.allocEphemeral-r.reqEphemeral) &&
		f.scalarsFit(c.Snap, n) {
		return 0
	}
	return f.explain(c, n)
}

func (f *fit) scalarsFit(s *Snapshot, n int32) bool {
	for _, a := range f.counted {
		if a.Value != 0 && (int(a.ID) >= len(s.alloc) || a.Value > s.alloc[a.ID][n]-s.used[a.ID][n]) {
			return false
		}
	}
	return true
}

// explain lists every resource that is short. Where the request is larger than the whole node, preemption cannot help.
func (f *fit) explain(c *Cycle, n int32) Verdict {
	r, req := &c.Snap.rows[n], &c.Pod.Shape.Requests
	var space [8]string
	reasons, code, mask := space[:0], Unschedulable, 0
	short := func(want, alloc, used int64, reason string, bit int) {
		if want > 0 && want > alloc-used {
			reasons = append(reasons, reason)
			mask |= bit
			if want > alloc {
				code = UnschedulableAndUnresolvable
				mask |= 1
			}
		}
	}
	short(1, r.maxPods, r.pods, ReasonTooManyPods, 2)
	if r.maxPods < 1 {
		code, mask = Unschedulable, mask&^1 // other pods may go, even if there are none
	}
	short(req.CPUMilli, r.allocCPU, r.reqCPU, ReasonInsufficientCPU, 4)
	short(req.Memory, r.allocMemory, r.reqMemory, ReasonInsufficientMemory, 8)
	short(req.EphemeralStorage, r.allocEphemeral, r.reqEphemeral, ReasonInsufficientEphemeral, 16)
	if len(f.counted) == 0 {
		if f.memo[mask] == 0 {
			f.memo[mask] = c.p.verdict(f.plugin, code, reasons...)
		}
		return f.memo[mask]
	}
	for _, a := range f.counted {
		var alloc, used int64
		if int(a.ID) < len(c.Snap.alloc) {
			alloc, used = c.Snap.alloc[a.ID][n], c.Snap.used[a.ID][n]
		}
		short(a.Value, alloc, used, "Insufficient "+c.p.resourceNames[a.ID], 0)
	}
	return c.p.verdict(f.plugin, code, reasons...)
}

func (f *fit) queue(p *Profile, ev *Event) bool {
	req := &ev.Pod.Shape.Requests
	switch ev.Type {
	case PodDelete:
		return true // of a pod that was bound or nominated, whatever its size
	case PodScaleDown:
		return ev.Own || req.shrunk(&ev.OldPod.Shape.Requests, &ev.NewPod.Shape.Requests)
	}
	list := func(alloc amounts) (Requests, int64) {
		pods, _ := alloc.get(idPods)
		return p.requests(alloc), pods
	}
	a, _ := p.list(ev.NewNode.Status.Allocatable)
	now, nowPods := list(a)
	if nowPods < 1 || !req.within(&now) {
		return false
	}
	if ev.OldNode == nil {
		return true
	}
	a, _ = p.list(ev.OldNode.Status.Allocatable)
	was, wasPods := list(a)
	return nowPods > wasPods || req.shrunk(&now, &was)
}

// within reports whether the pod fits a node that is empty.
func (r *Requests) within(alloc *Requests) bool {
	if r.CPUMilli > alloc.CPUMilli || r.Memory > alloc.Memory || r.EphemeralStorage > alloc.EphemeralStorage {
		return false
	}
	for _, a := range r.Scalars {
		if a.Value > alloc.scalar(a.ID) {
			return false
		}
	}
	return true
}

// shrunk reports whether any resource that the pod requests is less in b than in a.
func (r *Requests) shrunk(a, b *Requests) bool {
	if r.CPUMilli > 0 && a.CPUMilli > b.CPUMilli || r.Memory > 0 && a.Memory > b.Memory ||
		r.EphemeralStorage > 0 && a.EphemeralStorage > b.EphemeralStorage {
		return true
	}
	for _, s := range r.Scalars {
		if s.Value != 0 && a.scalar(s.ID) > b.scalar(s.ID) {
			return true
		}
	}
	return false
}
