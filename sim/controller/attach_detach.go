package controller

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/store"
)

// Times of the attach/detach controller.
// Source: k8s v1.36.3 pkg/controller/volume/attachdetach/attach_detach_controller.go DefaultTimerConfig.
const (
	attachLoop  = 100 * time.Millisecond
	forceDetach = 6 * time.Minute // ReconcilerMaxWaitForUnmountDuration
)

// placed is a volume and a node that it is attached to, or is to be.
type placed struct{ volume, node string }

func comparePlaced(a, b placed) int {
	return cmp.Or(strings.Compare(a.volume, b.volume), strings.Compare(a.node, b.node))
}

// want is what pods on a node want of a volume.
type want struct {
	pods     []store.Key // sorted
	reported bool        // that another node has it
}

// held is what is known of a volume on a node.
type held struct {
	attached bool        // the driver has said so
	busy     bool        // an attach or a detach is under way
	asked    engine.Time // since when it is to be taken off; never = it is not
	backoff  engine.Time // of failed attaches
	retry    engine.Time // when the next one may be tried
}

// attachDetach has the volumes of pods attached to their nodes: it writes VolumeAttachments and waits for the driver. A volume
// comes off when its pods have gone and the kubelet does not say any more that it is in use; on a node that is not ready, after
// six minutes of waiting for that, or at once if the node is out of service.
//
//	pod bound -> VolumeAttachment -> attached -> Node.status.volumesAttached -> the kubelet mounts
//	pod gone -> the kubelet unmounts -> Node.status.volumesInUse -> VolumeAttachment deleted -> detached
//
// Source: k8s v1.36.3 pkg/controller/volume/attachdetach: attach_detach_controller.go, reconciler/reconciler.go.
// Differs: CSI volumes alone are attached; every node is managed by the controller.
type attachDetach struct {
	env    *Env
	api    *api
	events *record.Recorder
	loop   *loop

	wanted map[placed]*want
	byPod  map[store.Key][]placed
	held   map[placed]*held
	nodes  map[string][]string // of held, by volume
	on     map[string][]string // volumes of held, by node
	report map[string]bool     // nodes whose volumesAttached is to be written
}

func newAttachDetach(env *Env) Reconciler {
	c := &attachDetach{env: env, api: env.newAPI(), wanted: map[placed]*want{}, byPod: map[store.Key][]placed{}, held: map[placed]*held{}, nodes: map[string][]string{}, on: map[string][]string{}, report: map[string]bool{}}
	c.events = env.newRecorder("attachdetach-controller", c.api)
	c.loop = newLoop(env.Engine, "attachdetach", attachLoop, false, c.pass)
	return c
}

// Start implements Reconciler: what is attached already is taken over.
//
// Source: attach_detach_controller.go populateActualStateOfWorld, processVolumeAttachments, populateDesiredStateOfWorld.
func (c *attachDetach) Start() {
	for _, o := range c.env.Store.List(attachmentKind) {
		a := o.API().(*storagev1.VolumeAttachment)
		if name := value(a.Spec.Source.PersistentVolumeName); c.env.volume(name) != nil {
			c.hold(placed{name, a.Spec.NodeName}).attached = a.Status.Attached
			c.report[a.Spec.NodeName] = true
		}
	}
	for _, claim := range slices.SortedFunc(maps.Keys(c.env.users.pods), compareKeys) {
		c.claimBound(claim)
	}
	if len(c.held) > 0 {
		c.loop.want(c.env.Engine.Now())
	}
}

// Observe implements store.Watcher.
func (c *attachDetach) Observe(ch *store.Change) {
	if _, p, ok := ch.Pods(); ok {
		if claims := claimsOf(p); len(claims) > 0 {
			c.refresh(p, ch.Verb == journal.Deleted)
		}
		return
	}
	switch ch.Kind() {
	case claimKind:
		if ch.New.API().(*corev1.PersistentVolumeClaim).Status.Phase == corev1.ClaimBound {
			c.claimBound(ch.New.Key())
		}
	case model.Node:
		c.nodeChanged(ch)
	}
}

func (c *attachDetach) claimBound(claim store.Key) {
	for _, key := range c.env.users.of(claim) {
		if p := c.env.Store.Pod(key); p != nil {
			c.refresh(p, false)
		}
	}
}

// nodeChanged asks for a pass if the node has volumes and what decides about them may have changed.
func (c *attachDetach) nodeChanged(ch *store.Change) {
	if name := ch.New.Key().Name; len(c.on[name]) > 0 {
		c.report[name] = c.report[name] || ch.Verb == journal.Added
		c.loop.want(c.env.Engine.Now())
	}
}

// hold notes that a volume is on a node, or on its way there.
func (c *attachDetach) hold(at placed) *held {
	h := &held{asked: never}
	c.held[at] = h
	c.nodes[at.volume] = append(c.nodes[at.volume], at.node)
	c.on[at.node] = append(c.on[at.node], at.volume)
	return h
}

// let notes that a volume is off a node.
func (c *attachDetach) let(at placed) {
	delete(c.held, at)
	without(c.nodes, at.volume, at.node)
	without(c.on, at.node, at.volume)
}

func without(m map[string][]string, key, value string) {
	if m[key] = slices.DeleteFunc(m[key], func(v string) bool { return v == value }); len(m[key]) == 0 {
		delete(m, key)
	}
}

// refresh notes which volumes a pod wants on its node.
//
// Source: k8s v1.36.3 pkg/controller/volume/attachdetach/util/util.go ProcessPodVolumes, DetermineVolumeAction.
func (c *attachDetach) refresh(p *store.Pod, gone bool) {
	var now []placed
	if p.NodeName != "" && !gone && !volumesReleased(p) {
		for _, claim := range claimsOf(p) {
			if v := c.env.attachable(claim); v != nil {
				now = append(now, placed{v.Name, p.NodeName})
			}
		}
	}
	was := c.byPod[p.Key()]
	if slices.Equal(was, now) {
		return
	}
	for _, at := range was {
		c.drop(at, p.Key())
	}
	for _, at := range now {
		w := c.wanted[at]
		if w == nil {
			w = &want{}
			c.wanted[at] = w
		}
		if i, found := slices.BinarySearchFunc(w.pods, p.Key(), compareKeys); !found {
			w.pods = slices.Insert(w.pods, i, p.Key())
		}
	}
	c.byPod[p.Key()] = now
	if len(now) == 0 {
		delete(c.byPod, p.Key())
	}
	c.loop.want(c.env.Engine.Now())
}

func (c *attachDetach) drop(at placed, pod store.Key) {
	w := c.wanted[at]
	w.pods = slices.DeleteFunc(w.pods, func(k store.Key) bool { return k == pod })
	if len(w.pods) == 0 {
		delete(c.wanted, at)
	}
}

// attachable is the volume of a claim if it is bound and a driver has to attach it, else nil.
//
// Source: k8s v1.36.3 pkg/volume/csi/csi_plugin.go CanAttach, skipAttach.
func (env *Env) attachable(claim store.Key) *corev1.PersistentVolume {
	o := env.Store.Get(claimKind, claim)
	if o == nil {
		return nil
	}
	c := o.API().(*corev1.PersistentVolumeClaim)
	v := env.volume(c.Spec.VolumeName)
	if c.Status.Phase != corev1.ClaimBound || v == nil || v.Spec.CSI == nil || v.Spec.ClaimRef == nil || v.Spec.ClaimRef.UID != c.UID {
		return nil
	}
	if o := env.Store.Get(csiDriverKind, store.Key{Name: v.Spec.CSI.Driver}); o != nil {
		if required := o.API().(*storagev1.CSIDriver).Spec.AttachRequired; required != nil && !*required {
			return nil
		}
	}
	return v
}

// multiAttach reports whether a volume may be attached to several nodes.
//
// Source: k8s v1.36.3 pkg/volume/util/util.go IsMultiAttachAllowed.
func multiAttach(v *corev1.PersistentVolume) bool {
	return v == nil || len(v.Spec.AccessModes) == 0 || slices.ContainsFunc(v.Spec.AccessModes, func(m corev1.PersistentVolumeAccessMode) bool {
		return m == corev1.ReadWriteMany || m == corev1.ReadOnlyMany
	})
}
