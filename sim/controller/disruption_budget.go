package controller

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/model"
	"clustersim/sim/admission"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// Source: k8s v1.36.3 pkg/controller/disruption/disruption.go DeletionTimeout, stalePodDisruptionTimeout.
const (
	disruptedPodTimeout = 2 * time.Minute // an evicted pod that still lives counts again
	staleTargetTimeout  = 2 * time.Minute // a pod that still lives is no DisruptionTarget any more
)

var (
	disruptionBudgetKind = model.FindKind("PodDisruptionBudget")
	kindStaleTarget      = engine.NewKind("disruption target goes stale", engine.RankTimer, false).By(rule.DisruptionStale)
)

// disruptions keeps the status of PodDisruptionBudgets: how many of their pods are healthy, and how many may be evicted.
//
// Differs: what a sync reads of pods are running counts.
//
// Source: k8s v1.36.3 pkg/controller/disruption/disruption.go.
type disruptions struct {
	env    *Env
	api    *api
	events *record.Recorder
	queue  *workQueue[store.Key]

	budgets    map[store.Key]*budgetState
	namespaces map[string][]*budgetState    // by name
	members    map[store.Key][]*budgetState // the budgets of a pod, by name
	stale      map[store.Key]engine.Timer   // pods that are disruption targets
}

// budgetState is what the controller knows of one budget.
type budgetState struct {
	key      store.Key
	budget   *policyv1.PodDisruptionBudget
	selector labels.Selector
	pods     map[string]*store.Pod
	healthy  int                      // ready pods that are not being deleted
	owners   map[types.UID]*ownerPods // "" = without a controller
}

// ownerPods counts the pods of a budget that one controller has.
type ownerPods struct {
	ref  metav1.OwnerReference
	pods int
}

func newDisruptions(env *Env) Reconciler {
	c := &disruptions{env: env, api: env.newAPI(), budgets: map[store.Key]*budgetState{}, namespaces: map[string][]*budgetState{},
		members: map[store.Key][]*budgetState{}, stale: map[store.Key]engine.Timer{}}
	c.events = env.newRecorder("controllermanager", c.api)
	c.queue = newWorkQueue(env.Engine, 1, c.sync).by(rule.DisruptionCount)
	return c
}

// Start implements Reconciler.
func (c *disruptions) Start() {
	for _, o := range c.env.Store.List(disruptionBudgetKind) {
		c.added(o.API().(*policyv1.PodDisruptionBudget))
	}
	for _, o := range c.env.Store.List(model.Pod) {
		c.watchTarget(o.(*store.Pod))
	}
}

// Observe implements store.Watcher.
func (c *disruptions) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.Pod:
		c.observePod(ch)
	case disruptionBudgetKind:
		b := ch.New.API().(*policyv1.PodDisruptionBudget)
		if ch.Verb == journal.Added {
			c.added(b)
			return
		}
		s := c.budgets[keyOf(b)]
		if ch.Verb == journal.Deleted || !equality.Semantic.DeepEqual(s.budget.Spec.Selector, b.Spec.Selector) {
			c.removed(s)
			if ch.Verb == journal.Modified {
				c.added(b)
			}
			return
		}
		s.budget = b
		c.queue.add(s.key)
	}
}

func (c *disruptions) added(b *policyv1.PodDisruptionBudget) {
	selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
	if err != nil {
		selector = labels.Nothing() // validation lets no such selector in
	}
	s := &budgetState{key: keyOf(b), budget: b, selector: selector, pods: map[string]*store.Pod{}, owners: map[types.UID]*ownerPods{}}
	c.budgets[s.key] = s
	c.namespaces[s.key.Namespace] = insertBudget(c.namespaces[s.key.Namespace], s)
	for _, o := range c.env.Store.List(model.Pod) {
		if p := o.(*store.Pod); p.Namespace == s.key.Namespace && selector.Matches(labels.Set(p.LabelSet())) {
			s.count(p, 1)
			c.members[p.Key()] = insertBudget(c.members[p.Key()], s)
		}
	}
	c.queue.add(s.key)
}

func (c *disruptions) removed(s *budgetState) {
	delete(c.budgets, s.key)
	c.namespaces[s.key.Namespace] = dropBudget(c.namespaces[s.key.Namespace], s)
	for name := range s.pods { // unordered: each for itself
		key := store.Key{Namespace: s.key.Namespace, Name: name}
		if c.members[key] = dropBudget(c.members[key], s); len(c.members[key]) == 0 {
			delete(c.members, key)
		}
	}
	c.queue.forget(s.key)
	c.events.Forget(s.budget.UID)
}

func insertBudget(list []*budgetState, s *budgetState) []*budgetState {
	i, _ := slices.BinarySearchFunc(list, s, func(a, b *budgetState) int { return cmp.Compare(a.key.Name, b.key.Name) })
	return slices.Insert(slices.Clone(list), i, s)
}

func dropBudget(list []*budgetState, s *budgetState) []*budgetState {
	return slices.DeleteFunc(slices.Clone(list), func(x *budgetState) bool { return x == s })
}

// count adds a pod to the counts, or takes it away.
func (s *budgetState) count(p *store.Pod, sign int) {
	if sign > 0 {
		s.pods[p.Name] = p
	} else {
		delete(s.pods, p.Name)
	}
	if p.Deletion == nil && podReady(p) {
		s.healthy += sign
	}
	ref := controllerOf(p.OwnerList())
	if ref == nil {
		ref = &metav1.OwnerReference{}
	}
	o := s.owners[ref.UID]
	if o == nil {
		o = &ownerPods{ref: *ref}
		s.owners[ref.UID] = o
	}
	if o.pods += sign; o.pods == 0 {
		delete(s.owners, ref.UID)
	}
}

// observePod keeps the counts and queues the pod's budget, the first by name if it has several.
//
// Source: k8s v1.36.3 disruption.go addPod, updatePod, deletePod, getPdbForPod.
func (c *disruptions) observePod(ch *store.Change) {
	old, p, _ := ch.Pods()
	key := p.Key()
	if ch.Verb != journal.Added && len(c.members[key]) > 0 {
		for _, s := range c.members[key] {
			s.count(s.pods[p.Name], -1)
		}
	}
	switch {
	case ch.Verb == journal.Deleted:
		c.wake(p, c.members[key])
		delete(c.members, key)
		c.env.Engine.Cancel(c.stale[key])
		delete(c.stale, key)
		return
	case ch.Verb == journal.Added || !sameMap(old.LabelSet(), p.LabelSet()):
		var in []*budgetState
		for _, s := range c.namespaces[p.Namespace] {
			if s.selector.Matches(labels.Set(p.LabelSet())) {
				in = append(in, s)
			}
		}
		if delete(c.members, key); len(in) > 0 {
			c.members[key] = in
		}
	}
	for _, s := range c.members[key] {
		s.count(p, 1)
	}
	c.wake(p, c.members[key])
	c.watchTarget(p)
}

func (c *disruptions) wake(p *store.Pod, in []*budgetState) {
	if len(in) == 0 {
		return
	}
	if len(in) > 1 {
		c.events.Pod(p, "", record.Warning, "MultiplePodDisruptionBudgets",
			fmt.Sprintf("Pod %q/%q matches multiple PodDisruptionBudgets.  Chose %q arbitrarily.", p.Namespace, p.Name, in[0].key.Name))
	}
	c.queue.add(in[0].key)
}

// sync computes the status of one budget.
//
// Source: k8s v1.36.3 disruption.go sync, trySync.
func (c *disruptions) sync(key store.Key, done func(error)) {
	s := c.budgets[key]
	if s == nil {
		done(nil)
		return
	}
	b := s.budget
	if len(s.pods) == 0 {
		c.event(b, record.Normal, "NoPods", "No matching pods found")
	}
	expected, desired, err := c.expected(s, b)
	if err != nil {
		c.event(b, record.Warning, "CalculateExpectedPodCountFailed", "Failed to calculate the number of expected pods: "+err.Error())
		c.failSafe(s, b, err, done)
		return
	}
	if s.owners[""] != nil && (b.Spec.MaxUnavailable != nil || b.Spec.MinAvailable != nil && b.Spec.MinAvailable.Type == intstr.String) {
		c.event(b, record.Warning, "UnmanagedPods", fmt.Sprintf("Pods selected by this PodDisruptionBudget (selector: %v) were found to be unmanaged. "+
			"As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. "+
			"To account for these pods please set \".spec.minAvailable\" field of the PDB to an integer value.", b.Spec.Selector))
	}
	now := c.env.Store.Now()
	disrupted, recheck := c.disrupted(s, b, now)
	healthy := s.healthy
	for name := range disrupted { // unordered: counts
		if podReady(s.pods[name]) {
			healthy--
		}
	}
	st := policyv1.PodDisruptionBudgetStatus{CurrentHealthy: int32(healthy), DesiredHealthy: int32(desired), ExpectedPods: int32(expected),
		DisruptedPods: disrupted, ObservedGeneration: b.Generation, Conditions: b.Status.Conditions}
	if expected > 0 {
		st.DisruptionsAllowed = int32(max(healthy-desired, 0))
	}
	c.put(s, b, st, func(err error) {
		if err == nil && recheck > 0 {
			c.queue.addAfter(s.key, recheck)
		}
		if err == nil || isConflict(err) {
			done(err)
			return
		}
		c.failSafe(s, b, err, done)
	})
}

func (c *disruptions) event(b *policyv1.PodDisruptionBudget, typ, reason, message string) {
	c.events.Event(referenceTo(disruptionBudgetKind, b), typ, reason, message)
}

// disrupted are the pods that were evicted a short while ago and still live, and when to look again.
//
// Source: k8s v1.36.3 disruption.go buildDisruptedPodMap.
func (c *disruptions) disrupted(s *budgetState, b *policyv1.PodDisruptionBudget, now time.Time) (out map[string]metav1.Time, recheck engine.Time) {
	for _, name := range sortedKeys(b.Status.DisruptedPods) {
		p, at := s.pods[name], b.Status.DisruptedPods[name]
		if p == nil || p.Deletion != nil {
			continue
		}
		left := at.Add(disruptedPodTimeout).Sub(now)
		if left < 0 {
			c.events.Pod(p, "", record.Warning, "NotDeleted", fmt.Sprintf("Pod was expected by PDB %s/%s to be deleted but it wasn't", b.Namespace, b.Namespace))
			continue
		}
		if out == nil {
			out = map[string]metav1.Time{}
		}
		out[name] = at
		if recheck == 0 || left < recheck {
			recheck = max(left, 1)
		}
	}
	return out, recheck
}

// put writes the status, if it tells something new, into the budget as the sync saw it.
//
// Source: k8s v1.36.3 disruption.go updatePdbStatus, writePdbStatus.
func (c *disruptions) put(s *budgetState, b *policyv1.PodDisruptionBudget, st policyv1.PodDisruptionBudgetStatus, done func(error)) {
	now := metav1.NewTime(c.env.Store.Now()).Rfc3339Copy()
	admission.SetDisruptionAllowed(&st, now)
	if equality.Semantic.DeepEqual(st, b.Status) {
		done(nil)
		return
	}
	c.api.write(func() {
		var err error
		found := c.env.Store.Update(disruptionBudgetKind, s.key, func(o model.Object) bool {
			if o.GetResourceVersion() != b.ResourceVersion {
				err = conflict(disruptionBudgetKind, b.Name)
				return false
			}
			o.(*policyv1.PodDisruptionBudget).Status = st
			return true
		})
		if found != nil {
			err = found
		}
		done(err)
	})
}

// failSafe allows nothing while the status cannot be computed.
//
// Source: k8s v1.36.3 disruption.go failSafe.
func (c *disruptions) failSafe(s *budgetState, b *policyv1.PodDisruptionBudget, failed error, done func(error)) {
	st := *b.Status.DeepCopy()
	st.DisruptionsAllowed = 0
	admission.SetPolicyCondition(&st, metav1.Condition{Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse, Reason: policyv1.SyncFailedReason,
		Message: failed.Error(), ObservedGeneration: st.ObservedGeneration}, metav1.NewTime(c.env.Store.Now()).Rfc3339Copy())
	if equality.Semantic.DeepEqual(st, b.Status) {
		done(nil) // upstream's write changes nothing, and nobody is told
		return
	}
	c.api.write(func() {
		done(c.env.Store.Update(disruptionBudgetKind, s.key, func(o model.Object) bool {
			o.(*policyv1.PodDisruptionBudget).Status = st
			return true
		}))
	})
}

// watchTarget resets the condition DisruptionTarget of a pod that has lived with it for two minutes.
//
// Source: k8s v1.36.3 disruption.go nonTerminatingPodHasStaleDisruptionCondition, syncStalePodDisruption.
func (c *disruptions) watchTarget(p *store.Pod) {
	key := p.Key()
	t := staleTarget(p)
	if t == nil {
		if timer, ok := c.stale[key]; ok {
			c.env.Engine.Cancel(timer)
			delete(c.stale, key)
		}
		return
	}
	if _, ok := c.stale[key]; ok {
		return
	}
	at := max(c.env.Store.Since(t.LastTransitionTime.Time)+staleTargetTimeout, c.env.Engine.Now())
	c.stale[key] = c.env.Engine.At(at, kindStaleTarget, engine.Func(func() {
		delete(c.stale, key)
		if p := c.env.Store.Pod(key); p == nil || staleTarget(p) == nil {
			return
		}
		c.api.write(func() { c.env.Store.UpdatePod(key, string(p.UID), c.resetTarget) })
	}))
}

func staleTarget(p *store.Pod) *corev1.PodCondition {
	if p.Deletion != nil || p.Terminal() {
		return nil
	}
	t := store.Condition(p.Status, corev1.DisruptionTarget)
	if t == nil || t.Status != corev1.ConditionTrue || t.Reason == corev1.PodReasonTerminationByKubelet {
		return nil
	}
	return t
}

func (c *disruptions) resetTarget(p *store.Pod) bool {
	t := staleTarget(p)
	if t == nil {
		return false
	}
	st := *p.Status
	st.Conditions = store.SetCondition(st.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionFalse,
		ObservedGeneration: p.Generation}, p.Clock(c.env.Engine.Now()))
	p.Status = &st
	return true
}
