package report

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/report/kubectl"
	"clustersim/report/timeline"
	"clustersim/sim/journal"
)

// Never is the time of what has not happened.
const Never time.Duration = -1

// StoryPods is the number of pods up to which a Collector keeps their whole story by default.
const StoryPods = 40

// Collector is a journal.Sink that keeps what the reports of a whole run need: a small struct for each pod and node.
// Set its options before the first record.
type Collector struct {
	// Stories is the number of pods up to which every change is kept as text and lanes; beyond it, Timeline has times
	// and counts alone. Negative: always.
	Stories int
	// Phases keeps each pod's changes of phase and STATUS, for a RunResult.
	Phases bool

	cluster timeline.Cluster
	history *timeline.History
	over    bool // more pods than stories
	pods    []*podLife
	blank   []podLife // room for the next ones
	nodes   map[string]*nodeLife
	order   []*nodeLife
	owner   ownerCache
	scratch corev1.Pod
}

// Transition is a change of phase or STATUS.
type Transition struct {
	At     time.Duration
	Phase  corev1.PodPhase
	Reason string // kubectl's STATUS where it says more than the phase
}

// podLife is what is kept of a pod.
type podLife struct {
	last        journal.Pod // its latest state; nil when it is gone
	namespace   string
	name        string
	uid         types.UID
	owner       string
	node        string
	whyNot      string
	phase       corev1.PodPhase
	status      string // STATUS when it was gone
	restarts    int
	transitions []Transition

	created, scheduled, initialized, started, ready, finished, deleted time.Duration
}

// nodeLife is what is kept of a node.
type nodeLife struct {
	name  string
	gone  bool
	last  *corev1.Node
	ready []Interval
}

// Interval is a stretch of time; To is Never while it lasts.
type Interval struct{ From, To time.Duration }

// NewCollector returns a collector with the default options.
func NewCollector() *Collector { return &Collector{Stories: StoryPods} }

// Record implements journal.Sink. It never fails.
func (c *Collector) Record(r *journal.Record) error {
	if !c.over {
		c.story(r)
	}
	switch o := r.Object.(type) {
	case journal.Pod:
		c.pod(r, o)
	default:
		if o.Kind() == model.Node {
			n := o.API().(*corev1.Node)
			c.cluster.Observe(r.At, r.Verb.String(), n)
			c.node(r, n)
		}
	}
	return nil
}

// story hands the record to the history, as long as the pods are few.
func (c *Collector) story(r *journal.Record) {
	if c.history == nil {
		c.history = &timeline.History{}
	}
	switch k := r.Object.Kind(); {
	case k == model.Pod && r.Verb == journal.Added && c.Stories >= 0 && len(c.pods) >= c.Stories:
		c.history, c.over = nil, true
	case k == model.Pod || k == model.Event || k == model.Node:
		c.history.Observe(r.At, r.Verb.String(), r.Object.API())
	}
}

func (c *Collector) pod(r *journal.Record, o journal.Pod) {
	f := o.Facts()
	for len(c.pods) <= f.Index {
		c.pods = append(c.pods, c.newLife())
	}
	l := c.pods[f.Index]
	if r.Verb == journal.Added {
		l.namespace, l.name, l.uid, l.created, l.owner = f.Namespace, f.Name, f.UID, r.At, c.owner.of(f.Owners)
	}
	if r.Verb == journal.Deleted {
		l.deleted = r.At
		s := c.summary(&f)
		l.phase, l.status, l.restarts, l.last = f.Status.Phase, s.Status, s.Restarts, nil
		return
	}
	l.last = o
	l.times(r.At, &f)
	if c.Phases {
		l.transit(r.At, f.Status.Phase, c.summary(&f).Status)
	}
}

// newLife takes one out of a block, so that none is ever copied.
func (c *Collector) newLife() *podLife {
	if len(c.blank) == 0 {
		c.blank = make([]podLife, min(max(8, len(c.pods)), 256))
	}
	l := &c.blank[0]
	c.blank = c.blank[1:]
	*l = podLife{scheduled: Never, initialized: Never, started: Never, ready: Never, finished: Never, deleted: Never}
	return l
}

// summary is the pod's row in `kubectl get pods`.
func (c *Collector) summary(f *journal.PodFacts) kubectl.PodSummary {
	p := &c.scratch
	p.Spec.InitContainers, p.Spec.Containers = f.Spec.InitContainers, f.Spec.Containers
	p.Status = *f.Status
	p.DeletionTimestamp = nil
	if f.Deleting {
		p.DeletionTimestamp = &metav1.Time{}
	}
	return kubectl.Summarize(p)
}

// times notes what happens to the pod for the first time.
func (l *podLife) times(at time.Duration, f *journal.PodFacts) {
	if l.scheduled < 0 {
		if f.NodeName != "" {
			l.scheduled, l.node = at, f.NodeName
		} else if s := condition(f.Status, corev1.PodScheduled); s != nil && s.Status == corev1.ConditionFalse && s.Message != "" {
			l.whyNot = s.Message
		}
	}
	if l.scheduled < 0 {
		return
	}
	if l.initialized < 0 && isTrue(f.Status, corev1.PodInitialized) {
		l.initialized = at
	}
	if l.started < 0 && allStarted(f) {
		l.started = at
	}
	if l.ready < 0 && isTrue(f.Status, corev1.PodReady) {
		l.ready = at
	}
	if l.finished < 0 && (f.Status.Phase == corev1.PodSucceeded || f.Status.Phase == corev1.PodFailed) {
		l.finished = at
	}
}

func (l *podLife) transit(at time.Duration, phase corev1.PodPhase, status string) {
	if status == string(phase) {
		status = ""
	}
	n := len(l.transitions)
	if n > 0 && l.transitions[n-1].Phase == phase && l.transitions[n-1].Reason == status {
		return
	}
	l.transitions = append(l.transitions, Transition{at, phase, status})
}

func condition(s *corev1.PodStatus, t corev1.PodConditionType) *corev1.PodCondition {
	for i := range s.Conditions {
		if s.Conditions[i].Type == t {
			return &s.Conditions[i]
		}
	}
	return nil
}

func isTrue(s *corev1.PodStatus, t corev1.PodConditionType) bool {
	c := condition(s, t)
	return c != nil && c.Status == corev1.ConditionTrue
}

// allStarted reports whether every app container has run at least once.
func allStarted(f *journal.PodFacts) bool {
	list := f.Status.ContainerStatuses
	for i := range list {
		if s := &list[i]; s.State.Running == nil && s.State.Terminated == nil && s.LastTerminationState.Terminated == nil {
			return false
		}
	}
	return len(list) > 0 && len(list) == len(f.Spec.Containers)
}

// ownerCache names owners; siblings come one after another and share the text.
type ownerCache struct {
	uid  types.UID
	text string
}

func (c *ownerCache) of(refs []metav1.OwnerReference) string {
	for i := range refs {
		r := &refs[i]
		if r.Controller == nil || !*r.Controller || r.Kind == "Node" {
			continue
		}
		if c.uid != r.UID || c.text == "" {
			c.uid, c.text = r.UID, r.Kind+"/"+r.Name
		}
		return c.text
	}
	return ""
}

func (c *Collector) node(r *journal.Record, n *corev1.Node) {
	if c.nodes == nil {
		c.nodes = map[string]*nodeLife{}
	}
	l := c.nodes[n.Name]
	if l == nil {
		l = &nodeLife{name: n.Name}
		c.nodes[n.Name] = l
		c.order = append(c.order, l)
	}
	l.last, l.gone = n, r.Verb == journal.Deleted
	ready := false
	for i := range n.Status.Conditions {
		if t := &n.Status.Conditions[i]; t.Type == corev1.NodeReady {
			ready = t.Status == corev1.ConditionTrue && !l.gone
		}
	}
	open := len(l.ready) > 0 && l.ready[len(l.ready)-1].To == Never
	switch {
	case ready && !open:
		l.ready = append(l.ready, Interval{r.At, Never})
	case !ready && open:
		l.ready[len(l.ready)-1].To = r.At
	}
}
