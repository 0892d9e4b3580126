package story

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	helper "k8s.io/component-helpers/resource"

	"clustersim/report/kubectl"
	"clustersim/report/timeline"
	"clustersim/sim/journal"
)

// podLife is a pod while it is watched.
type podLife struct {
	Pod
	pulling  uint64 // containers whose image is being pulled, by number in Containers
	pulls    int    // in a crowd, where containers have no number: how many
	restarts []int32
	state    timeline.State
	shown    bool // state is counted
	bound    bool // its requests are counted
	status   *corev1.PodStatus
	spec     *corev1.PodSpec
	node     string
	deleting bool
}

// ask is what a pod requests.
type ask struct{ cpu, memory int64 }

func (c *Collector) observePod(r *journal.Record) {
	f := factsOf(r)
	l := c.pods[f.UID]
	if l == nil {
		l = c.newPod(r, &f)
	}
	if r.Verb == journal.Deleted {
		c.gone(l, r.At)
		return
	}
	l.status, l.spec, l.deleting = f.Status, f.Spec, f.Deleting
	if f.NodeName != l.node {
		l.node = f.NodeName
		l.Node = c.nodeID(f.NodeName)
	}
	l.times(r.At)
	if s := condition(f.Status, corev1.PodScheduled); s != nil && s.Status == corev1.ConditionFalse && s.Message != "" {
		l.WhyNot = c.story.Strings.ID(s.Message)
	}
	if l.Containers != nil {
		c.containers(l, c.seen)
	}
	c.show(l, c.seen)
}

func (c *Collector) newPod(r *journal.Record, f *journal.PodFacts) *podLife {
	l := &podLife{Pod: Pod{
		Namespace: f.Namespace, Name: f.Name, UID: string(f.UID), Owner: c.story.Strings.ID(c.ownerOf(f.Owners)), Node: -1,
		Created: r.At, Bound: Never, Initialized: Never, Started: Never, Ready: Never, Finished: Never, Gone: Never,
		CreatedAPI: r.Object.API().GetCreationTimestamp().Time,
	}}
	a, known := c.asks[f.Spec]
	if !known {
		q := helper.PodRequests(&corev1.Pod{Spec: *f.Spec}, helper.PodResourcesOptions{})
		a = ask{q.Cpu().MilliValue(), q.Memory().Value()}
		c.asks[f.Spec] = a
	}
	l.CPU, l.Memory = a.cpu, a.memory
	if len(c.lives) < c.limits.Containers {
		l.Containers = []Lane{}
	}
	c.pods[f.UID] = l
	c.byName[l.FullName()] = l
	c.lives = append(c.lives, l)
	return l
}

// times notes what happens to the pod for the first time.
func (l *podLife) times(at time.Duration) {
	first := func(t *time.Duration, is bool) {
		if *t < 0 && is {
			*t = at
		}
	}
	first(&l.Bound, l.node != "")
	first(&l.Initialized, isTrue(l.status, corev1.PodInitialized))
	first(&l.Started, allStarted(l.spec, l.status))
	first(&l.Ready, isTrue(l.status, corev1.PodReady))
	first(&l.Finished, l.status.Phase == corev1.PodSucceeded || l.status.Phase == corev1.PodFailed)
}

// summary lays the pod together as far as kubectl's row and the lane's state look at it.
func (c *Collector) summary(l *podLife) (*corev1.Pod, kubectl.PodSummary) {
	p := &c.pod
	p.Spec.InitContainers, p.Spec.Containers, p.Spec.RestartPolicy, p.Spec.NodeName = l.spec.InitContainers, l.spec.Containers, l.spec.RestartPolicy, l.node
	p.Status, p.DeletionTimestamp = *l.status, nil
	if l.deleting {
		p.DeletionTimestamp = &metav1.Time{}
	}
	return p, kubectl.Summarize(p)
}

// show brings the pod's own lane, its row and the totals up to date.
func (c *Collector) show(l *podLife, at time.Duration) {
	if l.status == nil || l.Gone >= 0 {
		return
	}
	p, s := c.summary(l)
	state := timeline.StateOf(p, l.pulling != 0 || l.pulls > 0)
	l.Segments = enter(l.Segments, at, state, c.story.Strings.ID(s.Status), c.cause.root)
	l.Restarts = int32(s.Restarts)
	c.row(l, at, Row{s.Ready, s.Total, s.Restarts, s.Status, string(l.status.Phase), isTrue(l.status, corev1.PodReady), s.LastRestart})
	c.count(l, at, state)
}

func (c *Collector) row(l *podLife, at time.Duration, row Row) {
	id, known := c.rows[row]
	if !known {
		id = int32(len(c.story.Rows))
		c.story.Rows = append(c.story.Rows, row)
		c.rows[row] = id
	}
	if n := len(l.Rows); n > 0 && l.Rows[n-1].Row == id {
		return
	}
	l.Rows = append(l.Rows, RowAt{at, id})
}

func (c *Collector) gone(l *podLife, at time.Duration) {
	l.Gone = at
	l.Segments = closed(l.Segments, at)
	for i := range l.Containers {
		l.Containers[i].Segments = closed(l.Containers[i].Segments, at)
	}
	l.Rows = append(l.Rows, RowAt{at, -1})
	c.uncount(l, at)
	delete(c.byName, l.FullName())
	l.status, l.spec = nil, nil
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
func allStarted(spec *corev1.PodSpec, s *corev1.PodStatus) bool {
	list := s.ContainerStatuses
	for i := range list {
		if c := &list[i]; c.State.Running == nil && c.State.Terminated == nil && c.LastTerminationState.Terminated == nil {
			return false
		}
	}
	return len(list) > 0 && len(list) == len(spec.Containers)
}
