package scheduler

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// observePod sorts the changes of a pod. Pods that are done do not exist for the scheduler.
//
// Source: k8s v1.36.3 pkg/scheduler/eventhandlers.go addPod, updatePod, deletePod.
func (s *Scheduler) observePod(verb journal.Verb, old, p *store.Pod) {
	gone := verb == journal.Deleted || p.Terminal()
	e := s.entryOf(p)
	switch {
	case e == nil:
		if !gone {
			s.addPod(p)
		}
	case gone:
		s.removePod(e, p)
	case e.stored.NodeName != "":
		s.updateBound(e, p)
	case p.NodeName != "":
		s.confirm(e, p)
	default:
		s.updateWaiting(e, p)
	}
}

func (s *Scheduler) entryOf(p *store.Pod) *entry {
	if int64(p.Index) < int64(len(s.pods)) {
		return s.pods[p.Index]
	}
	return nil
}

// addPod takes in a pod that was not known.
func (s *Scheduler) addPod(p *store.Pod) {
	if p.Terminal() || p.NodeName == "" && s.profileOf(p) == nil {
		return
	}
	e := &entry{why: s.engine.Why}
	e.slot = -1
	s.see(e, p)
	for int64(len(s.pods)) <= int64(p.Index) {
		s.pods = append(s.pods, nil)
	}
	s.pods[p.Index] = e
	if p.NodeName != "" {
		e.where = bound
		s.snap.AddPod(&e.Pod, p.NodeName)
		s.offerAdded(e)
		return
	}
	e.where = arriving
	if e.Nominated != "" && len(e.Spec.SchedulingGates) == 0 {
		s.snap.Nominate(&e.Pod, e.Nominated)
	}
	s.arrived = append(s.arrived, e)
	if at := s.engine.Now() + s.delay; s.delay == 0 {
		s.run()
	} else if n := len(s.arrived); n-1 == s.head || s.arrived[n-2].timestamp != at {
		s.engine.At(at, kindCycle, engine.Func(s.round))
		e.timestamp = at
	} else {
		e.timestamp = at
	}
}

// see brings an entry up to date with the stored pod.
func (s *Scheduler) see(e *entry, p *store.Pod) {
	e.stored = p
	e.Namespace, e.Name, e.UID, e.Labels, e.Spec = p.Namespace, p.Name, p.UID, p.LabelSet(), p.Spec()
	e.Priority = 0
	if e.Spec.Priority != nil {
		e.Priority = *e.Spec.Priority
	}
	e.Owner, e.set = ownerOf(p), nil
	e.Nominated, e.Terminating, e.Status = p.Status.NominatedNodeName, p.Deletion != nil, p.Status
	profile := s.profileOf(p)
	if profile == nil {
		profile = s.profiles[0] // it counts, and that is all
	}
	e.Shape = profile.compileTemplate(p.Template, p.Namespace, p.Labels)
}

func ownerOf(p *store.Pod) *metav1.OwnerReference {
	owners := p.Owners
	if owners == nil {
		owners = p.Template.OwnerReferences
	}
	for i := range owners {
		if c := owners[i].Controller; c != nil && *c {
			return &owners[i]
		}
	}
	return nil
}

// sameSpec reports whether nothing changed that plugins read: neither template nor labels.
func sameSpec(a, b *store.Pod) bool {
	return a.Template == b.Template && (a.Labels == nil && b.Labels == nil || maps.Equal(a.LabelSet(), b.LabelSet()))
}

// updateBound is upstream's updateAssignedPodInCache.
func (s *Scheduler) updateBound(e *entry, p *store.Pod) {
	if sameSpec(e.stored, p) && e.Terminating == (p.Deletion != nil) {
		e.stored, e.Status = p, p.Status
		s.snap.touch(e.slot)
		if s.hears(PodUpdate) {
			s.offer(&Event{Type: PodUpdate, OldPod: &e.Pod, NewPod: &e.Pod})
		}
		return
	}
	old := e.Pod
	s.snap.RemovePod(&e.Pod)
	s.see(e, p)
	s.snap.AddPod(&e.Pod, p.NodeName)
	for _, t := range podEvents(&old, &e.Pod) {
		s.offer(&Event{Type: t, OldPod: &old, NewPod: &e.Pod})
	}
}

// confirm takes in that the store says where a pod is: our own binding, or somebody else's.
func (s *Scheduler) confirm(e *entry, p *store.Pod) {
	s.queue.remove(e)
	if e.slot < 0 || s.snap.NodeOf(&e.Pod) != p.NodeName || e.stored.Template != p.Template {
		s.snap.RemovePod(&e.Pod)
		s.see(e, p)
		s.snap.AddPod(&e.Pod, p.NodeName)
	} else {
		if p.Labels != nil && !maps.Equal(e.Labels, p.Labels) {
			s.snap.Relabel(&e.Pod, p.Labels)
		}
		e.stored, e.Status, e.Nominated = p, p.Status, ""
		s.snap.touch(e.slot)
	}
	s.snap.Nominate(&e.Pod, "")
	e.where = bound
	s.offerAdded(e)
}

// updateWaiting takes in a change of a pod without a node.
func (s *Scheduler) updateWaiting(e *entry, p *store.Pod) {
	if e.where == assumed {
		started := p.Deletion != nil && e.stored.Deletion == nil
		e.stored = p
		if started {
			s.dropAssumed(e)
		}
		return
	}
	if e.where == nowhere { // it was skipped: as upstream, any update brings it back
		s.see(e, p)
		e.why = s.engine.Why
		s.queue.add(e, s.engine.Now())
		s.run()
		return
	}
	old := e.Pod
	if was := e.Nominated; was != p.Status.NominatedNodeName {
		e.Nominated = p.Status.NominatedNodeName
		s.snap.Nominate(&e.Pod, e.Nominated)
		if was != "" { // to others it is as if the pod had left the node
			s.offerTo(&Event{Type: PodDelete, OldPod: &old}, e.Priority)
		}
	}
	if sameSpec(e.stored, p) {
		e.stored, e.Terminating, e.Status = p, p.Deletion != nil, p.Status
		if generatedClaims(old.Status, p.Status) && s.queue.own(e, &Event{Type: PodGeneratedClaims, OldPod: &old, NewPod: &e.Pod, Own: true}, s.engine.Now()) {
			s.run()
		}
		return
	}
	s.see(e, p)
	if e.where == active && old.Priority != e.Priority {
		s.queue.activate(e)
	}
	for _, t := range podEvents(&old, &e.Pod) {
		if s.queue.own(e, &Event{Type: t, OldPod: &old, NewPod: &e.Pod, Own: true}, s.engine.Now()) {
			s.run()
			break
		}
	}
}

// removePod takes in that a pod was deleted or is done.
func (s *Scheduler) removePod(e *entry, p *store.Pod) {
	s.pods[p.Index] = nil
	wasAssumed := e.where == assumed
	onNode := e.slot >= 0
	s.queue.remove(e)
	e.stored = p
	s.snap.Nominate(&e.Pod, "")
	if !onNode {
		if p.NodeName == "" && e.Nominated != "" {
			s.offerTo(&Event{Type: PodDelete, OldPod: &e.Pod}, e.Priority)
		}
		return
	}
	s.snap.RemovePod(&e.Pod)
	if wasAssumed {
		s.volumesChanged()
	}
	if wasAssumed || p.NodeName != "" {
		s.offerRemoved(e)
	}
}

// dropAssumed frees the node of a pod whose deletion began before its binding was written. The binding is refused
// when it comes.
func (s *Scheduler) dropAssumed(e *entry) {
	s.snap.RemovePod(&e.Pod)
	s.snap.unreserveClaims(&e.Pod)
	e.where = nowhere
	s.offerRemoved(e)
}
