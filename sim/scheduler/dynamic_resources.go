package scheduler

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"clustersim/sim/devices"
)

const nameDynamicResources = "DynamicResources"

// Reasons of DynamicResources.
const (
	ReasonCannotAllocate  = "cannot allocate all claims"
	ReasonClaimNotOnNode  = "resourceclaim not available on the node"
	messageNoClaims       = "no new claims to deallocate"
	messageDeallocated    = "deallocation of ResourceClaim completed"
	messageNotSchedulable = "still not schedulable"
	messageNotFound       = "not found"
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go.
// Differs: extended resources that are backed by devices, claims of pod groups and binding conditions are not known; for the
// rest see sim/devices.
var dynamicResources = &Plugin{
	Name:   nameDynamicResources,
	Points: PointPreEnqueue | PointPreFilter | PointFilter | PointPostFilter | PointScore | PointReserve | PointPreBind,
	Doc: "Keeps pods out of the queue whose ResourceClaims do not exist, turns nodes down on which their devices cannot be had or reached, and " +
		"allocates devices on the node that is chosen.",
	Events: NodeAdd | NodeLabel | NodeAllocatable | ResourceClaimAdd | ResourceClaimUpdate | PodGeneratedClaims |
		DeviceClassAdd | DeviceClassUpdate | SliceAdd | SliceUpdate,
	PreEnqueue: func(s *Snapshot, pod *Pod) bool {
		_, err := s.resourceClaims(pod)
		return err == nil
	},
	Compile: func(k *Compiler) Part {
		if len(k.Spec.ResourceClaims) == 0 {
			return Part{}
		}
		a := &allocator{plugin: k.plugin, cannot: k.Verdict(UnschedulableAndUnresolvable, ReasonCannotAllocate),
			elsewhere: k.Verdict(UnschedulableAndUnresolvable, ReasonClaimNotOnNode), fails: k.Verdict(UnschedulableAndUnresolvable, devices.ErrNodeFails.Error()), fault: k.Verdict(UnschedulableAndUnresolvable, "error")}
		return Part{Wide: true, Begin: a.begin, Filter: a.filter, Score: a.score, Normalize: func(_ *Cycle, _ []int32, scores []int64) { normalize(scores, false) }, Queue: claimHint, State: a}
	},
	PostFilter: deallocate,
}

// allocator is the plugin for one shape of pod, in one cycle.
type allocator struct {
	plugin                          int
	cannot, elsewhere, fails, fault Verdict

	claims      []*resourcev1.ResourceClaim
	selectors   []*nodeaffinity.NodeSelector // of claims that are allocated; nil = all nodes
	unallocated []*resourcev1.ResourceClaim
	unavailable map[int]bool // claims that a node was turned down for
	found       map[int32]allocation
}

// allocation is what the search found for a node.
type allocation struct {
	verdict Verdict
	results []resourcev1.AllocationResult // of the claims that are not allocated
	err     error
}

// begin is PreFilter.
func (a *allocator) begin(c *Cycle) (v Verdict, filters, scores bool) {
	reject := func(reason string) (Verdict, bool, bool) {
		a.claims = nil
		return c.p.verdict(a.plugin, UnschedulableAndUnresolvable, reason), false, false
	}
	a.claims, a.selectors, a.unallocated, a.unavailable, a.found = nil, nil, nil, map[int]bool{}, map[int32]allocation{}
	claims, err := c.Snap.resourceClaims(c.Pod)
	if err != nil {
		return reject(err.Error())
	}
	for _, claim := range claims {
		var selector *nodeaffinity.NodeSelector
		if claim.Status.Allocation == nil {
			if reason := c.Snap.devices.cannotAllocate(claim); reason != "" {
				return reject(reason)
			}
			a.unallocated = append(a.unallocated, claim)
		} else if s := claim.Status.Allocation.NodeSelector; s != nil {
			if selector, err = nodeaffinity.NewNodeSelector(s); err != nil {
				return reject(err.Error())
			}
		}
		a.selectors = append(a.selectors, selector)
	}
	a.claims = claims
	return 0, len(claims) > 0, len(claims) > 0
}

// cannotAllocate says why a claim cannot be allocated on any node, if so.
func (d *deviceState) cannotAllocate(claim *resourcev1.ResourceClaim) string {
	if d.pending[claim.UID] != nil {
		return fmt.Sprintf("resource claim %s/%s is in the process of being allocated", claim.Namespace, claim.Name)
	}
	for i := range claim.Spec.Devices.Requests {
		names, classes := devices.ClassNames(&claim.Spec.Devices.Requests[i])
		if len(names) == 0 {
			return fmt.Sprintf("resource claim %s/%s, request %s: unknown request type", claim.Namespace, claim.Name, claim.Spec.Devices.Requests[i].Name)
		}
		for j, class := range classes {
			if d.inventory.Class(class) == nil {
				return fmt.Sprintf("request %s: device class %s does not exist", names[j], class)
			}
		}
	}
	return ""
}

func (a *allocator) filter(c *Cycle, n int32) Verdict {
	bad := false
	for i, s := range a.selectors {
		if s != nil && !s.Match(c.Node(n)) {
			a.unavailable[i], bad = true, true
		}
	}
	if len(a.unallocated) > 0 {
		if found := a.search(c, n); found.verdict != 0 {
			if found.verdict == a.fault {
				c.fail(nameDynamicResources, found.err)
			}
			return found.verdict
		}
	}
	if bad {
		return a.elsewhere
	}
	return 0
}

// search looks for devices on a node, once a cycle.
func (a *allocator) search(c *Cycle, n int32) allocation {
	if found, ok := a.found[n]; ok {
		return found
	}
	d := &c.Snap.devices
	results, err := d.inventory.Allocate(c.Node(n), a.unallocated, func(id devices.ID) bool { return d.used[id] > 0 })
	found := allocation{results: results, err: err}
	switch {
	case errors.Is(err, devices.ErrNodeFails):
		found.verdict = a.fails
	case err != nil:
		found.verdict = a.fault
	case results == nil:
		found.verdict = a.cannot
	}
	a.found[n] = found
	return found
}

// score prefers nodes on which earlier alternatives of requests can be had.
//
// Source: k8s v1.36.3 dynamicresources.go computeScore.
func (a *allocator) score(c *Cycle, n int32) (score int64) {
	results := a.found[n].results
	for _, claim := range a.claims {
		allocated := claim.Status.Allocation
		if allocated == nil && len(results) > 0 {
			allocated, results = &results[0], results[1:]
		}
		if allocated == nil {
			continue
		}
		taken := map[string]bool{}
		for i := range allocated.Devices.Results {
			taken[allocated.Devices.Results[i].Request] = true
		}
		for i := range claim.Spec.Devices.Requests {
			names, _ := devices.ClassNames(&claim.Spec.Devices.Requests[i])
			for j, name := range names {
				if claim.Spec.Devices.Requests[i].Exactly == nil && taken[name] {
					score += int64(resourcev1.FirstAvailableDeviceRequestMaxSize - j)
				}
			}
		}
	}
	return score
}

// deallocate is PostFilter: a claim that nobody else uses, and that kept the pod from a node, is given back.
//
// Source: k8s v1.36.3 dynamicresources.go PostFilter.
// Differs: of several such claims upstream takes one by chance, here it is the first.
func deallocate(c *Cycle, d *Diagnosis) PostFilterResult {
	if d.PreFilter != 0 && c.p.rejectsBefore(d.PreFilter, nameDynamicResources) {
		return PostFilterResult{Message: messageNotFound, Stop: true} // upstream then finds no state of its own
	}
	a := c.Pod.Shape.allocator()
	if a == nil || len(a.claims) == 0 {
		return PostFilterResult{Message: messageNoClaims}
	}
	for i, claim := range a.claims {
		if users := claim.Status.ReservedFor; a.unavailable[i] && (len(users) == 0 || len(users) == 1 && users[0].UID == c.Pod.UID) {
			return PostFilterResult{Message: messageDeallocated, Deallocate: claim}
		}
	}
	return PostFilterResult{Message: messageNotSchedulable}
}

// rejectsBefore reports whether a rejection in PreFilter is by a plugin that comes before the one of that name.
func (p *Profile) rejectsBefore(v Verdict, name string) bool {
	for _, i := range p.lineup.at(PointPreFilter) {
		if p.plugins[i].Name == name {
			return false
		}
		if i == p.rejections[v].Plugin {
			return true
		}
	}
	return false
}

// allocator is that of the shape, nil if its pods have no claims.
func (sh *Shape) allocator() *allocator {
	for i := range sh.parts {
		if a, ok := sh.parts[i].State.(*allocator); ok {
			return a
		}
	}
	return nil
}

// claimHint says whether a change may give a pod what its claims lack.
//
// Source: k8s v1.36.3 dynamicresources.go isSchedulableAfterClaimChange, isSchedulableAfterPodChange.
func claimHint(ev *Event) bool {
	switch ev.Type {
	case PodGeneratedClaims:
		_, err := ev.snap.resourceClaims(ev.Pod)
		return ev.Own && err == nil
	case ResourceClaimAdd, ResourceClaimUpdate:
	default:
		return true
	}
	claims, err := ev.snap.resourceClaims(ev.Pod)
	if err != nil {
		return false
	}
	now := ev.NewObject.(*resourcev1.ResourceClaim)
	old, _ := ev.OldObject.(*resourcev1.ResourceClaim)
	if old != nil && old.Status.Allocation != nil && now.Status.Allocation == nil {
		return true
	}
	for _, claim := range claims {
		if claim.UID == now.UID {
			return old == nil || !equality.Semantic.DeepEqual(&old.Status, &now.Status)
		}
	}
	return false
}

// generatedClaims reports whether the claims that were made for a pod are not those that they were.
func generatedClaims(old, new *corev1.PodStatus) bool {
	return !equality.Semantic.DeepEqual(old.ResourceClaimStatuses, new.ResourceClaimStatuses)
}
