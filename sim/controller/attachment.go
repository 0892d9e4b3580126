package controller

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"

	"clustersim/model"
)

var (
	kindDriverPoll    = engine.NewKind("wait for a volume's driver", engine.RankTimer, false).By(rule.AttachDetach)
	kindDriverTimeout = engine.NewKind("wait for a volume's driver ends", engine.RankTimer, true).By(rule.AttachDetach)
)

// attachment is one attach under way.
type attachment struct {
	c       *attachDetach
	at      placed
	volume  *corev1.PersistentVolume
	start   engine.Time // of the wait
	poll    engine.Timer
	timeout engine.Timer
}

// key of the VolumeAttachment.
func (a *attachment) key() store.Key {
	return store.Key{Name: model.AttachmentName(a.volume.Spec.CSI, a.at.node)}
}

// begin asks the driver to attach, unless it has been asked already, and waits.
//
// Source: k8s v1.36.3 pkg/volume/csi/csi_attacher.go Attach.
func (a *attachment) begin() {
	a.c.api.write(func() {
		key := a.key()
		if a.c.env.Store.Get(attachmentKind, key) == nil {
			name := a.volume.Name
			// Refused: somebody else has asked.
			_, _ = a.c.env.API.Create(attachmentKind, &storagev1.VolumeAttachment{ObjectMeta: metav1.ObjectMeta{Name: key.Name}, Spec: storagev1.VolumeAttachmentSpec{
				Attacher: a.volume.Spec.CSI.Driver, NodeName: a.at.node, Source: storagev1.VolumeAttachmentSource{PersistentVolumeName: &name}}})
		}
		a.start = a.c.env.Engine.Now()
		a.timeout = a.c.env.Engine.After(driverPatience, kindDriverTimeout, engine.Func(func() {
			a.failed(fmt.Sprintf("timed out waiting for external-attacher of %s CSI driver to attach volume %s", a.volume.Spec.CSI.Driver, a.volume.Spec.CSI.VolumeHandle))
		}))
		a.c.env.waitFor(key, a.changed)
		a.changed() // it may have been asked before
	})
}

// changed looks with the next poll at what the driver has written.
func (a *attachment) changed() {
	e := a.c.env.Engine
	if at := nextDriverPoll(a.start, e.Now()); !e.Active(a.poll) {
		a.poll = e.At(at, kindDriverPoll, engine.Func(a.look))
	}
}

func (a *attachment) look() {
	o := a.c.env.Store.Get(attachmentKind, a.key())
	if o == nil {
		return
	}
	switch st := o.API().(*storagev1.VolumeAttachment).Status; {
	case st.Attached:
		a.done()
	case st.AttachError != nil:
		a.failed(st.AttachError.Message)
	}
}

// end stops the wait.
func (a *attachment) end() *held {
	a.c.env.Engine.Cancel(a.poll)
	a.c.env.Engine.Cancel(a.timeout)
	a.c.env.stopWaiting(a.key())
	a.c.loop.want(a.c.env.Engine.Now())
	h := a.c.held[a.at]
	h.busy = false
	return h
}

func (a *attachment) done() {
	h := a.end()
	h.attached, h.backoff, h.retry = true, 0, 0
	a.c.report[a.at.node] = true
	a.tell(record.Normal, "SuccessfulAttachVolume", "AttachVolume.Attach succeeded for volume \""+a.at.volume+"\" ")
}

// failed leaves the volume for another try, with a pause that grows.
func (a *attachment) failed(why string) {
	h := a.end()
	h.backoff = min(max(2*h.backoff, attachRetryBase), attachRetryMax)
	h.retry = a.c.env.Engine.Now() + h.backoff
	kind := kindRetry
	if h.backoff > settledBackoff {
		kind = kindRetryIdle
	}
	a.c.env.Engine.At(h.retry, kind, engine.Func(func() { a.c.loop.want(a.c.env.Engine.Now()) }))
	a.tell(record.Warning, "FailedAttachVolume", fmt.Sprintf("AttachVolume.Attach failed for volume %q : %s", a.at.volume, why))
}

// tell tells the pods that wanted the volume.
func (a *attachment) tell(typ, reason, message string) {
	if w := a.c.wanted[a.at]; w != nil {
		for _, key := range w.pods {
			a.c.say(key, typ, reason, message)
		}
	}
}

// detach takes a volume off its node: off the Node's status first, so that nobody mounts it.
//
// Source: k8s v1.36.3 pkg/volume/csi/csi_attacher.go Detach.
func (c *attachDetach) detach(at placed) {
	h := c.held[at]
	h.busy = true
	v := c.env.volume(at.volume)
	if v == nil || v.Spec.CSI == nil {
		c.let(at)
		return
	}
	key := store.Key{Name: model.AttachmentName(v.Spec.CSI, at.node)}
	c.writeAttached(at.node)
	c.api.write(func() {
		_ = c.env.API.Delete(attachmentKind, key, nil, "") // gone: it is off already
		c.awaitDetach(at, key, c.env.Engine.Now())
	})
}

func (c *attachDetach) awaitDetach(at placed, key store.Key, start engine.Time) {
	gone := func() bool {
		if c.env.Store.Get(attachmentKind, key) != nil {
			return false
		}
		c.env.stopWaiting(key)
		c.env.Engine.At(nextDriverPoll(start, c.env.Engine.Now()), kindDriverPoll, engine.Func(func() {
			c.let(at)
			c.loop.want(c.env.Engine.Now())
		}))
		return true
	}
	if !gone() {
		c.env.waitFor(key, func() { gone() })
	}
}

// waitFor has f called for each change of a VolumeAttachment. f must not write.
func (env *Env) waitFor(key store.Key, f func()) { env.attachments[key] = f }

func (env *Env) stopWaiting(key store.Key) { delete(env.attachments, key) }
