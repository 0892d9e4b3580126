package kubelet

import (
	"time"

	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/world"
)

// syncTerminating stops everything of a pod that is deleted, finished or evicted.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet.go SyncTerminatingPod.
func (w *worker) syncTerminating(t engine.Time) {
	w.node.k.engine.Act(rule.GracefulKill)
	if w.pod.Deletion == nil && w.grace < 0 && w.killReason == nil {
		w.node.k.engine.Act(rule.PodPhase) // it has ended by itself
	}
	if !w.gone {
		st := w.generate(t, false)
		if w.killReason != nil && w.killReason.by != 0 {
			w.node.k.engine.Act(w.killReason.by)
		}
		if w.killReason != nil {
			w.killReason.lay(w, &st)
		}
		w.setStatus(st, false)
	}
	w.stopProbes(false)
	var grace *int64
	if w.grace >= 0 {
		grace = &w.grace
	}
	w.killAll(grace, func() {
		w.stopSandbox()
		w.stopProbes(true)
		w.mode = terminated
		w.pending = true
		w.node.release(w)
		w.node.evictionKilled(w)
		if !w.gone {
			w.setStatus(w.generate(w.now(), true), false)
		}
		w.end(nil, false)
	})
}

// Unmounting. Source: kubelet.md 8.2, recorded; pkg/kubelet/volumemanager podAttachAndMountRetryInterval.
const (
	unmountTime = 120 * time.Millisecond // after the sandbox stopped
	unmountPoll = 300 * time.Millisecond
)

// syncTerminated waits for the volumes to be unmounted, writes the last status, and lets the API object go.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet.go SyncTerminatedPod.
func (w *worker) syncTerminated(engine.Time) {
	w.node.k.engine.Act(rule.PodStopped)
	if !w.gone {
		w.setStatus(w.generate(w.now(), true), false)
	}
	wait := engine.Time(0)
	if w.mountsVolumes() && w.sandbox.exists() && w.now()-w.sandbox.stopped < unmountTime {
		wait = unmountPoll
	}
	w.after(wait, kindStep, func() {
		w.mode = finished
		w.busy = false
		if !w.gone {
			w.terminatePod()
		}
		w.node.finished(w)
	})
}

// addProbes starts the probe workers of the pod's containers, once.
//
// Source: k8s v1.36.3 pkg/kubelet/prober/prober_manager.go AddPod.
func (w *worker) addProbes() {
	for n := range w.containers {
		c := &w.containers[n]
		for t := range world.NumProbeTypes {
			if p := c.spec.probes[t]; p != nil && c.probes[t] == nil {
				c.probes[t] = newProbeWorker(w, c, t, p)
			}
		}
	}
}

// stopProbes ends the liveness and startup workers of regular containers, or with all every worker.
func (w *worker) stopProbes(all bool) {
	for n := range w.containers {
		c := &w.containers[n]
		for t, p := range c.probes {
			if p != nil && (all || world.ProbeType(t) != world.Readiness && !c.spec.init) {
				p.stop()
			}
		}
	}
}

const messageDeadline = "Pod was active on the node longer than the specified deadline"

// deadlinePassed reports whether the pod has been active for its activeDeadlineSeconds, and says so in an Event.
//
// Source: k8s v1.36.3 pkg/kubelet/active_deadline.go.
func (w *worker) deadlinePassed() bool {
	at, ok := w.deadline()
	if !ok || w.now() < at || w.mode != syncing {
		return false
	}
	w.event("", record.Normal, ReasonDeadlineExceeded, messageDeadline)
	return true
}

// deadline is the instant from which the pod has been active for too long.
func (w *worker) deadline() (engine.Time, bool) {
	seconds, st := w.pod.Spec().ActiveDeadlineSeconds, w.status.current
	if seconds == nil || st == nil || st.StartTime == nil {
		return 0, false
	}
	return w.node.k.store.Since(st.StartTime.Time) + engine.Time(*seconds)*time.Second, true
}

// watchDeadline queues the sync that will find the deadline passed: the 1 s tick asks every pod.
func (w *worker) watchDeadline() {
	if at, ok := w.deadline(); ok {
		e := w.node.k.engine
		e.At(w.node.nextTick(max(at, w.now())), kindUpdate, engine.Func(func() { w.run(w.update) }))
	}
}
