package kubelet

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var (
	kindStatus    = engine.NewKind("kubelet status write", engine.RankStatus, false)
	kindReconcile = engine.NewKind("kubelet status reconcile", engine.RankStatus, false)
)

// statusPeriod is how often the status manager looks at every pod. Source: status_manager.go syncPeriod.
const statusPeriod = 10 * time.Second

// statusCache is what the status manager knows of one pod.
type statusCache struct {
	current *corev1.PodStatus // nil: none yet
	why     engine.Why        // of the last change
	version uint32            // raised at each change of current
	sent    uint32            // the version that the API has
	done    bool              // podIsFinished: the last status is in, the object may go
	queued  bool
}

// lastStatus is the status that new ones build on: the cached one, or what the API has.
func (w *worker) lastStatus() *corev1.PodStatus {
	if w.status.current != nil {
		return w.status.current
	}
	return w.pod.Status
}

// setStatus stores a status and has it sent, unless it equals the cached one.
//
// Source: k8s v1.36.3 pkg/kubelet/status/status_manager.go SetPodStatus, updateStatusInternal.
func (w *worker) setStatus(s corev1.PodStatus, force bool) {
	old := w.lastStatus()
	first := w.status.current == nil
	if s.StartTime == nil {
		s.StartTime = old.StartTime
	}
	if s.StartTime == nil {
		now := w.stamp(w.now())
		s.StartTime = &now
	}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		if !ownsCondition(c.Type) && c.Type != corev1.DisruptionTarget {
			continue
		}
		c.LastTransitionTime = w.stamp(w.now())
		if o := find(old.Conditions, c.Type); o != nil && o.Status == c.Status {
			c.LastTransitionTime = o.LastTransitionTime
		}
	}
	if first || force || w.pod.Deletion != nil || !equalStatus(w.status.current, &s) {
		bore := w.podReady()
		w.status.why = w.node.k.engine.Why.Newest(w.wrote)
		if by := statusRule(old, &s); by != 0 {
			w.status.why = w.status.why.By(by)
		}
		kept := s
		w.node.k.scratch.detach(&kept)
		w.status.current = &kept
		if w.podReady() != bore {
			w.usageChanged()
		}
		w.status.version++
		w.node.pushStatus(w)
		if first {
			w.watchDeadline()
		}
	}
	w.armProbes()
}

// setSandboxReady turns PodReadyToStartContainers to True in the cached status, before any image is pulled.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet.go OnPodSandboxReady.
func (w *worker) setSandboxReady() {
	if w.status.current == nil {
		return
	}
	w.node.k.engine.Act(rule.SandboxReady)
	s := *w.status.current
	w.node.k.scratch.lay(&s)
	if c := find(s.Conditions, corev1.PodReadyToStartContainers); c != nil {
		c.Status = corev1.ConditionTrue
	}
	w.setStatus(s, false)
}

// setContainer changes one container of the cached status: ready or started, as a probe has found.
//
// Source: status_manager.go SetContainerReadiness, SetContainerStartup.
func (w *worker) setContainer(c *container, change func(*corev1.ContainerStatus) bool) {
	if w.status.current == nil {
		return
	}
	s := *w.status.current
	w.node.k.scratch.lay(&s)
	cs := w.spec.status(&s, c.spec)
	if cs == nil || !change(cs) {
		return
	}
	ready := containersReady(w.spec, &s)
	for _, next := range [...]corev1.PodCondition{podReady(w.spec, ready, s.Conditions), ready} {
		if old := find(s.Conditions, next.Type); old != nil {
			next.ObservedGeneration = old.ObservedGeneration
			*old = next
		}
	}
	w.setStatus(s, false)
}

func (w *worker) setReady(c *container, ready bool) {
	by := rule.ReadinessLost
	if ready {
		by = rule.ReadinessProbe
	}
	w.node.k.engine.Act(by)
	w.setContainer(c, func(cs *corev1.ContainerStatus) bool {
		changed := cs.Ready != ready
		cs.Ready = ready
		return changed
	})
}

func (w *worker) setStarted(c *container, started bool) {
	w.node.k.engine.Act(rule.StartupProbe)
	w.setContainer(c, func(cs *corev1.ContainerStatus) bool {
		changed := cs.Started == nil || *cs.Started != started
		cs.Started = boolPointer(started)
		return changed
	})
}

// terminatePod writes the last status: what never ended has been lost, and a pod that is being deleted has failed
// unless it had already finished.
//
// Source: status_manager.go TerminatePod.
func (w *worker) terminatePod() {
	s := *w.lastStatus()
	s.Conditions = slices.Clone(s.Conditions)
	if w.static == nil {
		s.ContainerStatuses = slices.Clone(s.ContainerStatuses)
		s.InitContainerStatuses = slices.Clone(s.InitContainerStatuses)
		if initialisedOnce(&s) {
			for i := range s.ContainerStatuses {
				endUnknown(&s.ContainerStatuses[i])
			}
		}
		last := -1
		for i := range s.InitContainerStatuses {
			if i == 0 || started(&s.InitContainerStatuses[i]) {
				last = i
			}
		}
		for i := range s.InitContainerStatuses[:last+1] {
			endUnknown(&s.InitContainerStatuses[i])
		}
		if !terminalPhase(s.Phase) {
			s.Phase = corev1.PodFailed
		}
	}
	w.status.done = true
	w.setStatus(s, true)
}

// initialisedOnce reports whether the init containers had all ended, or there was none.
func initialisedOnce(s *corev1.PodStatus) bool {
	n := len(s.InitContainerStatuses)
	if n == 0 {
		return true
	}
	if slices.ContainsFunc(s.ContainerStatuses, func(c corev1.ContainerStatus) bool { return started(&c) }) {
		return true
	}
	last := &s.InitContainerStatuses[n-1]
	end := endOf(last)
	return end != nil && end.ExitCode == 0
}

func started(c *corev1.ContainerStatus) bool {
	return c.State.Running != nil || c.State.Terminated != nil || c.LastTerminationState.Terminated != nil
}

func endUnknown(c *corev1.ContainerStatus) {
	if c.State.Terminated != nil {
		return
	}
	c.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: ReasonContainerStatusUnknown, Message: messageLost, ExitCode: 137}}
}

// armProbes lets the probe workers see the status: of new containers, and readiness workers that were triggered.
func (w *worker) armProbes() {
	for n := range w.containers {
		for _, p := range w.containers[n].probes {
			if p != nil {
				p.statusChanged()
			}
		}
	}
	triggers := w.triggers
	w.triggers = w.triggers[:0:0]
	for _, p := range triggers {
		p.trigger()
	}
}

// pushStatus queues a pod for the status manager, which serves one pod after another.
func (n *Node) pushStatus(w *worker) {
	if w.status.queued {
		return
	}
	if w.static != nil && w.static.mirror == nil {
		return // observeMirror has it looked at again when there is one
	}
	w.status.queued = true
	n.statuses = append(n.statuses, w)
	n.pushNext()
}

func (n *Node) pushNext() {
	if n.pushing || len(n.statuses) == 0 || !n.online() {
		return
	}
	w := n.statuses[0]
	n.statuses = slices.Delete(n.statuses, 0, 1)
	n.pushing = true
	w.status.queued = false
	if n.push == nil || n.push.epoch != n.epoch {
		n.push = &statusPush{node: n, epoch: n.epoch}
	}
	n.push.worker, n.push.read = w, false
	cost := n.k.latency.APIWrite
	n.k.engine.At(n.client.Reserve(n.k.engine.Now())+cost/2, kindStatus, n.push)
}

// statusPush is the status manager at work on one pod: a GET, then a PATCH. A boot has one.
type statusPush struct {
	node   *Node
	worker *worker
	epoch  int
	read   bool // the GET has come back; what is sent is what was cached then

	status  *corev1.PodStatus
	version uint32
	could   bool // containers might run
	why     engine.Why
}

// Fire is the end of the GET, then of the PATCH.
func (p *statusPush) Fire() {
	n, w := p.node, p.worker
	if n.epoch != p.epoch {
		return
	}
	if !p.read {
		p.read = true
		p.status, p.version, p.could, p.why = w.status.current, w.status.version, w.mode < terminated, w.status.why
		cost := n.k.latency.APIWrite
		n.k.engine.After(cost-cost/2, kindStatus, p)
		return
	}
	n.pushing = false
	if n.online() {
		n.k.engine.Why = p.why
		n.sendStatus(w, p.status, p.version, p.could)
	} else {
		n.pushStatus(w)
	}
	n.pushNext()
}

// sendStatus merges a status into the API object and deletes it if the pod is finished.
//
// Source: status_manager.go syncPod, mergePodStatus.
func (n *Node) sendStatus(w *worker, s *corev1.PodStatus, version uint32, couldRun bool) {
	key, uid := w.apiKey()
	p, err := n.k.store.UpdatePod(key, uid, func(p *store.Pod) bool {
		merged := mergeStatus(p.Status, s, couldRun, w.stamp(w.now()))
		if equalStatus(p.Status, merged) {
			return false
		}
		p.Status = merged
		return true
	})
	if err != nil {
		return
	}
	w.wrote = max(w.wrote, n.k.engine.Why.Cause())
	w.status.sent = version
	if w.status.version != version {
		n.pushStatus(w)
	}
	if p.Deletion != nil && w.status.done && w.static == nil {
		zero := int64(0)
		n.k.engine.Act(rule.ObjectRemoved)
		n.k.engine.After(n.k.latency.ObjectGone/2, kindStatus, engine.Func(func() {
			_ = n.k.store.DeletePod(key, uid, &zero) // gone already: nothing to do
		}))
	}
}

// mergeStatus lays the kubelet's status over the API's: conditions of others stay, and a terminal phase is withheld
// while containers may run. Where nothing is to be laid over, which is nearly always, it is the kubelet's status itself.
func mergeStatus(old, s *corev1.PodStatus, couldRun bool, now timestamp) *corev1.PodStatus {
	if !terminalPhase(s.Phase) && ownAlone(old) && ownAlone(s) && len(old.ResourceClaimStatuses) == 0 {
		return s
	}
	merged := *s
	merged.ResourceClaimStatuses = old.ResourceClaimStatuses
	merged.Conditions = make([]corev1.PodCondition, 0, len(s.Conditions)+len(old.Conditions))
	for _, c := range old.Conditions {
		if !ownsCondition(c.Type) {
			merged.Conditions = append(merged.Conditions, c)
		}
	}
	turning := !terminalPhase(old.Phase) && terminalPhase(s.Phase)
	for _, c := range s.Conditions {
		switch {
		case ownsCondition(c.Type):
			merged.Conditions = append(merged.Conditions, c)
		case c.Type == corev1.DisruptionTarget && turning && !couldRun:
			merged.Conditions = store.SetCondition(merged.Conditions, c, now)
		}
	}
	if turning && couldRun {
		merged.Phase, merged.Reason, merged.Message = old.Phase, old.Reason, old.Message
	}
	if terminalPhase(merged.Phase) {
		for i := range merged.Conditions {
			c := &merged.Conditions[i]
			if (c.Type == corev1.PodReady || c.Type == corev1.ContainersReady) && c.Status == corev1.ConditionTrue {
				*c = corev1.PodCondition{Type: c.Type, Status: corev1.ConditionFalse, Reason: terminalReason(merged.Phase), LastTransitionTime: now, ObservedGeneration: c.ObservedGeneration}
			}
		}
	}
	return &merged
}

// ownAlone reports whether all conditions of a status are the kubelet's.
func ownAlone(s *corev1.PodStatus) bool {
	return !slices.ContainsFunc(s.Conditions, func(c corev1.PodCondition) bool { return !ownsCondition(c.Type) })
}

// reconcileAt queues the status manager's next full pass for a pod whose API status differs from the cached one.
func (n *Node) reconcileAt(w *worker) {
	at := engine.NextTick(n.k.engine.Now(), n.statusPhase, statusPeriod)
	n.k.engine.At(at, kindReconcile, engine.Func(func() {
		w.run(func() {
			if w.status.current != nil && w.mode != finished {
				w.status.version++
				n.pushStatus(w)
			}
		})
	}))
}

// reconciled reports whether the kubelet's part of the API status is what the cache holds.
func (w *worker) reconciled(api *corev1.PodStatus) bool {
	if w.status.current == nil || w.status.version != w.status.sent || w.status.queued {
		return true // a write is under way anyway
	}
	merged := mergeStatus(api, w.status.current, w.mode < terminated, w.stamp(w.now()))
	return equalStatus(api, merged)
}
