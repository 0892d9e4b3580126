package kubelet

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/world"
)

var (
	kindProbe     = engine.NewKind("probe", engine.RankProbe, false)
	kindProbeIdle = engine.NewKind("probe that repeats itself", engine.RankProbe, true)
)

// probeWorker runs one probe of one container. Its ticks lie at base + k*period. A tick that can change nothing (a
// success after a success) is not executed; which one can is computed from the container's script.
//
// Source: k8s v1.36.3 pkg/kubelet/prober/worker.go.
type probeWorker struct {
	worker *worker
	c      *container
	kind   world.ProbeType
	probe  *corev1.Probe
	script world.ProbeScript
	key    uint64

	base    engine.Time
	timer   engine.Timer
	turn    engine.Turn
	armed   engine.Time // when the timer is due
	late    bool        // it was due while the kubelet stood still: the tick comes when it goes on
	ticked  engine.Time // when it last ran, also late
	probed  *instance   // the instance whose results are published; nil: none yet
	onHold  bool
	stopped bool
	flight  *instance // whose answer is awaited; nil: none
	began   engine.Time
	missed  bool // a tick fell into that time: it comes as soon as the answer is there
	anew    bool // the same, and the ticks start anew from there
	last    world.Outcome
	run     int32 // equal results in a row
	alike   int   // failing executions so far, for settling
}

func newProbeWorker(w *worker, c *container, t world.ProbeType, p *corev1.Probe) *probeWorker {
	pw := &probeWorker{worker: w, c: c, kind: t, probe: p, base: w.now(), ticked: never, turn: w.node.k.engine.NewTurn(), key: w.key ^ engine.HashString("probe/"+t.String()+"/"+c.spec.Name)}
	if c.behavior != nil {
		pw.script = c.behavior.Probes[t]
	}
	if up := w.now() - w.node.kubeletStart; up < pw.period() {
		u := w.node.k.engine.Draw(pw.key, 0)
		pw.base += engine.Time(u * float64(pw.period())).Round(time.Microsecond)
	}
	if w.node.k.reference {
		pw.arm(pw.base)
	}
	return pw
}

func (p *probeWorker) period() engine.Time { return engine.Time(p.probe.PeriodSeconds) * time.Second }

func (p *probeWorker) stop() {
	p.stopped = true
	p.worker.node.k.engine.Cancel(p.timer)
}

// arm queues the tick at t, in place of another.
func (p *probeWorker) arm(t engine.Time) {
	e := p.worker.node.k.engine
	e.Cancel(p.timer)
	kind := kindProbe
	if p.alike > settledRetries || p.worker.node.k.reference {
		kind = kindProbeIdle
	}
	p.armed = max(t, e.Now())
	p.timer = e.AtTurn(p.armed, kind, p.turn, (*probeTick)(p))
}

// hasten queues the tick at t, unless one is to come before.
func (p *probeWorker) hasten(t engine.Time) {
	if !p.late && !(p.worker.node.k.engine.Active(p.timer) && p.armed <= t) {
		p.arm(t)
	}
}

type probeTick probeWorker

// Fire is the time of a tick.
func (t *probeTick) Fire() {
	p := (*probeWorker)(t)
	if p.late = p.worker.node.frozen; !p.late {
		if !p.worker.dead {
			p.tick()
		}
		return
	}
	p.worker.run(func() {
		if p.late { // else another tick has taken its place
			p.late = false
			p.tick()
		}
	})
}

// trigger runs a readiness probe at once, or as soon as the one under way has answered, and starts its ticks anew from there.
func (p *probeWorker) trigger() {
	if p.stopped {
		return
	}
	if p.flying() {
		p.anew = true
		return
	}
	p.base = p.worker.now()
	p.arm(p.base)
}

func (p *probeWorker) status() *corev1.ContainerStatus {
	if p.worker.status.current == nil {
		return nil
	}
	return p.worker.spec.status(p.worker.status.current, p.c.spec)
}

// tick is one pass of the worker.
func (p *probeWorker) tick() {
	if p.stopped {
		return
	}
	p.ticked = p.worker.now()
	if p.flying() {
		p.missed = true
		p.rearm()
		return
	}
	if keep := p.pass(); !keep {
		p.stop()
		return
	}
	p.rearm()
}

// pass does what a tick does and reports whether the worker goes on.
func (p *probeWorker) pass() bool {
	w := p.worker
	st := w.status.current
	if st == nil {
		return true
	}
	if terminalPhase(st.Phase) {
		return false
	}
	cs := p.status()
	if cs == nil || cs.ContainerID == "" {
		return true
	}
	i := w.instanceOf(p.c, cs)
	if i == nil {
		return true
	}
	if i != p.probed {
		p.probed, p.onHold = i, false
		if i.results[p.kind] == resultNone { // else it was adopted with what its probes had found
			p.publish([...]probeResult{world.Startup: resultUnknown, world.Readiness: resultFailure, world.Liveness: resultSuccess}[p.kind])
		}
	}
	switch {
	case p.onHold:
		return true
	case cs.State.Running == nil:
		p.publish(resultFailure)
		return cs.State.Terminated == nil || p.c.spec.sidecar || restartsNow(st) || w.spec.shouldRestart(p.c.spec, cs.State.Terminated.ExitCode)
	case w.pod.Deletion != nil && p.kind != world.Readiness:
		p.publish(resultSuccess)
		return false
	case w.now() < p.delayedUntil(i):
		return true
	case p.idle(cs):
		return true
	}
	p.execute(i)
	return true
}

// delayedUntil is when initialDelaySeconds are over: whole seconds, from the start as the API shows it.
func (p *probeWorker) delayedUntil(i *instance) engine.Time {
	s := p.worker.node.k.store
	shown := s.Since(s.Clock(i.started).Truncate(time.Second))
	return shown + engine.Time(p.probe.InitialDelaySeconds)*time.Second
}
