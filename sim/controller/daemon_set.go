package controller

import (
	"cmp"
	"maps"
	"slices"

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

// Limits of the daemon set controller.
//
// Source: k8s v1.36.3 pkg/controller/daemon/config/v1alpha1/defaults.go; pkg/controller/daemon/daemon_controller.go
// BurstReplicas, cmd/kube-controller-manager/app/apps.go.
const (
	daemonWorkers      = 2
	burstDaemons       = 250 // creates or deletes in one sync
	failedDaemonWait   = second
	failedDaemonWaitUp = 15 * 60 * second
)

var daemonSetKind = model.FindKind("DaemonSet")

// daemonSets keeps one pod of each DaemonSet on each node that it is meant for. The scheduler binds them: each pod asks
// for its node by name.
//
// Differs: what a sync reads of nodes and pods are running counts and the list of nodes where something has changed since
// the sync that last looked at them; changes of which no decision depends queue nothing. There are no expectations,
// for a write is seen when it is made.
//
// Source: k8s v1.36.3 pkg/controller/daemon/daemon_controller.go.
type daemonSets struct {
	env     *Env
	api     *api
	events  *record.Recorder
	pods    podControl
	queue   *workQueue[store.Key]
	history history

	states map[types.UID]*daemonState
	byKey  map[store.Key]*daemonState
	list   []*daemonState // by namespace and name
}

// daemonState is what the controller knows of one set.
type daemonState struct {
	key      store.Key
	set      *appsv1.DaemonSet
	selector labels.Selector
	owners   []metav1.OwnerReference
	filter   daemonFilter
	nodes    map[string]*daemonNode // by name; some may only be the target of a pod
	order    []string               // their names, sorted; nil when out of date
	dirty    map[string]bool        // nodes that the next sync looks at
	tally    daemonTally
	strays   map[store.Key]bool // pods that it owns and its selector does not match
	orphans  map[store.Key]bool // pods without a controller that its selector matches
	adopted  bool               // orphaned revisions have been looked for
	known    knownRevisions
	hash     string              // of the template, as the last sync saw it
	manifest *corev1.Pod         // what new pods are made of; nil if the template or hash is another
	failures map[string]*backoff // by node
}

// daemonNode is one node and the set's pods that are there or meant for it.
type daemonNode struct {
	name      string
	node      *corev1.Node // nil: there is none
	run, stay bool         // a pod should be there; one that is there may stay
	pods      []*store.Pod
	counted   daemonTally // what the node adds to the set's
	roll      rollState
}

// backoff is the wait of a node whose pod failed.
type backoff struct {
	wait, since engine.Time
	generation  int64
}

func newDaemonSets(env *Env) Reconciler {
	c := &daemonSets{env: env, api: env.newAPI(), states: map[types.UID]*daemonState{}, byKey: map[store.Key]*daemonState{}}
	c.events = env.newRecorder("daemonset-controller", c.api)
	c.pods = podControl{env, c.api, c.events, daemonSetKind}
	c.queue = newWorkQueue(env.Engine, daemonWorkers, c.sync).by(rule.DaemonSetSync)
	c.history = history{env, c.api, daemonSetKind}
	return c
}

// Start implements Reconciler.
func (c *daemonSets) Start() {
	for _, o := range c.env.Store.List(daemonSetKind) {
		c.added(o.API().(*appsv1.DaemonSet))
	}
}

// Observe implements store.Watcher.
func (c *daemonSets) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.Pod:
		if len(c.states) > 0 {
			c.observePod(ch)
		}
	case model.Node:
		if len(c.states) > 0 {
			c.observeNode(ch)
		}
	case daemonSetKind:
		set := ch.New.API().(*appsv1.DaemonSet)
		switch ch.Verb {
		case journal.Added:
			c.added(set)
		case journal.Deleted:
			c.removed(set)
		default:
			c.changed(set)
		}
	case controllerRevision:
		if s := c.states[controllerUID(ch.New.API().GetOwnerReferences())]; s != nil && ch.Verb != journal.Added {
			c.queue.add(s.key)
		}
	}
}

func (c *daemonSets) added(set *appsv1.DaemonSet) {
	c.env.owned.trackOrphans(c.env.Store)
	selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	if err != nil {
		selector = labels.Nothing() // validation lets no such selector in
	}
	s := &daemonState{key: keyOf(set), set: set, selector: selector, owners: []metav1.OwnerReference{newControllerRef(daemonSetKind, set)},
		filter: newDaemonFilter(set), nodes: map[string]*daemonNode{}, dirty: map[string]bool{}, strays: map[store.Key]bool{}, orphans: map[store.Key]bool{},
		failures: map[string]*backoff{}}
	c.states[set.UID], c.byKey[s.key] = s, s
	c.list = append(c.list, s)
	slices.SortFunc(c.list, func(a, b *daemonState) int { return compareKeys(a.key, b.key) })
	for _, o := range c.env.Store.List(model.Node) {
		s.setNode(store.AsNode(o))
	}
	for _, p := range c.env.owned.podsOf(set.UID) {
		if controllerUID(p.OwnerList()) == set.UID {
			s.put(nil, p)
		}
	}
	for key, p := range c.env.owned.orphans[s.key.Namespace] { // unordered: into a set
		if s.selector.Matches(labels.Set(p.LabelSet())) {
			s.orphans[key] = true
		}
	}
	c.queue.add(s.key)
}

func (c *daemonSets) removed(set *appsv1.DaemonSet) {
	s := c.states[set.UID]
	delete(c.states, set.UID)
	delete(c.byKey, s.key)
	c.list = slices.DeleteFunc(c.list, func(x *daemonState) bool { return x == s })
	c.events.Forget(set.UID)
	c.queue.forget(s.key)
}

// changed takes over a new state of the set. If its spec is another, all nodes are looked at anew.
func (c *daemonSets) changed(set *appsv1.DaemonSet) {
	s := c.states[set.UID]
	old := s.set
	s.set = set
	if old.Generation != set.Generation {
		s.filter, s.manifest = newDaemonFilter(set), nil
		for _, n := range s.nodes { // unordered: each for itself
			if n.node != nil {
				n.run, n.stay = s.filter.check(n.node)
			}
		}
		s.recount()
	}
	c.queue.add(s.key)
}

// recount weighs all nodes anew and has the next sync look at them.
func (s *daemonState) recount() {
	s.tally = daemonTally{}
	for name, n := range s.nodes { // unordered: a sum
		n.counted = s.weigh(n)
		s.tally.add(n.counted, 1)
		s.dirty[name] = true
	}
}

// at returns what is known of a node of that name, which may not exist.
func (s *daemonState) at(name string) *daemonNode {
	n := s.nodes[name]
	if n == nil {
		n = &daemonNode{name: name}
		s.nodes[name], s.order = n, nil
	}
	return n
}

// touched weighs a node anew after something about it has changed.
func (s *daemonState) touched(n *daemonNode) {
	s.tally.add(n.counted, -1)
	if n.node == nil && len(n.pods) == 0 {
		delete(s.nodes, n.name)
		s.order = nil
		delete(s.dirty, n.name)
		delete(s.failures, n.name)
		return
	}
	n.counted = s.weigh(n)
	s.tally.add(n.counted, 1)
	s.dirty[n.name] = true
}

func (s *daemonState) setNode(node *corev1.Node) *daemonNode {
	n := s.at(node.Name)
	n.node = node
	n.run, n.stay = s.filter.check(node)
	s.touched(n)
	return n
}

// observeNode queues the sets for which the change of a node matters. A node that goes wakes nobody.
//
// Source: k8s v1.36.3 daemon_controller.go shouldIgnoreNodeUpdate, syncNodeUpdate.
func (c *daemonSets) observeNode(ch *store.Change) {
	node := store.AsNode(ch.New)
	if ch.Verb == journal.Modified {
		old := store.AsNode(ch.Old)
		if maps.Equal(old.Labels, node.Labels) && slices.EqualFunc(old.Spec.Taints, node.Spec.Taints, sameTaint) {
			return
		}
	}
	for _, s := range c.list {
		if ch.Verb == journal.Deleted {
			n := s.at(node.Name)
			n.node, n.run, n.stay = nil, false, false
			s.touched(n)
			continue
		}
		n := s.setNode(node)
		scheduled := slices.ContainsFunc(n.pods, func(p *store.Pod) bool { return p.NodeName != "" })
		if n.run && !scheduled || !n.stay && scheduled || scheduled && s.set.Status.NumberMisscheduled > 0 {
			c.queue.add(s.key)
		}
	}
}

// put notes a change of a pod: old is its state before, nil if it was not the set's, p the state now, nil if it is not
// any more.
func (s *daemonState) put(old, p *store.Pod) {
	if old != nil {
		delete(s.strays, old.Key())
		if n := s.nodes[targetNode(old)]; n != nil {
			n.pods = slices.DeleteFunc(n.pods, func(x *store.Pod) bool { return x.UID == old.UID })
			if p == nil || targetNode(p) != n.name {
				s.touched(n)
			}
		}
	}
	if p == nil {
		return
	}
	if !s.selector.Matches(labels.Set(p.LabelSet())) {
		s.strays[p.Key()] = true
	}
	if name := targetNode(p); name != "" {
		n := s.at(name)
		n.pods = append(n.pods, p)
		slices.SortFunc(n.pods, olderDaemon)
		s.touched(n)
	}
}

func (c *daemonSets) observePod(ch *store.Change) {
	old, p, _ := ch.Pods()
	var before, after *daemonState
	if old != nil {
		before = c.states[controllerUID(old.OwnerList())]
	}
	after = c.states[controllerUID(p.OwnerList())]
	if ch.Verb == journal.Deleted {
		before, after = after, nil
	}
	if before != nil && before == after {
		c.podChanged(after, old, p)
		return
	}
	if before != nil {
		before.put(p, nil)
		c.queue.add(before.key)
	}
	if after != nil {
		after.put(nil, p)
		c.queue.add(after.key)
	}
	if after != nil || ch.Verb == journal.Deleted || controllerUID(p.OwnerList()) != "" {
		return
	}
	if old == nil || before != nil || !sameMap(old.LabelSet(), p.LabelSet()) {
		for _, s := range c.list {
			if s.key.Namespace == p.Namespace && s.selector.Matches(labels.Set(p.LabelSet())) {
				s.orphans[p.Key()] = true
				c.queue.add(s.key)
			}
		}
	}
}

// podChanged is for a pod whose set is the same as before. The set is queued if a decision depends on what changed.
func (c *daemonSets) podChanged(s *daemonState, old, p *store.Pod) {
	ready := podReady(p)
	same := old.Status.Phase == p.Status.Phase && podReady(old) == ready && (old.Deletion == nil) == (p.Deletion == nil) &&
		sameMap(old.LabelSet(), p.LabelSet()) && old.NodeName == p.NodeName
	s.put(old, p)
	if same {
		return
	}
	c.queue.add(s.key)
	if min := s.set.Spec.MinReadySeconds; ready && min > 0 && !podReady(old) {
		c.queue.addAfter(s.key, engine.Time(min+1)*second)
	}
}

// olderDaemon orders the pods of a node: bound ones first, then the older, then by name.
//
// Source: k8s v1.36.3 daemon_controller.go podByCreationTimestampAndPhase.
func olderDaemon(a, b *store.Pod) int {
	bound := func(p *store.Pod) int {
		if p.NodeName != "" {
			return 0
		}
		return 1
	}
	x, y := a.Clock(a.Created), b.Clock(b.Created)
	return cmp.Or(cmp.Compare(bound(a), bound(b)), x.Compare(y.Time), cmp.Compare(a.Name, b.Name))
}
