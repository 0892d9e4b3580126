package kubelet

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/world"
)

// statusChanged lets a worker that waits for a container see that it runs.
func (p *probeWorker) statusChanged() {
	if p.stopped || p.worker.node.k.reference {
		return
	}
	cs := p.status()
	if cs == nil || cs.ContainerID == "" {
		return
	}
	i := p.worker.instanceOf(p.c, cs)
	switch {
	case i == nil:
	case i != p.probed, !p.onHold && cs.State.Running == nil && i.results[p.kind] != resultFailure:
		p.hasten(p.upcoming()) // sooner than what was planned for a container that runs on
	case p.onHold || p.worker.node.k.engine.Active(p.timer):
	case cs.State.Running != nil && !p.steady():
		if !p.idle(cs) {
			p.hasten(p.upcoming())
		}
	case cs.State.Running != nil && !p.late:
		p.rearm() // the successes came from the container before this one
	}
}

// ends reports whether the next tick of a container that runs ends the worker with a success, delay or not.
func (p *probeWorker) ends() bool {
	return p.worker.pod.Deletion != nil && p.kind != world.Readiness && !p.onHold
}

// deletionSeen lets the probes that a deletion ends do so at their next tick, also one that was not to come yet.
func (w *worker) deletionSeen() {
	for n := range w.containers {
		for _, p := range w.containers[n].probes {
			if p == nil || p.stopped || w.node.k.reference || p.probed == nil || !p.ends() || p.probed.results[p.kind] == resultSuccess {
				continue
			}
			if cs := p.status(); cs != nil && cs.State.Running != nil {
				p.hasten(p.upcoming())
			}
		}
	}
}

// idle reports whether it is not yet, or no longer, the probe's time: startup probes end where the others begin.
func (p *probeWorker) idle(cs *corev1.ContainerStatus) bool {
	return (cs.Started != nil && *cs.Started) == (p.kind == world.Startup)
}

// steady reports whether nothing but successes came last and they are published.
func (p *probeWorker) steady() bool {
	return p.probed != nil && p.last == world.Success && p.run >= p.probe.SuccessThreshold && p.probed.results[p.kind] == resultSuccess
}

func (p *probeWorker) next(after engine.Time) engine.Time {
	return engine.NextTick(after, p.base, p.period())
}

// upcoming is the next tick, which may be due at this very instant.
func (p *probeWorker) upcoming() engine.Time { return p.next(p.passed()) }

// passed is the last instant of which the tick, if one fell on it, is over: one that came late, when a kubelet went on, stands
// for that of its instant.
func (p *probeWorker) passed() engine.Time {
	if now := p.worker.now(); now == p.ticked || p.worker.node.k.engine.Passed(kindProbe, p.turn) {
		return now
	}
	return p.worker.now() - 1
}

// rearm queues the next tick that can matter.
func (p *probeWorker) rearm() {
	w := p.worker
	if p.stopped || w.node.k.engine.Active(p.timer) {
		return
	}
	if w.node.k.reference {
		p.arm(p.next(w.now()))
		return
	}
	if p.flying() {
		return
	}
	cs := p.status()
	if cs == nil || p.probed == nil || p.onHold || cs.State.Running == nil {
		return
	}
	if p.idle(cs) {
		return // statusChanged wakes it when that changes
	}
	if at, ok := p.nextEffective(); ok {
		p.arm(at)
	}
}

// lookAhead bounds the search for the next random failure, in ticks.
const lookAhead = 1 << 16

// nextEffective finds the next tick that can change something.
func (p *probeWorker) nextEffective() (engine.Time, bool) {
	i := p.probed
	if p.steady() && p.worker.pod.Deletion != nil && p.kind != world.Readiness {
		return 0, false // what pass would publish is published
	}
	at := p.next(max(p.passed(), p.delayedUntil(i)-1))
	if p.ends() {
		return p.upcoming(), true // pass does not wait for the delay
	}
	if !p.steady() {
		return at, true
	}
	if p.script.FailureRate <= 0 && !p.slow() {
		bad, ok := p.nextBad(i, at)
		if !ok {
			return 0, false
		}
		return engine.NextTick(bad-1, p.base, p.period()), true
	}
	for range lookAhead {
		outcome, latency := p.answer(i, at)
		if outcome != world.Success {
			break
		}
		at = max(p.next(at), at+latency)
	}
	return at, true
}

// slow reports whether the answers may come so late that they move the ticks.
func (p *probeWorker) slow() bool {
	l := p.script.Latency
	return l.IsRandom() || l.IsSet() && l.Duration(nil) >= p.period()
}

// nextBad is the first instant from t on at which a window of the script says anything but success.
func (p *probeWorker) nextBad(i *instance, t engine.Time) (engine.Time, bool) {
	best, ok := engine.Never, false
	for _, win := range p.script.Windows {
		if win.Outcome == world.Success || win.To >= 0 && engine.Later(i.started, win.To) <= t {
			continue
		}
		if from := max(engine.Later(i.started, win.From), t); from < best {
			best, ok = from, true
		}
	}
	return best, ok
}
