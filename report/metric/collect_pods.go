package metric

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/journal"
)

// never is the time of what has not happened.
const never time.Duration = -1

// podState is what is known of a pod.
type podState struct {
	of                    *Object
	created, bound, ready time.Duration // bound and ready for the first time
	workload              *workload
	restarts              int32
	pending, unschedulable, readyNow,
	counts, // ready for its workload
	targeted, over bool // over: finished or gone
	onNode *nodeState
	asked  amounts
}

func (c *Collector) pod(r *journal.Record, f journal.PodFacts) {
	for len(c.pods) <= f.Index {
		c.pods = append(c.pods, podState{bound: never, ready: never})
	}
	p := &c.pods[f.Index]
	if p.of == nil {
		p.of = &Object{Kind: "Pod", Namespace: f.Namespace, Name: f.Name, Labels: f.Labels}
		p.created = r.At
		c.byUID[f.UID] = f.Index
		p.workload, p.of.Owner = c.workloadOf(r.At, f)
	}
	gone := r.Verb == journal.Deleted
	st := f.Status
	finished := st.Phase == corev1.PodSucceeded || st.Phase == corev1.PodFailed
	isReady := !gone && isTrue(st, corev1.PodReady)
	c.times(r.At, p, f.NodeName, isReady)
	p.over = gone || finished
	c.toggle(mPending, r.At, &p.pending, !gone && st.Phase == corev1.PodPending, p.of)
	c.toggle(mUnschedulable, r.At, &p.unschedulable, !gone && f.NodeName == "" && !finished && unschedulable(st), p.of)
	c.toggle(mReady, r.At, &p.readyNow, isReady, p.of)
	c.counters(r.At, p, st)
	c.request(r.At, p, f, p.over)
	c.replica(r.At, p, isReady && !f.Deleting, f.Deleting)
}

// times notes what happens for the first time.
func (c *Collector) times(at time.Duration, p *podState, node string, ready bool) {
	if p.bound < 0 && node != "" {
		p.bound, p.of.Node = at, node
		c.add(mWait, at, (at - p.created).Seconds(), p.of)
	}
	if p.ready < 0 && ready {
		p.ready = at
		c.add(mTimeToReady, at, (at - p.created).Seconds(), p.of)
		if p.bound >= 0 {
			c.add(mStartup, at, (at - p.bound).Seconds(), p.of)
		}
	}
}

// toggle counts a pod in or out of a level.
func (c *Collector) toggle(m *Metric, at time.Duration, was *bool, is bool, of *Object) {
	switch {
	case is && !*was:
		c.add(m, at, 1, of)
	case !is && *was:
		c.add(m, at, -1, of)
	}
	*was = is
}

// counters looks for restarts and for the pod having become the target of a disruption.
func (c *Collector) counters(at time.Duration, p *podState, st *corev1.PodStatus) {
	var n int32
	for _, list := range [...][]corev1.ContainerStatus{st.InitContainerStatuses, st.ContainerStatuses} {
		for i := range list {
			n += list[i].RestartCount
		}
	}
	if n > p.restarts {
		c.add(mRestarts, at, float64(n-p.restarts), p.of)
	}
	p.restarts = n
	d := condition(st, corev1.DisruptionTarget)
	is := d != nil && d.Status == corev1.ConditionTrue
	if is && !p.targeted {
		if d.Reason == corev1.PodReasonPreemptionByScheduler {
			c.add(mPreemptions, at, 1, p.of)
		} else {
			of := *p.of
			of.Reason = d.Reason
			c.add(mEvictions, at, 1, &of)
		}
	}
	p.targeted = is
}

// closePods adds what pods still wait for.
func (c *Collector) closePods(r *run) {
	for i := range c.pods {
		p := &c.pods[i]
		if p.of == nil || p.over {
			continue
		}
		if p.bound < 0 {
			r.add(mWait, (r.end - p.created).Seconds(), p.of, true)
		}
		if p.ready < 0 {
			r.add(mTimeToReady, (r.end - p.created).Seconds(), p.of, true)
			if p.bound >= 0 {
				r.add(mStartup, (r.end - p.bound).Seconds(), p.of, true)
			}
		}
	}
}

// event looks for the ends of pulls. The kubelet's message is `Successfully pulled image "I" in D (D including waiting). ...`.
func (c *Collector) event(r *journal.Record, f journal.EventFacts) {
	if f.Reason != "Pulled" || r.Verb == journal.Deleted {
		return
	}
	_, rest, ok := strings.Cut(f.Message, `Successfully pulled image "`)
	image, rest, ok2 := strings.Cut(rest, `" in `)
	_, rest, ok3 := strings.Cut(rest, " (")
	text, _, ok4 := strings.Cut(rest, " including waiting)")
	i, known := c.byUID[f.UID]
	took, err := time.ParseDuration(text)
	if !ok || !ok2 || !ok3 || !ok4 || !known || err != nil {
		return
	}
	of := *c.pods[i].of
	of.Image = image
	c.add(mPull, r.At, took.Seconds(), &of)
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

func unschedulable(s *corev1.PodStatus) bool {
	c := condition(s, corev1.PodScheduled)
	return c != nil && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable
}
