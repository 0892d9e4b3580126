package controller

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var kindVolumeMoved = engine.NewKind("volume attached or detached", engine.RankWorld, false).By(rule.VolumeMove)

// attacher stands for the external attachers of all drivers: each does after a while what a VolumeAttachment asks for. A
// finalizer keeps the object until the volume is off.
//
// Source: kubernetes-csi/external-attacher v4 pkg/controller/csi_handler.go.
// Differs: a driver works at any number of volumes at a time.
type attacher struct {
	env  *Env
	api  *api
	busy map[string]bool        // attachments at which the driver works
	wait map[string]engine.Time // pauses after refusals
	full map[slot]int32         // volumes attached, as far as a limit holds
}

// slot is a driver on a node.
type slot struct{ node, driver string }

// Pauses between attempts. Source: external-attacher cmd/csi-attacher/main.go retry-interval-start, retry-interval-max.
const (
	attacherRetryBase = time.Second
	attacherRetryMax  = 5 * time.Minute
)

func newAttacher(env *Env) Reconciler {
	return &attacher{env: env, api: env.newAPI(), busy: map[string]bool{}, wait: map[string]engine.Time{}, full: map[slot]int32{}}
}

// Start implements Reconciler.
func (c *attacher) Start() {
	for _, o := range c.env.Store.List(attachmentKind) {
		a := o.API().(*storagev1.VolumeAttachment)
		c.tally(a, 1)
		c.look(a)
	}
}

// tally counts an attachment in or out if its volume is attached.
func (c *attacher) tally(a *storagev1.VolumeAttachment, by int32) {
	if a.Status.Attached {
		c.full[slot{a.Spec.NodeName, a.Spec.Attacher}] += by
	}
}

// Observe implements store.Watcher.
func (c *attacher) Observe(ch *store.Change) {
	if k := ch.Kind(); k == attachmentKind || k == volumeKind {
		c.api.by(rule.VolumeMove, func() { c.observe(ch) })
	}
}

func (c *attacher) observe(ch *store.Change) {
	if ch.Kind() == volumeKind {
		if ch.Verb != journal.Deleted {
			c.letGo(ch.New.API().(*corev1.PersistentVolume))
		}
		return
	}
	if ch.Old != nil {
		c.tally(ch.Old.API().(*storagev1.VolumeAttachment), -1)
	}
	if ch.Verb != journal.Deleted {
		c.tally(ch.New.API().(*storagev1.VolumeAttachment), 1)
	}
	if f := c.env.attachments[ch.New.Key()]; f != nil {
		f()
	}
	if ch.Verb != journal.Deleted {
		c.look(ch.New.API().(*storagev1.VolumeAttachment))
		return
	}
	delete(c.busy, ch.New.Key().Name)
	delete(c.wait, ch.New.Key().Name)
	if v := c.env.volume(value(ch.New.API().(*storagev1.VolumeAttachment).Spec.Source.PersistentVolumeName)); v != nil {
		c.letGo(v)
	}
}

// attacherFinalizer is what a driver's attacher puts on VolumeAttachments and volumes.
func attacherFinalizer(driver string) string {
	return "external-attacher/" + strings.ReplaceAll(driver, ".", "-")
}

func (c *attacher) look(a *storagev1.VolumeAttachment) {
	deleting := a.DeletionTimestamp != nil
	if c.busy[a.Name] || !deleting && a.Status.Attached || a.Status.AttachError != nil && !deleting {
		return
	}
	finalizer := attacherFinalizer(a.Spec.Attacher)
	times := c.env.storage("", a.Spec.Attacher)
	switch {
	case deleting && slices.Contains(a.Finalizers, finalizer):
		c.busy[a.Name] = true
		c.env.Engine.After(times.DetachTime, kindVolumeMoved, engine.Func(func() { c.finish(a, c.detached(finalizer)) }))
	case !deleting:
		c.busy[a.Name] = true
		c.api.write(func() {
			c.protect(a, finalizer)
			c.env.Engine.After(times.AttachTime, kindVolumeMoved, engine.Func(func() { c.finish(a, c.attached(times)) }))
		})
	}
}

// protect keeps attachment and volume until the driver is done with them.
func (c *attacher) protect(a *storagev1.VolumeAttachment, finalizer string) {
	add := func(o model.Object) bool {
		if slices.Contains(o.GetFinalizers(), finalizer) {
			return false
		}
		o.SetFinalizers(append(slices.Clone(o.GetFinalizers()), finalizer))
		return true
	}
	_ = c.env.Store.Update(attachmentKind, store.Key{Name: a.Name}, add) // gone: nothing to protect
	_ = c.env.Store.Update(volumeKind, store.Key{Name: value(a.Spec.Source.PersistentVolumeName)}, add)
}

// finish writes what the driver has done, and looks whether more has been asked meanwhile.
func (c *attacher) finish(a *storagev1.VolumeAttachment, change func(*storagev1.VolumeAttachment)) {
	c.api.write(func() {
		delete(c.busy, a.Name)
		_ = c.env.Store.Update(attachmentKind, store.Key{Name: a.Name}, func(o model.Object) bool { // gone: nobody waits
			change(o.(*storagev1.VolumeAttachment))
			return true
		})
	})
}

func (c *attacher) detached(finalizer string) func(*storagev1.VolumeAttachment) {
	return func(a *storagev1.VolumeAttachment) {
		a.Status.Attached = false
		a.Finalizers = slices.DeleteFunc(slices.Clone(a.Finalizers), func(f string) bool { return f == finalizer })
	}
}

// attached is the driver's answer: the node takes the volume, or has as many as it can take.
func (c *attacher) attached(times config.Storage) func(*storagev1.VolumeAttachment) {
	return func(a *storagev1.VolumeAttachment) {
		n, limit := c.full[slot{a.Spec.NodeName, a.Spec.Attacher}], times.MaxPerNode
		if limit == 0 || n < limit {
			a.Status.Attached, a.Status.AttachError = true, nil
			delete(c.wait, a.Name)
			return
		}
		const resourceExhausted = int32(8) // of gRPC
		code := resourceExhausted
		a.Status.AttachError = &storagev1.VolumeError{Time: metav1.NewTime(c.env.Store.Now()).Rfc3339Copy(), ErrorCode: &code,
			Message: fmt.Sprintf("rpc error: code = ResourceExhausted desc = node %s has %d volumes attached, its limit", a.Spec.NodeName, limit)}
		c.retry(a.Name, times)
	}
}

// retry has the driver try again after a pause, unless the attachment is being deleted by then.
func (c *attacher) retry(name string, times config.Storage) {
	c.wait[name] = min(max(2*c.wait[name], attacherRetryBase), attacherRetryMax)
	kind := kindRetry
	if c.wait[name] > settledBackoff {
		kind = kindRetryIdle
	}
	c.env.Engine.After(c.wait[name]+times.AttachTime, kind, engine.Func(func() {
		o := c.env.Store.Get(attachmentKind, store.Key{Name: name})
		if o == nil || o.API().GetDeletionTimestamp() != nil || c.busy[name] {
			return
		}
		c.busy[name] = true
		c.finish(o.API().(*storagev1.VolumeAttachment), c.attached(times))
	}))
}

// letGo takes the finalizer off a volume that is being deleted and that no node has.
func (c *attacher) letGo(v *corev1.PersistentVolume) {
	i := slices.IndexFunc(v.Finalizers, func(f string) bool { return strings.HasPrefix(f, "external-attacher/") })
	if v.DeletionTimestamp == nil || i < 0 {
		return
	}
	for _, o := range c.env.Store.List(attachmentKind) {
		if value(o.API().(*storagev1.VolumeAttachment).Spec.Source.PersistentVolumeName) == v.Name {
			return
		}
	}
	finalizer := v.Finalizers[i]
	c.api.write(func() {
		_ = c.env.Store.Update(volumeKind, store.Key{Name: v.Name}, func(o model.Object) bool { // gone: so is the finalizer
			have := o.GetFinalizers()
			o.SetFinalizers(slices.DeleteFunc(slices.Clone(have), func(f string) bool { return f == finalizer }))
			return len(o.GetFinalizers()) != len(have)
		})
	})
}
