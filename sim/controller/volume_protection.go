package controller

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/admission"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// volumeProtection keeps claims for as long as pods on nodes use them, and volumes for as long as they are bound: it takes the
// finalizers off that admission has put on.
//
// Source: k8s v1.36.3 pkg/controller/volume/pvcprotection/pvc_protection_controller.go,
// pkg/controller/volume/pvprotection/pv_protection_controller.go.
type volumeProtection struct {
	env   *Env
	api   *api
	queue *workQueue[protected]
}

// protected is a claim or a volume.
type protected struct {
	kind *model.Kind
	key  store.Key
}

func newVolumeProtection(env *Env) Reconciler {
	c := &volumeProtection{env: env, api: env.newAPI()}
	c.queue = newWorkQueue(env.Engine, 1, c.sync).by(rule.StorageProtection)
	return c
}

// Start implements Reconciler: objects from before t=0 are given their finalizer, and those that were being deleted go on.
func (c *volumeProtection) Start() {
	for _, k := range []*model.Kind{claimKind, volumeKind} {
		for _, o := range c.env.Store.List(k) {
			c.look(o)
		}
	}
}

// Observe implements store.Watcher.
func (c *volumeProtection) Observe(ch *store.Change) {
	switch k := ch.Kind(); {
	case k == model.Pod:
		c.observePod(ch)
	case (k == claimKind || k == volumeKind) && ch.Verb != journal.Deleted:
		c.look(ch.New)
	}
}

func (c *volumeProtection) observePod(ch *store.Change) {
	_, p, _ := ch.Pods()
	if ch.Verb != journal.Deleted {
		return
	}
	for _, key := range claimsOf(p) {
		if o := c.env.Store.Get(claimKind, key); o != nil {
			c.look(o)
		}
	}
}

// look queues an object that lacks its finalizer, or that only its finalizer keeps.
func (c *volumeProtection) look(o store.Object) {
	has := slices.Contains(o.API().GetFinalizers(), finalizerOf(o.Kind()))
	if deleting := o.API().GetDeletionTimestamp() != nil; deleting == has {
		c.queue.add(protected{o.Kind(), o.Key()})
	}
}

func finalizerOf(k *model.Kind) string {
	if k == claimKind {
		return admission.ClaimProtection
	}
	return admission.VolumeProtection
}

func (c *volumeProtection) sync(p protected, done func(error)) {
	o := c.env.Store.Get(p.kind, p.key)
	if o == nil || o.API().GetDeletionTimestamp() != nil && c.inUse(o) {
		done(nil)
		return
	}
	c.api.write(func() {
		finalizer := finalizerOf(p.kind)
		err := c.env.Store.Update(p.kind, p.key, func(o model.Object) bool {
			have := o.GetFinalizers()
			has := slices.Contains(have, finalizer)
			switch {
			case o.GetDeletionTimestamp() == nil && !has:
				o.SetFinalizers(append(have, finalizer))
			case o.GetDeletionTimestamp() != nil && has:
				o.SetFinalizers(slices.DeleteFunc(slices.Clone(have), func(f string) bool { return f == finalizer }))
			default:
				return false
			}
			return true
		})
		if isNotFound(err) {
			err = nil
		}
		done(err)
	})
}

// inUse reports whether a claim has pods on nodes, or a volume a claim. A pod that has finished counts too.
//
// Source: pvc_protection_controller.go podUsesPVCForDeletion, pv_protection_controller.go isBeingUsed.
func (c *volumeProtection) inUse(o store.Object) bool {
	if v, ok := o.API().(*corev1.PersistentVolume); ok {
		return v.Status.Phase == corev1.VolumeBound
	}
	return slices.ContainsFunc(c.env.users.of(o.Key()), func(key store.Key) bool {
		p := c.env.Store.Pod(key)
		return p != nil && p.NodeName != ""
	})
}
