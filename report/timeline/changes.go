package timeline

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/report/kubectl"
)

// isBackOff is true for reasons of a container that is kept waiting after a failure.
func isBackOff(reason string) bool {
	switch strings.TrimPrefix(reason, "Init:") {
	case "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
		return true
	}
	return false
}

func condition(p *corev1.Pod, t corev1.PodConditionType) *corev1.PodCondition {
	if p == nil {
		return nil
	}
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == t {
			return &p.Status.Conditions[i]
		}
	}
	return nil
}

func hasCondition(p *corev1.Pod, t corev1.PodConditionType) bool {
	c := condition(p, t)
	return c != nil && c.Status == corev1.ConditionTrue
}

func statusOf(p *corev1.Pod, container string) *corev1.ContainerStatus {
	if p == nil {
		return nil
	}
	for _, list := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for i := range list {
			if list[i].Name == container {
				return &list[i]
			}
		}
	}
	return nil
}

// ChangesOf says in words what is new in a pod, in the order in which it matters to a reader; empty if nothing that is told
// here changed. Before is nil for a new pod.
func ChangesOf(before, now *corev1.Pod) string {
	texts := []string{}
	add := func(format string, args ...any) { texts = append(texts, fmt.Sprintf(format, args...)) }
	if before == nil {
		add("created")
		before = &corev1.Pod{}
	}
	if before.Spec.NodeName != now.Spec.NodeName {
		add("bound to %s", now.Spec.NodeName)
	}
	if nominated := now.Status.NominatedNodeName; nominated != before.Status.NominatedNodeName && nominated != "" {
		add("nominated for %s, where it waits for room, volumes or devices", nominated)
	}
	if now.DeletionTimestamp != nil && before.DeletionTimestamp == nil {
		grace := int64(0)
		if now.DeletionGracePeriodSeconds != nil {
			grace = *now.DeletionGracePeriodSeconds
		}
		add("deletion asked for, grace period %ds", grace)
	}
	for _, list := range [][]corev1.ContainerStatus{now.Status.InitContainerStatuses, now.Status.ContainerStatuses} {
		for i := range list {
			text := containerText(&list[i])
			if old := statusOf(before, list[i].Name); old == nil || containerText(old) != text {
				add("%s: %s", list[i].Name, text)
			}
		}
	}
	if phase := now.Status.Phase; phase != before.Status.Phase && before.Status.Phase != "" {
		add("phase %s", phase)
	}
	if reason := now.Status.Reason; reason != before.Status.Reason && reason != "" {
		add("%s: %s", reason, now.Status.Message)
	}
	if text := conditionChanges(before, now); text != "" {
		add("%s", text)
	}
	return strings.Join(texts, "; ")
}

// conditionChanges groups the conditions that turned: "now true: Initialized, Ready". A condition that is new and false is
// told only if it gives a reason of its own, as an unschedulable pod's does.
func conditionChanges(before, now *corev1.Pod) string {
	turned := map[corev1.ConditionStatus][]string{}
	for _, c := range now.Status.Conditions {
		old := condition(before, c.Type)
		fresh := old == nil && c.Status == corev1.ConditionFalse
		if (old != nil && old.Status == c.Status) || (fresh && c.Type != corev1.PodScheduled && c.Type != corev1.DisruptionTarget) {
			continue
		}
		name := string(c.Type)
		if c.Status != corev1.ConditionTrue && c.Reason != "" || c.Type == corev1.DisruptionTarget {
			name += " (" + c.Reason + ")"
		}
		turned[c.Status] = append(turned[c.Status], name)
	}
	texts := []string{}
	for _, s := range []corev1.ConditionStatus{corev1.ConditionTrue, corev1.ConditionFalse, corev1.ConditionUnknown} {
		if len(turned[s]) > 0 {
			texts = append(texts, fmt.Sprintf("now %s: %s", strings.ToLower(string(s)), strings.Join(turned[s], ", ")))
		}
	}
	return strings.Join(texts, "; ")
}

func containerText(c *corev1.ContainerStatus) string {
	text := "waiting"
	switch {
	case c.State.Running != nil && c.Ready:
		text = "running (ready)"
	case c.State.Running != nil:
		text = "running"
	case c.State.Terminated != nil:
		text = "ended: " + ending(c.State.Terminated)
	case c.State.Waiting != nil && c.State.Waiting.Reason != "":
		text = "waiting (" + c.State.Waiting.Reason + ")"
	}
	if c.RestartCount > 0 {
		text += fmt.Sprintf(", restart %d", c.RestartCount)
	}
	return text
}

// ending is how a container's run ended: Completed, exit code 0.
func ending(t *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("exit code %d", t.ExitCode)
	if t.Signal != 0 {
		text = fmt.Sprintf("signal %d", t.Signal)
	}
	if t.Reason != "" {
		text = t.Reason + ", " + text
	}
	return text
}

// observeEvent adds a line for a new event, or counts on the line it has. An event of type Warning becomes a mark too, where
// it first occurs: repeats would cover the states that they belong to.
func (h *History) observeEvent(at time.Duration, e *corev1.Event) {
	if e.InvolvedObject.Kind != "Pod" {
		return
	}
	l := h.byUID[e.InvolvedObject.UID]
	if l == nil { // the events of a static pod carry another UID than its mirror pod
		l = h.byName[e.InvolvedObject.Namespace+"/"+e.InvolvedObject.Name]
	}
	if l == nil {
		return
	}
	l.pull(at, e)
	if n, ok := l.told[e.UID]; ok && e.UID != "" {
		l.pod.Changes[n].Repeats++
		l.pod.Changes[n].Last = at
		return
	}
	if e.Type == corev1.EventTypeWarning {
		l.pod.Lane.Marks = append(l.pod.Lane.Marks, Mark{at, Warning, e.Reason})
	}
	l.told[e.UID] = len(l.pod.Changes)
	status := l.pod.Status
	switch {
	case l.pod.Gone >= 0:
		status = goneStatus
	case l.last != nil:
		status = kubectl.DisplayStatus(l.last)
	}
	message := strings.TrimSpace(e.Message)
	if name := containerOf(e); name != "" {
		message = name + ": " + message
	}
	l.tell(at, status, fmt.Sprintf("event %s %s: %s", e.Type, e.Reason, message))
	if e.Reason == "FailedScheduling" {
		l.pod.WhyNot = strings.TrimSpace(e.Message)
	}
}

// containerOf reads the container's name from a field path: spec.containers{app}.
func containerOf(e *corev1.Event) string {
	_, rest, ok := strings.Cut(e.InvolvedObject.FieldPath, "{")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(rest, "}")
}

// pull follows an image pull by its events, since a container's status does not tell it.
func (l *life) pull(at time.Duration, e *corev1.Event) {
	name := containerOf(e)
	if name == "" {
		return
	}
	switch e.Reason {
	case "Pulling":
		l.lane(name)
		l.pulling[name] = true
	case "Pulled", "Failed", "BackOff":
		l.pulling[name] = false
	default:
		return
	}
	l.state(at)
}
