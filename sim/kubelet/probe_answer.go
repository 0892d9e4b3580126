package kubelet

import (
	"fmt"
	"strings"
	"time"

	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/world"
)

// flying reports whether an answer is awaited. One that a dead container owed does not come.
func (p *probeWorker) flying() bool {
	return p.flight != nil && p.flight == p.probed && p.flight.running()
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

// answer is what the probe answers that begins at t, and how long that takes: timeoutSeconds, where none comes in time.
func (p *probeWorker) answer(i *instance, t engine.Time) (world.Outcome, engine.Time) {
	outcome, timeout := p.outcome(i, t), engine.Time(p.probe.TimeoutSeconds)*time.Second
	if outcome == world.TimedOut {
		return outcome, timeout
	}
	if !p.script.Latency.IsSet() {
		return outcome, 0
	}
	if latency := p.script.Latency.Duration(p.worker.stream("probe-latency/"+p.c.spec.Name, uint64(t))); latency < timeout {
		return outcome, latency
	}
	return world.TimedOut, timeout
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
