package scheduler

import (
	"cmp"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
)

// Texts of the PostFilter part of a failure.
const (
	messagePreemption       = "preemption: "
	messageNever            = "not eligible due to preemptionPolicy=Never."
	messageWaits            = "not eligible due to a terminating pod on the nominated node."
	reasonNoVictims         = "No preemption victims found for incoming pod"
	reasonPreemptionUseless = "Preemption is not helpful for scheduling"
)

// PostFilterResult is what a PostFilter makes of a failure.
type PostFilterResult struct {
	Message  string // appended to the text of the failure, "" = nothing
	Stop     bool   // no other PostFilter is asked, and Message is the only one
	Override bool   // the pod's nominated node becomes Node, "" = none; else it stays as it is
	Node     string
	// Deallocate is a claim whose devices are to be given back; nil = none.
	Deallocate *resourcev1.ResourceClaim
	Victims    []*Pod // to be evicted from Node, the most important one first
}

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go,
// pkg/scheduler/framework/preemption/preemption.go.
// Differs: of many nodes the first in order are tried, not those from a random one on; equal candidates give the first.
var defaultPreemption = &Plugin{
	Name:   "DefaultPreemption",
	Points: PointPreEnqueue | PointPostFilter,
	Doc: "Looks for a node on which the pod would fit if pods of lower priority were gone, and evicts as few and as unimportant ones as it can. " +
		"Budgets are kept where possible.",
	PostFilter: preempt,
}

// postFilter asks the PostFilters in order, until one of them finds a node.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/runtime/framework.go RunPostFilterPlugins.
func (c *Cycle) postFilter(d *Diagnosis) (out PostFilterResult) {
	var messages []string
	var claim *resourcev1.ResourceClaim
	for _, i := range c.p.lineup.at(PointPostFilter) {
		if c.p.plugins[i].PostFilter == nil {
			continue
		}
		r := c.p.plugins[i].PostFilter(c, d)
		if r.Stop || r.Node != "" {
			r.Deallocate = claim
			return r
		}
		if r.Deallocate != nil {
			claim = r.Deallocate
		}
		if r.Override {
			out = r
		}
		messages = append(messages, r.Message)
	}
	out.Message, out.Deallocate = strings.Join(messages, ", "), claim
	return out
}

// preempt looks for victims.
func preempt(c *Cycle, d *Diagnosis) PostFilterResult {
	if why := c.notEligible(d); why != "" {
		return PostFilterResult{Message: messagePreemption + why}
	}
	var h histogram
	var candidates []candidate
	if d.PreFilter != 0 {
		h.add(reasonPreemptionUseless, d.Nodes)
	} else {
		candidates = c.dryRun(d, &h)
	}
	if len(candidates) == 0 {
		return PostFilterResult{Message: messagePreemption + available(d.Nodes) + h.String(), Override: true}
	}
	best := pickCandidate(candidates)
	return PostFilterResult{Override: true, Node: c.Snap.nodes[best.slot].name, Victims: best.victims}
}

// notEligible says why the pod may not preempt, "" if it may: it does not want to, or victims that it had are still
// terminating.
func (c *Cycle) notEligible(d *Diagnosis) string {
	if pp := c.Pod.Spec.PreemptionPolicy; pp != nil && *pp == corev1.PreemptNever {
		return messageNever
	}
	slot, ok := c.Snap.byName[c.Pod.Nominated]
	if !ok || c.Snap.nodes[slot].object == nil || d.PreFilter != 0 {
		return ""
	}
	if v := d.Judged[c.Snap.place[slot]]; v == 0 || c.p.rejections[v].Code == UnschedulableAndUnresolvable {
		return ""
	}
	for _, p := range c.Snap.nodes[slot].pods {
		if p.Priority < c.Pod.Priority && p.Terminating && isPreempted(p.Status) {
			return messageWaits
		}
	}
	return ""
}

func isPreempted(st *corev1.PodStatus) bool {
	for i := range st.Conditions {
		if cond := &st.Conditions[i]; cond.Type == corev1.DisruptionTarget {
			return cond.Status == corev1.ConditionTrue && cond.Reason == corev1.PodReasonPreemptionByScheduler
		}
	}
	return false
}

// candidate is a node with the pods that would have to go.
type candidate struct {
	slot       int32
	victims    []*Pod
	violations int // of disruption budgets
}

// Of many nodes on which preemption may help, at least this share, but no fewer than that, are tried, if
// DefaultPreemptionArgs do not say otherwise.
//
// Source: k8s v1.36.3 pkg/scheduler/apis/config/v1/defaults.go SetDefaults_DefaultPreemptionArgs.
const (
	minCandidateNodesPercentage = 10
	minCandidateNodesAbsolute   = 100
)

// dryRun tries the nodes that are merely Unschedulable. It counts in h why the others, and those that did not help, do
// not help.
func (c *Cycle) dryRun(d *Diagnosis, h *histogram) []candidate {
	var keep, violate []candidate
	useless, none, potential := d.Nodes-d.Looked, 0, 0
	for _, v := range d.Judged {
		if v != 0 && c.p.rejections[v].Code == Unschedulable {
			potential++
		} else if v != 0 {
			useless++
		}
	}
	wanted := c.p.candidatesWanted(potential)
	judged := d.Judged
	if c.Snap.LowestPriority() >= c.Pod.Priority {
		judged, none = nil, potential
	}
	for place, v := range judged {
		if v == 0 || c.p.rejections[v].Code != Unschedulable {
			continue
		}
		slot := c.Snap.order[place]
		if c.Snap.lowestOn(slot) >= c.Pod.Priority {
			none++
			continue
		}
		cand, why := c.selectVictims(slot)
		switch {
		case why != 0:
			for _, r := range c.p.rejections[why].Reasons {
				h.add(r, 1)
			}
			continue
		case cand.violations > 0:
			violate = append(violate, cand)
		default:
			keep = append(keep, cand)
		}
		if len(keep) > 0 && len(keep)+len(violate) >= wanted {
			break
		}
	}
	if useless > 0 {
		h.add(reasonPreemptionUseless, useless)
	}
	if none > 0 {
		h.add(reasonNoVictims, none)
	}
	return append(keep, violate...)
}

// candidatesWanted is how many candidates end the search among so many nodes.
//
// Source: k8s v1.36.3 defaultpreemption/default_preemption.go calculateNumCandidates.
func (p *Profile) candidatesWanted(nodes int) int {
	percentage, absolute := minCandidateNodesPercentage, minCandidateNodesAbsolute
	if v := p.Args.DefaultPreemption.MinCandidateNodesPercentage; v != nil {
		percentage = int(*v)
	}
	if v := p.Args.DefaultPreemption.MinCandidateNodesAbsolute; v != nil {
		absolute = int(*v)
	}
	return min(max(nodes*percentage/100, absolute), nodes)
}

// selectVictims finds the pods that have to leave a node: all of lower priority, less those that may stay, the most
// important ones asked first. It returns why the pod would not fit even so.
func (c *Cycle) selectVictims(slot int32) (candidate, Verdict) {
	s, name, ports := c.Snap, c.Snap.nodes[slot].name, slices.Clone(c.Snap.nodes[slot].ports)
	var potential []*Pod
	for _, p := range s.nodes[slot].pods {
		if p.Priority < c.Pod.Priority {
			potential = append(potential, p)
		}
	}
	slices.SortFunc(potential, byImportance)
	s.trials++
	for _, p := range potential {
		s.RemovePod(p)
	}
	c.again()
	cand := candidate{slot: slot}
	why := c.judge(slot)
	violating, others := s.splitByBudget(potential)
	if why == 0 {
		for _, p := range violating {
			if !c.reprieve(p, slot, name, &cand) {
				cand.violations++
			}
		}
		for _, p := range others {
			c.reprieve(p, slot, name, &cand)
		}
	}
	for _, p := range potential {
		if p.slot < 0 {
			s.AddPod(p, name)
		}
	}
	s.trials--
	s.nodes[slot].ports = ports // a pod that came back took ports that were free, as another pod with them had gone
	c.again()
	if len(violating) > 0 && len(others) > 0 {
		slices.SortFunc(cand.victims, byImportance)
	}
	return cand, why
}

// reprieve lets a victim stay if the pod still fits then.
func (c *Cycle) reprieve(p *Pod, slot int32, name string, cand *candidate) bool {
	c.Snap.AddPod(p, name)
	c.again()
	if c.judge(slot) == 0 {
		return true
	}
	c.Snap.RemovePod(p)
	c.again()
	cand.victims = append(cand.victims, p)
	return false
}

// byImportance puts high priority first, then early start. Names decide what upstream leaves to its sort.
//
// Source: k8s v1.36.3 pkg/scheduler/util/utils.go MoreImportantPod.
func byImportance(a, b *Pod) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.started(), b.started()),
		cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

// started is status.startTime in seconds; a pod without one starts later than all others.
func (p *Pod) started() int64 {
	if p.Status == nil || p.Status.StartTime == nil {
		return math.MaxInt64
	}
	return p.Status.StartTime.Unix()
}

// pickCandidate chooses: fewest budget violations, then the lowest highest priority, the smallest sum of priorities, the
// fewest victims, the latest start; then the first.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/preemption/preemption.go pickOneNodeForPreemption.
func pickCandidate(list []candidate) *candidate {
	best := &list[0]
	for i := 1; i < len(list); i++ {
		if o := &list[i]; compareCandidates(o, best) < 0 {
			best = o
		}
	}
	return best
}

func compareCandidates(a, b *candidate) int {
	return cmp.Or(cmp.Compare(a.violations, b.violations), cmp.Compare(a.victims[0].Priority, b.victims[0].Priority),
		cmp.Compare(a.prioritySum(), b.prioritySum()), cmp.Compare(len(a.victims), len(b.victims)),
		cmp.Compare(b.earliestStart(), a.earliestStart()))
}

func (a *candidate) prioritySum() (sum int64) {
	for _, p := range a.victims {
		sum += int64(p.Priority) + math.MaxInt32 + 1
	}
	return sum
}

// earliestStart is the earliest start among the victims of the highest priority.
func (a *candidate) earliestStart() int64 {
	first, top := int64(math.MaxInt64), a.victims[0].Priority
	for _, p := range a.victims {
		if p.Priority == top {
			first = min(first, p.started())
		}
	}
	return first
}
