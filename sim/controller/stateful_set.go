package controller

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// statefulWorkers is the number of concurrent syncs.
// Source: k8s v1.36.3 pkg/controller/statefulset/config/v1alpha1/defaults.go.
const statefulWorkers = 5

var statefulSetKind = model.FindKind("StatefulSet")

// statefulSets keeps the pods of StatefulSets: one for each ordinal, created in order and deleted in the opposite order,
// each step only when the pods before it are running, ready and available (or all at once, with Parallel). A pod is
// never replaced while its object is there, wherever its node may be.
//
// The status counts the pods as a sync found them, so it lags one sync.
//
// Differs: changes of pods of which no decision depends queue nothing.
//
// Source: k8s v1.36.3 pkg/controller/statefulset/stateful_set.go, stateful_set_control.go.
type statefulSets struct {
	env     *Env
	api     *api
	events  *record.Recorder
	queue   *workQueue[store.Key]
	history history

	states map[types.UID]*statefulState
	byKey  map[store.Key]*statefulState
}

// statefulState is what the controller knows of one set.
type statefulState struct {
	key      store.Key
	set      *appsv1.StatefulSet
	selector labels.Selector
	owners   []metav1.OwnerReference
	pods     map[int]*store.Pod // its pods by ordinal
	ready    int                // of them, running and ready
	living   map[string]int     // of them, not being deleted, by revision
	strays   map[store.Key]bool // pods that it owns and ought not to
	orphans  map[store.Key]bool // pods without a controller that it may adopt
	adopted  bool               // orphaned revisions have been looked for
	known    knownRevisions
	made     map[string]*corev1.Pod // manifests by revision name
}

func newStatefulSets(env *Env) Reconciler {
	c := &statefulSets{env: env, api: env.newAPI(), states: map[types.UID]*statefulState{}, byKey: map[store.Key]*statefulState{}}
	c.events = env.newRecorder("statefulset-controller", c.api)
	c.queue = newWorkQueue(env.Engine, statefulWorkers, c.sync).by(rule.StatefulSetSync)
	c.history = history{env, c.api, statefulSetKind}
	return c
}

// Start implements Reconciler.
func (c *statefulSets) Start() {
	for _, o := range c.env.Store.List(statefulSetKind) {
		c.added(o.API().(*appsv1.StatefulSet))
	}
}

// Observe implements store.Watcher.
func (c *statefulSets) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.Pod:
		if len(c.states) > 0 {
			c.observePod(ch)
		}
	case statefulSetKind:
		set := ch.New.API().(*appsv1.StatefulSet)
		switch ch.Verb {
		case journal.Added:
			c.added(set)
		case journal.Deleted:
			c.removed(set)
		default:
			s := c.states[set.UID]
			if s.set.Generation != set.Generation {
				s.made = map[string]*corev1.Pod{}
			}
			s.set = set
			c.queue.add(s.key)
		}
	}
}

func (c *statefulSets) added(set *appsv1.StatefulSet) {
	c.env.owned.trackOrphans(c.env.Store)
	selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	if err != nil {
		selector = labels.Nothing() // validation lets no such selector in
	}
	s := &statefulState{key: keyOf(set), set: set, selector: selector, owners: []metav1.OwnerReference{newControllerRef(statefulSetKind, set)},
		pods: map[int]*store.Pod{}, living: map[string]int{}, strays: map[store.Key]bool{}, orphans: map[store.Key]bool{}, made: map[string]*corev1.Pod{}}
	c.states[set.UID], c.byKey[s.key] = s, s
	for _, p := range c.env.owned.podsOf(set.UID) {
		if controllerUID(p.OwnerList()) == set.UID {
			s.take(p)
		}
	}
	for key, p := range c.env.owned.orphans[s.key.Namespace] { // unordered: into a set
		if s.claims(p) {
			s.orphans[key] = true
		}
	}
	c.queue.add(s.key)
}

func (c *statefulSets) removed(set *appsv1.StatefulSet) {
	s := c.states[set.UID]
	delete(c.states, set.UID)
	delete(c.byKey, s.key)
	c.events.Forget(set.UID)
	c.queue.forget(s.key)
}

// ordinalOf takes a pod's name apart. ordinal is -1 if the name does not end in one.
//
// Source: k8s v1.36.3 pkg/controller/statefulset/stateful_set_utils.go getParentNameAndOrdinal.
func ordinalOf(pod string) (parent string, ordinal int) {
	i := strings.LastIndexByte(pod, '-')
	if i < 0 {
		return "", -1
	}
	n, err := strconv.ParseInt(pod[i+1:], 10, 32)
	if err != nil || pod[i+1] == '+' || pod[i+1] == '-' {
		return "", -1
	}
	return pod[:i], int(n)
}

// claims reports whether the pod may be one of the set's.
func (s *statefulState) claims(p *store.Pod) bool {
	parent, ordinal := ordinalOf(p.Name)
	return ordinal >= 0 && parent == s.key.Name && p.Namespace == s.key.Namespace && s.selector.Matches(labels.Set(p.LabelSet()))
}

// take notes a pod that the set owns.
func (s *statefulState) take(p *store.Pod) {
	_, n := ordinalOf(p.Name)
	if !s.claims(p) {
		s.strays[p.Key()] = true
		s.lose(p)
		return
	}
	delete(s.strays, p.Key())
	if old := s.pods[n]; old != nil {
		s.count(old, -1)
	}
	s.pods[n] = p
	s.count(p, 1)
}

// count adds a pod to the counts, or takes it away.
func (s *statefulState) count(p *store.Pod, sign int) {
	if healthy(p) {
		s.ready += sign
	}
	if p.Deletion == nil {
		r := revisionOfPod(p)
		if s.living[r] += sign; s.living[r] == 0 {
			delete(s.living, r)
		}
	}
}

// lose forgets a pod.
func (s *statefulState) lose(p *store.Pod) {
	if _, n := ordinalOf(p.Name); s.pods[n] != nil && s.pods[n].UID == p.UID {
		s.count(s.pods[n], -1)
		delete(s.pods, n)
	}
}

func (c *statefulSets) observePod(ch *store.Change) {
	old, p, _ := ch.Pods()
	var before, after *statefulState
	if old != nil {
		before = c.states[controllerUID(old.OwnerList())]
	}
	after = c.states[controllerUID(p.OwnerList())]
	if ch.Verb == journal.Deleted {
		before, after = after, nil
	}
	if before != nil && before != after {
		before.lose(p)
		delete(before.strays, p.Key())
		c.queue.add(before.key)
	}
	if after != nil {
		after.take(p)
		c.podChanged(after, old, p)
		return
	}
	if ch.Verb == journal.Deleted || controllerUID(p.OwnerList()) != "" {
		return
	}
	if parent, _ := ordinalOf(p.Name); old == nil || before != nil || !sameMap(old.LabelSet(), p.LabelSet()) {
		if s := c.byKey[store.Key{Namespace: p.Namespace, Name: parent}]; s != nil && s.claims(p) {
			s.orphans[p.Key()] = true
			c.queue.add(s.key)
		}
	}
}

// podChanged queues the set if a decision depends on what has changed of its pod.
func (c *statefulSets) podChanged(s *statefulState, old, p *store.Pod) {
	ready := podReady(p)
	if old != nil && old.Status.Phase == p.Status.Phase && podReady(old) == ready && (old.Deletion == nil) == (p.Deletion == nil) &&
		sameMap(old.LabelSet(), p.LabelSet()) && controllerUID(old.OwnerList()) == controllerUID(p.OwnerList()) && len(s.set.Spec.VolumeClaimTemplates) == 0 {
		return
	}
	c.queue.add(s.key)
	if ready && old != nil && !podReady(old) && s.set.Spec.MinReadySeconds > 0 {
		c.queue.addAfter(s.key, engine.Time(s.set.Spec.MinReadySeconds)*second)
	}
}

// sync brings one set's pods in line, one step further, and writes its status.
//
// Source: k8s v1.36.3 stateful_set.go sync; stateful_set_control.go performUpdate.
func (c *statefulSets) sync(key store.Key, done func(error)) {
	s := c.byKey[key]
	if s == nil {
		done(nil)
		return
	}
	set := s.set
	c.adoptRevisions(s, func(err error) {
		if err != nil {
			done(err)
			return
		}
		c.claim(s, func(err error) {
			if err != nil {
				done(err)
				return
			}
			c.update(s, set, done)
		})
	})
}

func (c *statefulSets) adoptRevisions(s *statefulState, done func(error)) {
	if s.adopted {
		done(nil)
		return
	}
	s.adopted = true
	c.history.adopt(s.set, s.selector, done)
}

// claim adopts pods of the set's name without a controller and releases those that are not the set's any more.
//
// Source: k8s v1.36.3 stateful_set.go getPodsForStatefulSet, controller_ref_manager.go ClaimPods.
func (c *statefulSets) claim(s *statefulState, done func(error)) {
	if s.set.DeletionTimestamp != nil || len(s.strays)+len(s.orphans) == 0 {
		done(nil)
		return
	}
	var patches []claimPatch
	for key := range s.strays { // unordered: sorted below
		if p := c.env.Store.Pod(key); p != nil {
			patches = append(patches, claimPatch{pod: p})
		}
	}
	adopts := false
	for key := range s.orphans { // unordered: sorted below
		if p := c.env.Store.Pod(key); p != nil && p.Deletion == nil && controllerUID(p.OwnerList()) == "" && s.claims(p) {
			patches = append(patches, claimPatch{pod: p, adopt: true})
			adopts = true
		}
	}
	slices.SortFunc(patches, func(a, b claimPatch) int { return cmp.Compare(a.pod.Index, b.pod.Index) })
	s.orphans = map[store.Key]bool{}
	if adopts {
		c.api.read() // is the set still there?
	}
	claimPods(c.api, c.env.Store, s.owners[0], patches, done)
}

// update does one step, writes the status and forgets old revisions.
func (c *statefulSets) update(s *statefulState, set *appsv1.StatefulSet, done func(error)) {
	revisions := c.history.list(set)
	c.revisions(s, set, revisions, func(r setRevisions, err error) {
		if err != nil {
			done(err)
			return
		}
		st := &statefulSync{statefulSets: c, state: s, set: set, revisions: r, now: c.env.Store.Now()}
		st.split()
		st.status = st.count()
		finish := func(err error) {
			if err != nil {
				done(err)
				return
			}
			if len(revisions) <= replicaCount(set.Spec.RevisionHistoryLimit) && set.Spec.RevisionHistoryLimit != nil {
				c.checkAgain(st)
				done(nil)
				return
			}
			live := st.revisionsInUse()
			c.history.truncate(revisions, func(r *appsv1.ControllerRevision) bool { return live[r.Name] }, set.Spec.RevisionHistoryLimit, func(err error) {
				if err == nil {
					c.checkAgain(st)
				}
				done(err)
			})
		}
		st.run(func(failed error) {
			c.updateStatus(st, func(err error) {
				if failed != nil {
					err = failed
				}
				finish(err)
			})
		})
	})
}
