package scheduler

import corev1 "k8s.io/api/core/v1"

// Code is how a plugin turned a node down.
type Code uint8

// The codes. Preemption may help where a node is Unschedulable, never where it is UnschedulableAndUnresolvable.
const (
	Success Code = iota
	Unschedulable
	UnschedulableAndUnresolvable
)

// String is upstream's name of the code.
func (c Code) String() string {
	return [...]string{"Success", "Unschedulable", "UnschedulableAndUnresolvable"}[c]
}

// Verdict is what the filters say of a node: 0 = it passes, else the number of a Rejection of the Profile.
type Verdict int32

// Rejection is one way in which a plugin turns a node (or the whole pod) down.
type Rejection struct {
	Plugin  int // place in the registry
	Code    Code
	Reasons []string
}

// Plugin is one row of the registry: a rule that filters or scores nodes.
type Plugin struct {
	Name string
	Doc  string // what `simulate explain` prints
	// Points are those at which a configuration may enable the plugin. 0 = preFilter, filter, preScore and score.
	Points Points
	// PreEnqueue reports whether a pod may enter the queue at all. nil = it may.
	PreEnqueue func(s *Snapshot, pod *Pod) bool
	// Key tells pods apart that Compile compiles differently although their specs are equal in all that the plugins of
	// the registry read: for plugins that read labels or the namespace, say. nil = there are none.
	Key func(spec *corev1.PodSpec, namespace string, labels map[string]string) string
	// Compile reads from a pod's spec what the plugin needs. It runs once for all pods that are alike. nil = the plugin
	// has nothing to do in a cycle.
	Compile func(k *Compiler) Part
	// Events are those after which a pod that the plugin rejected may fit. Part.Queue says whether it does.
	Events EventType
	// PostFilter is run, in order, when no node is left. See DefaultPreemption.
	PostFilter func(c *Cycle, d *Diagnosis) PostFilterResult
}

func (pl *Plugin) points() Points {
	if pl.Points == 0 {
		return partPoints
	}
	return pl.Points
}

// Part is what one plugin does for one shape of pod. A nil function says that the plugin has nothing to do at that
// point for such pods: upstream's Skip.
type Part struct {
	// Wide parts read more than the pod's shape and the node at hand; what they say is never remembered between cycles.
	Wide bool
	// Reject, if not 0, turns the pod down in PreFilter, before any node is looked at.
	Reject Verdict
	// Nodes, if not nil, are the only nodes to look at (upstream's PreFilterResult).
	Nodes []string
	// Begin of wide parts prepares a cycle: it may reject the pod as upstream's PreFilter, and says whether there is
	// anything to filter and to score in this cycle.
	Begin  func(c *Cycle) (v Verdict, filters, scores bool)
	Filter func(c *Cycle, n int32) Verdict
	// PreScore of wide parts prepares the scoring of the feasible nodes.
	PreScore func(c *Cycle, feasible []int32)
	Score    func(c *Cycle, n int32) int64
	// Normalize maps the raw scores of the feasible nodes to 0..100. nil = Score does so itself.
	Normalize func(c *Cycle, feasible []int32, scores []int64)
	// Queue says whether the event may make a rejected pod of this shape fit. nil = it always may.
	Queue func(ev *Event) bool
	// State is what the plugin's PostFilter has to know. nil = nothing.
	State any
}

// MaxNodeScore is the best normalized score.
const MaxNodeScore = 100

// normalize maps raw scores to 0..100 by their maximum; reverse gives the best to the lowest.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/helper/normalize_score.go DefaultNormalizeScore.
func normalize(scores []int64, reverse bool) {
	top := int64(0)
	for _, s := range scores {
		top = max(top, s)
	}
	for i, s := range scores {
		if top > 0 {
			s = MaxNodeScore * s / top
		}
		switch {
		case !reverse:
		case top > 0:
			s = MaxNodeScore - s
		default:
			s = MaxNodeScore
		}
		scores[i] = s
	}
}
