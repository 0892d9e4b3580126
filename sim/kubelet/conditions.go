package kubelet

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Reasons of pod conditions. Source: k8s v1.36.3 pkg/kubelet/status/generate.go.
const (
	ReasonPodCompleted             = "PodCompleted"
	ReasonPodFailed                = "PodFailed"
	ReasonContainersNotReady       = "ContainersNotReady"
	ReasonContainersNotInitialized = "ContainersNotInitialized"
	ReasonReadinessGatesNotReady   = "ReadinessGatesNotReady"
	ReasonUnknownContainerStatuses = "UnknownContainerStatuses"
)

// ownsCondition reports whether the kubelet owns the condition type: it replaces those and keeps all others.
//
// Source: k8s v1.36.3 pkg/kubelet/types/pod_status.go PodConditionByKubelet.
func ownsCondition(t corev1.PodConditionType) bool {
	switch t {
	case corev1.PodScheduled, corev1.PodReady, corev1.PodInitialized, corev1.ContainersReady, corev1.PodReadyToStartContainers, corev1.AllContainersRestarting:
		return true
	}
	return false
}

// conditionsOf generates the conditions of a status: foreign ones first, then the kubelet's own in upstream's order.
// Transition times are set later, by comparison with the status before. It appends to out.
func conditionsOf(out []corev1.PodCondition, s *podSpec, st, old *corev1.PodStatus, foreign []corev1.PodCondition, generation int64, sandboxReady bool) []corev1.PodCondition {
	for _, c := range foreign {
		if !ownsCondition(c.Type) {
			out = append(out, c)
		}
	}
	add := func(c corev1.PodCondition) {
		c.ObservedGeneration = generation
		out = append(out, c)
	}
	add(condition(corev1.PodReadyToStartContainers, sandboxReady, "", ""))
	add(initialized(s, st, old))
	ready := containersReady(s, st)
	add(podReady(s, ready, out))
	add(ready)
	add(condition(corev1.PodScheduled, true, "", ""))
	return out
}

func condition(t corev1.PodConditionType, ok bool, reason, message string) corev1.PodCondition {
	c := corev1.PodCondition{Type: t, Status: corev1.ConditionFalse, Reason: reason, Message: message}
	if ok {
		c.Status = corev1.ConditionTrue
	}
	return c
}

// containersReady is True when every sidecar and regular container is ready.
//
// Source: generate.go GenerateContainersReadyCondition.
func containersReady(s *podSpec, st *corev1.PodStatus) corev1.PodCondition {
	if r := terminalReason(st.Phase); r != "" {
		return condition(corev1.ContainersReady, false, r, "")
	}
	which := make([]byte, 0, 16)
	for i := range s.containers {
		c := &s.containers[i]
		if c.plainInit() {
			continue
		}
		switch cs := s.status(st, c); {
		case cs == nil:
			which = append(which, 'u', byte(i), byte(i>>8))
		case !cs.Ready:
			which = append(which, 'n', byte(i), byte(i>>8))
		}
	}
	if len(which) == 0 {
		return condition(corev1.ContainersReady, true, "", "")
	}
	message, known := s.unready[string(which)]
	if !known {
		message = s.unreadyMessage(which)
		s.unready[string(which)] = message
	}
	return condition(corev1.ContainersReady, false, ReasonContainersNotReady, message)
}

// unreadyMessage names the containers of which three bytes each say whether their status is unknown, and which they are.
func (s *podSpec) unreadyMessage(which []byte) string {
	var unknown, unready []string
	for ; len(which) > 0; which = which[3:] {
		name := s.containers[int(which[1])|int(which[2])<<8].Name
		if which[0] == 'u' {
			unknown = append(unknown, name)
		} else {
			unready = append(unready, name)
		}
	}
	return containersMessage(unknown, "unready", unready)
}

// podReady is ContainersReady and every readiness gate.
//
// Source: generate.go GeneratePodReadyCondition.
func podReady(s *podSpec, containers corev1.PodCondition, others []corev1.PodCondition) corev1.PodCondition {
	if containers.Status != corev1.ConditionTrue {
		containers.Type = corev1.PodReady
		return containers
	}
	var missing []string
	for _, g := range s.pod.Spec.ReadinessGates {
		c := find(others, g.ConditionType)
		switch {
		case c == nil:
			missing = append(missing, fmt.Sprintf("corresponding condition of pod readiness gate %q does not exist.", string(g.ConditionType)))
		case c.Status != corev1.ConditionTrue:
			missing = append(missing, fmt.Sprintf("the status of pod readiness gate %q is not \"True\", but %v", string(g.ConditionType), c.Status))
		}
	}
	if len(missing) > 0 {
		return condition(corev1.PodReady, false, ReasonReadinessGatesNotReady, strings.Join(missing, ", "))
	}
	return condition(corev1.PodReady, true, "", "")
}

// initialized is True when every init container has done its part, or a regular one has begun, and once it has been so.
//
// Source: generate.go GeneratePodInitializedCondition.
func initialized(s *podSpec, st, old *corev1.PodStatus) corev1.PodCondition {
	if st.Phase == corev1.PodSucceeded {
		return condition(corev1.PodInitialized, true, ReasonPodCompleted, "")
	}
	for i := range st.ContainerStatuses {
		if state := &st.ContainerStatuses[i].State; state.Running != nil || state.Terminated != nil {
			return condition(corev1.PodInitialized, true, "", "")
		}
	}
	var unknown, incomplete []string
	for i := range s.containers[:s.inits] {
		c := &s.containers[i]
		switch cs := s.status(st, c); {
		case cs == nil:
			unknown = append(unknown, c.Name)
		case c.sidecar && (cs.Started == nil || !*cs.Started), !c.sidecar && !cs.Ready:
			incomplete = append(incomplete, c.Name)
		}
	}
	if message := containersMessage(unknown, "incomplete", incomplete); message != "" {
		if was := find(old.Conditions, corev1.PodInitialized); was != nil && was.Status == corev1.ConditionTrue {
			return condition(corev1.PodInitialized, true, "", "") // what restarts in place stays initialized
		}
		return condition(corev1.PodInitialized, false, ReasonContainersNotInitialized, message)
	}
	return condition(corev1.PodInitialized, true, "", "")
}

func terminalReason(p corev1.PodPhase) string {
	switch p {
	case corev1.PodSucceeded:
		return ReasonPodCompleted
	case corev1.PodFailed:
		return ReasonPodFailed
	}
	return ""
}

func containersMessage(unknown []string, word string, named []string) string {
	var parts []string
	if len(unknown) > 0 {
		parts = append(parts, fmt.Sprintf("containers with unknown status: %v", unknown))
	}
	if len(named) > 0 {
		parts = append(parts, fmt.Sprintf("containers with %s status: %v", word, named))
	}
	return strings.Join(parts, ", ")
}

func find(cs []corev1.PodCondition, t corev1.PodConditionType) *corev1.PodCondition {
	for i := range cs {
		if cs[i].Type == t {
			return &cs[i]
		}
	}
	return nil
}

// status returns the container's status within a pod status, nil if it is not in it.
func (s *podSpec) status(st *corev1.PodStatus, c *containerSpec) *corev1.ContainerStatus {
	if c.init {
		return statusNamed(st.InitContainerStatuses, c.Name)
	}
	return statusNamed(st.ContainerStatuses, c.Name)
}
