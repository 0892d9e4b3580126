package scheduler

import corev1 "k8s.io/api/core/v1"

// Texts of the PostFilter part of a failure.
const (
	messageNoClaims         = "no new claims to deallocate, preemption: "
	messageNotFound         = "not found"
	messageNever            = "not eligible due to preemptionPolicy=Never."
	reasonNoVictims         = "No preemption victims found for incoming pod"
	reasonPreemptionUseless = "Preemption is not helpful for scheduling"
)

// PostFilterResult is what a PostFilter makes of a failure.
type PostFilterResult struct {
	Message string // appended to the text of the failure, "" = nothing
}

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go,
// pkg/scheduler/framework/preemption/preemption.go.
// Differs: victims are not sought yet; a node with pods of lower priority reads as if they did not help.
var defaultPreemption = &Plugin{
	Name:       "DefaultPreemption",
	Doc:        "Looks for a node on which the pod would fit if pods of lower priority were gone.",
	PostFilter: explainPreemption,
}

// explainPreemption says why preemption does not help. The first words come from DynamicResources' PostFilter, which
// speaks first on every cluster, and which has nothing to speak of (and ends everything) if the pod failed in the
// PreFilter of a plugin before it.
func explainPreemption(c *Cycle, d *Diagnosis) PostFilterResult {
	if d.PreFilter != 0 {
		return PostFilterResult{messageNotFound}
	}
	if pp := c.Pod.Spec.PreemptionPolicy; pp != nil && *pp == corev1.PreemptNever {
		return PostFilterResult{messageNoClaims + messageNever}
	}
	var h histogram
	useless := d.Nodes - d.Looked
	none := 0
	for place, v := range d.Judged {
		switch {
		case v == 0:
		case c.p.rejections[v].Code != Unschedulable:
			useless++
		case c.Snap.LowestPriority() >= c.Pod.Priority || c.Snap.lowestOn(c.Snap.order[place]) >= c.Pod.Priority:
			none++
		default:
			for _, r := range c.p.rejections[v].Reasons {
				h.add(r, 1)
			}
		}
	}
	if useless > 0 {
		h.add(reasonPreemptionUseless, useless)
	}
	if none > 0 {
		h.add(reasonNoVictims, none)
	}
	return PostFilterResult{messageNoClaims + available(d.Nodes) + h.String()}
}
