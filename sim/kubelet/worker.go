package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/rule"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// Engine event kinds of pod workers. A retry that has been seen often enough no longer keeps a run from settling.
var (
	kindStart     = engine.NewKind("kubelet pod start", engine.RankWatch, false)
	kindUpdate    = engine.NewKind("kubelet pod update", engine.RankWatch, false)
	kindRelistOne = engine.NewKind("kubelet relist of a pod", engine.RankRelist, false)
	kindRetry     = engine.NewKind("kubelet retry", engine.RankSyncTick, false)
	kindRetryIdle = engine.NewKind("kubelet retry at its cap", engine.RankSyncTick, true)
	kindResync    = engine.NewKind("kubelet resync", engine.RankSyncTick, true)
	kindStep      = engine.NewKind("kubelet sync step", engine.RankSync, false)
	kindExit      = engine.NewKind("container exit", engine.RankWorld, false)
)

// settledRetries is how often a retry loop has to be seen before a run may settle with it.
const settledRetries = 5

// mode is how far a pod's worker has come. It only grows.
type mode uint8

const (
	syncing mode = iota
	terminating
	terminated // containers and sandbox are stopped
	finished   // nothing left to do
)

// worker is the pod worker of one pod, with everything that its node knows of the pod.
type worker struct {
	node   *Node
	pod    *store.Pod // as the kubelet saw it last
	static *staticPod // nil for pods from the API
	spec   *podSpec
	key    uint64 // of the pod's random draws

	containers []container
	sandbox    sandbox
	volumes    volumes
	images     []podImage // back-off of images, by reference

	mode       mode
	busy       bool // a sync runs
	pending    bool // an update waits
	waiting    bool // for a relist
	dead       bool // the node lost it
	gone       bool // the API object is gone
	started    bool // the first sync may begin
	admitted   bool
	cancel     func()      // ends the wait of a running sync, nil if it cannot be cancelled
	grace      int64       // shortest grace asked for; -1 none
	pullAsked  engine.Time // when the pull under way was asked for
	killReason *evictReason

	relisted    engine.Time // last relist of this pod alone
	relistAsked engine.Time // when it was asked for
	plegDirty   bool        // a container or the sandbox has started or died since the last relist
	lastSyncEnd engine.Time
	requeueAt   engine.Time
	requeue     engine.Timer
	turn        engine.Turn // of its retries and resyncs
	retries     int

	why      engine.Why // what asked for the next sync
	wrote    uint64     // the journal entry of the last status: what the pod does by itself follows from it
	status   statusCache
	triggers []*probeWorker // readiness workers that run at once after a status is stored
}

// evictReason is a phase that the kubelet itself decided on.
type evictReason struct {
	reason, message string
	keepSucceeded   bool // a pod that has succeeded stays so
	by              rule.ID
}

func (n *Node) newWorker(p *store.Pod) *worker {
	w := &worker{node: n, pod: p, spec: n.k.compiled(p.Template), key: engine.HashString(string(p.UID)), grace: -1,
		relisted: never, lastSyncEnd: never, requeueAt: never, turn: n.k.engine.NewTurn()}
	w.sandbox.created, w.sandbox.stopped = never, never
	w.containers = make([]container, len(w.spec.containers))
	facts := world.PodFacts{Namespace: p.Namespace, Name: p.Name, Labels: p.LabelSet(), Owners: n.k.ancestors(p)}
	for i := range w.containers {
		c := &w.containers[i]
		c.spec = &w.spec.containers[i]
		if logs := n.logs[p.UID]; i < len(logs) {
			c.starts = logs[i]
		} else if s := w.spec.status(p.Status, c.spec); s != nil && started(s) {
			c.starts = s.RestartCount + 1 // it ran before the run: its logs are there
		}
		if len(n.k.world.Behaviors) > 0 {
			c.behavior = n.k.world.Behavior(facts, c.spec.Container)
		}
	}
	return w
}

func (w *worker) now() engine.Time { return w.node.k.engine.Now() }

// after queues fn for d from now. It does not run if the node has lost the worker by then, and later if the kubelet
// is frozen.
func (w *worker) after(d engine.Time, k *engine.Kind, fn func()) engine.Timer {
	return w.node.k.engine.After(d, k, engine.Func(func() { w.run(fn) }))
}

func (w *worker) run(fn func()) {
	switch {
	case w.dead:
	case w.node.frozen:
		w.node.thaw = append(w.node.thaw, func() { w.run(fn) })
	default:
		fn()
	}
}

// update asks for a sync.
func (w *worker) update() {
	w.pending = true
	w.noteWhy()
	w.tryBegin()
}

// noteWhy keeps what asks for a sync, until it begins.
func (w *worker) noteWhy() {
	if why := w.node.k.engine.Why; why.Cause() >= w.why.Cause() {
		w.why = why
	}
}

// cacheTime is the time as of which the kubelet knows this pod's runtime state.
func (w *worker) cacheTime() engine.Time { return max(w.relisted, w.node.lastRelist(w.now())) }

// tryBegin begins the pending sync, or waits for the relist that it needs.
//
// Source: k8s v1.36.3 pkg/kubelet/pod_workers.go podWorkerLoop.
func (w *worker) tryBegin() {
	if w.busy || w.waiting || !w.pending || !w.started || w.dead || w.mode == finished || w.node.runtimeDown {
		return
	}
	w.skipResyncs()
	if w.cacheTime() > w.lastSyncEnd {
		w.begin()
		return
	}
	w.waiting = true
	w.node.wantRelist(w.lastSyncEnd)
}

func (w *worker) begin() {
	w.pending, w.busy, w.waiting = false, true, false
	w.node.k.engine.Why = w.why.Newest(w.wrote).By(rule.KubeletSync)
	w.why = 0
	w.node.k.engine.Cancel(w.requeue)
	t := w.cacheTime()
	if w.mode == syncing && (w.pod.Deletion != nil || w.grace >= 0 || w.gone) {
		w.mode = terminating
		w.usageChanged()
	}
	switch w.mode {
	case syncing:
		w.syncPod(t)
	case terminating:
		w.syncTerminating(t)
	case terminated:
		w.syncTerminated(t)
	}
}

// end ends a sync. err is nil or what failed; acted says that the runtime was asked to do something.
//
// Source: k8s v1.36.3 pkg/kubelet/pod_workers.go completeWork.
func (w *worker) end(err *syncError, acted bool) {
	w.busy, w.cancel = false, nil
	w.lastSyncEnd = max(w.now(), w.relisted) // a relist of this instant is not newer
	w.setRequeue(err)
	if err == nil && acted && w.mode == syncing {
		w.relistAsked = w.now()
		w.after(w.node.k.latency.Relist, kindRelistOne, w.relistOne)
	}
	w.tryBegin()
}

// relistOne is the on-demand relist of this pod after a sync that acted. A global one in between has answered it.
func (w *worker) relistOne() {
	if w.node.runtimeDown || w.node.lastRelist(w.now()) > w.relistAsked {
		return
	}
	w.relisted = w.now() + 1
	w.relist()
}

// relist sends the PLEG events of what has changed since the last one, and lets a waiting sync begin.
func (w *worker) relist() {
	w.pending = w.pending || w.plegDirty
	w.plegDirty, w.waiting = false, false
	w.tryBegin()
}

// runtimeChanged notes that this pod's runtime state has changed now: the next relist will see it.
func (w *worker) runtimeChanged() {
	w.plegDirty = true
	w.noteWhy()
	w.node.wantRelist(w.now() - 1) // one that is due at this very instant sees it
}

// syncError is why a sync failed.
type syncError struct {
	retryAt engine.Time // earliest expiry of a crash back-off; never if there is none
}

// Requeue after a sync. Source: k8s v1.36.3 pkg/kubelet/kubelet.go, pod_workers.go.
const (
	errorBackoff  = 10 * time.Second
	requeueJitter = 0.5
)

var purposeRequeue = engine.HashString("requeue")

func (w *worker) setRequeue(err *syncError) {
	if w.mode != syncing {
		return
	}
	base, kind := w.node.k.config.SyncFrequency, kindResync
	switch {
	case err == nil:
		w.retries = 0
	default:
		base, kind = errorBackoff, w.retryKind()
		if err.retryAt != never {
			base = min(max(err.retryAt-w.now(), 0), w.node.k.config.SyncFrequency)
		}
	}
	w.requeueAt, w.requeue = w.now()+w.jitter(base, w.now()), engine.Timer{}
	if err != nil || w.node.k.reference || w.resyncMatters() {
		w.requeue = w.node.k.engine.AtTurn(w.node.nextTick(w.requeueAt), kind, w.turn, engine.Func(func() { w.run(w.update) }))
	}
}

func (w *worker) retryKind() *engine.Kind {
	w.retries++
	if w.retries > settledRetries || w.restarts() > settledRetries {
		return kindRetryIdle
	}
	return kindRetry
}

func (w *worker) restarts() (n int) {
	for i := range w.containers {
		n = max(n, int(w.containers[i].starts))
	}
	return n
}

// jitter stretches d by a factor in [1, 1.5): the middle, or one drawn for the instant at, so that a resync that is
// skipped moves no other draw.
//
// Differs: upstream always draws; see config.Kubelet.RandomRequeue.
func (w *worker) jitter(d, at engine.Time) engine.Time {
	u := 0.5
	if w.node.k.config.RandomRequeue {
		u = w.node.k.engine.Draw(w.key^purposeRequeue, uint64(at))
	}
	return d + engine.Time(float64(d)*requeueJitter*u).Round(time.Microsecond)
}

// resyncMatters reports whether a resync of an unchanged pod has an effect: an Event about missing pull secrets, an
// extra run of a readiness probe that has not succeeded, or a DisruptionTarget of another that the kubelet takes over.
func (w *worker) resyncMatters() bool {
	if len(w.pod.Spec().ImagePullSecrets) > 0 && len(w.missingPullSecrets()) > 0 {
		return true
	}
	st := w.status.current
	if st == nil {
		return false
	}
	api, own := find(w.pod.Status.Conditions, corev1.DisruptionTarget), find(st.Conditions, corev1.DisruptionTarget)
	if api != nil && (own == nil || !equalCondition(*api, *own)) {
		return true
	}
	return w.spec.readiness && conditionFalse(st, corev1.ContainersReady)
}

// skipResyncs lets the resyncs that changed nothing have happened: all they leave is the time of the last sync.
func (w *worker) skipResyncs() {
	if w.mode != syncing || w.requeueAt == never || w.requeue != (engine.Timer{}) {
		return // nothing was skipped: there is nothing to come, or it was queued
	}
	for w.lastSyncEnd < w.requeueAt {
		t := engine.NextTick(w.requeueAt, w.node.tickPhase, tickPeriod)
		if t >= w.now() {
			return
		}
		w.lastSyncEnd = t
		w.requeueAt = t + w.jitter(w.node.k.config.SyncFrequency, t)
	}
}

// planResync has the next resync executed.
func (w *worker) planResync() {
	w.skipResyncs()
	if w.mode == syncing && w.requeueAt != never && !w.busy && w.requeue == (engine.Timer{}) {
		w.requeue = w.node.k.engine.AtTurn(w.node.nextTick(w.requeueAt), kindResync, w.turn, engine.Func(func() { w.run(w.update) }))
	}
}

func conditionFalse(st *corev1.PodStatus, t corev1.PodConditionType) bool {
	c := find(st.Conditions, t)
	return c != nil && c.Status == corev1.ConditionFalse
}
