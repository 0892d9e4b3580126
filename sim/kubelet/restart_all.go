package kubelet

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
)

// The rule action RestartAllContainers: when a container ends with an exit code that such a rule names, all containers of
// the pod are killed and their records removed, and the pod begins anew in its sandbox, init containers first, without any
// back-off.
//
// Source: k8s v1.36.3 pkg/kubelet/container/helpers.go ShouldAllContainersRestart, AllContainersRestartCleanedUp;
// kuberuntime/kuberuntime_manager.go getContainersToReset, SyncPod; kubelet_pods.go convertToAPIContainerStatuses.

// What statuses and conditions say of it. Source: pkg/kubelet/kubelet_pods.go, status/generate.go.
const (
	ReasonRestartingAllContainers         = "RestartingAllContainers"
	ReasonRestartAllContainersBegun       = "RestartAllContainersStarted"
	messageRestartingAll                  = "The container is removed because RestartAllContainers in place"
	messageRestartAllBegun                = "container exited with restart policy rule"
	messageKilledToRestart                = "killing"
	restartAllGrace                 int64 = 0 // no preStop hook, and the two seconds that every container gets
)

// matching is the first of the container's rules that holds for an exit code, nil if none does.
//
// Source: k8s v1.36.3 pkg/api/v1/pod/util.go FindMatchingContainerRestartRule.
func (c *containerSpec) matching(exitCode int32) *corev1.ContainerRestartRule {
	for i := range c.RestartPolicyRules {
		if r := &c.RestartPolicyRules[i]; ruleMatches(r, exitCode) {
			return r
		}
	}
	return nil
}

// restartsAll reports whether an exit of the container restarts all of the pod's.
func (c *containerSpec) restartsAll(exitCode int32) bool {
	r := c.matching(exitCode)
	return r != nil && r.Action == corev1.ContainerRestartRuleActionRestartAllContainers
}

// mayRestartAll reports whether any rule of the container has the action.
func (c *containerSpec) mayRestartAll() bool {
	return slices.ContainsFunc(c.RestartPolicyRules, func(r corev1.ContainerRestartRule) bool {
		return r.Action == corev1.ContainerRestartRuleActionRestartAllContainers
	})
}

// restartingAll reports whether all containers restart: the status before says so, or one has ended, as of t, in a way
// that asks for it.
func (w *worker) restartingAll(t engine.Time, old *corev1.PodStatus) bool {
	if !w.spec.restartAll {
		return false
	}
	if restartsNow(old) {
		return true
	}
	for n := range w.containers {
		c := &w.containers[n]
		if i := c.at(t); i.stateAt(t) != stateExited {
			continue
		} else if c.spec.restartsAll(i.exitCode) {
			return true
		}
		if cs := w.spec.status(old, c.spec); cs != nil && cs.State.Terminated != nil && c.spec.restartsAll(cs.State.Terminated.ExitCode) {
			return true
		}
	}
	return false
}

// restartsNow reports whether a status says that all containers restart.
func restartsNow(st *corev1.PodStatus) bool {
	c := find(st.Conditions, corev1.AllContainersRestarting)
	return c != nil && c.Status == corev1.ConditionTrue
}

// restartingCondition is AllContainersRestarting, which pods have that have such a rule.
//
// Source: k8s v1.36.3 pkg/kubelet/status/generate.go GenerateAllContainersRestartingCondition.
func (w *worker) restartingCondition(t engine.Time, phase corev1.PodPhase, restarting bool) corev1.PodCondition {
	if r := terminalReason(phase); r != "" {
		return condition(corev1.AllContainersRestarting, false, r, "")
	}
	removed := !slices.ContainsFunc(w.containers, func(c container) bool { return c.at(t) != nil })
	if !restarting || removed {
		return condition(corev1.AllContainersRestarting, false, "", "")
	}
	return condition(corev1.AllContainersRestarting, true, ReasonRestartAllContainersBegun, messageRestartAllBegun)
}

// removedStatus lays what a status says of a container whose records are removed over what it would say without that.
func removedStatus(s *corev1.ContainerStatus, old *corev1.ContainerStatus) {
	s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: ReasonRestartingAllContainers, Message: messageRestartingAll}}
	s.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{Reason: ReasonRestartingAllContainers, Message: messageRestartingAll, ExitCode: 137}
	s.RestartCount = old.RestartCount + 1
}

// resetOrder lists the containers with records as of t in the order in which they are removed: those that asked for the
// restart last, init containers after regular ones.
func (w *worker) resetOrder(t engine.Time) (order []int) {
	var sources []int
	add := func(from, to int) {
		for n := from; n < to; n++ {
			switch i := w.containers[n].at(t); {
			case i == nil:
			case i.stateAt(t) == stateExited && w.containers[n].spec.restartsAll(i.exitCode):
				sources = append(sources, n)
			default:
				order = append(order, n)
			}
		}
	}
	add(w.spec.inits, len(w.containers))
	add(0, w.spec.inits)
	return append(order, sources...)
}

// resetAll kills and removes the containers one after another. The sync that follows at once finds none, and starts anew.
func (w *worker) resetAll(order []int, r *syncResult) {
	if len(order) == 0 {
		w.pending = w.pending || r.acted
		r.finish()
		return
	}
	c := &w.containers[order[0]]
	r.acted = true
	w.kill(c, messageKilledToRestart, restartAllGrace, nil, func() {
		c.newest = nil // the logs stay, and with them the number of starts
		w.resetAll(order[1:], r)
	})
}
