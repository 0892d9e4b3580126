package kubelet

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// syncPod brings the pod's containers to what its spec wants, seeing the runtime as of t.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet.go SyncPod.
func (w *worker) syncPod(t engine.Time) {
	st := w.generate(t, false)
	w.setStatus(st, false)
	if terminalPhase(st.Phase) {
		w.mode = terminating
		w.usageChanged()
		w.pending = true
		w.end(nil, false)
		return
	}
	w.ensureMirror()
	restart := restartsNow(&st)
	w.waitForVolumes(func(mounted bool) {
		if !mounted {
			w.end(&syncError{retryAt: never}, false)
			return
		}
		w.checkPullSecrets()
		w.addProbes()
		if restart && w.sandbox.readyAt(t) {
			w.resetAll(w.resetOrder(t), &syncResult{worker: w, seen: t})
			return
		}
		w.act(w.decide(t), t)
	})
}

// act carries out what decide has decided, step after step. A step that takes time lets the engine go on meanwhile; a
// sync is not interrupted from here on, not even by a deletion.
//
// Source: k8s v1.36.3 pkg/kubelet/kuberuntime/kuberuntime_manager.go SyncPod.
func (w *worker) act(a actions, t engine.Time) {
	r := &syncResult{worker: w, seen: t}
	start := func() { w.startInits(a, r) }
	switch {
	case a.killPod && w.sandbox.exists():
		if a.createSandbox {
			w.event("", record.Normal, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
		}
		r.acted = true
		w.killAll(nil, func() {
			w.stopSandbox()
			if !a.createSandbox {
				r.finish()
				return
			}
			w.createSandbox(r, start)
		})
	case a.createSandbox:
		w.createSandbox(r, start)
	case a.killPod:
		r.finish()
	default:
		w.killEach(a.kills, r, start)
	}
}

// syncResult gathers what the steps of one sync came to.
type syncResult struct {
	worker *worker
	seen   engine.Time // the snapshot's time
	acted  bool
	err    *syncError
}

// fail notes a failed start and keeps its reason for the next status.
func (r *syncResult) fail(c *container, reason, message string, retryAt engine.Time) {
	c.reason = waitingReason{reason, message}
	if r.err == nil {
		r.err = &syncError{retryAt: never}
	}
	if retryAt != never && (r.err.retryAt == never || retryAt < r.err.retryAt) {
		r.err.retryAt = retryAt
	}
}

func (r *syncResult) finish() { r.worker.end(r.err, r.acted) }

// killEach kills the containers one after another, then goes on.
func (w *worker) killEach(kills []kill, r *syncResult, next func()) {
	if len(kills) == 0 {
		next()
		return
	}
	k := kills[0]
	c := &w.containers[k.index]
	r.acted = true
	by := rule.ContainerChanged
	if k.probed {
		by = rule.LivenessKill
	}
	w.node.k.engine.Act(by)
	w.kill(c, k.message, w.probeGrace(c, k), nil, func() { w.killEach(kills[1:], r, next) })
}

// probeGrace is the grace period of a container killed for a probe, in seconds.
func (w *worker) probeGrace(c *container, k kill) int64 {
	if k.probed {
		if p := c.spec.probes[k.probe]; p != nil && p.TerminationGracePeriodSeconds != nil {
			return *p.TerminationGracePeriodSeconds
		}
	}
	return w.specGrace()
}

func (w *worker) startInits(a actions, r *syncResult) {
	if len(a.startInits) == 0 {
		w.startRegulars(a.start, r)
		return
	}
	c := &w.containers[a.startInits[0]]
	rest := a
	rest.startInits = a.startInits[1:]
	w.startContainer(c, r, func(ok bool) {
		if !ok && !c.spec.sidecar {
			r.finish()
			return
		}
		w.startInits(rest, r)
	})
}

func (w *worker) startRegulars(indexes []int, r *syncResult) {
	if len(indexes) == 0 {
		r.finish()
		return
	}
	w.startContainer(&w.containers[indexes[0]], r, func(bool) { w.startRegulars(indexes[1:], r) })
}

// startContainer takes a container through back-off, image, create and start.
//
// Source: k8s v1.36.3 pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff, kuberuntime_container.go startContainer.
func (w *worker) startContainer(c *container, r *syncResult, done func(ok bool)) {
	r.acted = true
	if i := lastExited(c, r.seen); i != nil {
		now, longest := w.now(), w.node.k.config.MaxContainerRestartPeriod
		if c.backoff.inBackoff(i.finished, now) {
			w.event(c.spec.ref, record.Warning, "BackOff", fmt.Sprintf("Back-off restarting failed container %s in pod %s", c.spec.Name, w.describe()))
			r.fail(c, ReasonCrashLoopBackOff, fmt.Sprintf("back-off %s restarting failed container=%s pod=%s", c.backoff.wait, c.spec.Name, w.describe()), i.finished+c.backoff.wait)
			done(false)
			return
		}
		c.backoff.next(i.finished, now, longest)
	}
	w.ensureImage(c, func(reason, message string) {
		if reason != "" {
			w.eventBy(waitingRule(reason), c.spec.ref, record.Warning, "Failed", "Error: "+reason)
			r.fail(c, reason, message, never)
			done(false)
			return
		}
		w.createContainer(c, r, done)
	})
}

// lastExited is the newest instance that had exited as of t, nil if there is none.
func lastExited(c *container, t engine.Time) *instance {
	for i := c.at(t); i != nil; i = i.prev {
		if i.stateAt(t) == stateExited {
			return i
		}
	}
	return nil
}

// describe is name_namespace(uid), as log lines and messages name a pod.
func (w *worker) describe() string { return w.pod.FullName() + "(" + string(w.pod.UID) + ")" }

func (w *worker) createContainer(c *container, r *syncResult, done func(ok bool)) {
	if message := w.configError(c.spec); message != "" {
		w.eventBy(rule.ContainerConfig, c.spec.ref, record.Warning, "Failed", "Error: "+message)
		r.fail(c, ReasonCreateContainerConfigError, message, never)
		done(false)
		return
	}
	cost := w.node.k.latency.ContainerStart
	w.after(cost/2, kindStep, func() {
		i := w.newInstance(c)
		w.event(c.spec.ref, record.Normal, "Created", "Container created")
		w.after(cost-cost/2, kindStep, func() { w.started1(c, i, r, done) })
	})
}

// started1 is the moment of a container's start.
func (w *worker) started1(c *container, i *instance, r *syncResult, done func(ok bool)) {
	if b := c.behavior; b != nil && b.StartError != "" {
		message := b.StartError
		i.exitCode, i.reason, i.message, i.finished = 128, ReasonStartError, message, w.now()
		w.runtimeChanged()
		w.eventBy(rule.ContainerStartFailed, c.spec.ref, record.Warning, "Failed", "Error: "+message)
		r.fail(c, ReasonRunContainerError, message, never)
		done(false)
		return
	}
	w.startInstance(c, i)
	w.event(c.spec.ref, record.Normal, "Started", "Container started")
	c.reason, c.changed = waitingReason{}, false
	w.postStart(c, i, func(message string) {
		if message != "" {
			r.fail(c, ReasonPostStartHookError, message, never)
		}
		done(message == "")
	})
}

// checkPullSecrets warns of imagePullSecrets that do not exist; the pulls are tried all the same.
func (w *worker) checkPullSecrets() {
	if missing := w.missingPullSecrets(); len(missing) > 0 {
		w.event("", record.Warning, "FailedToRetrieveImagePullSecret",
			fmt.Sprintf("Unable to retrieve some image pull secrets (%s); attempting to pull the image may not succeed.", strings.Join(missing, ", ")))
	}
}

func (w *worker) missingPullSecrets() (names []string) {
	for _, s := range w.pod.Spec().ImagePullSecrets {
		if s.Name != "" && w.node.k.store.Get(model.Secret, store.Key{Namespace: w.pod.Namespace, Name: s.Name}) == nil && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// event records an Event on the pod, or on one of its containers.
func (w *worker) event(container, typ, reason, message string) {
	w.eventBy(eventRule(reason), container, typ, reason, message)
}

// eventBy is event under a rule that its reason does not tell.
func (w *worker) eventBy(by rule.ID, container, typ, reason, message string) {
	e := w.node.k.engine
	e.Why = e.Why.Newest(w.wrote).By(by)
	w.node.recorder.Pod(w.pod, container, typ, reason, message)
}

// tellKill records that one container is killed while its pod lives on. What follows, above all its restart, has that Event as
// its cause.
func (w *worker) tellKill(by rule.ID, container, message string) {
	e := w.node.k.engine
	e.Why = e.Why.Newest(w.wrote).By(by)
	w.node.recorder.PodThen(w.pod, container, record.Normal, "Killing", message, func() { w.wrote = max(w.wrote, e.Why.Cause()) })
}

// specGrace is the pod's own grace period, or what a deletion has left of it, in seconds. A forced deletion, with 0, leaves all.
//
// Source: k8s v1.36.3 pkg/kubelet/pod_workers.go calculateEffectiveGracePeriod.
func (w *worker) specGrace() int64 {
	if d := w.pod.Deletion; d != nil && d.GraceSeconds > 0 {
		return d.GraceSeconds
	}
	if g := w.pod.Spec().TerminationGracePeriodSeconds; g != nil {
		return max(*g, 1)
	}
	return corev1.DefaultTerminationGracePeriodSeconds
}
