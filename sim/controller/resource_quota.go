package controller

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"clustersim/model"
	"clustersim/sim/admission"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// Source: k8s v1.36.3 pkg/controller/resourcequota/config/v1alpha1/defaults.go.
const (
	quotaWorkers = 5
	quotaResync  = 5 * time.Minute
)

var (
	resourceQuotaKind = model.FindKind("ResourceQuota")
	// kindQuotaExpiry is due when a pod that is stuck in its deletion is no longer charged.
	kindQuotaExpiry = engine.NewKind("quota charge ends", engine.RankTimer, true)
	kindQuotaResync = engine.NewKind("quota resync", engine.RankTimer, true)
)

// quotas computes what the objects of a namespace use of its ResourceQuotas: when a quota comes or its limits change,
// when something is deleted or ends, and every five minutes. What is created is charged by the API server (package
// admission), and only corrected here.
//
// Differs: what pods use is a running sum, not counted in each sync; a resync before which nothing has changed does not happen.
//
// Source: k8s v1.36.3 pkg/controller/resourcequota/resource_quota_controller.go, resource_quota_monitor.go.
type quotas struct {
	env    *Env
	api    *api
	queue  *workQueue[store.Key]
	resync *loop

	suspect bool // something has changed since the last resync

	spaces map[string]*quotaSpace     // namespaces with quotas
	usage  map[*corev1.Pod]*quotaCost // by template
}

// quotaSpace is one namespace: its quotas by name, and the pods that are charged.
type quotaSpace struct {
	quotas  map[string]*quotaState
	charged map[store.Key]bool
	expiry  map[store.Key]engine.Timer // of pods that are being deleted
}

// quotaState is one quota and what pods use of it.
type quotaState struct {
	quota *corev1.ResourceQuota
	pods  corev1.ResourceList
}

// quotaCost is what a pod of a template is charged, and for how many pods it is kept.
type quotaCost struct {
	usage corev1.ResourceList
	users int
}

func newQuotas(env *Env) Reconciler {
	c := &quotas{env: env, api: env.newAPI(), spaces: map[string]*quotaSpace{}, usage: map[*corev1.Pod]*quotaCost{}}
	c.queue = newWorkQueue(env.Engine, quotaWorkers, c.sync).by(rule.QuotaCount)
	c.resync = newLoop(env.Engine, "quota-resync", quotaResync, env.Reference, c.pass)
	return c
}

// Start implements Reconciler.
func (c *quotas) Start() {
	for _, o := range c.env.Store.List(resourceQuotaKind) {
		c.added(o.API().(*corev1.ResourceQuota))
	}
	c.resync.start()
}

// changed has the next resync look at the quotas: not all that changes is charged, such as what is created between a
// quota and the first count of it.
func (c *quotas) changed() {
	if c.suspect {
		return
	}
	c.suspect = true
	c.env.Engine.At(c.resync.after(c.env.Engine.Now()), kindQuotaResync, engine.Func(func() { c.resync.want(c.env.Engine.Now()) }))
}

// pass syncs all quotas.
func (c *quotas) pass(engine.Time) {
	c.suspect = false
	for _, o := range c.env.Store.List(resourceQuotaKind) {
		c.queue.add(o.Key())
	}
	c.resync.finish()
}

// Observe implements store.Watcher.
func (c *quotas) Observe(ch *store.Change) {
	k := ch.Kind()
	if len(c.spaces) > 0 && k != model.Event && c.spaces[ch.New.Key().Namespace] != nil {
		c.changed()
	}
	switch {
	case k == resourceQuotaKind:
		c.observeQuota(ch)
	case len(c.spaces) == 0:
	case k == model.Pod:
		c.observePod(ch)
	case ch.Verb == journal.Deleted || ch.Verb == journal.Modified && serviceTypeChanged(ch):
		c.replenish(k, ch.New.Key().Namespace)
	}
}

func serviceTypeChanged(ch *store.Change) bool {
	old, ok := ch.Old.API().(*corev1.Service)
	return ok && old.Spec.Type != ch.New.API().(*corev1.Service).Spec.Type
}

func (c *quotas) observeQuota(ch *store.Change) {
	q := ch.New.API().(*corev1.ResourceQuota)
	switch ch.Verb {
	case journal.Added:
		c.added(q)
	case journal.Deleted:
		if s := c.spaces[q.Namespace]; s != nil {
			delete(s.quotas, q.Name)
			if len(s.quotas) == 0 {
				c.close(q.Namespace, s)
			}
		}
	default:
		s := c.spaces[q.Namespace].quotas[q.Name]
		s.quota = q
		if !equality.Semantic.DeepEqual(ch.Old.API().(*corev1.ResourceQuota).Spec.Hard, q.Spec.Hard) {
			c.queue.add(keyOf(q))
		}
	}
}

func (c *quotas) added(q *corev1.ResourceQuota) {
	s := c.spaces[q.Namespace]
	if s == nil {
		s = &quotaSpace{map[string]*quotaState{}, map[store.Key]bool{}, map[store.Key]engine.Timer{}}
		c.spaces[q.Namespace] = s
		for _, o := range c.env.Store.List(model.Pod) {
			if p := o.(*store.Pod); p.Namespace == q.Namespace && c.charges(p) {
				s.charged[p.Key()] = true
				c.keep(p, 1)
				c.watchExpiry(s, p)
			}
		}
	}
	st := &quotaState{quota: q, pods: corev1.ResourceList{}}
	s.quotas[q.Name] = st
	for key := range s.charged { // unordered: a sum
		c.add(st, c.env.Store.Pod(key), 1)
	}
	c.queue.add(keyOf(q))
}

// close forgets a namespace without quotas.
func (c *quotas) close(namespace string, s *quotaSpace) {
	delete(c.spaces, namespace)
	for key := range s.charged { // unordered: counts
		if p := c.env.Store.Pod(key); p != nil {
			c.keep(p, -1)
		}
	}
	for _, t := range s.expiry { // unordered: each for itself
		c.env.Engine.Cancel(t)
	}
}

// charges reports whether a pod counts with what it requests now.
func (c *quotas) charges(p *store.Pod) bool {
	if p.Deletion == nil {
		return !p.Terminal()
	}
	deleted := p.Clock(p.Deletion.At).Time
	return admission.Charged(p.Status.Phase, &deleted, p.Deletion.GraceSeconds, c.env.Store.Now())
}

// keep counts the pods of a template.
func (c *quotas) keep(p *store.Pod, n int) *quotaCost {
	cost := c.usage[p.Template]
	if cost == nil {
		cost = &quotaCost{usage: admission.PodUsage(p.Spec())}
		c.usage[p.Template] = cost
	}
	if cost.users += n; cost.users == 0 {
		delete(c.usage, p.Template)
	}
	return cost
}

// add adds a pod to what pods use of a quota, or takes it away.
func (c *quotas) add(st *quotaState, p *store.Pod, sign int) {
	if !admission.InScope(st.quota, p.Spec()) {
		return
	}
	for k, q := range c.keep(p, 0).usage { // unordered: each for itself
		sum := st.pods[k]
		if sign > 0 {
			sum.Add(q)
		} else {
			sum.Sub(q)
		}
		st.pods[k] = sum
	}
}

// observePod keeps the sums. Quotas are synced when a pod is gone or has ended, for only then there is something to give
// back.
//
// Source: k8s v1.36.3 pkg/quota/v1/install/update_filter.go DefaultUpdateFilter.
func (c *quotas) observePod(ch *store.Change) {
	old, p, _ := ch.Pods()
	s := c.spaces[p.Namespace]
	if s == nil {
		return
	}
	key, was := p.Key(), s.charged[p.Key()]
	is := ch.Verb != journal.Deleted && c.charges(p)
	if was && (!is || old != nil && old.Template != p.Template) {
		for _, st := range s.quotas { // unordered: each for itself
			c.add(st, old, -1)
		}
		c.keep(old, -1)
		delete(s.charged, key)
		was = false
	}
	if is && !was {
		s.charged[key] = true
		c.keep(p, 1)
		for _, st := range s.quotas { // unordered: each for itself
			c.add(st, p, 1)
		}
	}
	switch {
	case ch.Verb == journal.Deleted:
		c.env.Engine.Cancel(s.expiry[key])
		delete(s.expiry, key)
		c.replenish(model.Pod, p.Namespace)
	case ch.Verb == journal.Modified:
		if old.Deletion == nil || p.Deletion == nil || *old.Deletion != *p.Deletion {
			c.watchExpiry(s, p)
		}
		if c.charges(old) && !is || (old.Spec().ActiveDeadlineSeconds == nil) != (p.Spec().ActiveDeadlineSeconds == nil) {
			c.replenish(model.Pod, p.Namespace)
		}
	}
}

// watchExpiry has the next resync look at a pod that is still there when its grace has passed twice.
func (c *quotas) watchExpiry(s *quotaSpace, p *store.Pod) {
	if p.Deletion == nil || p.Terminal() {
		return
	}
	key := p.Key()
	c.env.Engine.Cancel(s.expiry[key])
	at := c.env.Store.Since(p.Clock(p.Deletion.At).Time) + engine.Time(p.Deletion.GraceSeconds)*second + 1
	s.expiry[key] = c.env.Engine.At(max(at, c.env.Engine.Now()), kindQuotaExpiry, engine.Func(func() {
		delete(s.expiry, key)
		if p := c.env.Store.Pod(key); p != nil && s.charged[key] && !c.charges(p) {
			for _, st := range s.quotas { // unordered: each for itself
				c.add(st, p, -1)
			}
			c.keep(p, -1)
			delete(s.charged, key)
			c.changed()
		}
	}))
}

// replenish syncs the quotas of a namespace that objects of the kind are charged to.
//
// Source: k8s v1.36.3 resource_quota_controller.go replenishQuota.
func (c *quotas) replenish(k *model.Kind, namespace string) {
	s := c.spaces[namespace]
	if s == nil {
		return
	}
	for _, name := range sortedKeys(s.quotas) {
		for r := range s.quotas[name].quota.Status.Hard { // unordered: any
			if admission.Counts(k, r) {
				c.queue.add(store.Key{Namespace: namespace, Name: name})
				break
			}
		}
	}
}

// sync writes the limits and the usage of one quota, if they are others than its status says.
//
// Source: k8s v1.36.3 resource_quota_controller.go syncResourceQuota.
func (c *quotas) sync(key store.Key, done func(error)) {
	space := c.spaces[key.Namespace]
	if space == nil || space.quotas[key.Name] == nil {
		done(nil)
		return
	}
	st := space.quotas[key.Name]
	q, used := st.quota, c.used(st)
	if q.Status.Hard != nil && q.Status.Used != nil && equality.Semantic.DeepEqual(q.Spec.Hard, q.Status.Hard) && sameQuantities(used, q.Status.Used) {
		done(nil)
		return
	}
	c.api.write(func() {
		var err error
		found := c.env.Store.Update(resourceQuotaKind, key, func(o model.Object) bool {
			to := o.(*corev1.ResourceQuota)
			if to.ResourceVersion != q.ResourceVersion {
				err = conflict(resourceQuotaKind, key.Name)
				return false
			}
			to.Status = corev1.ResourceQuotaStatus{Hard: q.Spec.Hard.DeepCopy(), Used: used}
			return true
		})
		if found != nil && !isNotFound(found) {
			err = found
		}
		done(err)
	})
}
