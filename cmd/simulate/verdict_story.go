package main

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/report/story"
	"clustersim/sim"
	"clustersim/sim/scheduler"
)

// A page has the verdicts of the first pods that wait, as long as there are not too many nodes to judge, and names a few nodes
// of each kind.
const (
	mostStoryVerdicts = 200
	mostStoryJudged   = 200_000
	mostStoryNodes    = 20
)

// waitingVerdicts is what the scheduler says of the pods that have no node when the run has ended.
func waitingVerdicts(r *sim.Run) (out []story.Verdict) {
	judged := 0
	for _, o := range r.Objects(model.Pod) {
		p := o.(*corev1.Pod)
		if p.Spec.NodeName != "" || p.Status.Phase != corev1.PodPending || len(out) >= mostStoryVerdicts || judged > mostStoryJudged {
			continue
		}
		v, err := r.Verdict(p.Namespace, p.Name)
		if err != nil || !v.Waits() && v.Queue != "" {
			continue
		}
		judged += len(v.Nodes)
		out = append(out, story.Verdict{Pod: p.Namespace + "/" + p.Name, Queue: standing(v), Message: v.Message, Nominated: v.Nominated, Victims: v.Victims, Groups: verdictGroups(v)})
	}
	return out
}

// verdictGroups puts nodes together of which the same is said.
func verdictGroups(v *scheduler.Outlook) (out []story.VerdictGroup) {
	at := map[string]int{}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		g := story.VerdictGroup{Chosen: v.Chosen != "" && n.Node == v.Chosen}
		if n.Plugin != "" {
			g.Says = append(g.Says, story.Objection{Plugin: n.Plugin, Reasons: strings.Join(n.Reasons, ", ")})
			for _, also := range n.Also {
				g.Says = append(g.Says, story.Objection{Plugin: also.Plugin, Reasons: strings.Join(also.Reasons, ", ")})
			}
		}
		key := fmt.Sprintf("%v %q", g.Chosen, g.Says)
		k, known := at[key]
		if !known {
			k = len(out)
			at[key] = k
			out = append(out, g)
		}
		if len(out[k].Nodes) < mostStoryNodes {
			out[k].Nodes = append(out[k].Nodes, n.Node)
		} else {
			out[k].More++
		}
	}
	return out
}
