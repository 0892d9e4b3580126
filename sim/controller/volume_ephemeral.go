package controller

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// ephemeralVolumes makes the claims of pods' generic ephemeral volumes. The pod owns them.
//
// Source: k8s v1.36.3 pkg/controller/volume/ephemeral/controller.go.
type ephemeralVolumes struct {
	env    *Env
	api    *api
	events *record.Recorder
	queue  *workQueue[store.Key]
}

func newEphemeralVolumes(env *Env) Reconciler {
	c := &ephemeralVolumes{env: env, api: env.newAPI()}
	c.events = env.newRecorder("ephemeral_volume", c.api)
	c.queue = newWorkQueue(env.Engine, 5, c.sync).by(rule.EphemeralClaim)
	return c
}

// Start implements Reconciler.
func (c *ephemeralVolumes) Start() {
	for _, o := range c.env.Store.List(model.Pod) {
		c.look(o.(*store.Pod))
	}
}

// Observe implements store.Watcher.
func (c *ephemeralVolumes) Observe(ch *store.Change) {
	if _, p, ok := ch.Pods(); ok {
		if ch.Verb == journal.Added {
			c.look(p)
		}
		return
	}
	if ch.Kind() == claimKind && ch.Verb == journal.Deleted {
		for _, key := range c.env.users.of(ch.New.Key()) {
			if p := c.env.Store.Pod(key); p != nil {
				c.look(p)
			}
		}
	}
}

func (c *ephemeralVolumes) look(p *store.Pod) {
	for i := range p.Spec().Volumes {
		if p.Spec().Volumes[i].Ephemeral != nil && p.Deletion == nil {
			c.queue.add(p.Key())
			return
		}
	}
}

func (c *ephemeralVolumes) sync(key store.Key, done func(error)) {
	p := c.env.Store.Pod(key)
	if p == nil || p.Deletion != nil {
		done(nil)
		return
	}
	volumes := p.Spec().Volumes
	oneByOne(len(volumes), func(i int, done func(error)) {
		c.claim(p, &volumes[i], func(err error) {
			if err != nil {
				c.events.Pod(p, "", record.Warning, "FailedBinding", fmt.Sprintf("ephemeral volume %s: %s", volumes[i].Name, err))
			}
			done(err)
		})
	}, done)
}

// claim makes the claim of one volume, unless it is there.
//
// Source: controller.go handleVolume.
func (c *ephemeralVolumes) claim(p *store.Pod, v *corev1.Volume, done func(error)) {
	key := store.Key{Namespace: p.Namespace, Name: volumeClaim(p.Name, v)}
	if v.Ephemeral == nil {
		done(nil)
		return
	}
	if o := c.env.Store.Get(claimKind, key); o != nil {
		if ref := metav1.GetControllerOf(o.API()); ref == nil || ref.UID != p.UID {
			done(fmt.Errorf("PVC %s was not created for pod %s (pod is not owner)", key, p.Key()))
			return
		}
		done(nil)
		return
	}
	yes, template := true, v.Ephemeral.VolumeClaimTemplate.DeepCopy()
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	claim.Name, claim.Namespace = key.Name, key.Namespace
	claim.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID, Controller: &yes, BlockOwnerDeletion: &yes}}
	c.api.write(func() {
		_, err := c.env.API.Create(claimKind, claim)
		if err != nil {
			err = fmt.Errorf("create PVC %s: %w", key, err)
		}
		done(err)
	})
}
