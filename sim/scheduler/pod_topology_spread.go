package scheduler

import (
	"math"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/sim/config"
)

// PodTopologySpread's reasons.
const (
	ReasonSpread      = "node(s) didn't match pod topology spread constraints"
	ReasonSpreadLabel = ReasonSpread + " (missing required label)"
)

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/podtopologyspread.
// Differs: a pod that default constraints of a List turned down is tried again after every event that may matter.
var podTopologySpread = &Plugin{
	Name:   "PodTopologySpread",
	Points: partPoints,
	Doc: "Turns nodes down on which the pod would make one topology domain have more than maxSkew pods above the least. " +
		"Scores nodes by how few like pods their domains have; pods of a Service or controller are spread over nodes and zones by default.",
	Events:  NodeAdd | NodeDelete | NodeLabel | NodeTaint | PodAdd | PodDelete | PodLabel | PodToleration,
	Compile: compileSpread,
}

func compileSpread(k *Compiler) Part {
	args, list := &k.Args.PodTopologySpread, k.Spec.TopologySpreadConstraints
	sp := &spread{deduced: len(list) == 0}
	sp.system = sp.deduced && args.DefaultingType != config.ListDefaulting
	if sp.deduced {
		list = args.DefaultConstraints
	}
	sp.required = k.requiredMatcher()
	sp.taints = k.tolerationMemo(k.Spec.Tolerations)
	for i := range list {
		c := newConstraint(k, &list[i])
		if sp.deduced {
			c.selector = nil
		}
		if list[i].WhenUnsatisfiable == corev1.DoNotSchedule {
			sp.hard = append(sp.hard, c)
		} else {
			sp.soft = append(sp.soft, c)
		}
	}
	if sp.system {
		sp.soft = systemConstraints()
	}
	part := Part{Wide: true, Begin: sp.begin, Queue: sp.queue}
	if len(sp.hard) > 0 {
		sp.missing = k.Verdict(UnschedulableAndUnresolvable, ReasonSpreadLabel)
		sp.skewed = k.Verdict(Unschedulable, ReasonSpread)
		part.Filter = sp.filter
	}
	if len(sp.soft) > 0 {
		part.PreScore, part.Score, part.Normalize = sp.preScore, sp.score, sp.normalize
	}
	return part
}

// spread is the plugin for one shape of pod.
type spread struct {
	hard, soft      []*constraint
	deduced         bool // the constraints are default ones, their selector is deduced for each pod
	system          bool // and they are the system's, which nodes without their labels need not heed
	required        *nodeMatcher
	taints          *tolerationMemo
	missing, skewed Verdict
	snap            *Snapshot // that the constraints are tied to
	ignored         []bool    // by place among the feasible nodes
	at              int       // the place that Score comes to next
	byZone          counts    // score of nodes without like pods, by zone
}

// constraint is a compiled topologySpreadConstraint.
type constraint struct {
	maxSkew, minDomains int64
	key                 string
	selector            labels.Selector
	namespace           string
	byAffinity          bool // nodes that the pod's node affinity excludes do not count
	byTaints            bool // nor do nodes with taints that it does not tolerate
	self                int64

	pods     *podSelection // nil: counts nothing
	topology *topology
	*eligibleNodes
	counts counts // matching pods by domain, or by slot for soft constraints over nodes
	least  int64
	weight float64
	sized  counts // domains among the feasible nodes
}

func newConstraint(k *Compiler, t *corev1.TopologySpreadConstraint) *constraint {
	c := &constraint{maxSkew: int64(t.MaxSkew), minDomains: 1, key: t.TopologyKey, namespace: k.Namespace, byAffinity: true}
	if t.MinDomains != nil {
		c.minDomains = int64(*t.MinDomains)
	}
	if t.NodeAffinityPolicy != nil {
		c.byAffinity = *t.NodeAffinityPolicy == corev1.NodeInclusionPolicyHonor
	}
	if t.NodeTaintsPolicy != nil {
		c.byTaints = *t.NodeTaintsPolicy == corev1.NodeInclusionPolicyHonor
	}
	sel, err := metav1.LabelSelectorAsSelector(t.LabelSelector)
	if err != nil {
		sel = labels.Nothing()
	}
	c.selector = withLabelKeys(sel, t.MatchLabelKeys, k.Labels)
	if c.selector.Matches(labels.Set(k.Labels)) {
		c.self = 1
	}
	return c
}

// withLabelKeys asks for the pod's own values of some labels too. Keys that the pod lacks are left out.
func withLabelKeys(sel labels.Selector, keys []string, ls map[string]string) labels.Selector {
	own := labels.Set{}
	for _, key := range keys {
		if v, ok := ls[key]; ok {
			own[key] = v
		}
	}
	reqs, ok := sel.Requirements()
	if len(own) == 0 || !ok {
		return sel
	}
	return labels.SelectorFromSet(own).Add(reqs...)
}

// systemConstraints are the defaults of pods without constraints.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/podtopologyspread/plugin.go systemDefaultConstraints.
func systemConstraints() []*constraint {
	return []*constraint{
		{maxSkew: 3, minDomains: 1, key: corev1.LabelHostname, byAffinity: true},
		{maxSkew: 5, minDomains: 1, key: corev1.LabelTopologyZone, byAffinity: true},
	}
}

// tie binds the constraints to a snapshot.
func (sp *spread) tie(s *Snapshot) {
	if sp.snap == s {
		return
	}
	sp.snap = s
	for _, list := range [...][]*constraint{sp.hard, sp.soft} {
		for _, c := range list {
			c.topology, c.eligibleNodes, c.pods = s.topology(c.key), nil, nil
			if c.selector != nil && !c.selector.Empty() { // upstream counts nothing for a selector that matches all
				c.pods = s.selectPods(true, podMatcher{namespaces: []string{c.namespace}, selector: c.selector})
			}
		}
	}
}

func (sp *spread) begin(c *Cycle) (v Verdict, filters, scores bool) {
	sp.tie(c.Snap)
	scores = len(sp.soft) > 0
	if sp.deduced {
		pods := c.Snap.defaultSelectorOf(c.Pod)
		if pods == nil {
			return 0, false, false
		}
		sp.deduce(c, pods)
	}
	for _, con := range sp.hard {
		sp.count(c, con)
	}
	return 0, len(sp.hard) > 0, scores
}

// deduce gives the default constraints the selector of a pod's Services and owner.
func (sp *spread) deduce(c *Cycle, pods *podSelection) {
	for _, con := range sp.soft {
		con.pods = pods
	}
	for _, con := range sp.hard {
		con.pods, con.self = pods, 0
		if pods.matchAll(c.Snap, c.Snap.setOf(c.Pod)) {
			con.self = 1
		}
	}
}

// eligibleNodes are the nodes and domains that count for a hard constraint. Constraints of all shapes share them.
type eligibleNodes struct {
	statics uint64
	node    []bool // by slot
	domains []int32
}

// eligibleKey is all that decides which nodes count.
type eligibleKey struct {
	key, keys string // of the constraint, and of all hard ones of the pod
	required  *nodeMatcher
	taints    *tolerationMemo
}

// maxEligible limits what is remembered. It is dropped when it is full.
const maxEligible = 256

// refresh finds out which nodes and domains count for a hard constraint.
func (sp *spread) refresh(c *Cycle, con *constraint) {
	s := c.Snap
	if con.eligibleNodes != nil && con.statics == s.statics {
		return
	}
	key := eligibleKey{key: con.key}
	for _, o := range sp.hard {
		key.keys += o.key + "\x00"
	}
	if con.byAffinity {
		key.required = sp.required
	}
	if con.byTaints {
		key.taints = sp.taints
	}
	e := s.eligible[key]
	if e == nil {
		if len(s.eligible) >= maxEligible {
			clear(s.eligible)
		}
		e = &eligibleNodes{}
		put(&s.eligible, key, e)
	}
	con.eligibleNodes = e
	if e.statics != s.statics {
		sp.findEligible(c, con, e)
	}
}

func (sp *spread) findEligible(c *Cycle, con *constraint, e *eligibleNodes) {
	s := c.Snap
	e.statics, e.domains = s.statics, e.domains[:0]
	e.node = append(e.node[:0], make([]bool, len(s.rows))...)
	con.sized.reset()
	for slot := range s.rows {
		if !hasAll(sp.hard, int32(slot)) || !sp.included(c, con, int32(slot)) {
			continue
		}
		e.node[slot] = true
		if d := con.topology.of[slot]; !con.sized.has(d) {
			con.sized.add(d, 1)
			e.domains = append(e.domains, d)
		}
	}
}

// hasAll reports whether a node has the labels of all constraints.
func hasAll(list []*constraint, slot int32) bool {
	for _, c := range list {
		if c.topology.of[slot] < 0 {
			return false
		}
	}
	return true
}

// included is upstream's matchNodeInclusionPolicies.
func (sp *spread) included(c *Cycle, con *constraint, slot int32) bool {
	if con.byAffinity && sp.required != nil && !sp.required.matches(c.Snap, slot) {
		return false
	}
	if id := c.Snap.rows[slot].taints; con.byTaints && id != 0 {
		return !sp.taints.of(c.p.dictionary, id).untolerated
	}
	return true
}

// count counts the pods of each domain of a hard constraint and finds the least.
func (sp *spread) count(c *Cycle, con *constraint) {
	sp.refresh(c, con)
	con.counts.reset()
	if con.pods != nil {
		for _, set := range con.pods.pods(c.Snap) {
			for i, slot := range set.slots {
				if con.node[slot] {
					con.counts.add(con.topology.of[slot], int64(set.counts[i]))
				}
			}
		}
	}
	con.least = math.MaxInt32
	for _, d := range con.domains {
		con.least = min(con.least, con.counts.get(d))
	}
	if int64(len(con.domains)) < con.minDomains {
		con.least = 0
	}
}

func (sp *spread) filter(_ *Cycle, n int32) Verdict {
	for _, con := range sp.hard {
		d := con.topology.of[n]
		if d < 0 {
			return sp.missing
		}
		if con.counts.get(d)+con.self-con.least > con.maxSkew {
			return sp.skewed
		}
	}
	return 0
}

// queue says whether an event may change what the hard constraints see.
//
// Source: k8s v1.36.3 podtopologyspread/plugin.go isSchedulableAfterPodChange, isSchedulableAfterNodeChange.
func (sp *spread) queue(ev *Event) bool {
	switch ev.Type {
	case NodeAdd, NodeDelete, NodeLabel, NodeTaint:
		return sp.queueNode(ev)
	case PodToleration:
		for _, con := range sp.hard {
			if ev.Own && con.byTaints {
				return true
			}
		}
		return false
	}
	if sp.deduced {
		return true
	}
	for _, con := range sp.hard {
		matches := func(p *Pod) bool {
			return p != nil && (ev.Own || p.Namespace == con.namespace) && con.selector.Matches(labels.Set(p.Labels))
		}
		if matches(ev.OldPod) != matches(ev.NewPod) {
			return true
		}
	}
	return false
}

func (sp *spread) queueNode(ev *Event) bool {
	has := func(n *corev1.Node) bool {
		for _, con := range sp.hard {
			if _, ok := n.Labels[con.key]; !ok {
				return false
			}
		}
		return true
	}
	switch {
	case ev.OldNode == nil:
		return has(ev.NewNode)
	case ev.NewNode == nil:
		return has(ev.OldNode)
	case has(ev.OldNode) != has(ev.NewNode):
		return true
	case !has(ev.NewNode):
		return false
	}
	for _, con := range sp.hard {
		if ev.OldNode.Labels[con.key] != ev.NewNode.Labels[con.key] {
			return true
		}
	}
	return !equality.Semantic.DeepEqual(ev.OldNode.Spec.Taints, ev.NewNode.Spec.Taints)
}
