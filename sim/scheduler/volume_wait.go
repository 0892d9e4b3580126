package scheduler

import (
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// Waiting for the volumes of a pod. Source: k8s v1.36.3 volumebinding/binder.go BindPodVolumes.
const (
	volumePoll        = time.Second
	volumeBindTimeout = 600 * time.Second // unless the profile says otherwise
)

var (
	kindVolumePoll    = engine.NewKind("scheduler volume poll", engine.RankTimer, false).By(rule.SchedulerVolumes)
	kindVolumeTimeout = engine.NewKind("scheduler volume timeout", engine.RankTimer, true).By(rule.SchedulerVolumes)

	claimKind  = model.FindKind("PersistentVolumeClaim")
	volumeKind = model.FindKind("PersistentVolume")
)

// volumeWait is a pod that waits until its claims are bound. Upstream looks once a second; here only when something has
// changed since the last look.
type volumeWait struct {
	b       *binding
	start   engine.Time
	armed   engine.Timer
	timeout engine.Timer
	done    func(error)
}

// prepareVolumes is VolumeBinding's PreBind: nil for pods whose claims are all bound.
func (b *binding) prepareVolumes() func(done func(error)) {
	if len(b.claims) == 0 {
		return nil
	}
	return func(done func(error)) { b.bindVolumes(b.claims, done) }
}

// bindVolumes writes for each claim which volume it gets, or for which node its volume is to be made, and waits.
//
// Source: k8s v1.36.3 volumebinding/binder.go bindAPIUpdate.
func (b *binding) bindVolumes(left []claimChoice, done func(error)) {
	if len(left) == 0 {
		b.waitForVolumes(done)
		return
	}
	b.s.engine.At(b.s.client.Reserve(b.s.engine.Now())+b.s.write, kindPatch, engine.Func(func() {
		if err := b.bindVolume(left[0]); err != nil {
			done(err)
			return
		}
		b.bindVolumes(left[1:], done)
	}))
}

func (b *binding) bindVolume(c claimChoice) error {
	if c.volume == nil {
		return b.s.store.Update(claimKind, store.Key{Namespace: c.claim.Namespace, Name: c.claim.Name}, func(o model.Object) bool {
			if o.GetAnnotations()[model.AnnSelectedNode] == b.node {
				return false
			}
			model.Annotate(o, model.AnnSelectedNode, b.node)
			return true
		})
	}
	return b.s.store.Update(volumeKind, store.Key{Name: c.volume.Name}, func(o model.Object) bool {
		return model.BindVolumeToClaim(o.(*corev1.PersistentVolume), c.claim)
	})
}

// waitForVolumes calls done when the claims are bound, or will not be.
func (b *binding) waitForVolumes(done func(error)) {
	limit := volumeBindTimeout
	if n := b.e.Shape.profile.Args.VolumeBinding.BindTimeoutSeconds; n != nil {
		limit = engine.Time(*n) * time.Second
	}
	w := &volumeWait{b: b, start: b.s.engine.Now(), done: done}
	w.timeout = b.s.engine.After(limit, kindVolumeTimeout, engine.Func(func() { w.end(errors.New("context deadline exceeded")) }))
	b.s.volumeWaits = append(b.s.volumeWaits, w)
	w.arm()
}

// arm queues the next look.
func (w *volumeWait) arm() {
	e := w.b.s.engine
	if !e.Active(w.armed) {
		w.armed = e.At(engine.NextTick(e.Now(), w.start, volumePoll), kindVolumePoll, engine.Func(w.poll))
	}
}

func (w *volumeWait) poll() {
	if bound, err := w.b.volumesBound(); bound || err != nil {
		w.end(err)
	}
}

func (w *volumeWait) end(err error) {
	s := w.b.s
	s.engine.Cancel(w.armed)
	s.engine.Cancel(w.timeout)
	s.volumeWaits = slices.DeleteFunc(s.volumeWaits, func(x *volumeWait) bool { return x == w })
	if err != nil {
		err = fmt.Errorf("binding volumes: %w", err)
	}
	w.done(err)
}

// volumesChanged has the pods that wait for claims look again: something has changed.
func (s *Scheduler) volumesChanged() {
	for _, w := range s.volumeWaits {
		w.arm()
	}
}

// volumesBound reports whether the pod's claims are bound, and whether that cannot come about any more.
//
// Source: k8s v1.36.3 volumebinding/binder.go checkBindings.
func (b *binding) volumesBound() (bool, error) {
	node := b.s.store.Node(b.node)
	if node == nil {
		return false, fmt.Errorf("failed to get node %q: %s", b.node, notFound("node", b.node))
	}
	if p := b.s.store.Pod(b.pod.Key()); p == nil || p.UID != b.pod.UID {
		return false, fmt.Errorf("pod does not exist any more: %s", notFound("pod", b.pod.Name))
	}
	all := true
	for _, c := range b.claims {
		bound, err := b.claimBound(c, node)
		if err != nil {
			return false, err
		}
		all = all && bound
	}
	return all, nil
}

func (b *binding) claimBound(c claimChoice, node *corev1.Node) (bool, error) {
	o := b.s.store.Get(claimKind, store.Key{Namespace: c.claim.Namespace, Name: c.claim.Name})
	if o == nil {
		what := "binding"
		if c.volume == nil {
			what = "provisioning pvc"
		}
		return false, fmt.Errorf("failed to check %s: could not find v1.PersistentVolumeClaim \"%s/%s\"", what, c.claim.Namespace, c.claim.Name)
	}
	claim := o.API().(*corev1.PersistentVolumeClaim)
	name := claim.Spec.VolumeName
	if c.volume != nil {
		name = c.volume.Name
	} else if claim.Annotations[model.AnnSelectedNode] != b.node {
		if claim.Annotations == nil {
			return false, fmt.Errorf("selectedNode annotation reset for PVC %q", claim.Name)
		}
		return false, fmt.Errorf("provisioning failed for PVC %q", claim.Name)
	}
	if name == "" {
		return false, nil
	}
	o = b.s.store.Get(volumeKind, store.Key{Name: name})
	if o == nil {
		if c.volume == nil {
			return false, nil
		}
		return false, fmt.Errorf("failed to check binding: could not find v1.PersistentVolume %q", name)
	}
	v := o.API().(*corev1.PersistentVolume)
	if a := v.Spec.NodeAffinity; a != nil && a.Required != nil {
		if ok, _ := labelsAlone(a.Required)(node); !ok {
			return false, fmt.Errorf("pv %q node affinity doesn't match node %q: no matching NodeSelectorTerms", name, b.node)
		}
	}
	if c.volume != nil && (v.Spec.ClaimRef == nil || v.Spec.ClaimRef.UID == "") {
		return false, fmt.Errorf("ClaimRef got reset for pv %q", name)
	}
	return fullyBound(claim), nil
}
