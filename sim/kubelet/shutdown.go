package kubelet

import (
	"cmp"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
)

var (
	kindShutdown = engine.NewKind("kubelet shuts pods down", engine.RankSync, false).By(rule.NodeShutdown)
	kindPowerOff = engine.NewKind("machine powers off", engine.RankWorld, false)
)

// powerOffDelay is how long the machine still runs when the kubelet no longer holds the shutdown up: long enough for the last
// statuses to be sent.
const powerOffDelay = time.Second

// Words of a graceful shutdown. Source: k8s v1.36.3 pkg/kubelet/nodeshutdown/nodeshutdown_manager.go.
const (
	reasonShutdown    = "Terminated"
	messageShutdown   = "Pod was terminated in response to imminent node shutdown."
	reasonRejected    = "NodeShutdown"
	messageRejected   = "Pod was rejected as the node is shutting down."
	messageNotReady   = "node is shutting down"
	detectedShutdown  = "Shutdown manager detected shutdown event"
	reasonNodeGoesOff = "Shutdown"
)

// nodeShutdown is a shutdown of the machine that the kubelet holds up until its pods have ended.
type nodeShutdown struct {
	groups []shutdownGroup // still to come, the present one first
	timer  engine.Timer
	off    func() // what follows when the machine is off
}

// shutdownGroup is the pods of one range of priorities.
type shutdownGroup struct {
	priority int32
	grace    int64 // seconds
	pods     []*worker
}

// Shutdown switches the machine off in an orderly way: if the kubelet's shutdownGracePeriod is set it first ends its pods, those
// of low priority before the critical ones. Without it they die with the machine. off is called when the machine is off; it
// may be nil.
//
// Source: k8s v1.36.3 pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go start, processShutdownEvent.
func (n *Node) Shutdown(off func()) {
	if n.stopping != nil && off != nil {
		before := n.stopping.off
		n.stopping.off = func() {
			if before != nil {
				before()
			}
			off()
		}
		return
	}
	if !n.power {
		n.powerOff(off)
		return
	}
	groups := n.k.shutdownGroups()
	if groups == nil || n.frozen {
		n.powerOff(off)
		return
	}
	n.stopping = &nodeShutdown{off: off}
	n.recorder.Node(n.name, nodeEventUID(n.name), record.Normal, reasonNodeGoesOff, detectedShutdown)
	epoch := n.epoch
	n.k.engine.After(n.k.latency.APIWrite, kindNodeStatus, engine.Func(func() {
		if n.epoch == epoch && n.online() {
			n.writeStatus()
		}
	}))
	for _, w := range n.order {
		if w.admitted && w.started && w.mode <= terminating {
			g := groupOf(groups, w.priority())
			groups[g].pods = append(groups[g].pods, w)
		}
	}
	n.stopping.groups = groups
	n.nextGroup()
}

// shutdownGroups are the ranges of priorities with their seconds, lowest first; nil if nothing is held up.
//
// Source: k8s v1.36.3 pkg/kubelet/nodeshutdown/nodeshutdown_manager.go migrateConfig.
func (k *Kubelets) shutdownGroups() []shutdownGroup {
	all, critical := k.config.ShutdownGracePeriod, k.config.ShutdownGracePeriodCriticalPods
	if all == 0 || critical > all {
		return nil
	}
	return []shutdownGroup{{priority: 0, grace: int64((all - critical) / time.Second)}, {priority: systemCritical, grace: int64(critical / time.Second)}}
}

// groupOf finds the range of a priority: the last that begins at or below it, or the first.
//
// Source: k8s v1.36.3 pkg/kubelet/nodeshutdown/nodeshutdown_manager.go groupByPriority.
func groupOf(groups []shutdownGroup, priority int32) int {
	i, found := slices.BinarySearchFunc(groups, priority, func(g shutdownGroup, p int32) int { return cmp.Compare(g.priority, p) })
	if found || i == 0 {
		return i
	}
	return i - 1
}

// nextGroup ends the pods of the first group that has any; when there is none left the machine goes off.
//
// Source: k8s v1.36.3 pkg/kubelet/nodeshutdown/nodeshutdown_manager.go killPods.
func (n *Node) nextGroup() {
	s := n.stopping
	for len(s.groups) > 0 && len(s.groups[0].pods) == 0 {
		s.groups = s.groups[1:]
	}
	if len(s.groups) == 0 {
		epoch := n.epoch
		n.k.engine.After(powerOffDelay, kindPowerOff, engine.Func(func() {
			if n.epoch == epoch {
				n.powerOff(s.off)
			}
		}))
		return
	}
	g := s.groups[0]
	s.timer = n.k.engine.After(time.Duration(g.grace)*time.Second, kindShutdown, engine.Func(n.groupOver))
	for _, w := range slices.Clone(g.pods) {
		grace := g.grace
		if t := w.pod.Spec().TerminationGracePeriodSeconds; t != nil {
			grace = min(grace, *t)
		}
		w.killFor(&evictReason{reason: reasonShutdown, message: messageShutdown, keepSucceeded: true}, max(grace, 1))
	}
}

// groupOver goes on to the next group: the present one's pods are gone, or its time is up.
func (n *Node) groupOver() {
	if s := n.stopping; s != nil {
		n.k.engine.Cancel(s.timer)
		s.groups = s.groups[1:]
		n.nextGroup()
	}
}

// shutdownCleaned is told when a pod's worker has finished.
func (n *Node) shutdownCleaned(w *worker) {
	if n.stopping == nil || len(n.stopping.groups) == 0 {
		return
	}
	g := &n.stopping.groups[0]
	i := slices.Index(g.pods, w)
	if i < 0 {
		return
	}
	g.pods = slices.Delete(g.pods, i, i+1)
	if len(g.pods) == 0 {
		n.groupOver()
	}
}

func (n *Node) powerOff(off func()) {
	n.Crash()
	if off != nil {
		off()
	}
}

// notReady is why the node is not ready; "" if it is.
//
// Source: k8s v1.36.3 pkg/kubelet/nodestatus/setters.go ReadyCondition.
func (n *Node) notReady() string {
	switch {
	case n.runtimeStale() && n.stopping != nil:
		return "[container runtime is down, " + messageNotReady + "]"
	case n.runtimeStale():
		return "container runtime is down"
	case n.stopping != nil:
		return messageNotReady
	}
	return ""
}

// unready puts the reason why the node is not ready into its Ready condition.
func unready(c *corev1.NodeCondition, message string) {
	if message != "" {
		c.Status, c.Reason, c.Message = corev1.ConditionFalse, "KubeletNotReady", message
	}
}
