package controller

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// resyncPeriod is how often claims that are not bound are looked at again.
// Source: k8s v1.36.3 pkg/controller/volume/persistentvolume/config/v1alpha1/defaults.go PVClaimBinderSyncPeriod.
const resyncPeriod = 15 * time.Second

var (
	volumeKind     = model.FindKind("PersistentVolume")
	classKind      = model.FindKind("StorageClass")
	attachmentKind = model.FindKind("VolumeAttachment")
	csiDriverKind  = model.FindKind("CSIDriver")

	kindResync     = engine.NewKind("volume binder resync", engine.RankTimer, false).By(rule.VolumeResync)
	kindResyncIdle = engine.NewKind("volume binder resync, nothing new", engine.RankTimer, true).By(rule.VolumeResync)
)

// volumeBinder brings claims and volumes together: it binds the volumes that are there, asks for others to be made, and sees
// to what becomes of those whose claim has gone.
//
//	claim  Pending --volume found--> Bound --volume gone--> Lost
//	volume Pending --> Available --claim found--> Bound --claim gone--> Released --policy Delete--> deleted
//
// A sync is a sequence of writes, each the next one that the store's state asks for: claimStep and volumeStep decide.
//
// Source: k8s v1.36.3 pkg/controller/volume/persistentvolume/pv_controller.go, pv_controller_base.go.
// Differs: in-tree volumes are not migrated to CSI. Volumes are not recycled.
type volumeBinder struct {
	env     *Env
	api     *api
	events  *record.Recorder
	claims  *workQueue[store.Key]
	volumes *workQueue[string]

	unbound map[store.Key]bool            // claims without a volume
	free    map[string]bool               // volumes that point at no claim
	meant   map[store.Key]map[string]bool // volumes that point at a claim, by the claim
	phase   engine.Time                   // of the resyncs
	resync  engine.Timer
	idle    bool // the queued resync is one without news
}

func newVolumeBinder(env *Env) Reconciler {
	b := &volumeBinder{env: env, api: env.newAPI(), unbound: map[store.Key]bool{}, free: map[string]bool{}, meant: map[store.Key]map[string]bool{}}
	b.events = env.newRecorder("persistentvolume-controller", b.api)
	b.claims = newWorkQueue(env.Engine, 1, b.syncClaim).by(rule.VolumeBinding)
	b.volumes = newWorkQueue(env.Engine, 1, b.syncVolume).by(rule.VolumeBinding)
	draw := env.Engine.Draw(engine.HashString("controller/persistentvolume-binder/phase"), 0)
	b.phase = engine.Time(draw * float64(resyncPeriod)).Truncate(time.Microsecond)
	return b
}

// Start implements Reconciler.
//
// Source: pv_controller_base.go initializeCaches, resync.
func (b *volumeBinder) Start() {
	for _, o := range b.env.Store.List(volumeKind) {
		b.index(o.API().(*corev1.PersistentVolume), true)
		b.volumes.add(o.Key().Name)
	}
	for _, o := range b.env.Store.List(claimKind) {
		b.claims.add(o.Key())
	}
}

// Observe implements store.Watcher.
func (b *volumeBinder) Observe(ch *store.Change) {
	switch ch.Kind() {
	case claimKind:
		if ch.Verb != journal.Deleted {
			b.claims.add(ch.New.Key())
			return
		}
		delete(b.unbound, ch.New.Key())
		if name := ch.New.API().(*corev1.PersistentVolumeClaim).Spec.VolumeName; name != "" {
			b.volumes.add(name)
		}
	case volumeKind:
		b.observeVolume(ch)
	case classKind:
		b.news()
	}
}

func (b *volumeBinder) observeVolume(ch *store.Change) {
	v := ch.New.API().(*corev1.PersistentVolume)
	if ch.Old != nil {
		b.index(ch.Old.API().(*corev1.PersistentVolume), false)
	}
	b.index(v, ch.Verb != journal.Deleted)
	if ch.Verb != journal.Deleted {
		b.volumes.add(v.Name)
		if v.Status.Phase == corev1.VolumeAvailable {
			b.news()
		}
		return
	}
	if ref := v.Spec.ClaimRef; ref != nil {
		b.claims.add(store.Key{Namespace: ref.Namespace, Name: ref.Name})
	}
}

// index notes to which claim a volume points, or that it does so no more.
func (b *volumeBinder) index(v *corev1.PersistentVolume, there bool) {
	ref := v.Spec.ClaimRef
	if ref == nil {
		setIn(b.free, v.Name, there)
		return
	}
	key := store.Key{Namespace: ref.Namespace, Name: ref.Name}
	if b.meant[key] == nil {
		b.meant[key] = map[string]bool{}
	}
	if setIn(b.meant[key], v.Name, there); len(b.meant[key]) == 0 {
		delete(b.meant, key)
	}
}

func setIn(set map[string]bool, name string, there bool) {
	if there {
		set[name] = true
	} else {
		delete(set, name)
	}
}

// wait notes whether a claim is still without a volume: it is looked at again with every resync.
func (b *volumeBinder) wait(key store.Key) {
	c := b.claim(key)
	if c == nil || c.Status.Phase != corev1.ClaimPending {
		delete(b.unbound, key)
		return
	}
	b.unbound[key] = true
	if !b.env.Engine.Active(b.resync) {
		b.arm(true)
	}
}

// news has unbound claims looked at with the next resync.
func (b *volumeBinder) news() {
	if len(b.unbound) > 0 && (b.idle || !b.env.Engine.Active(b.resync)) {
		b.env.Engine.Cancel(b.resync)
		b.arm(false)
	}
}

func (b *volumeBinder) arm(idle bool) {
	kind := kindResync
	if idle {
		kind = kindResyncIdle
	}
	b.idle = idle
	b.resync = b.env.Engine.At(engine.NextTick(b.env.Engine.Now(), b.phase, resyncPeriod), kind, engine.Func(func() {
		for _, key := range slices.SortedFunc(maps.Keys(b.unbound), compareKeys) {
			b.claims.add(key)
		}
	}))
}

func (b *volumeBinder) claim(key store.Key) *corev1.PersistentVolumeClaim {
	if o := b.env.Store.Get(claimKind, key); o != nil {
		return o.API().(*corev1.PersistentVolumeClaim)
	}
	return nil
}

func (env *Env) volume(name string) *corev1.PersistentVolume {
	if o := env.Store.Get(volumeKind, store.Key{Name: name}); o != nil {
		return o.API().(*corev1.PersistentVolume)
	}
	return nil
}

func (env *Env) class(name string) *storagev1.StorageClass {
	if o := env.Store.Get(classKind, store.Key{Name: name}); o != nil && name != "" {
		return o.API().(*storagev1.StorageClass)
	}
	return nil
}

// updateClaim returns a write of a claim.
func (b *volumeBinder) updateClaim(c *corev1.PersistentVolumeClaim, change func(*corev1.PersistentVolumeClaim) bool) func() error {
	return func() error {
		return b.env.Store.Update(claimKind, keyOf(c), func(o model.Object) bool { return change(o.(*corev1.PersistentVolumeClaim)) })
	}
}

// updateVolume returns a write of a volume.
func (b *volumeBinder) updateVolume(v *corev1.PersistentVolume, change func(*corev1.PersistentVolume) bool) func() error {
	return func() error {
		return b.env.Store.Update(volumeKind, store.Key{Name: v.Name}, func(o model.Object) bool { return change(o.(*corev1.PersistentVolume)) })
	}
}

// setVolumePhase returns the write of a volume's phase, nil if it has it.
//
// Source: pv_controller.go updateVolumePhase.
func (b *volumeBinder) setVolumePhase(v *corev1.PersistentVolume, phase corev1.PersistentVolumePhase, message string) func() error {
	if v.Status.Phase == phase {
		return nil
	}
	return b.updateVolume(v, func(v *corev1.PersistentVolume) bool {
		now := metav1.NewTime(b.env.Store.Now()).Rfc3339Copy()
		v.Status.Phase, v.Status.Message, v.Status.LastPhaseTransitionTime = phase, message, &now
		return true
	})
}
