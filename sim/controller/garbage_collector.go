package controller

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// collectorWorkers is the number of concurrent syncs.
// Source: k8s v1.36.3 pkg/controller/garbagecollector/config/v1alpha1/defaults.go.
const collectorWorkers = 20

// garbageCollector deletes what has lost its owners, and does what the deletion of an owner waits for.
//
//	owner removed (background) ---------------------------> dependents whose every owner is gone are deleted
//	owner has finalizer foregroundDeletion --> dependents are deleted; when none of the blocking ones is left, the owner
//	owner has finalizer orphan --> references to it are taken off its dependents, then the owner goes
//
// Differs: an owner that the run has never known is taken for one that lives outside of what was loaded, and its
// dependents are kept: upstream would collect a pod that was created again from a dump. GETs take no time.
//
// Source: k8s v1.36.3 pkg/controller/garbagecollector/garbagecollector.go, graph_builder.go.
type garbageCollector struct {
	env   *Env
	api   *api
	queue *workQueue[item]

	gone map[types.UID]bool // of objects that have been there, pods apart: these own nothing
}

// item is an object that the collector has to look at.
type item struct {
	kind *model.Kind
	key  store.Key
	uid  types.UID
}

func newGarbageCollector(env *Env) Reconciler {
	c := &garbageCollector{env: env, api: env.newAPI(), gone: map[types.UID]bool{}}
	if l := env.Config.Client; l.KubeAPIQPS > 0 { // each deletion takes two requests
		c.api.client = store.NewClient(config.Client{KubeAPIQPS: 2 * l.KubeAPIQPS, KubeAPIBurst: l.KubeAPIBurst})
	}
	c.queue = newWorkQueue(env.Engine, collectorWorkers, c.sync).by(rule.GarbageOwner)
	return c
}

// Start implements Reconciler: deletions that were under way go on.
func (c *garbageCollector) Start() {
	for _, k := range model.Kinds {
		if k == model.Pod || k == model.Event || k == model.Node {
			continue
		}
		for _, o := range c.env.Store.List(k) {
			if waits(o.API(), metav1.FinalizerDeleteDependents) || waits(o.API(), metav1.FinalizerOrphanDependents) {
				c.queue.add(itemOf(o))
			}
		}
	}
}

func itemOf(o store.Object) item {
	if p, ok := o.(*store.Pod); ok {
		return item{model.Pod, p.Key(), p.UID}
	}
	return item{o.Kind(), o.Key(), o.API().GetUID()}
}

// waits reports whether the object is being deleted and has the finalizer.
func waits(o model.Object, finalizer string) bool {
	return o.GetDeletionTimestamp() != nil && slices.Contains(o.GetFinalizers(), finalizer)
}

// Observe implements store.Watcher.
//
// Source: k8s v1.36.3 graph_builder.go processGraphChanges.
func (c *garbageCollector) Observe(ch *store.Change) {
	if _, ok := ch.New.(*store.Event); ok {
		return
	}
	refs := ownersOf(ch.New)
	if ch.Verb == journal.Deleted {
		for i := range refs {
			c.unblock(ch.New.Key().Namespace, &refs[i])
		}
		if _, ok := ch.New.(*store.Generic); ok {
			c.ownerGone(ch.New.API().GetUID())
		}
		return
	}
	var old []metav1.OwnerReference
	if ch.Old != nil {
		old = ownersOf(ch.Old)
	}
	c.references(ch.New, old, refs)
	if g, ok := ch.New.(*store.Generic); ok {
		c.deletionBegins(ch, g)
	}
}

// ownerGone queues the dependents of an object that is no more.
func (c *garbageCollector) ownerGone(uid types.UID) {
	c.gone[uid] = true
	if c.env.owned.any(uid) {
		for _, d := range c.env.owned.dependents(uid) {
			c.queue.add(itemOf(d))
		}
	}
}

// references queues an object that refers to an owner which is gone, and owners that wait for it no longer.
func (c *garbageCollector) references(o store.Object, old, refs []metav1.OwnerReference) {
	if len(old) == len(refs) && (len(refs) == 0 || &old[0] == &refs[0]) {
		return
	}
	for i := range refs {
		if c.gone[refs[i].UID] {
			c.queue.add(itemOf(o))
			break
		}
	}
	for i := range old {
		still := slices.ContainsFunc(refs, func(r metav1.OwnerReference) bool { return r.UID == old[i].UID && blocks(&r) })
		if !still {
			c.unblock(o.Key().Namespace, &old[i])
		}
	}
}

func blocks(r *metav1.OwnerReference) bool {
	return r.BlockOwnerDeletion != nil && *r.BlockOwnerDeletion
}

// unblock queues the owner if it waits for its dependents.
func (c *garbageCollector) unblock(namespace string, r *metav1.OwnerReference) {
	if o := c.find(namespace, r); o != nil {
		if _, ok := o.(*store.Generic); ok && waits(o.API(), metav1.FinalizerDeleteDependents) {
			c.queue.add(itemOf(o))
		}
	}
}

// find returns the object that a reference means, nil if it is gone.
func (c *garbageCollector) find(namespace string, r *metav1.OwnerReference) store.Object {
	k := kindOf(r)
	if k == nil {
		return nil
	}
	if !k.Namespaced {
		namespace = ""
	}
	o := c.env.Store.Get(k, store.Key{Namespace: namespace, Name: r.Name})
	if o == nil || itemOf(o).uid != r.UID {
		return nil
	}
	return o
}

// kindOf is the kind that a reference names, nil if the simulator does not know it.
func kindOf(r *metav1.OwnerReference) *model.Kind {
	i := slices.IndexFunc(model.Kinds, func(k *model.Kind) bool { return k.Name == r.Kind })
	if i < 0 {
		return nil
	}
	return model.Kinds[i]
}

// deletionBegins queues an object whose deletion waits for its dependents, and these.
func (c *garbageCollector) deletionBegins(ch *store.Change, g *store.Generic) {
	o := g.API()
	begins := func(finalizer string) bool {
		return waits(o, finalizer) && (ch.Old == nil || !waits(ch.Old.API(), finalizer))
	}
	if o.GetDeletionTimestamp() == nil {
		return
	}
	switch {
	case begins(metav1.FinalizerOrphanDependents):
		c.queue.add(itemOf(g))
	case begins(metav1.FinalizerDeleteDependents):
		for _, d := range c.env.owned.dependents(o.GetUID()) {
			c.queue.add(itemOf(d))
		}
		c.queue.add(itemOf(g))
	}
}

// sync looks at one object.
//
// Source: k8s v1.36.3 garbagecollector.go attemptToDeleteItem, attemptToOrphanWorker.
func (c *garbageCollector) sync(i item, done func(error)) {
	o := c.env.Store.Get(i.kind, i.key)
	if o == nil || itemOf(o).uid != i.uid {
		done(nil)
		return
	}
	if g, ok := o.(*store.Generic); ok && g.API().GetDeletionTimestamp() != nil {
		switch {
		case waits(g.API(), metav1.FinalizerOrphanDependents):
			c.env.Engine.Act(rule.GarbageOrphan)
			c.orphan(i, done)
		case waits(g.API(), metav1.FinalizerDeleteDependents):
			c.env.Engine.Act(rule.GarbageForeground)
			c.api.read()
			c.awaitDependents(i, done)
		default:
			done(nil)
		}
		return
	}
	refs := ownersOf(o)
	if p, ok := o.(*store.Pod); ok && p.Deletion != nil || len(refs) == 0 {
		done(nil)
		return
	}
	c.api.read()
	c.collect(i, refs, done)
}

// collect deletes an object that no owner is left of, or takes off it the references that mean nothing any more.
func (c *garbageCollector) collect(i item, refs []metav1.OwnerReference, done func(error)) {
	var drop []types.UID
	solid, waiting := 0, false
	for j := range refs {
		r := &refs[j]
		o := c.find(i.key.Namespace, r)
		switch {
		case o == nil && c.gone[r.UID]:
			drop = append(drop, r.UID)
		case o != nil && waits(o.API(), metav1.FinalizerDeleteDependents):
			drop, waiting = append(drop, r.UID), true
		default:
			solid++
		}
	}
	switch {
	case solid > 0 && len(drop) == 0:
		done(nil)
	case solid > 0:
		c.dropOwners(i, drop, done)
	default:
		propagation := metav1.DeletePropagationBackground
		if waiting && c.env.owned.any(i.uid) {
			propagation = metav1.DeletePropagationForeground
		}
		c.api.write(func() {
			err := c.env.API.DeleteUID(i.kind, i.key, string(i.uid), nil, string(propagation))
			if isNotFound(err) {
				err = nil
			}
			done(err)
		})
	}
}

// dropOwners takes references off an object.
func (c *garbageCollector) dropOwners(i item, owners []types.UID, done func(error)) {
	c.api.write(func() {
		without := func(refs []metav1.OwnerReference) []metav1.OwnerReference {
			for _, uid := range owners {
				refs = withoutOwner(refs, uid)
			}
			return refs
		}
		var err error
		if i.kind == model.Pod {
			_, err = c.env.Store.UpdatePod(i.key, string(i.uid), func(p *store.Pod) bool {
				p.Owners = without(p.OwnerList())
				return true
			})
		} else {
			err = c.env.Store.Update(i.kind, i.key, func(o model.Object) bool {
				if o.GetUID() != i.uid {
					return false
				}
				o.SetOwnerReferences(without(o.GetOwnerReferences()))
				return true
			})
		}
		if isNotFound(err) {
			err = nil
		}
		done(err)
	})
}

// orphan takes the references to an owner off its dependents and then lets the owner go.
//
// Source: k8s v1.36.3 garbagecollector.go orphanDependents.
func (c *garbageCollector) orphan(i item, done func(error)) {
	dependents := c.env.owned.dependents(i.uid)
	together(len(dependents), func(j int, done func(error)) {
		c.dropOwners(itemOf(dependents[j]), []types.UID{i.uid}, done)
	}, func(_ int, err error) {
		if err != nil {
			done(err)
			return
		}
		c.finish(i, metav1.FinalizerOrphanDependents, done)
	})
}

// awaitDependents lets an owner go when no blocking dependent is left, and else has those looked at.
//
// Source: k8s v1.36.3 garbagecollector.go processDeletingDependentsItem.
func (c *garbageCollector) awaitDependents(i item, done func(error)) {
	blocked := false
	for _, d := range c.env.owned.dependents(i.uid) {
		refs := ownersOf(d)
		if slices.ContainsFunc(refs, func(r metav1.OwnerReference) bool { return r.UID == i.uid && blocks(&r) }) {
			blocked = true
			if _, ok := d.(*store.Generic); !ok || !waits(d.API(), metav1.FinalizerDeleteDependents) {
				c.queue.add(itemOf(d))
			}
		}
	}
	if blocked {
		done(nil)
		return
	}
	c.finish(i, metav1.FinalizerDeleteDependents, done)
}

// finish takes the finalizer off an owner, with which it goes.
func (c *garbageCollector) finish(i item, finalizer string, done func(error)) {
	c.api.write(func() {
		err := c.env.Store.Update(i.kind, i.key, func(o model.Object) bool {
			if o.GetUID() != i.uid {
				return false
			}
			o.SetFinalizers(slices.DeleteFunc(slices.Clone(o.GetFinalizers()), func(f string) bool { return f == finalizer }))
			return true
		})
		if isNotFound(err) {
			err = nil
		}
		done(err)
	})
}
