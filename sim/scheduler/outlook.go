package scheduler

import (
	"slices"
	"strings"

	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// Outlook is how a pod stands with the scheduler at an instant: where it waits, and what a cycle would find if it ran now.
type Outlook struct {
	// Queue says where the pod is: "arriving", "gated", "active", "backoff", "error backoff", "unschedulable", "binding",
	// "bound", "skipped" (it is being deleted), or "" if no profile takes its schedulerName.
	Queue     string
	Attempts  int         // cycles that it has had
	Since     engine.Time // of the first add (in future while arriving) or the last failure, from the start of the run
	BackoffTo engine.Time // end of the backoff; 0 = there is none
	Rejectors []string    // plugins that turned it down at the last attempt, sorted; empty before and after a success
	WakesOn   []string    // events that those plugins want to hear of, in upstream's words

	// Result is what a cycle would find now. Nodes has every node: for one that is turned down, the plugin that does so
	// and in Also those that would too; for the others the weighted scores. Chosen is what the scheduler itself would take.
	// Message has what preemption says. It is empty for pods that have a node, and for those that no profile takes.
	Result
	Nominated string   // the node on which preemption would make room; "" = none
	Victims   []string // namespace/name of the pods that would go, the most important one first
}

var queueNames = [...]string{"skipped", "arriving", "gated", "active", "backoff", "error backoff", "unschedulable", "binding", "bound"}

// Outlook says how a stored pod stands. It changes nothing that decisions depend on.
func (s *Scheduler) Outlook(p *store.Pod) *Outlook {
	o := &Outlook{}
	e := s.entryOf(p)
	if e == nil {
		return o
	}
	o.Queue, o.Attempts, o.Since, o.BackoffTo = queueNames[e.where], int(e.attempts), e.timestamp, max(e.expiry, 0)
	if e.where == assumed || e.where == bound {
		return o
	}
	o.Rejectors = e.Shape.profile.namesOf(e.rejectors)
	for i, events := range s.queue.registered {
		if e.rejectors>>i&1 != 0 {
			o.WakesOn = append(o.WakesOn, events.names()...)
		}
	}
	slices.Sort(o.WakesOn)
	o.WakesOn = slices.Compact(o.WakesOn)
	o.Pod = e.Namespace + "/" + e.Name
	switch {
	case e.where == gated && len(e.Spec.SchedulingGates) > 0:
		o.Message = MessageGated
		return o
	case e.where == gated:
		if _, err := s.snap.resourceClaims(&e.Pod); err != nil {
			o.Message = err.Error()
		}
		return o
	case e.stored.Deletion != nil:
		o.Message = messageDeleting + o.Pod
		return o
	}
	s.snap.peek(func() { o.look(&e.Pod, s.snap, s.start) })
	return o
}

// look runs a cycle that has no consequences.
func (o *Outlook) look(pod *Pod, s *Snapshot, start int) {
	p := pod.Shape.profile
	o.Result = p.Schedule(pod, s, Options{AllNodes: true, Exhaustive: true})
	if o.Chosen != "" {
		real := p.Schedule(pod, s, Options{Start: start, Brief: true})
		o.Chosen, o.Total = real.Chosen, 0
		for i := range o.Nodes {
			if n := &o.Nodes[i]; n.Node == o.Chosen {
				o.Total = n.Total
			}
		}
		return
	}
	if len(s.order) == 0 {
		return
	}
	c := &Cycle{}
	d := c.diagnose(c.begin(p, s, pod))
	r := c.postFilter(d)
	o.Message = strings.TrimSpace(p.FilterMessage(d) + " " + r.Message)
	o.Nominated = r.Node
	for _, v := range r.Victims {
		o.Victims = append(o.Victims, v.Namespace+"/"+v.Name)
	}
}

// Waits reports whether the scheduler still has to find a node for the pod.
func (o *Outlook) Waits() bool { return o.Queue != "" && o.Queue != "binding" && o.Queue != "bound" }

// peek takes a snapshot, runs f on it, and forgets that it was taken: what happened since the last one is news again.
func (s *Snapshot) peek(f func()) {
	cycle, stale, touched := s.cycle, s.stale, slices.Clone(s.touched)
	seen := make([]uint32, len(touched))
	for i, slot := range touched {
		seen[i] = s.nodes[slot].seen
	}
	order, place := slices.Clone(s.order), slices.Clone(s.place)
	s.Update()
	f()
	s.cycle, s.touched = cycle, append(s.touched[:0], touched...)
	for i, slot := range touched {
		s.nodes[slot].touched, s.nodes[slot].seen = true, seen[i]
	}
	if stale {
		s.stale, s.order, s.place = true, order, place
		s.lists++
	}
}

// objections are all rejections of a node, where judge stops at the first.
func (c *Cycle) objections(n int32) (out []Verdict) {
	for _, list := range [...][]boundFilter{c.Pod.Shape.local, c.Pod.Shape.rest} {
		for i := range list {
			if f := &list[i]; c.skip>>f.plugin&1 == 0 {
				if v := f.fn(c, n); v != 0 {
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// exhaust fills in NodeResult.Also.
func (c *Cycle) exhaust(slot int32, first Verdict) (out []Objection) {
	for _, v := range c.objections(slot) {
		if r := &c.p.rejections[v]; r.Plugin != c.p.rejections[first].Plugin {
			out = append(out, Objection{c.p.plugins[r.Plugin].Name, r.Code.String(), r.Reasons})
		}
	}
	return out
}
