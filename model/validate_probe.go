package model

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// handler is what a probe or a hook does.
type handler struct {
	exec    *corev1.ExecAction
	httpGet *corev1.HTTPGetAction
	tcp     *corev1.TCPSocketAction
	grpc    *corev1.GRPCAction
	sleep   *corev1.SleepAction
}

// handler wants exactly one action, and checks the first.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateHandler.
func (r *containerRules) handler(h handler, p *field.Path) {
	found := false
	first := func(name string, check func(at *field.Path)) {
		if found {
			r.forbidden(p.Child(name), "may not specify more than 1 handler type")
			return
		}
		found = true
		check(p.Child(name))
	}
	if h.exec != nil {
		first("exec", func(at *field.Path) {
			if len(h.exec.Command) == 0 {
				r.required(at.Child("command"), "")
			}
		})
	}
	if h.httpGet != nil {
		first("httpGet", func(at *field.Path) { r.httpGet(h.httpGet, at) })
	}
	if h.tcp != nil {
		first("tcpSocket", func(at *field.Path) { r.port(h.tcp.Port, at.Child("port")) })
	}
	if h.grpc != nil {
		first("grpc", func(at *field.Path) { r.port(intstr.FromInt32(h.grpc.Port), at.Child("port")) })
	}
	if h.sleep != nil {
		first("sleep", func(at *field.Path) {
			if grace := r.spec.TerminationGracePeriodSeconds; grace != nil && (h.sleep.Seconds < 0 || h.sleep.Seconds > *grace) {
				r.invalid(at, h.sleep.Seconds, fmt.Sprintf("must be non-negative and less than terminationGracePeriodSeconds (%d)", *grace))
			}
		})
	}
	if !found {
		r.required(p, "must specify a handler type")
	}
}

func (e *errs) httpGet(h *corev1.HTTPGetAction, p *field.Path) {
	if h.Path == "" {
		e.required(p.Child("path"), "")
	}
	e.port(h.Port, p.Child("port"))
	oneOf(e, h.Scheme, false, p.Child("scheme"), corev1.URISchemeHTTP, corev1.URISchemeHTTPS)
	for _, header := range h.HTTPHeaders {
		e.invalid(p.Child("httpHeaders"), header.Name, is.IsHTTPHeaderName(header.Name)...)
	}
}

// port wants a number or a name of a port.
func (e *errs) port(port intstr.IntOrString, p *field.Path) {
	if port.Type == intstr.Int {
		for _, detail := range is.IsValidPortNum(port.IntValue()) {
			e.invalid(p, port.IntVal, detail)
		}
		return
	}
	e.invalid(p, port.StrVal, is.IsValidPortName(port.StrVal)...)
}

// lifecycle checks the hooks of a container.
func (r *containerRules) lifecycle(l *corev1.Lifecycle, p *field.Path) {
	for _, h := range []struct {
		hook *corev1.LifecycleHandler
		name string
	}{{l.PostStart, "postStart"}, {l.PreStop, "preStop"}} {
		if h.hook != nil {
			r.handler(handler{exec: h.hook.Exec, httpGet: h.hook.HTTPGet, tcp: h.hook.TCPSocket, sleep: h.hook.Sleep}, p.Child(h.name))
		}
	}
	if l.StopSignal != nil {
		r.stopSignal(*l.StopSignal, p.Child("stopSignal"))
	}
}

// probe checks what all probes have.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validateProbe.
func (r *containerRules) probe(pr *corev1.Probe, p *field.Path) {
	r.handler(handler{exec: pr.Exec, httpGet: pr.HTTPGet, tcp: pr.TCPSocket, grpc: pr.GRPC}, p)
	r.nonNegative(int64(pr.InitialDelaySeconds), p, "initialDelaySeconds")
	r.nonNegative(int64(pr.TimeoutSeconds), p, "timeoutSeconds")
	r.nonNegative(int64(pr.PeriodSeconds), p, "periodSeconds")
	r.nonNegative(int64(pr.SuccessThreshold), p, "successThreshold")
	r.nonNegative(int64(pr.FailureThreshold), p, "failureThreshold")
	if g := pr.TerminationGracePeriodSeconds; g != nil && *g <= 0 {
		r.invalid(p.Child("terminationGracePeriodSeconds"), *g, "must be greater than 0")
	}
}

// livenessProbe checks a liveness or startup probe, which succeed at once.
func (r *containerRules) livenessProbe(pr *corev1.Probe, p *field.Path, name string) {
	if pr == nil {
		return
	}
	p = p.Child(name)
	r.probe(pr, p)
	if pr.SuccessThreshold != 1 {
		r.invalid(p.Child("successThreshold"), pr.SuccessThreshold, "must be 1")
	}
}

// readinessProbe checks a readiness probe, which kills nothing.
func (r *containerRules) readinessProbe(pr *corev1.Probe, p *field.Path) {
	if pr == nil {
		return
	}
	p = p.Child("readinessProbe")
	r.probe(pr, p)
	if g := pr.TerminationGracePeriodSeconds; g != nil {
		r.invalid(p.Child("terminationGracePeriodSeconds"), *g, "must not be set for readinessProbes")
	}
}
