package controller

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/admission"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

const (
	replicaWorkers = 5   // concurrent syncs. Source: k8s v1.36.3 pkg/controller/replicaset/config/v1alpha1/defaults.go
	burstReplicas  = 500 // creates or deletes in one sync. Source: k8s v1.36.3 replica_set.go BurstReplicas
)

// replicaSets keeps the pods of ReplicaSets, or of ReplicationControllers, at the number wanted.
//
// A pod counts while it has neither finished nor a deletionTimestamp: one that gets either is replaced at once, and what
// has finished stays behind. The status is that of the pods before the sync acted, so it lags one sync.
//
// Differs: what a sync reads of its pods are running counts, and changes of pods that move none of them queue nothing:
// such a sync would write nothing. There are no expectations, for a write is seen when it is made.
//
// Source: k8s v1.36.3 pkg/controller/replicaset/replica_set.go.
type replicaSets struct {
	env    *Env
	of     replicaKind
	api    *api
	events *record.Recorder
	pods   podControl
	queue  *workQueue[store.Key]

	states     map[types.UID]*replicaState
	namespaces map[string][]*replicaState
}

// replicaState is what the controller knows of one object.
type replicaState struct {
	key     store.Key
	now     replicas // the object as it is
	owners  []metav1.OwnerReference
	tally   tally
	orphans map[store.Key]bool // pods without a controller that the selector matches

	manifest *corev1.Pod // what new pods are made of; kept while the template stays
	blocked  engine.Time // no pods are created or deleted until then
}

// tally counts the pods of a controller.
type tally struct {
	active, labelled, ready int // that the selector matches; labelled have all labels of the template
	terminating             int
	strays                  int // active ones that the selector does not match
}

func (t *tally) add(o tally, sign int) {
	t.active += sign * o.active
	t.labelled += sign * o.labelled
	t.ready += sign * o.ready
	t.terminating += sign * o.terminating
	t.strays += sign * o.strays
}

func newReplicaSets(env *Env) Reconciler { return newReplicaReconciler(env, replicaSetKind) }
func newReplicationControllers(env *Env) Reconciler {
	return newReplicaReconciler(env, replicationControllerKind)
}

func newReplicaReconciler(env *Env, of replicaKind) *replicaSets {
	c := &replicaSets{env: env, of: of, api: env.newAPI(), states: map[types.UID]*replicaState{}, namespaces: map[string][]*replicaState{}}
	c.events = env.newRecorder(of.component, c.api)
	c.pods = podControl{env, c.api, c.events, of.kind}
	c.queue = newWorkQueue(env.Engine, replicaWorkers, c.sync).by(rule.ReplicaSetStatus)
	return c
}

// Start implements Reconciler.
func (c *replicaSets) Start() {
	for _, o := range c.env.Store.List(c.of.kind) {
		c.added(o.API())
	}
}

// Observe implements store.Watcher.
func (c *replicaSets) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.Pod:
		if len(c.states) > 0 {
			c.observePod(ch)
		}
	case c.of.kind:
		c.observeOwner(ch)
	}
}

func (c *replicaSets) observeOwner(ch *store.Change) {
	o := ch.New.API()
	switch ch.Verb {
	case journal.Added:
		c.added(o)
		return
	case journal.Deleted:
		c.removed(o)
		return
	}
	s := c.states[o.GetUID()]
	was := s.now
	s.now = c.of.view(o)
	if was.object.GetGeneration() != o.GetGeneration() {
		if !labels.Equals(was.template.Labels, s.now.template.Labels) || was.selector.String() != s.now.selector.String() {
			c.recount(s)
		}
		if s.manifest != nil && !sameTemplate(was.template, s.now.template) {
			s.manifest = nil
		}
	}
	c.queue.add(s.key)
}

func (c *replicaSets) added(o model.Object) {
	c.env.owned.trackOrphans(c.env.Store)
	s := &replicaState{key: keyOf(o), now: c.of.view(o), owners: []metav1.OwnerReference{newControllerRef(c.of.kind, o)}}
	c.states[o.GetUID()] = s
	c.namespaces[s.key.Namespace] = append(c.namespaces[s.key.Namespace], s)
	c.recount(s)
	c.queue.add(s.key)
}

func (c *replicaSets) removed(o model.Object) {
	s := c.states[o.GetUID()]
	delete(c.states, o.GetUID())
	list := c.namespaces[s.key.Namespace]
	if list = slices.DeleteFunc(list, func(x *replicaState) bool { return x == s }); len(list) == 0 {
		delete(c.namespaces, s.key.Namespace)
	} else {
		c.namespaces[s.key.Namespace] = list
	}
	c.events.Forget(o.GetUID())
	c.queue.forget(s.key)
}

// recount counts the pods anew and looks for orphans.
func (c *replicaSets) recount(s *replicaState) {
	s.tally, s.orphans = tally{}, nil
	uid := s.now.object.GetUID()
	for _, p := range c.env.owned.pods[uid] { // unordered: a sum
		if controllerUID(p.OwnerList()) == uid {
			s.tally.add(s.weigh(p), 1)
		}
	}
	for _, p := range c.env.owned.orphans[s.key.Namespace] { // unordered: a set
		s.noteOrphan(p)
	}
}

// weigh is what a pod adds to the tally of its controller.
func (s *replicaState) weigh(p *store.Pod) (t tally) {
	if podActive(p) {
		if !s.now.selector.Matches(labels.Set(p.LabelSet())) {
			t.strays = 1
			return t
		}
		t.active = 1
		if hasLabels(p.LabelSet(), s.now.template.Labels) {
			t.labelled = 1
		}
		if podReady(p) {
			t.ready = 1
		}
	} else if podTerminating(p) && s.now.selector.Matches(labels.Set(p.LabelSet())) {
		t.terminating = 1
	}
	return t
}

func hasLabels(have, want map[string]string) bool {
	for k, v := range want { // unordered: all must be there
		if w, ok := have[k]; !ok || w != v {
			return false
		}
	}
	return true
}

func (s *replicaState) noteOrphan(p *store.Pod) bool {
	if !podActive(p) || !s.now.selector.Matches(labels.Set(p.LabelSet())) {
		return false
	}
	if s.orphans == nil {
		s.orphans = map[store.Key]bool{}
	}
	s.orphans[p.Key()] = true
	return true
}

func (c *replicaSets) observePod(ch *store.Change) {
	old, p, _ := ch.Pods()
	before, after := types.UID(""), controllerUID(p.OwnerList())
	if old != nil {
		before = controllerUID(old.OwnerList())
	}
	if ch.Verb == journal.Deleted {
		after = ""
	}
	if before != "" && before == after {
		c.podChanged(old, p, after)
		return
	}
	if s := c.states[before]; s != nil {
		s.tally.add(s.weigh(old), -1)
		c.queue.add(s.key)
	}
	if s := c.states[after]; s != nil {
		s.tally.add(s.weigh(p), 1)
		c.queue.add(s.key)
	}
	if after == "" && ch.Verb != journal.Deleted && (old == nil || before != "" || !sameMap(old.LabelSet(), p.LabelSet())) {
		for _, s := range c.namespaces[p.Namespace] {
			if s.noteOrphan(p) {
				c.queue.add(s.key)
			}
		}
	}
}

// podChanged is for a pod whose controller is the same as before.
func (c *replicaSets) podChanged(old, p *store.Pod, uid types.UID) {
	s := c.states[uid]
	if s == nil {
		return
	}
	ready := podReady(p)
	if podActive(old) == podActive(p) && podTerminating(old) == podTerminating(p) && podReady(old) == ready && sameMap(old.LabelSet(), p.LabelSet()) {
		return
	}
	was, is := s.weigh(old), s.weigh(p)
	if was == is {
		return
	}
	s.tally.add(was, -1)
	s.tally.add(is, 1)
	c.queue.add(s.key)
	if ready && s.now.minReady > 0 && !podReady(old) {
		c.queue.addAfter(s.key, engine.Time(s.now.minReady)*second)
	}
}

// sync brings one object's pods to the number wanted and writes its status.
//
// Source: k8s v1.36.3 replica_set.go syncReplicaSet.
func (c *replicaSets) sync(key store.Key, done func(error)) {
	o := c.env.Store.Get(c.of.kind, key)
	if o == nil {
		done(nil)
		return
	}
	s := c.states[o.API().GetUID()]
	v := s.now
	c.claim(s, v, func(err error) {
		if err != nil {
			done(err)
			return
		}
		seen := snapshot{tally: s.tally}
		if v.minReady > 0 || seen.active > v.want {
			seen.pods = c.activePods(s)
		}
		c.manage(s, v, seen, func(err error) { c.updateStatus(s, v, seen, err, done) })
	})
}

// snapshot is what a sync knows of the pods. The list is there only where it is needed.
type snapshot struct {
	tally
	pods []*store.Pod // the active ones, in the order of their creation
	at   engine.Time  // when the status was computed
}

// activePods lists the active pods of an object.
func (c *replicaSets) activePods(s *replicaState) []*store.Pod {
	uid := s.now.object.GetUID()
	return slices.DeleteFunc(c.env.owned.podsOf(uid), func(p *store.Pod) bool {
		return !podActive(p) || controllerUID(p.OwnerList()) != uid || !s.now.selector.Matches(labels.Set(p.LabelSet()))
	})
}

// manage creates what is missing or deletes what is too many.
//
// Source: k8s v1.36.3 replica_set.go manageReplicas.
func (c *replicaSets) manage(s *replicaState, v replicas, seen snapshot, done func(error)) {
	diff := seen.active - v.want
	switch {
	case v.object.GetDeletionTimestamp() != nil || diff == 0 || c.env.Engine.Now() < s.blocked:
		done(nil)
	case diff < 0:
		if s.manifest == nil {
			s.manifest = manifestOf(s.now.template)
		}
		m, id := s.manifest, admission.Identity{Namespace: s.key.Namespace, GenerateName: podPrefix(s.key.Name), Owners: s.owners}
		slowStart(min(-diff, burstReplicas), 1, func(_ int, done func(error)) {
			c.pods.create(v.object, m, id, func(err error) {
				if namespaceTerminating(err) {
					err, s.blocked = nil, c.env.Engine.Now()+expectationsTimeout
				}
				done(err)
			})
		}, func(_ int, err error) { done(err) })
	default:
		victims := c.victims(v, seen.pods, min(diff, burstReplicas))
		together(len(victims), func(i int, done func(error)) {
			c.pods.delete(v.object, victims[i].Key(), func(err error) {
				if isNotFound(err) {
					err = nil
				}
				done(err)
			})
		}, func(_ int, err error) { done(err) })
	}
}

// victims chooses n pods to delete.
//
// Source: k8s v1.36.3 replica_set.go getPodsToDelete, getPodsRankedByRelatedPodsOnSameNode.
func (c *replicaSets) victims(v replicas, pods []*store.Pod, n int) []*store.Pod {
	if n >= len(pods) {
		return pods
	}
	crowd := map[string]int{} // active pods of related objects on each node
	if c.of.kind == model.ReplicaSet {
		if owner := controllerUID(v.object.GetOwnerReferences()); owner != "" {
			for _, r := range c.env.owned.controlledBy(owner, c.of.kind) {
				for _, p := range c.env.owned.pods[r.GetUID()] { // unordered: a sum
					if podActive(p) {
						crowd[p.NodeName]++
					}
				}
			}
		}
	}
	rankVictims(pods, crowd, c.env.Store.Now())
	return pods[:n]
}

// claim adopts orphans that the selector matches and releases pods that it does not match any more.
//
// Source: k8s v1.36.3 pkg/controller/controller_ref_manager.go ClaimPods.
func (c *replicaSets) claim(s *replicaState, v replicas, done func(error)) {
	if v.object.GetDeletionTimestamp() != nil || s.tally.strays == 0 && len(s.orphans) == 0 {
		done(nil)
		return
	}
	uid := v.object.GetUID()
	var patches []claimPatch
	if s.tally.strays > 0 {
		for _, p := range c.env.owned.podsOf(uid) {
			if podActive(p) && controllerUID(p.OwnerList()) == uid && !v.selector.Matches(labels.Set(p.LabelSet())) {
				patches = append(patches, claimPatch{pod: p})
			}
		}
	}
	patches = append(patches, c.adoptable(s, v)...)
	s.orphans = nil
	claimPods(c.api, c.env.Store, s.owners[0], patches, done)
}

// adoptable lists the orphans that are still there, in the order of their creation.
func (c *replicaSets) adoptable(s *replicaState, v replicas) (out []claimPatch) {
	for key := range s.orphans { // unordered: sorted below
		p := c.env.Store.Pod(key)
		if p != nil && podActive(p) && controllerUID(p.OwnerList()) == "" && v.selector.Matches(labels.Set(p.LabelSet())) {
			out = append(out, claimPatch{pod: p, adopt: true})
		}
	}
	slices.SortFunc(out, func(a, b claimPatch) int { return cmp.Compare(a.pod.Index, b.pod.Index) })
	if len(out) > 0 {
		c.api.read() // is the controller still there?
	}
	return out
}
