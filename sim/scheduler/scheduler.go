package scheduler

import (
	corev1 "k8s.io/api/core/v1"

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

// UseReference has every profile judge every node anew in each cycle. See Profile.Reference.
func (s *Scheduler) UseReference() {
	for _, p := range s.profiles {
		p.Reference = true
	}
}

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
