package invariant

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/store"
)

// podRules hold for every pod and from each of its states to the next.
var podRules = []Rule{
	{"pod-conditions", "a condition comes once; Ready implies ContainersReady, and a pod that has not ended", ofPod(checkConditions)},
	{"pod-containers", "a container has one state, ends after it began, and none runs in a pod that has succeeded", ofPod(checkContainers)},
	{"pod-order", "a regular container runs only when every init container has ended well", ofPod(checkInits)},
	{"pod-owner", "one controller at most", ofPod(checkOwner)},
	{"pod-phase", "Succeeded and Failed are final", ofStep(checkPhase)},
	{"pod-binding", "a pod is never moved", ofStep(checkBinding)},
	{"pod-restarts", "restart counts never fall", checkRestarts},
}

func ofPod(check func(p *store.Pod) string) func(*Checker, *step) string {
	return func(_ *Checker, s *step) string {
		if s.pod == nil {
			return ""
		}
		return check(s.pod)
	}
}

func ofStep(check func(old, p *store.Pod) string) func(*Checker, *step) string {
	return func(_ *Checker, s *step) string {
		if s.podOld == nil {
			return ""
		}
		return check(s.podOld, s.pod)
	}
}

func checkConditions(p *store.Pod) string {
	ready, containers := false, false
	for i := range p.Status.Conditions {
		c := &p.Status.Conditions[i]
		for k := range p.Status.Conditions[:i] {
			if p.Status.Conditions[k].Type == c.Type {
				return fmt.Sprintf("condition %s twice", c.Type)
			}
		}
		ready = ready || c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		containers = containers || c.Type == corev1.ContainersReady && c.Status == corev1.ConditionTrue
	}
	switch {
	case ready && !containers:
		return "Ready, and its containers are not"
	case ready && p.Terminal() && p.Deletion == nil && !disrupted(p, "DeletionByPodGC"): // PodGC sets the phase alone
		return fmt.Sprintf("Ready and %s", p.Status.Phase)
	}
	return ""
}

func checkContainers(p *store.Pod) string {
	for i := range p.Status.InitContainerStatuses {
		if broken := checkContainer(p, &p.Status.InitContainerStatuses[i], true); broken != "" {
			return broken
		}
	}
	for i := range p.Status.ContainerStatuses {
		if broken := checkContainer(p, &p.Status.ContainerStatuses[i], false); broken != "" {
			return broken
		}
	}
	return ""
}

func checkContainer(p *store.Pod, c *corev1.ContainerStatus, init bool) string {
	n := 0
	for _, set := range [...]bool{c.State.Waiting != nil, c.State.Running != nil, c.State.Terminated != nil} {
		if set {
			n++
		}
	}
	t := c.State.Terminated
	switch {
	case n != 1:
		return fmt.Sprintf("container %s has %d states", c.Name, n)
	case c.Ready && c.State.Running == nil && !init:
		return fmt.Sprintf("container %s is ready and does not run", c.Name)
	case t != nil && t.FinishedAt.Before(&t.StartedAt):
		return fmt.Sprintf("container %s ended at %v, before it began at %v", c.Name, t.FinishedAt, t.StartedAt)
	case c.State.Running != nil && p.Status.Phase == corev1.PodSucceeded:
		return fmt.Sprintf("container %s runs in a pod that has succeeded", c.Name)
	}
	return ""
}

func checkInits(p *store.Pod) string {
	running := ""
	for i := range p.Status.ContainerStatuses {
		if c := &p.Status.ContainerStatuses[i]; c.State.Running != nil {
			running = c.Name
		}
	}
	if running == "" {
		return ""
	}
	spec := p.Spec()
	for i := range p.Status.InitContainerStatuses {
		c := &p.Status.InitContainerStatuses[i]
		if i < len(spec.InitContainers) && isSidecar(&spec.InitContainers[i]) {
			continue
		}
		if t := c.State.Terminated; t == nil || t.ExitCode != 0 {
			return fmt.Sprintf("container %s runs, and init container %s has not ended well", running, c.Name)
		}
	}
	return ""
}

func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func checkOwner(p *store.Pod) string {
	n := 0
	for _, o := range p.OwnerList() {
		if o.Controller != nil && *o.Controller {
			n++
		}
	}
	if n > 1 {
		return fmt.Sprintf("%d controllers own it", n)
	}
	return ""
}

// checkPhase: Running is not final. Where a new sandbox runs the init containers again, a pod is Pending again.
func checkPhase(old, p *store.Pod) string {
	if was, is := old.Status.Phase, p.Status.Phase; was != is && old.Terminal() {
		return fmt.Sprintf("phase goes from %s to %s", was, is)
	}
	return ""
}

func checkBinding(old, p *store.Pod) string {
	switch {
	case old.NodeName != "" && p.NodeName != old.NodeName:
		return fmt.Sprintf("moved from %q to %q", old.NodeName, p.NodeName)
	case old.Created != p.Created:
		return "creationTimestamp changed"
	}
	return ""
}

func checkRestarts(c *Checker, s *step) string {
	if s.pod == nil {
		return ""
	}
	lists := [...][]corev1.ContainerStatus{s.pod.Status.InitContainerStatuses, s.pod.Status.ContainerStatuses}
	for i, list := range lists {
		for k := range list {
			is := &list[k]
			c.Restarts = max(c.Restarts, is.RestartCount)
			if s.podOld == nil {
				continue
			}
			olds := [...][]corev1.ContainerStatus{s.podOld.Status.InitContainerStatuses, s.podOld.Status.ContainerStatuses}[i]
			for n := range olds {
				if was := &olds[n]; was.Name == is.Name && is.RestartCount < was.RestartCount {
					return fmt.Sprintf("container %s: restart count falls from %d to %d", is.Name, was.RestartCount, is.RestartCount)
				}
			}
		}
	}
	return ""
}
