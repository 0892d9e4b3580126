package kubelet

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/record"
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
	pw := &probeWorker{worker: w, c: c, kind: t, probe: p, base: w.now(), turn: w.node.k.engine.NewTurn(), key: w.key ^ engine.HashString("probe/"+t.String()+"/"+c.spec.Name)}
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
	p.timer = e.AtTurn(p.armed, kind, p.turn, engine.Func(p.due))
}

// hasten queues the tick at t, unless one is to come before.
func (p *probeWorker) hasten(t engine.Time) {
	if !p.late && !(p.worker.node.k.engine.Active(p.timer) && p.armed <= t) {
		p.arm(t)
	}
}

// due is the time of a tick.
func (p *probeWorker) due() {
	held := p.worker.node.frozen
	p.late = held
	p.worker.run(func() {
		if held && !p.late {
			return // another tick has taken its place
		}
		p.late = false
		p.tick()
	})
}

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

// passed is the last instant of which the tick, if one fell on it, is over.
func (p *probeWorker) passed() engine.Time {
	if now := p.worker.now(); p.worker.node.k.engine.Passed(kindProbe, p.turn) {
		return now
	}
	return p.worker.now() - 1
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

// flying reports whether an answer is awaited. One that a dead container owed does not come.
func (p *probeWorker) flying() bool {
	return p.flight != nil && p.flight == p.probed && p.flight.running()
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
		return cs.State.Terminated == nil || p.c.spec.sidecar || w.spec.shouldRestart(p.c.spec, cs.State.Terminated.ExitCode)
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

// execute runs the probe once.
func (p *probeWorker) execute(i *instance) {
	w := p.worker
	outcome, latency := p.answer(i, w.now())
	if latency == 0 {
		p.result(i, outcome)
		return
	}
	p.flight, p.began, p.missed, p.anew = i, w.now(), false, false
	w.after(latency, kindProbe, func() { p.answered(i, outcome) })
}

// answered is the end of a probe that took time. A tick that fell into it is made up for at once.
//
// Source: k8s v1.36.3 pkg/kubelet/prober/worker.go run: one goroutine, and a ticker that keeps one tick.
func (p *probeWorker) answered(i *instance, outcome world.Outcome) {
	if p.stopped || p.flight != i || !p.flying() {
		return
	}
	p.flight = nil
	now := p.worker.now()
	p.result(i, outcome)
	if p.missed = p.missed || p.next(p.began) <= now; p.anew {
		p.base, p.missed = now, true
	}
	if p.missed {
		p.late = false
		p.arm(now)
		return
	}
	p.rearm()
}

func (p *probeWorker) result(i *instance, outcome world.Outcome) {
	w := p.worker
	switch outcome {
	case world.Errored:
		w.event(p.c.spec.ref, record.Warning, "Unhealthy", fmt.Sprintf("%s probe errored and resulted in unknown state: %s", p.kind, p.output(outcome)))
		return
	case world.Failure, world.TimedOut:
		p.alike++
		w.event(p.c.spec.ref, record.Warning, "Unhealthy", fmt.Sprintf("%s probe failed: %s", p.kind, p.output(outcome)))
		outcome = world.Failure
	default:
		p.alike = 0
	}
	if p.last == outcome {
		p.run++
	} else {
		p.last, p.run = outcome, 1
	}
	if outcome == world.Failure && p.run < p.probe.FailureThreshold || outcome == world.Success && p.run < p.probe.SuccessThreshold {
		return
	}
	published := resultSuccess
	if outcome == world.Failure {
		published = resultFailure
	}
	p.publish(published)
	if p.kind == world.Startup || p.kind == world.Liveness && outcome == world.Failure {
		p.onHold, p.run = true, 0
	}
}

// publish stores a result; one that is new or changed is acted upon.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet.go syncLoopIteration.
func (p *probeWorker) publish(r probeResult) {
	i := p.probed
	if i.results[p.kind] == r {
		return
	}
	i.results[p.kind] = r
	w := p.worker
	if w.node.runtimeDown { // the sync loop stands still: the sync that comes first sees the result
		w.pending = w.pending || p.kind != world.Liveness || r == resultFailure
		return
	}
	switch p.kind {
	case world.Liveness:
		if r == resultFailure {
			w.update()
		}
	case world.Readiness:
		w.setReady(p.c, r == resultSuccess)
		w.update()
	case world.Startup:
		w.setStarted(p.c, r == resultSuccess)
		w.update()
	}
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
	at := p.next(max(p.passed(), p.delayedUntil(i)-1))
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

var purposeProbe = engine.HashString("probe outcome")

// outcome is what the probe answers at t. It depends on nothing but the script, the container and the instant.
func (p *probeWorker) outcome(i *instance, t engine.Time) world.Outcome {
	age := t - i.started
	for _, win := range p.script.Windows {
		if age >= win.From && (win.To < 0 || age < win.To) {
			return win.Outcome
		}
	}
	if p.script.FailureRate > 0 && p.worker.node.k.engine.Draw(p.key^purposeProbe, uint64(t)) < p.script.FailureRate {
		return world.Failure
	}
	return world.Success
}

// answer is what the probe answers that begins at t, and how long that takes. A timeout that the script gives without any
// latency takes none.
func (p *probeWorker) answer(i *instance, t engine.Time) (world.Outcome, engine.Time) {
	outcome := p.outcome(i, t)
	if !p.script.Latency.IsSet() {
		return outcome, 0
	}
	latency := p.script.Latency.Duration(p.worker.stream("probe-latency/"+p.c.spec.Name, uint64(t)))
	if timeout := engine.Time(p.probe.TimeoutSeconds) * time.Second; outcome == world.TimedOut || latency >= timeout {
		return world.TimedOut, timeout
	}
	return outcome, latency
}

// output is what a failing probe prints: the script's, or the handler's own words.
//
// Source: k8s v1.36.3 pkg/probe/{exec,http,tcp,grpc}.
func (p *probeWorker) output(o world.Outcome) string {
	if p.script.Output != "" && o != world.TimedOut { // one that does not answer says nothing
		return p.script.Output
	}
	h, ip, timeout := &p.probe.ProbeHandler, p.worker.sandbox.ip, time.Duration(p.probe.TimeoutSeconds)*time.Second
	switch {
	case h.HTTPGet != nil:
		scheme := strings.ToLower(string(h.HTTPGet.Scheme))
		host := h.HTTPGet.Host
		if host == "" {
			host = ip
		}
		if o == world.TimedOut {
			return fmt.Sprintf("Get \"%s://%s:%s%s\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)", scheme, host, p.port(h.HTTPGet.Port.String()), h.HTTPGet.Path)
		}
		return "HTTP probe failed with statuscode: 500"
	case h.TCPSocket != nil:
		if o == world.TimedOut {
			return fmt.Sprintf("dial tcp %s:%s: i/o timeout", ip, p.port(h.TCPSocket.Port.String()))
		}
		return fmt.Sprintf("dial tcp %s:%s: connect: connection refused", ip, p.port(h.TCPSocket.Port.String()))
	case h.GRPC != nil:
		if o == world.TimedOut {
			return fmt.Sprintf("timeout: failed to connect service \"%s:%d\" within %v: context deadline exceeded", ip, h.GRPC.Port, timeout)
		}
		return "service unhealthy (responded with \"NOT_SERVING\")"
	case h.Exec != nil && o == world.TimedOut:
		return fmt.Sprintf("command timed out: %q timed out after %v", strings.Join(h.Exec.Command, " "), timeout)
	}
	return ""
}

// port is a probe's port as a number: names are looked up among the container's ports.
func (p *probeWorker) port(s string) string {
	for _, cp := range p.c.spec.Ports {
		if cp.Name == s {
			return fmt.Sprint(cp.ContainerPort)
		}
	}
	return s
}
