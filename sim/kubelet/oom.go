package kubelet

import (
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
)

// kindOOM runs behind the world's own changes of the instant: what ends by itself then frees its memory first.
var kindOOM = engine.NewKind("node out of memory", engine.RankTimer, false).By(rule.OutOfMemory)

// Scores by which the kernel chooses. Source: k8s v1.36.3 pkg/kubelet/qos/policy.go.
const (
	scoreGuaranteed = -997
	scoreBestEffort = 1000
)

// The lowest priorities of the two kinds of critical pods. Source: k8s v1.36.3 pkg/apis/scheduling/types.go.
const (
	systemCritical     = 2_000_000_000
	systemNodeCritical = systemCritical + 1000
)

// memoryLimit is the memory beyond which the container is killed, in bytes; ok is false if it may take all there is.
//
// Differs: a limit of the pod as a whole holds for each of its containers, not for their sum.
func (w *worker) memoryLimit(c *container) (limit int64, ok bool) {
	q, ok := c.spec.Resources.Limits[corev1.ResourceMemory]
	if r := w.spec.pod.Spec.Resources; !ok && r != nil {
		q, ok = r.Limits[corev1.ResourceMemory]
	}
	return q.Value(), ok && !q.IsZero()
}

// use gives the instance its consumption and returns when it breaks its own memory limit; ok is false if it never does.
func (w *worker) use(c *container, i *instance) (breaks engine.Time, ok bool) {
	i.use = w.consume(c, i)
	if i.use == nil {
		return 0, false
	}
	limit, limited := w.memoryLimit(c)
	if !limited {
		return 0, false
	}
	breaks, ok = i.use.memory.above(limit)
	i.use.memory = i.use.memory.capped(limit)
	return breaks, ok
}

// planOOM queues the instant at which the containers of the node take more memory than there is.
func (n *Node) planOOM() {
	e := n.k.engine
	e.Cancel(n.meter.oom)
	total, pods := n.memoryLimits()
	if len(n.meter.users) == 0 || total == 0 || n.meter.highest <= min(total-n.meter.outside, pods) {
		return
	}
	limit := min(total-n.meter.outside, pods)
	at := e.Now()
	for at != engine.Never && n.meter.memory(at) <= limit {
		at = n.meter.next(at)
	}
	if at != engine.Never {
		n.meter.oom = e.At(at, kindOOM, engine.Func(n.outOfMemory))
	}
}

// memoryLimits are the memory of the machine and what all its pods may have together, in bytes; 0 if the machine's is
// not known.
func (n *Node) memoryLimits() (total, pods int64) {
	st := &n.template.Object.Status
	pods = amount(corev1.ResourceMemory, st.Allocatable)
	total = amount(corev1.ResourceMemory, st.Capacity)
	if total == 0 {
		total = pods
	}
	if pods == 0 {
		pods = total
	}
	return total, pods
}

// outOfMemory kills one container; if that does not suffice, the next follows at once.
//
// Source: k8s v1.36.3 pkg/kubelet/oom/oom_watcher_linux.go; Linux mm/oom_kill.c.
// Differs: processes outside of the pods are never chosen.
func (n *Node) outOfMemory() {
	now := n.k.engine.Now()
	total, pods := n.memoryLimits()
	used := n.meter.memory(now)
	if !n.power || len(n.meter.users) == 0 || used <= min(total-n.meter.outside, pods) {
		return
	}
	victim := n.meter.users[0]
	for _, u := range n.meter.users[1:] {
		if u.badness(now, total) > victim.badness(now, total) {
			victim = u
		}
	}
	if used > total-n.meter.outside { // else it was the limit of all pods together: no business of the watcher's
		process, pid := victim.process()
		n.recorder.Node(n.name, nodeEventUID(n.name), record.Warning, "SystemOOM", fmt.Sprintf("System OOM encountered, victim process: %s, pid: %d", process, pid))
	}
	victim.w.exited(victim.i, 137, ReasonOOMKilled, "")
}

// badness is the kernel's measure of who is to go: memory in use, moved by the score.
func (u *user) badness(t engine.Time, total int64) int64 {
	return u.i.use.memory.at(t) + u.w.oomScore(u.c, total)*(total/1000)
}

var purposePID = engine.HashString("pid")

// process is what the kernel calls the victim: the first 15 letters of its command, or the container's name where the
// manifest does not say; and its process ID.
func (u *user) process() (name string, pid int64) {
	name = u.c.spec.Name
	if len(u.c.spec.Command) > 0 {
		name = path.Base(u.c.spec.Command[0])
	}
	draw := u.w.node.k.engine.Draw(u.w.key^purposePID^engine.HashString(u.c.spec.Name), uint64(u.i.attempt))
	return name[:min(len(name), 15)], 1000 + int64(draw*31768)
}

// oomScore is the container's oom_score_adj on a machine with so much memory.
//
// Source: k8s v1.36.3 pkg/kubelet/qos/policy.go GetContainerOOMScoreAdjust.
func (w *worker) oomScore(c *container, total int64) int64 {
	switch {
	case w.priority() >= systemNodeCritical || w.pod.Status.QOSClass == corev1.PodQOSGuaranteed:
		return scoreGuaranteed
	case w.pod.Status.QOSClass == corev1.PodQOSBestEffort:
		return scoreBestEffort
	}
	request := memoryRequest(c.spec)
	if c.spec.sidecar {
		least := int64(mostUsed)
		for n := w.spec.inits; n < len(w.spec.containers); n++ {
			least = min(least, memoryRequest(&w.spec.containers[n]))
		}
		request = max(request, least)
	}
	score := scoreBestEffort - scoreBestEffort*(request+w.spareRequest())/max(total, 1)
	return min(max(score, 1000+scoreGuaranteed), scoreBestEffort-1)
}

func memoryRequest(c *containerSpec) int64 { return bounded(c.Resources.Requests.Memory().Value()) }

// spareRequest is each container's part of what the pod as a whole requests beyond its containers.
//
// Source: k8s v1.36.3 pkg/kubelet/qos/policy.go remainingPodMemReqPerContainer.
func (w *worker) spareRequest() int64 {
	r := w.spec.pod.Spec.Resources
	if r == nil || r.Requests.Memory().IsZero() {
		return 0
	}
	containers := model.PodRequests(&corev1.PodSpec{Containers: w.spec.pod.Spec.Containers, InitContainers: w.spec.pod.Spec.InitContainers})
	spare := r.Requests.Memory().Value() - containers.Memory().Value()
	return bounded(spare / int64(len(w.spec.containers)))
}

// priority of the pod; 0 if none is set.
func (w *worker) priority() int32 {
	if p := w.pod.Spec().Priority; p != nil {
		return *p
	}
	return 0
}

// critical reports whether the pod is one that the kubelet never evicts.
//
// Source: k8s v1.36.3 pkg/kubelet/types/pod_update.go IsCriticalPod.
func (w *worker) critical() bool { return w.static != nil || w.priority() >= systemCritical }
