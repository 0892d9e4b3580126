package kubelet

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/engine"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// ranBefore reports whether the pod already ran on a node that has been there before the run: it comes from a dump.
func (n *Node) ranBefore(p *store.Pod) bool {
	if n.kubeletStart != never/2 || p.Deletion != nil {
		return false
	}
	for _, s := range p.Status.ContainerStatuses {
		if s.State.Running != nil {
			return true
		}
	}
	return false
}

// adopt lets the pod's containers be what its status says they are, instead of starting them anew: a kubelet that finds a
// pod running keeps it. What runs goes on from here as if it had begun at this moment, since nobody knows how much of
// its time is over.
func (w *worker) adopt() {
	st := w.pod.Status
	w.started, w.admitted = true, true
	w.node.usage.add(w)
	w.volumes.mounted = true
	w.sandbox.created, w.sandbox.ip = w.before(w.pod.Clock(w.pod.Created)), st.PodIP
	for n := range w.containers {
		c := &w.containers[n]
		if s := w.spec.status(st, c.spec); s != nil {
			w.adoptContainer(c, s)
		}
	}
	w.status.current = st
	w.watchDeadline()
}

func (w *worker) adoptContainer(c *container, s *corev1.ContainerStatus) {
	end := endOf(s)
	if s.State.Running == nil && end == nil {
		return // it never ran
	}
	i := &instance{attempt: s.RestartCount, image: c.spec.Image, adopted: s, started: never, finished: never, due: never}
	if end != nil {
		i.started, i.finished = w.before(end.StartedAt), w.before(end.FinishedAt)
		i.exitCode, i.reason, i.message = end.ExitCode, end.Reason, end.Message
	} else {
		i.started = w.before(s.State.Running.StartedAt)
		i.results = probed(s)
	}
	i.created = i.started
	c.newest, c.starts = i, s.RestartCount+1
	if w := s.State.Waiting; w != nil {
		c.reason = waitingReason{w.Reason, w.Message}
	}
	if i.running() {
		w.live(c, i)
	}
}

// before is an instant that a dump names: not after now, and not so long ago that differences would not fit an engine.Time.
func (w *worker) before(t metav1.Time) engine.Time {
	return min(max(w.node.k.store.Since(t.Time), never/2), w.now())
}

// probed are the results of probes that a status bears witness to.
//
// Source: k8s v1.36.3 pkg/kubelet/prober/prober_manager.go UpdatePodStatus, for containers that are older than the kubelet.
func probed(s *corev1.ContainerStatus) (r [world.NumProbeTypes]probeResult) {
	r[world.Liveness], r[world.Startup], r[world.Readiness] = resultSuccess, resultUnknown, resultFailure
	if s.Started != nil && *s.Started {
		r[world.Startup] = resultSuccess
	}
	if s.Ready {
		r[world.Readiness] = resultSuccess
	}
	return r
}
