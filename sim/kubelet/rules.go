package kubelet

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/rule"
)

// eventRule is the rule by which an Event of that reason is recorded about a pod.
func eventRule(reason string) rule.ID {
	switch reason {
	case "Pulling":
		return rule.ImagePull
	case "Pulled":
		return rule.ImagePresent
	case "Created", "Started":
		return rule.ContainerStart
	case "BackOff":
		return rule.CrashLoopBackOff // pullImage says so where it is an image's
	case "Unhealthy", "ProbeWarning":
		return rule.ProbeFailed
	case "Killing":
		return rule.GracefulKill
	case "SandboxChanged":
		return rule.SandboxChanged
	case "FailedToRetrieveImagePullSecret":
		return rule.PullSecretMissing
	case "FailedPostStartHook", "FailedPreStopHook":
		return rule.HookFailed
	case "InspectFailed", ReasonErrImageNeverPull:
		return rule.ImageRefused
	case "FailedMount":
		return rule.VolumeWait
	case ReasonDeadlineExceeded:
		return rule.ActiveDeadline
	case "Evicted":
		return rule.PressureEviction
	}
	return rule.KubeletSync
}

// waitingRules are the rules behind a container's waiting reason.
func waitingRule(reason string) rule.ID {
	switch reason {
	case ReasonCrashLoopBackOff:
		return rule.CrashLoopBackOff
	case ReasonErrImagePull:
		return rule.ImagePullFailed
	case ReasonImagePullBackOff:
		return rule.ImagePullBackOff
	case ReasonErrImageNeverPull, ReasonInvalidImageName:
		return rule.ImageRefused
	case ReasonCreateContainerConfigError:
		return rule.ContainerConfig
	case ReasonRunContainerError:
		return rule.ContainerStartFailed
	case ReasonPostStartHookError:
		return rule.HookFailed
	}
	return 0
}

// statusRule is the rule by which a status became another one: what is most worth telling of what has changed. 0 means
// whatever the kubelet was doing.
func statusRule(old, s *corev1.PodStatus) rule.ID {
	if terminalPhase(s.Phase) && old.Phase != s.Phase {
		switch {
		case s.Reason == ReasonDeadlineExceeded:
			return rule.ActiveDeadline
		case s.Reason != "":
			return 0 // an eviction, a shutdown, a refusal: whoever decided it has said so
		}
		return rule.PodPhase
	}
	by := rule.ID(0)
	for _, lists := range [...][2][]corev1.ContainerStatus{{old.InitContainerStatuses, s.InitContainerStatuses}, {old.ContainerStatuses, s.ContainerStatuses}} {
		for i := range lists[1] {
			if r := containerRule(statusNamed(lists[0], lists[1][i].Name), &lists[1][i]); r != 0 {
				by = r
			}
		}
	}
	if by == 0 && old.StartTime == nil {
		return rule.PodSeen
	}
	return by
}

// containerRule is statusRule for one container; old is nil if it had no status.
func containerRule(old, s *corev1.ContainerStatus) rule.ID {
	if old == nil {
		return 0
	}
	switch {
	case s.State.Waiting != nil && (old.State.Waiting == nil || old.State.Waiting.Reason != s.State.Waiting.Reason):
		return waitingRule(s.State.Waiting.Reason)
	case s.State.Terminated != nil && old.State.Terminated == nil:
		return rule.ContainerExit
	case s.State.Running != nil && s.RestartCount > old.RestartCount:
		return rule.ContainerRestart
	case s.State.Running != nil && (old.State.Running == nil || old.ContainerID != s.ContainerID):
		return rule.ContainerStart
	}
	return 0
}
