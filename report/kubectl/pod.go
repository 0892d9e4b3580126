package kubectl

import (
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// PodSummary is a pod as one row of `kubectl get pods` sees it.
type PodSummary struct {
	// Ready of Total containers: the regular ones and the sidecars.
	Ready, Total int
	Status       string
	Restarts     int
	// LastRestart is when the last run of a counted container ended; zero without one.
	LastRestart time.Time
}

// DisplayStatus is what the STATUS column shows.
func DisplayStatus(pod *corev1.Pod) string { return Summarize(pod).Status }

// Summarize computes READY, STATUS and RESTARTS.
//
// Source: k8s v1.36.3 pkg/printers/internalversion/printers.go printPod.
func Summarize(pod *corev1.Pod) PodSummary {
	s := PodSummary{Total: len(pod.Spec.Containers), Status: string(pod.Status.Phase)}
	if pod.Status.Reason != "" {
		s.Status = pod.Status.Reason
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Reason == corev1.PodReasonSchedulingGated {
			s.Status = corev1.PodReasonSchedulingGated
		}
	}
	sidecars := map[string]bool{}
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			sidecars[c.Name] = true
			s.Total++
		}
	}
	initializing, all, ofSidecars := s.initPhase(pod, sidecars)
	if !initializing || conditionTrue(pod, corev1.PodInitialized) {
		s.Restarts, s.LastRestart = ofSidecars.count, ofSidecars.last
		s.mainPhase(pod)
	} else {
		s.Restarts, s.LastRestart = all.count, all.last
	}
	if pod.DeletionTimestamp != nil {
		terminal := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
		if pod.Status.Reason == "NodeLost" {
			s.Status = string(corev1.PodUnknown)
		} else if !terminal {
			s.Status = "Terminating"
		}
	}
	return s
}

// restarts adds up the restarts of some containers.
type restarts struct {
	count int
	last  time.Time
}

func (r *restarts) add(c *corev1.ContainerStatus) {
	r.count += int(c.RestartCount)
	if t := c.LastTerminationState.Terminated; t != nil && r.last.Before(t.FinishedAt.Time) {
		r.last = t.FinishedAt.Time
	}
}

// initPhase looks at the init containers up to the first that is not done. It returns whether there is such a one, and the
// restarts of all init containers up to it and of the sidecars among them.
func (s *PodSummary) initPhase(pod *corev1.Pod, sidecars map[string]bool) (initializing bool, all, ofSidecars restarts) {
	for i := range pod.Status.InitContainerStatuses {
		c := &pod.Status.InitContainerStatuses[i]
		all.add(c)
		if sidecars[c.Name] {
			ofSidecars.add(c)
		}
		if c.State.Terminated != nil && c.State.Terminated.ExitCode == 0 {
			continue
		}
		if sidecars[c.Name] && c.Started != nil && *c.Started {
			if c.Ready {
				s.Ready++
			}
			continue
		}
		switch {
		case c.State.Terminated != nil:
			s.Status = "Init:" + terminationReason(c.State.Terminated)
		case c.State.Waiting != nil && c.State.Waiting.Reason != "" && c.State.Waiting.Reason != "PodInitializing":
			s.Status = "Init:" + c.State.Waiting.Reason
		default:
			s.Status = fmt.Sprintf("Init:%d/%d", i, len(pod.Spec.InitContainers))
		}
		return true, all, ofSidecars
	}
	return false, all, ofSidecars
}

// mainPhase looks at the regular containers from last to first, so that the first has the last word.
func (s *PodSummary) mainPhase(pod *corev1.Pod) {
	counted := restarts{s.Restarts, s.LastRestart}
	running, failure := false, ""
	for i := len(pod.Status.ContainerStatuses) - 1; i >= 0; i-- {
		c := &pod.Status.ContainerStatuses[i]
		counted.add(c)
		switch {
		case c.State.Waiting != nil && c.State.Waiting.Reason != "":
			s.Status = c.State.Waiting.Reason
		case c.State.Terminated != nil:
			s.Status = terminationReason(c.State.Terminated)
			if c.State.Terminated.ExitCode != 0 {
				failure = s.Status
			}
		case c.Ready && c.State.Running != nil:
			running = true
			s.Ready++
		}
	}
	s.Restarts, s.LastRestart = counted.count, counted.last
	if s.Status != "Completed" {
		return
	}
	// Some containers are done; what the others do counts.
	switch {
	case running && conditionTrue(pod, corev1.PodReady):
		s.Status = string(corev1.PodRunning)
	case failure != "":
		s.Status = failure
	case running:
		s.Status = "NotReady"
	}
}

func terminationReason(t *corev1.ContainerStateTerminated) string {
	switch {
	case t.Reason != "":
		return t.Reason
	case t.Signal != 0:
		return fmt.Sprintf("Signal:%d", t.Signal)
	}
	return fmt.Sprintf("ExitCode:%d", t.ExitCode)
}

func conditionTrue(pod *corev1.Pod, t corev1.PodConditionType) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == t {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func podCells(now time.Time, p *corev1.Pod) []string {
	s := Summarize(p)
	restarts := strconv.Itoa(s.Restarts)
	if s.Restarts != 0 && !s.LastRestart.IsZero() {
		restarts = fmt.Sprintf("%d (%s ago)", s.Restarts, since(now, s.LastRestart))
	}
	ip := ""
	if len(p.Status.PodIPs) > 0 {
		ip = p.Status.PodIPs[0].IP
	}
	return []string{
		p.Name, fmt.Sprintf("%d/%d", s.Ready, s.Total), s.Status, restarts, age(now, p.CreationTimestamp),
		orNone(ip), orNone(p.Spec.NodeName), orNone(p.Status.NominatedNodeName), readinessGates(p),
	}
}

func readinessGates(p *corev1.Pod) string {
	if len(p.Spec.ReadinessGates) == 0 {
		return "<none>"
	}
	open := 0
	for _, g := range p.Spec.ReadinessGates {
		if conditionTrue(p, g.ConditionType) {
			open++
		}
	}
	return fmt.Sprintf("%d/%d", open, len(p.Spec.ReadinessGates))
}
