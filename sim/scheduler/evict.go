package scheduler

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var kindEvict = engine.NewKind("preemption", engine.RankAPI, false).By(rule.Preemption)

// eviction is a preemption on its way: all victims but the last are evicted side by side, then the last. Until its
// DELETE the preemptor is kept out of the queue.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/preemption/executor.go prepareCandidateAsync, PreemptPod.
type eviction struct {
	s       *Scheduler
	e       *entry
	node    string
	victims []*store.Pod // those that are not terminating already
	pending int          // victims that the last one waits for
	last    bool         // the last one's turn has come
}

// evict sends the eviction of victims off, once the preemptor's own status is written.
func (s *Scheduler) evict(e *entry, node string, victims []*Pod, from engine.Time) {
	v := &eviction{s: s, e: e, node: node}
	for _, p := range victims {
		if stored := s.store.Pod(store.Key{Namespace: p.Namespace, Name: p.Name}); stored != nil && stored.Deletion == nil {
			v.victims = append(v.victims, stored)
		}
	}
	if len(v.victims) == 0 {
		return
	}
	e.eviction = v
	v.pending = len(v.victims) - 1
	s.engine.At(from, kindEvict, engine.Func(v.begin))
}

func (v *eviction) begin() {
	v.s.clearLowerNominations(v.e, v.node)
	for _, p := range v.victims[:len(v.victims)-1] {
		v.mark(p)
	}
	if v.pending == 0 {
		v.finish()
	}
}

// finish evicts the last victim.
func (v *eviction) finish() {
	v.last = true
	v.mark(v.victims[len(v.victims)-1])
}

// call runs f when the next request has been answered.
func (v *eviction) call(f func()) {
	s := v.s
	s.engine.At(s.client.Reserve(s.engine.Now())+s.write, kindEvict, engine.Func(f))
}

// mark writes the victim's condition and then deletes it.
func (v *eviction) mark(p *store.Pod) {
	decided := p.Clock(v.s.engine.Now())
	v.call(func() {
		_, err := v.s.store.UpdatePod(p.Key(), string(p.UID), func(q *store.Pod) bool {
			st := *q.Status
			st.Conditions = store.SetCondition(st.Conditions, corev1.PodCondition{
				Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: corev1.PodReasonPreemptionByScheduler,
				Message: v.e.Shape.profile.Name + ": preempting to accommodate a higher priority pod", ObservedGeneration: p.Generation,
			}, decided)
			q.Status = &st
			return true
		})
		if err != nil { // it is gone already
			v.done(p)
			return
		}
		v.call(func() { v.delete(p) })
	})
}

func (v *eviction) delete(p *store.Pod) {
	if v.s.store.DeletePod(p.Key(), string(p.UID), nil) == nil {
		v.s.events.preempted(p, v.e, v.node)
	}
	v.done(p)
}

func (v *eviction) done(p *store.Pod) {
	if p == v.victims[len(v.victims)-1] {
		if v.e.eviction == v {
			v.e.eviction = nil
		}
		return
	}
	if v.pending--; v.pending == 0 {
		v.finish()
	}
}

// running reports whether the preemptor has to be kept out of the queue.
func (v *eviction) running() bool {
	if !v.last {
		return true
	}
	p := v.victims[len(v.victims)-1]
	now := v.s.store.Pod(p.Key())
	return now != nil && now.UID == p.UID && now.Deletion == nil
}

// clearLowerNominations takes the nomination from pods of lower priority that wait for the same node.
func (s *Scheduler) clearLowerNominations(e *entry, node string) {
	for _, p := range s.snap.nominated.byNode[node] {
		if p.Priority >= e.Priority || p.Nominated == "" {
			continue
		}
		key, uid := store.Key{Namespace: p.Namespace, Name: p.Name}, string(p.UID)
		s.engine.At(s.client.Reserve(s.engine.Now())+s.write, kindEvict, engine.Func(func() {
			_, _ = s.store.UpdatePod(key, uid, func(q *store.Pod) bool { // gone or not
				st := *q.Status
				st.NominatedNodeName = ""
				q.Status = &st
				return true
			})
		}))
	}
}
