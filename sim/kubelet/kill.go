package kubelet

import (
	"time"

	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
)

// minimumGrace is what a container gets between SIGTERM and SIGKILL whatever is left of its grace, in seconds.
// Source: k8s v1.36.3 pkg/kubelet/kuberuntime/kuberuntime_manager.go minimumGracePeriodInSeconds.
const minimumGrace = 2

// shutdown holds the order in which the containers of a pod stop: regular ones at once, then sidecars in reverse.
//
// Source: k8s v1.36.3 pkg/kubelet/kuberuntime/kuberuntime_termination_order.go.
type shutdown struct {
	worker  *worker
	left    int            // containers that still run
	waiting []*sidecarTurn // sidecars whose preStop is over, waiting for their turn
	done    func()
}

// sidecarTurn is a sidecar that waits for the containers after it.
type sidecarTurn struct {
	index int
	timer engine.Timer
	stop  func()
}

// killAll stops all running containers of the pod and calls done when none is left. grace is in seconds, nil for the
// pod's own.
func (w *worker) killAll(grace *int64, done func()) {
	g := w.specGrace()
	if grace != nil {
		g = *grace
	}
	s := &shutdown{worker: w, done: done}
	for n := range w.containers {
		if w.containers[n].newest.running() {
			s.left++
		}
	}
	if s.left == 0 {
		done()
		return
	}
	for n := range w.containers {
		if c := &w.containers[n]; c.newest.running() {
			w.kill(c, "", g, s, s.exited)
		}
	}
}

func (s *shutdown) exited() {
	s.left--
	if s.left == 0 {
		s.done()
		return
	}
	for n := len(s.waiting) - 1; n >= 0; n-- {
		if t := s.waiting[n]; !s.laterRuns(t.index) {
			s.waiting = append(s.waiting[:n], s.waiting[n+1:]...)
			s.worker.node.k.engine.Cancel(t.timer)
			t.stop()
		}
	}
}

// laterRuns reports whether a container that has to stop before the n-th still runs: a regular one, or a later sidecar.
func (s *shutdown) laterRuns(n int) bool {
	for later := n + 1; later < len(s.worker.containers); later++ {
		c := &s.worker.containers[later]
		if c.newest.running() && (!c.spec.init || c.spec.sidecar) {
			return true
		}
	}
	return false
}

// kill stops the container's running instance: Killing event, preStop hook inside the grace period, then SIGTERM, then
// SIGKILL. s is the shutdown it belongs to, nil if it is killed alone. done is called when the process is gone.
//
// Source: k8s v1.36.3 pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer.
func (w *worker) kill(c *container, message string, grace int64, s *shutdown, done func()) {
	i := c.newest
	if !i.running() {
		done()
		return
	}
	if message == "" {
		message = "Stopping container " + c.spec.Name
	}
	by := rule.GracefulKill
	if s == nil { // who kills one container alone has said why
		by = w.node.k.engine.Why.Rule()
	}
	if s == nil {
		w.tellKill(by, c.spec.ref, message)
	} else {
		w.eventBy(by, c.spec.ref, record.Normal, "Killing", message)
	}
	begun := w.now()
	i.onExit = done
	w.preStop(c, i, grace, func() {
		left := grace - int64((w.now()-begun)/time.Second)
		stop := func() { w.stopProcess(c, i, max(grace-int64((w.now()-begun)/time.Second), minimumGrace)) }
		if s == nil || !c.spec.sidecar || !s.laterRuns(c.spec.index) {
			stop()
			return
		}
		turn := &sidecarTurn{index: c.spec.index, stop: stop}
		turn.timer = w.after(engine.Seconds(max(left, 0)), kindStep, func() { s.giveUp(turn) })
		s.waiting = append(s.waiting, turn)
	})
}

// giveUp lets a sidecar stop whose grace period is over before its turn has come.
func (s *shutdown) giveUp(t *sidecarTurn) {
	for n := range s.waiting {
		if s.waiting[n] == t {
			s.waiting = append(s.waiting[:n], s.waiting[n+1:]...)
			t.stop()
			return
		}
	}
}

// preStop runs the hook, at most for the grace period.
func (w *worker) preStop(c *container, i *instance, grace int64, next func()) {
	l := c.spec.Lifecycle
	if l == nil || l.PreStop == nil || grace <= 0 {
		next()
		return
	}
	d, code := w.hook(c, c.hookOf(true), l.PreStop, "prestop")
	cut := d >= engine.Seconds(grace)
	d = min(d, engine.Seconds(grace))
	w.after(d, kindStep, func() {
		if code != 0 && !cut {
			w.event(c.spec.ref, record.Warning, "FailedPreStopHook", "PreStopHook failed")
		}
		if i.running() {
			next()
		}
	})
}

// stopProcess sends SIGTERM, and SIGKILL after so many seconds.
func (w *worker) stopProcess(c *container, i *instance, seconds int64) {
	if !i.running() {
		return
	}
	deadline := engine.Later(w.now(), engine.Seconds(seconds))
	at, code, killed := w.now(), int32(143), false
	if b := c.behavior; b != nil {
		s := w.stream("term/"+c.spec.Name, uint64(i.attempt))
		if b.OnTerm.ExitCode.IsSet() {
			code = int32(b.OnTerm.ExitCode.Int(s))
		}
		at = engine.Later(at, b.OnTerm.ExitAfter.Duration(s))
		killed = b.OnTerm.Ignore
	}
	killed = killed || at > deadline
	if killed {
		at = deadline
	}
	if i.due != never && i.due <= at {
		return // it is about to end by itself
	}
	if killed {
		code = 137
	}
	w.exitAt(i, at, code, "", "")
}
