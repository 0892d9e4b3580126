package scheduler

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var (
	kindCycle = engine.NewKind("scheduling cycle", engine.RankScheduler, false)
	kindBind  = engine.NewKind("binding", engine.RankAPI, false).By(rule.Scheduled)
	kindPatch = engine.NewKind("scheduler status write", engine.RankAPI, false).By(rule.Unschedulable)
	// Retries at the cap of their backoff go on for as long as nothing changes; they do not keep a run from settling.
	kindBackoff = engine.NewKind("scheduler backoff", engine.RankTimer, false)
	kindRetry   = engine.NewKind("scheduler retry", engine.RankTimer, true)
	kindFlush   = engine.NewKind("scheduler flush", engine.RankTimer, true)
)

// Scheduler is one run's kube-scheduler. Use New.
type Scheduler struct {
	engine   *engine.Engine
	store    *store.Store
	profiles []*Profile
	snap     *Snapshot
	queue    *queue
	cycle    Cycle
	events   *recorder
	client   *store.Client
	write    engine.Time // a write takes
	delay    engine.Time // until a new pod is seen

	pods     []*entry // by store.Pod.Index
	start    int      // where the next cycle starts in the order of nodes
	arrived  []*entry // new pods not yet seen, in order; those before head were
	head     int
	running  bool         // a round of cycles is queued for this instant
	busy     engine.Time  // until when the loop waits for a status write
	resuming bool         // a round is queued for then
	armed    []armedTimer // of backoffs
	flush    engine.Time  // when the armed flush runs; Never = none

	volumeWaits []*volumeWait // pods that wait for their volumes, in order

	// Attempts counts cycles, for results.
	Attempts uint64
	// OnAttempt, if set, is told of each cycle before it runs, for comparisons with other schedulers.
	OnAttempt func(*Pod)
}

// New returns a scheduler that watches the store from now on, with out-of-tree plugins beside the ones of the registry.
// Call Sync for what is there already. The profiles must be such as CheckProfile lets pass.
func New(e *engine.Engine, s *store.Store, cfg config.Scheduler, lat config.Latency, more ...Registered) *Scheduler {
	profiles := newProfiles(cfg, more)
	sc := &Scheduler{
		engine: e, store: s, profiles: profiles, snap: profiles[0].NewSnapshot(), flush: engine.Never,
		queue:  newQueue(profiles[0], nil, cfg.PodInitialBackoff, cfg.PodMaxBackoff, cfg.MaxInUnschedulable, engine.Time(s.Clock(0).Nanosecond())),
		client: store.NewClient(cfg.Client), write: lat.APIWrite, delay: max(lat.Bind-lat.APIWrite, 0),
	}
	sc.queue.snap, sc.queue.why = sc.snap, &e.Why
	sc.events = newRecorder(e, s, store.NewClient(cfg.Client), lat.APIWrite)
	s.Watch(sc)
	return sc
}

// Profile is the scheduler's first profile, for reports and tests.
func (s *Scheduler) Profile() *Profile { return s.profiles[0] }

// profileOf is the profile that a pod asks for, or nil.
func (s *Scheduler) profileOf(p *store.Pod) *Profile {
	return profileNamed(s.profiles, p.Spec().SchedulerName)
}

// Sync takes in the nodes and pods that the store holds and that were not seen yet, as the first list of the informers
// does: nodes before pods, each sorted by name.
func (s *Scheduler) Sync() {
	for _, kind := range [...]string{"Namespace", "Service", "ReplicationController", "ReplicaSet", "StatefulSet", "PodDisruptionBudget",
		"StorageClass", "PersistentVolume", "PersistentVolumeClaim", "CSINode", "CSIDriver", "CSIStorageCapacity", "VolumeAttachment", "DeviceClass", "ResourceSlice", "ResourceClaim"} {
		for _, o := range s.store.List(model.FindKind(kind)) {
			s.snap.SetObject(o.API())
		}
	}
	for _, o := range s.store.List(model.Node) {
		if n := store.AsNode(o); s.snap.Node(n.Name) == nil {
			s.addNode(n)
		}
	}
	for _, o := range s.store.List(model.Pod) {
		if p := o.(*store.Pod); s.entryOf(p) == nil {
			s.addPod(p)
		}
	}
}

// Observe takes a change in. It implements store.Watcher.
func (s *Scheduler) Observe(c *store.Change) {
	if old, p, ok := c.Pods(); ok {
		s.observePod(c.Verb, old, p)
		return
	}
	switch c.Kind().Name {
	case "Node":
		s.observeNode(c.Verb, store.AsNode(c.Old), store.AsNode(c.New))
	case "Namespace", "Service", "ReplicationController", "ReplicaSet", "StatefulSet", "PodDisruptionBudget":
		if c.Verb == journal.Deleted {
			s.snap.RemoveObject(c.New.API())
		} else {
			s.snap.SetObject(c.New.API())
		}
	default:
		if types, ok := storageEvents[c.Kind().Name]; ok {
			s.observeStorage(c, types)
		}
	}
}

// observeStorage takes in a change of an object of the kinds of storage, and offers it to the pods that wait.
func (s *Scheduler) observeStorage(c *store.Change, types [3]EventType) {
	ev := &Event{}
	switch c.Verb {
	case journal.Added:
		ev.Type, ev.NewObject = types[0], c.New.API()
	case journal.Modified:
		ev.Type, ev.OldObject, ev.NewObject = types[1], c.Old.API(), c.New.API()
	case journal.Deleted:
		ev.Type, ev.OldObject = types[2], c.New.API()
	}
	if ev.NewObject != nil {
		s.snap.SetObject(ev.NewObject)
	} else {
		s.snap.RemoveObject(ev.OldObject)
	}
	s.volumesChanged()
	if s.hears(ev.Type) {
		s.offer(ev)
	}
}

// observeNode is upstream's addNodeToCache, updateNodeInCache and deleteNodeFromCache.
func (s *Scheduler) observeNode(verb journal.Verb, old, n *corev1.Node) {
	switch verb {
	case journal.Added:
		s.addNode(n)
	case journal.Modified:
		s.snap.SetNode(n)
		if s.queue.wanted == 0 {
			return
		}
		for _, t := range nodeEvents(old, n) {
			s.offer(&Event{Type: t, OldNode: old, NewNode: n})
		}
	case journal.Deleted:
		if s.hears(NodeDelete) {
			s.offer(&Event{Type: NodeDelete, OldNode: n})
		}
		s.snap.RemoveNode(n.Name)
		s.volumesChanged()
	}
}

func (s *Scheduler) addNode(n *corev1.Node) {
	s.snap.SetNode(n)
	if s.hears(NodeAdd) {
		s.offer(&Event{Type: NodeAdd, NewNode: n})
	}
}

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

func (s *Scheduler) offerAdded(e *entry) {
	if s.hears(PodAdd) {
		s.offer(&Event{Type: PodAdd, NewPod: &e.Pod})
	}
}

func (s *Scheduler) offerRemoved(e *entry) {
	if s.hears(PodDelete) {
		s.offer(&Event{Type: PodDelete, OldPod: &e.Pod})
	}
}

// hears reports whether any unschedulable pod waits for such events.
func (s *Scheduler) hears(t EventType) bool { return s.queue.wanted&t != 0 }

// offer shows an event to the unschedulable pods.
func (s *Scheduler) offer(ev *Event) {
	if s.queue.move(ev, s.engine.Now(), nil) {
		s.run()
	}
}

// offerTo shows an event to those of at most a priority.
func (s *Scheduler) offerTo(ev *Event, priority int32) {
	if s.queue.move(ev, s.engine.Now(), func(e *entry) bool { return e.Priority <= priority }) {
		s.run()
	}
}

// run queues a round of cycles for this instant, once what else happens in it is done.
func (s *Scheduler) run() {
	if !s.running && !s.resuming {
		s.running = true
		s.engine.After(0, kindCycle, engine.Func(s.round))
	}
}
