package kubelet

import corev1 "k8s.io/api/core/v1"

// phaseOf derives the pod phase from the spec and the container statuses. It is pure.
// stopped says that the containers were stopped because the pod terminates; initialised that a regular container has
// been created in the current sandbox.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet_pods.go getPhase.
func phaseOf(s *podSpec, inits, regulars []corev1.ContainerStatus, stopped, initialised, static bool) corev1.PodPhase {
	var n phaseCounts
	for i := range s.containers {
		c := &s.containers[i]
		switch {
		case c.sidecar:
			n.sidecar(statusNamed(inits, c.Name))
		case c.init:
			n.init(s, c, statusNamed(inits, c.Name))
		default:
			n.regular(s, c, statusNamed(regulars, c.Name))
		}
	}
	switch {
	case n.initDead > 0:
		return corev1.PodFailed
	case n.pendInit > 0 || n.pendSidecar > 0 && !initialised, n.waiting > 0:
		return corev1.PodPending
	case n.running > 0 && n.unknown == 0:
		return corev1.PodRunning
	case n.running == 0 && n.stopped > 0 && n.unknown == 0:
		return n.ended(stopped && !static)
	}
	return corev1.PodPending
}

type phaseCounts struct {
	initDead, pendInit, pendSidecar                        int
	unknown, running, waiting, stopped, forGood, succeeded int
}

// ended is the phase when every container has stopped.
func (n *phaseCounts) ended(terminal bool) corev1.PodPhase {
	if !terminal && n.stopped != n.forGood {
		return corev1.PodRunning
	}
	if n.stopped == n.succeeded {
		return corev1.PodSucceeded
	}
	return corev1.PodFailed
}

func (n *phaseCounts) init(s *podSpec, c *containerSpec, st *corev1.ContainerStatus) {
	t := endOf(st)
	switch {
	case t == nil:
		n.pendInit++
	case t.ExitCode != 0 && !s.restartable(c, t):
		n.initDead++
	}
}

func (n *phaseCounts) sidecar(st *corev1.ContainerStatus) {
	switch {
	case st == nil:
		n.unknown++
	case st.State.Running != nil:
		n.running++
		if st.Started == nil || !*st.Started {
			n.pendSidecar++
		}
	case st.State.Terminated != nil:
	case st.State.Waiting != nil && st.LastTerminationState.Terminated != nil:
	case st.State.Waiting != nil:
		n.waiting++
		n.pendSidecar++
	default:
		n.unknown++
		n.pendSidecar++
	}
}

func (n *phaseCounts) regular(s *podSpec, c *containerSpec, st *corev1.ContainerStatus) {
	if st == nil {
		n.unknown++
		return
	}
	switch t := endOf(st); {
	case st.State.Running != nil:
		n.running++
	case t != nil:
		n.stopped++
		if !s.restartable(c, t) {
			n.forGood++
		}
		if st.State.Terminated != nil && t.ExitCode == 0 {
			n.succeeded++
		}
	case st.State.Waiting != nil:
		n.waiting++
	default:
		n.unknown++
	}
}

// restartable reports whether the container is started again after that end.
func (s *podSpec) restartable(c *containerSpec, t *corev1.ContainerStateTerminated) bool {
	return t.Reason == ReasonRestartingAllContainers || s.shouldRestart(c, t.ExitCode)
}

// endOf is the termination that a status tells of: its state, or the last state of a container that waits. nil if
// the container runs or has never run.
func endOf(st *corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	switch {
	case st == nil:
		return nil
	case st.State.Terminated != nil:
		return st.State.Terminated
	case st.State.Waiting != nil:
		return st.LastTerminationState.Terminated
	}
	return nil
}

func statusNamed(list []corev1.ContainerStatus, name string) *corev1.ContainerStatus {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}
