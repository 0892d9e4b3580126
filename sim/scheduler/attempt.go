package scheduler

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// round tries pod after pod until none is left to try.
func (s *Scheduler) round() {
	now := s.engine.Now()
	s.running = false
	for ; s.head < len(s.arrived) && s.arrived[s.head].timestamp <= now; s.head++ {
		if e := s.arrived[s.head]; e.where == arriving {
			s.queue.add(e, now)
		}
		s.arrived[s.head] = nil
	}
	if s.head == len(s.arrived) {
		s.arrived, s.head = s.arrived[:0], 0
	}
	for s.busy <= now {
		e := s.queue.pop()
		if e == nil {
			s.arm()
			return
		}
		s.attempt(e)
	}
	s.arm()
	s.resume()
}

// resume queues the next round for when the scheduler is free again.
func (s *Scheduler) resume() {
	if !s.resuming {
		s.resuming = true
		s.engine.At(s.busy, kindCycle, engine.Func(func() {
			s.resuming = false
			s.round()
		}))
	}
}

const messageDeleting = "skip schedule deleting pod: "

// attempt runs one cycle for a pod and sets going what follows from it.
//
// Source: k8s v1.36.3 pkg/scheduler/schedule_one.go scheduleOnePod, skipPodSchedule, schedulingCycle.
func (s *Scheduler) attempt(e *entry) {
	s.Attempts++
	e.attempts++
	s.engine.Why = e.why
	if s.OnAttempt != nil {
		s.OnAttempt(&e.Pod)
	}
	if e.stored.Deletion != nil {
		s.engine.Act(rule.Unschedulable)
		s.events.failed(e, e.stored, messageDeleting+e.Namespace+"/"+e.Name)
		return
	}
	s.snap.Update()
	if len(s.snap.order) == 0 {
		s.blocked(e, 0, corev1.PodReasonUnschedulable, MessageNoNodes, nomination{})
		return
	}
	c := &s.cycle
	rejected := c.begin(e.Shape.profile, s.snap, &e.Pod)
	if rejected == 0 {
		if f := s.known(e); f != nil {
			s.start = (s.start + f.next) % len(s.snap.order)
			s.blocked(e, f.plugins, corev1.PodReasonUnschedulable, f.message, nomination{})
			return
		}
		o := c.pick(s.start)
		was := s.start
		s.start = o.next
		if c.fault != "" {
			s.blocked(e, 0, corev1.PodReasonSchedulerError, c.fault, nomination{})
			return
		}
		if o.slot >= 0 {
			s.assume(e, o.slot)
			return
		}
		s.reject(e, c.diagnose(0), (o.next-was+len(s.snap.order))%len(s.snap.order))
		return
	}
	s.reject(e, c.diagnose(rejected), 0)
}

// known is the failure of a sibling since which nothing has changed, or nil.
func (s *Scheduler) known(e *entry) *failure {
	cl := e.Shape.class
	if cl == nil || cl.failed == nil || e.Nominated != "" || !s.cycle.local() || cl.failed.gen != s.snap.gen || cl.snap != s.snap || cl.failed.priority != e.Priority {
		return nil
	}
	return cl.failed
}

// reject ends an attempt that found no node.
func (s *Scheduler) reject(e *entry, d *Diagnosis, advance int) {
	message := e.Shape.profile.FilterMessage(d)
	r := s.cycle.postFilter(d)
	if r.Message != "" {
		message += " " + r.Message
	}
	if r.Deallocate != nil {
		s.deallocateClaim(r.Deallocate)
	}
	n := nomination{keep}
	if r.Override {
		n.node = r.Node
	}
	if cl := e.Shape.class; cl != nil && d.PreFilter == 0 && len(r.Victims) == 0 && e.Nominated == "" && s.cycle.local() {
		cl.failed = &failure{gen: s.snap.gen, priority: e.Priority, message: message, plugins: d.Plugins, next: advance}
	}
	written := s.blocked(e, d.Plugins, corev1.PodReasonUnschedulable, message, n)
	if len(r.Victims) > 0 {
		s.evict(e, r.Node, r.Victims, written)
	}
}

// nomination says what becomes of status.nominatedNodeName.
type nomination struct{ node string }

// keep leaves it as it is.
const keep = "\x00"

// failed takes the pod back into the queue and writes down why: an Event, and the condition if it reads differently.
//
// Source: k8s v1.36.3 pkg/scheduler/schedule_one.go handleSchedulingFailure, updatePod.
//
// It returns when the condition is written.
func (s *Scheduler) failed(e *entry, plugins uint64, reason, message string, n nomination) engine.Time {
	now := s.engine.Now()
	s.queue.fail(e, plugins, now)
	if plugins == 0 && e.where == errorBackoff {
		s.armBackoff(e)
	}
	if node := n.node; node != keep {
		s.snap.Nominate(&e.Pod, node)
	} else {
		s.snap.Nominate(&e.Pod, e.Nominated)
	}
	return s.writeFailure(e, e.stored, reason, message, n)
}

// blocked is failed for an attempt of the scheduling loop, which does nothing else until the condition is written.
func (s *Scheduler) blocked(e *entry, plugins uint64, reason, message string, n nomination) engine.Time {
	s.busy = s.failed(e, plugins, reason, message, n)
	return s.busy
}

func (s *Scheduler) writeFailure(e *entry, p *store.Pod, reason, message string, n nomination) engine.Time {
	s.engine.Act(rule.Unschedulable)
	s.events.failed(e, p, truncate(message))
	renominate := n.node != keep && n.node != p.Status.NominatedNodeName
	if c := store.Condition(p.Status, corev1.PodScheduled); c != nil && c.Status == corev1.ConditionFalse && c.Reason == reason && c.Message == message && !renominate {
		return s.engine.Now()
	}
	cond := corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: reason, Message: message, ObservedGeneration: p.Generation}
	decided := p.Clock(s.engine.Now())
	at := s.client.Reserve(s.engine.Now()) + s.write
	s.engine.At(at, kindPatch, engine.Func(func() {
		// The patch finds the pod or not; nobody waits for the answer.
		_, _ = s.store.UpdatePod(p.Key(), string(p.UID), func(p *store.Pod) bool {
			st := *p.Status
			st.Conditions = store.SetCondition(st.Conditions, cond, decided)
			if renominate {
				st.NominatedNodeName = n.node
			}
			p.Status = &st
			return true
		})
	}))
	return at
}

// noteLimit is the longest text of an Event. Source: k8s v1.36.3 pkg/apis/core/validation/events.go NoteLengthLimit.
const noteLimit = 1024

func truncate(message string) string {
	const suffix = " ..."
	if len(message) <= noteLimit {
		return message
	}
	return message[:noteLimit-len(suffix)] + suffix
}

// assume counts the pod on the node and sends the binding off. The next cycle does not wait for it.
func (s *Scheduler) assume(e *entry, slot int32) {
	name := s.snap.nodes[slot].name
	s.snap.Nominate(&e.Pod, "")
	claims, devices := s.snap.reserveClaims(&e.Pod, slot), s.cycle.reserveDevices(slot)
	s.snap.AddPod(&e.Pod, name)
	e.where = assumed
	(&binding{s: s, e: e, pod: e.stored, node: name, claims: claims, devices: devices}).begin()
}

// binding is the write of one binding, and what comes before it.
type binding struct {
	s      *Scheduler
	e      *entry
	pod    *store.Pod // as it was when the node was chosen
	node   string
	claims []claimChoice // to be bound first
	// devices are the pod's ResourceClaims, to be written first.
	devices []claimedDevices
}

// Fire writes the binding.
//
// Source: k8s v1.36.3 pkg/scheduler/schedule_one.go bindingCycle.
func (b *binding) Fire() {
	if err := b.s.store.Bind(b.pod.Key(), string(b.pod.UID), b.node); err != nil {
		b.fail(fmt.Sprintf("running Bind plugin %q: %v", "DefaultBinder", err))
		return
	}
	b.s.events.scheduled(b.e, b.pod, b.node)
}

// fail frees the node of a pod that was not bound after all. It is tried again after a backoff.
//
// Source: k8s v1.36.3 pkg/scheduler/schedule_one.go handleBindingCycleError.
func (b *binding) fail(message string) {
	s := b.s
	s.snap.unreserveClaims(&b.e.Pod)
	b.releaseDevices()
	if b.e.where == assumed {
		s.dropAssumed(b.e)
	}
	p := s.store.Pod(b.pod.Key())
	switch {
	case p == nil:
		s.writeFailure(b.e, b.pod, corev1.PodReasonSchedulerError, message, nomination{})
	case p.UID != b.pod.UID:
	case p.NodeName != "":
		s.writeFailure(b.e, b.pod, corev1.PodReasonSchedulerError, message, nomination{})
	default:
		s.failed(b.e, 0, corev1.PodReasonSchedulerError, message, nomination{})
		s.run()
	}
}

// armedTimer is a queued look at errorBackoffQ.
type armedTimer struct {
	at    engine.Time
	idle  bool
	timer engine.Timer
}

// armBackoff sees to it that somebody looks when the entry's backoff is over.
func (s *Scheduler) armBackoff(e *entry) {
	at, capped := s.queue.release(e)
	for i := range s.armed {
		if t := &s.armed[i]; t.at == at {
			if t.idle && !capped {
				s.engine.Cancel(t.timer)
				t.idle, t.timer = false, s.engine.At(at, kindBackoff, engine.Func(s.flushErrors))
			}
			return
		}
	}
	kind := kindBackoff
	if capped {
		kind = kindRetry
	}
	s.armed = append(s.armed, armedTimer{at, capped, s.engine.At(at, kind, engine.Func(s.flushErrors))})
}

func (s *Scheduler) flushErrors() {
	now := s.engine.Now()
	keep := s.armed[:0]
	for _, t := range s.armed {
		if t.at > now {
			keep = append(keep, t)
		}
	}
	s.armed = keep
	if s.queue.flushErrors(now) {
		s.run()
	}
}

// arm sees to it that pods do not stay unschedulable for longer than they may.
func (s *Scheduler) arm() {
	if at := s.queue.nextFlush(s.engine.Now()); at < s.flush {
		s.flush = at
		s.engine.At(at, kindFlush, engine.Func(func() {
			s.flush = engine.Never
			s.engine.Why = 0 // the time is all that led to this
			if s.queue.flushUnschedulable(s.engine.Now()) {
				s.run()
			} else {
				s.arm()
			}
		}))
	}
}
