package controller

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var kindNamespaceSync = engine.NewKind("namespace sync", engine.RankController, false).By(rule.NamespaceEmpty)

const (
	// namespaceDelay is the time between the DELETE of a namespace and the first sync.
	// Source: k8s v1.36.3 pkg/controller/namespace/namespace_controller.go namespaceDeletionGracePeriod.
	namespaceDelay = 5 * time.Second
	// namespaceRetry and namespaceRetryMax bound the back-off of a namespace whose pods ought to be gone.
	// Source: k8s v1.36.3 namespace_controller.go nsControllerRateLimiter.
	namespaceRetry    = 5 * time.Millisecond
	namespaceRetryMax = time.Minute
	// finalizerEstimate is how many seconds finalizers are given.
	// Source: k8s v1.36.3 pkg/controller/namespace/deletion/namespaced_resources_deleter.go finalizerEstimateSeconds.
	finalizerEstimate = 15
)

// namespaces empties namespaces that are being deleted: pods first, with their own grace; when they are gone, all else,
// and then the namespace itself.
//
// Differs: one request deletes all objects of a kind.
//
// Source: k8s v1.36.3 pkg/controller/namespace/deletion/namespaced_resources_deleter.go.
type namespaces struct {
	env   *Env
	api   *api
	tries map[string]int // syncs that found pods which ought to be gone
}

func newNamespaces(env *Env) Reconciler {
	return &namespaces{env: env, api: env.newAPI(), tries: map[string]int{}}
}

// Start implements Reconciler.
func (c *namespaces) Start() {
	for _, o := range c.env.Store.List(model.Namespace) {
		if o.API().GetDeletionTimestamp() != nil {
			c.syncAfter(o.Key().Name, namespaceDelay)
		}
	}
}

// Observe implements store.Watcher.
func (c *namespaces) Observe(ch *store.Change) {
	if ch.Kind() != model.Namespace || ch.Verb != journal.Modified || ch.New.API().GetDeletionTimestamp() == nil || ch.Old.API().GetDeletionTimestamp() != nil {
		return
	}
	c.syncAfter(ch.New.Key().Name, namespaceDelay)
}

func (c *namespaces) syncAfter(name string, d engine.Time) {
	c.env.Engine.After(d, kindNamespaceSync, engine.Func(func() { c.sync(name) }))
}

func (c *namespaces) sync(name string) {
	ns := c.env.Store.Get(model.Namespace, store.Key{Name: name})
	if ns == nil || ns.API().GetDeletionTimestamp() == nil {
		return
	}
	pods := c.pods(name)
	if len(pods) == 0 {
		c.empty(name)
		return
	}
	estimate := longestGrace(pods)
	if since := c.env.Engine.Now() - c.env.Store.Since(ns.API().GetDeletionTimestamp().Time); since >= engine.Time(estimate)*time.Second {
		estimate = 0
	}
	c.api.write(func() {
		for _, p := range pods {
			_ = c.env.Store.DeletePod(p.Key(), string(p.UID), nil)
		}
		c.again(name, estimate)
	})
}

// again queues the next sync: half the longest grace later, or that of a finalizer or, when that has run out, with back-off.
func (c *namespaces) again(name string, estimate int64) {
	pods := c.pods(name)
	if estimate == 0 && slices.ContainsFunc(pods, func(p *store.Pod) bool { return len(p.FinalizerList()) > 0 }) {
		estimate = finalizerEstimate
	}
	switch {
	case len(pods) == 0:
		c.empty(name)
	case estimate > 0:
		c.report(name, remains{}, func() { c.syncAfter(name, engine.Time(estimate/2+1)*time.Second) })
	default:
		failed := remains{failures: []string{"unexpected items still remain in namespace: " + name + " for gvr: /v1, Resource=pods"}}
		c.report(name, failed, func() {
			c.tries[name]++
			c.syncAfter(name, min(namespaceRetry<<min(c.tries[name]-1, 20), namespaceRetryMax))
		})
	}
}

func (c *namespaces) pods(name string) []*store.Pod {
	var pods []*store.Pod
	for _, o := range c.env.Store.List(model.Pod) {
		if o.Key().Namespace == name {
			pods = append(pods, o.(*store.Pod))
		}
	}
	return pods
}

// longestGrace is the longest grace of the pods that have not finished, in seconds.
func longestGrace(pods []*store.Pod) int64 {
	longest := int64(0)
	for _, p := range pods {
		if g := p.Spec().TerminationGracePeriodSeconds; g != nil && !p.Terminal() {
			longest = max(longest, *g)
		}
	}
	return longest
}

// empty removes everything else and then the namespace. What has finalizers stays until they are gone.
func (c *namespaces) empty(name string) {
	delete(c.tries, name)
	var kinds []*model.Kind
	for _, k := range model.Kinds {
		if k.Namespaced && k != model.Pod && len(c.keys(k, name)) > 0 {
			kinds = append(kinds, k)
		}
	}
	c.api.writeAll(len(kinds), func(i int) {
		for _, key := range c.keys(kinds[i], name) {
			_ = c.env.API.Delete(kinds[i], key, nil, "Background")
		}
	}, func() {
		left := c.remains(kinds, name)
		c.report(name, left, func() {
			if len(left.resources) > 0 {
				c.syncAfter(name, (finalizerEstimate/2+1)*time.Second)
				return
			}
			c.finalize(name)
		})
	})
}

func (c *namespaces) keys(k *model.Kind, namespace string) []store.Key {
	var keys []store.Key
	for _, o := range c.env.Store.List(k) {
		if o.Key().Namespace == namespace {
			keys = append(keys, o.Key())
		}
	}
	return keys
}

// finalize takes the finalizer off, with which the namespace goes.
func (c *namespaces) finalize(name string) {
	c.api.write(func() {
		key := store.Key{Name: name}
		_ = c.env.Store.Update(model.Namespace, key, func(o model.Object) bool {
			ns := o.(*corev1.Namespace)
			had := len(ns.Spec.Finalizers) > 0
			ns.Spec.Finalizers = nil
			return had
		})
		_ = c.env.Store.Remove(model.Namespace, key)
	})
}
