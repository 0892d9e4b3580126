package kubelet

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type timestamp = metav1.Time

// equalStatus reports whether two statuses say the same. It looks at every field that this package sets; a generic
// comparison is too slow for what runs at each status.
func equalStatus(a, b *corev1.PodStatus) bool {
	return a.Phase == b.Phase && a.Reason == b.Reason && a.Message == b.Message && a.PodIP == b.PodIP && a.HostIP == b.HostIP &&
		a.ObservedGeneration == b.ObservedGeneration && a.NominatedNodeName == b.NominatedNodeName && a.QOSClass == b.QOSClass &&
		equalTime(a.StartTime, b.StartTime) &&
		slices.EqualFunc(a.Conditions, b.Conditions, equalCondition) &&
		slices.EqualFunc(a.InitContainerStatuses, b.InitContainerStatuses, equalContainer) &&
		slices.EqualFunc(a.ContainerStatuses, b.ContainerStatuses, equalContainer)
}

func equalTime(a, b *metav1.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Time.Equal(b.Time)
}

func equalCondition(a, b corev1.PodCondition) bool {
	return a.Type == b.Type && a.Status == b.Status && a.Reason == b.Reason && a.Message == b.Message &&
		a.ObservedGeneration == b.ObservedGeneration && a.LastTransitionTime.Equal(&b.LastTransitionTime)
}

func equalContainer(a, b corev1.ContainerStatus) bool {
	return a.Name == b.Name && a.Ready == b.Ready && equalBool(a.Started, b.Started) && a.RestartCount == b.RestartCount &&
		a.ContainerID == b.ContainerID && a.Image == b.Image && equalState(&a.State, &b.State) && equalState(&a.LastTerminationState, &b.LastTerminationState)
}

func equalBool(a, b *bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func equalState(a, b *corev1.ContainerState) bool {
	switch {
	case (a.Waiting == nil) != (b.Waiting == nil), (a.Running == nil) != (b.Running == nil), (a.Terminated == nil) != (b.Terminated == nil):
		return false
	case a.Waiting != nil:
		return *a.Waiting == *b.Waiting
	case a.Running != nil:
		return a.Running.StartedAt.Equal(&b.Running.StartedAt)
	case a.Terminated != nil:
		x, y := a.Terminated, b.Terminated
		return x.ExitCode == y.ExitCode && x.Reason == y.Reason && x.Message == y.Message && x.ContainerID == y.ContainerID &&
			x.StartedAt.Equal(&y.StartedAt) && x.FinishedAt.Equal(&y.FinishedAt)
	}
	return true
}
