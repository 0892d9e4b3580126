package narrate

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// pod says what is new in a pod. Before is nil for a new one.
func (n *Narrator) pod(before, now *corev1.Pod) (texts []string) {
	if before == nil {
		before = &corev1.Pod{}
	}
	add := func(p phrase, args ...any) { texts = append(texts, n.say(p, args...)) }
	if now.Spec.NodeName != before.Spec.NodeName {
		add(bound, now.Spec.NodeName)
	}
	if name := now.Status.NominatedNodeName; name != "" && name != before.Status.NominatedNodeName {
		add(nominated, name)
	}
	texts = append(texts, n.containers(before.Status.InitContainerStatuses, now.Status.InitContainerStatuses)...)
	texts = append(texts, n.containers(before.Status.ContainerStatuses, now.Status.ContainerStatuses)...)
	if was, is := before.Status.Phase, now.Status.Phase; was != "" && was != is {
		add(phaseChange, is, was)
	}
	if r := now.Status.Reason; r != "" && r != before.Status.Reason {
		add(podReason, r, now.Status.Message)
	}
	var turned []turn
	for _, c := range now.Status.Conditions {
		if old := podCondition(before, c.Type); old.Status != c.Status && (old.Status != "" || c.Status == corev1.ConditionTrue || c.Type == corev1.PodScheduled) {
			turned = append(turned, turn{string(c.Type), string(c.Status), c.Reason, c.Message})
		}
	}
	return append(texts, n.conditions(turned)...)
}

// turn is a condition that has changed.
type turn struct{ kind, status, reason, message string }

// conditions says how conditions are now, those that turned alike together.
func (n *Narrator) conditions(turned []turn) (texts []string) {
	for i := 0; i < len(turned); {
		t, names := turned[i], turned[i].kind
		for i++; i < len(turned) && turned[i].status == t.status && (t.status == string(corev1.ConditionTrue) || turned[i].reason == t.reason && turned[i].message == t.message); i++ {
			names += ", " + turned[i].kind
		}
		t.kind = names
		texts = append(texts, n.condition(t))
	}
	return texts
}

// condition says how a condition is now; what a false one has to say comes with it.
func (n *Narrator) condition(t turn) string {
	text := n.say(condition, t.kind, t.status)
	if t.status != string(corev1.ConditionTrue) || t.kind == string(corev1.DisruptionTarget) {
		reason := t.reason
		if t.message != "" && reason != "" {
			reason += ": " + t.message
		}
		if reason != "" {
			text += n.say(because, strings.TrimSuffix(reason, "."))
		}
	}
	return text
}

func podCondition(p *corev1.Pod, t corev1.PodConditionType) corev1.PodCondition {
	for _, c := range p.Status.Conditions {
		if c.Type == t {
			return c
		}
	}
	return corev1.PodCondition{}
}

func (n *Narrator) containers(before, now []corev1.ContainerStatus) (texts []string) {
	for i := range now {
		text := n.state(&now[i])
		known := false
		for j := range before {
			known = known || before[j].Name == now[i].Name && n.state(&before[j]) == text
		}
		if !known {
			texts = append(texts, n.say(container, now[i].Name, text))
		}
	}
	return texts
}

func (n *Narrator) state(c *corev1.ContainerStatus) string {
	text := n.say(waitsOnly)
	switch s := c.State; {
	case s.Running != nil && c.Ready:
		text = n.say(runsReady)
	case s.Running != nil:
		text = n.say(runs)
	case s.Terminated != nil:
		text = n.say(ended, s.Terminated.Reason, s.Terminated.ExitCode)
	case s.Waiting != nil && s.Waiting.Reason != "":
		text = n.say(waits, s.Waiting.Reason)
	}
	if c.RestartCount > 0 {
		text += n.say(restarted, c.RestartCount)
	}
	return text
}

// node says what is new in a node that was there before.
func (n *Narrator) node(before, now *corev1.Node) (texts []string) {
	var turned []turn
	for _, c := range now.Status.Conditions {
		old := corev1.NodeCondition{}
		for _, b := range before.Status.Conditions {
			if b.Type == c.Type {
				old = b
			}
		}
		if old.Status != "" && old.Status != c.Status {
			turned = append(turned, turn{string(c.Type), string(c.Status), c.Reason, ""})
		}
	}
	texts = n.conditions(turned)
	for _, t := range now.Spec.Taints {
		if !hasTaint(before.Spec.Taints, t) {
			texts = append(texts, n.say(tainted, t.ToString()))
		}
	}
	for _, t := range before.Spec.Taints {
		if !hasTaint(now.Spec.Taints, t) {
			texts = append(texts, n.say(untainted, t.ToString()))
		}
	}
	if was, is := before.Spec.Unschedulable, now.Spec.Unschedulable; was != is {
		p := uncordoned
		if is {
			p = cordoned
		}
		texts = append(texts, n.say(p))
	}
	return texts
}

func hasTaint(all []corev1.Taint, t corev1.Taint) bool {
	for i := range all {
		if all[i].MatchTaint(&t) && all[i].Value == t.Value {
			return true
		}
	}
	return false
}
