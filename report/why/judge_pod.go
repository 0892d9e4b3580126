package why

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/report/timeline"
	"clustersim/sim/journal"
)

// judgePod says what a pod waits for.
func (l *Log) judgePod(a *Answer, k key, p *corev1.Pod) {
	if terminal := p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed; terminal && p.DeletionTimestamp == nil {
		a.wants("a pod that is %s stays so; whoever made it may make another", p.Status.Phase)
		return
	}
	node := l.node(p.Spec.NodeName)
	lost := p.Spec.NodeName != "" && (node == nil || !nodeReady(node))
	if p.DeletionTimestamp != nil {
		l.judgeTerminating(a, k, p, lost)
		return
	}
	if p.Spec.NodeName == "" {
		judgePending(a, p)
		return
	}
	if lost {
		l.judgeLost(a, k, p, node)
		return
	}
	for _, list := range [...][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for i := range list {
			l.judgeContainer(a, k, p, &list[i])
		}
	}
	if d := p.Spec.ActiveDeadlineSeconds; d != nil {
		a.Countdowns = append(a.Countdowns, Countdown{What: "the kubelet fails the pod", At: l.first(k, func(p *corev1.Pod) bool { return p.Status.StartTime != nil }) + time.Duration(*d)*time.Second,
			Because: fmt.Sprintf("activeDeadlineSeconds %d since the kubelet saw it", *d)})
	}
}

func nodeReady(n *corev1.Node) bool {
	return slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}

// first is when a condition of a pod first held, or 0.
func (l *Log) first(k key, holds func(p *corev1.Pod) bool) time.Duration {
	at := time.Duration(0)
	for i := len(l.of[k]) - 1; i >= 0; i-- { // backwards, to stay with the last pod of that name
		r := l.entries[l.of[k][i]].record
		if p := r.Object.API().(*corev1.Pod); holds(p) {
			at = r.At
		}
		if r.Verb == journal.Added {
			break
		}
	}
	return at
}

func judgePending(a *Answer, p *corev1.Pod) {
	if len(p.Spec.SchedulingGates) > 0 {
		a.wants("its schedulingGates are taken off: until then no scheduler looks at it")
		return
	}
	for _, c := range p.Status.Conditions {
		if c.Type != corev1.PodScheduled || c.Status != corev1.ConditionFalse {
			continue
		}
		a.Verdict = append(a.Verdict, c.Message)
		for _, advice := range [...]struct{ sign, want string }{
			{"Insufficient", "a node gets room for what it requests: other pods go, a node is added, or the pod asks for less"},
			{"untolerated taint", "the taint is taken off the node, or the pod tolerates it"},
			{"affinity/selector", "a node has the labels that nodeSelector or node affinity ask for"},
			{"pod anti-affinity", "the pods that it must not be with are elsewhere, or its anti-affinity is weaker"},
			{"pod affinity", "a pod that it must be with runs on a node that it fits"},
			{"topology spread", "the spread constraint is met: room in the other domains, or a larger maxSkew"},
			{"unschedulable", "the node is uncordoned"},
			{"persistentvolumeclaim", "the claim is there, and bound or bindable"},
			{"free ports", "the host port is free on a node"},
			{"Too many pods", "a node has fewer pods than its limit"},
		} {
			if strings.Contains(c.Message, advice.sign) {
				a.wants("%s", advice.want)
			}
		}
	}
}

// judgeTerminating says what a deletion waits for.
func (l *Log) judgeTerminating(a *Answer, k key, p *corev1.Pod, lost bool) {
	asked := l.first(k, func(p *corev1.Pod) bool { return p.DeletionTimestamp != nil })
	if g := p.DeletionGracePeriodSeconds; g != nil {
		a.Countdowns = append(a.Countdowns, Countdown{What: "the grace period ends", At: asked + time.Duration(*g)*time.Second, Because: fmt.Sprintf("%ds since the deletion was asked for", *g)})
	}
	if len(p.Finalizers) > 0 {
		a.wants("its finalizers are taken off by those who set them: %s", strings.Join(p.Finalizers, ", "))
	}
	if lost {
		a.wants("the kubelet of %s says that the containers have stopped; it is not heard, and nobody else may remove the pod: it stays Terminating however long the grace period is over", p.Spec.NodeName)
		a.wants("so: the node comes back, or its Node object is deleted (the pod garbage collector follows), or it is tainted node.kubernetes.io/out-of-service, or the pod is deleted with grace period 0")
		return
	}
	if len(p.Finalizers) == 0 {
		a.wants("nothing: the kubelet removes the pod when its containers have stopped")
	}
}

// judgeLost is for a pod on a node that is not ready: its toleration runs.
func (l *Log) judgeLost(a *Answer, k key, p *corev1.Pod, n *corev1.Node) {
	if n == nil {
		a.wants("its node does not exist: the pod garbage collector removes it")
		return
	}
	for _, t := range n.Spec.Taints {
		if t.Effect != corev1.TaintEffectNoExecute {
			continue
		}
		since := l.tainted(n.Name, t)
		stays, ever := time.Duration(0), false
		for _, tol := range p.Spec.Tolerations {
			if tolerates(&tol, &t) {
				if tol.TolerationSeconds == nil {
					ever = true
				} else {
					stays = max(stays, time.Duration(*tol.TolerationSeconds)*time.Second)
				}
			}
		}
		if ever {
			a.Countdowns = append(a.Countdowns, Countdown{What: "the pod stays", Because: "it tolerates " + t.Key + ":NoExecute for ever"})
			continue
		}
		a.Countdowns = append(a.Countdowns, Countdown{What: "the toleration of " + t.Key + " ends and the pod is deleted", At: since + stays,
			Because: fmt.Sprintf("tolerationSeconds %d since the taint", int64(stays/time.Second))})
	}
	a.wants("the node %s becomes ready again; what the API shows of the pod is what was last heard", n.Name)
}

func tolerates(tol *corev1.Toleration, t *corev1.Taint) bool {
	return (tol.Effect == "" || tol.Effect == t.Effect) && (tol.Key == "" || tol.Key == t.Key) && (tol.Operator == corev1.TolerationOpExists || tol.Value == t.Value)
}

// tainted is when a node got the taint that it has.
func (l *Log) tainted(node string, t corev1.Taint) time.Duration {
	at := time.Duration(0)
	for _, i := range slices.Backward(l.of[key{model.Node, "", node}]) {
		r := l.entries[i].record
		if !slices.ContainsFunc(r.Object.API().(*corev1.Node).Spec.Taints, func(o corev1.Taint) bool { return o.Key == t.Key && o.Effect == t.Effect }) {
			break
		}
		at = r.At
	}
	return at
}

// judgeContainer says what a container waits for.
func (l *Log) judgeContainer(a *Answer, k key, p *corev1.Pod, c *corev1.ContainerStatus) {
	w := c.State.Waiting
	switch {
	case w == nil && c.State.Running != nil && !c.Ready && (c.Started == nil || *c.Started):
		a.wants("%s: its readiness probe has to succeed%s", c.Name, l.lastFailure(k, c.Name, "Readiness probe"))
	case w == nil && c.State.Running != nil && !c.Ready:
		a.wants("%s: its startup probe has to succeed%s", c.Name, l.lastFailure(k, c.Name, "Startup probe"))
	case w == nil:
	case w.Reason == "CrashLoopBackOff":
		text := ""
		if t := c.LastTerminationState.Terminated; t != nil {
			text = fmt.Sprintf(": it has ended %s, last with exit code %d (%s)", count(int(c.RestartCount)+1, "time"), t.ExitCode, t.Reason)
		}
		a.wants("%s: its process has to stay%s", c.Name, text)
	case w.Reason == "ImagePullBackOff" || w.Reason == "ErrImagePull":
		_, text, ok := strings.Cut(w.Message, ": ErrImagePull: ")
		if !ok {
			text = w.Message
		}
		switch {
		case strings.Contains(text, "NotFound"):
			a.wants("%s: the image has to exist in its registry, or the pod has to name another: %s", c.Name, text)
		case strings.Contains(text, "authoriz") || strings.Contains(text, "denied"):
			a.wants("%s: the pod needs an imagePullSecret for the registry: %s", c.Name, text)
		default:
			a.wants("%s: the registry has to give the image: %s", c.Name, text)
		}
	case w.Reason == "ContainerCreating" || w.Reason == "PodInitializing":
		a.Countdowns = append(a.Countdowns, Countdown{What: c.Name + " waits for what comes before it", Because: "volumes, the sandbox, init containers, the image"})
	default:
		a.wants("%s: %s: %s", c.Name, w.Reason, w.Message)
	}
}

// lastFailure quotes the last Event of a probe that failed.
func (l *Log) lastFailure(k key, container, probe string) string {
	for _, i := range slices.Backward(l.events[k]) {
		f := l.entries[i].record.Object.(journal.Event).EventFacts()
		if f.Reason == "Unhealthy" && strings.HasPrefix(f.Message, probe) && strings.Contains(f.FieldPath, "{"+container+"}") {
			return fmt.Sprintf("; %s, %s, last at %v", strings.TrimSpace(f.Message), count(f.Count, "time"), timeline.Clock(f.Last))
		}
	}
	return ""
}
