package kubelet

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// Crash cuts the power: processes die, heartbeats stop, and what the kubelet remembered is lost. The images stay.
func (n *Node) Crash() {
	if !n.power {
		return
	}
	n.silence()
	n.power, n.frozen, n.runtimeDown = false, false, false
	n.epoch++
	e := n.k.engine
	for _, w := range n.order {
		w.dead = true
		n.keepLogs(w)
		for i := range w.containers {
			if c := w.containers[i].newest; c.running() {
				e.Cancel(c.exit)
			}
		}
		e.Cancel(w.requeue)
		w.stopProbes(true)
	}
	e.Cancel(n.relister)
	e.Cancel(n.statusWork)
	e.Cancel(n.meter.oom)
	e.Cancel(n.evictor.timer)
	n.meter.users, n.meter.highest = nil, 0
	if n.stopping != nil {
		e.Cancel(n.stopping.timer)
		n.stopping = nil
	}
	n.recorder.Lose()
	n.relistAt = never
	n.workers, n.order, n.inUse = map[types.UID]*worker{}, nil, nil
	n.statuses, n.pushing, n.thaw = nil, false, nil
	n.pulls, n.pulling = nil, 0
	n.usage = usage{}
}

// Remove takes the machine out of the world for good, at once. Its Node object is somebody else's affair.
func (n *Node) Remove() {
	n.Crash()
	n.gone = true
	n.beats()
	if i := slices.Index(n.k.order, n); i >= 0 {
		n.k.order = slices.Delete(n.k.order, i, i+1)
	}
}

// keepLogs notes how many log files each container of the pod has: they are on the disk, so that restart counts go on
// after a crash although the runtime has forgotten the containers.
//
// Source: k8s v1.36.3 pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer, calcRestartCountByLogDir.
func (n *Node) keepLogs(w *worker) {
	starts := make([]int32, len(w.containers))
	for i := range w.containers {
		starts[i] = w.containers[i].starts
	}
	if n.logs == nil {
		n.logs = map[types.UID][]int32{}
	}
	n.logs[w.pod.UID] = starts
}

// Recover boots a machine that had crashed, with an empty runtime and its image cache.
func (n *Node) Recover() {
	if n.power || n.gone {
		return
	}
	n.epoch++
	n.join()
}

// Cut takes the way to the API server away, also from a machine that is off, which finds none when it boots. A frozen kubelet stands still as well, a running one goes on with what it knows.
func (n *Node) Cut(frozen bool) {
	if n.cut {
		return
	}
	n.silence()
	n.cut, n.frozen = true, frozen && n.power // a machine that is off has nothing that could stand still
	if n.frozen {
		n.planTicks()
	}
}

// planTicks has the next tick of all periodic work executed, also where it would be skipped: what falls due while the kubelet
// stands still is made up for when it goes on, at an instant that is no tick.
func (n *Node) planTicks() {
	if n.k.reference {
		return
	}
	n.wantRelist(n.k.engine.Now() - 1)
	for _, w := range n.order {
		w.planResync()
		for i := range w.containers {
			for _, p := range w.containers[i].probes {
				if p != nil && !p.stopped && !p.flying() {
					p.hasten(p.upcoming())
				}
			}
		}
	}
}

// Heal gives the way back.
func (n *Node) Heal() {
	if !n.cut {
		return
	}
	n.cut = false
	if n.frozen {
		n.frozen = false
		thaw := n.thaw
		n.thaw = nil
		for _, f := range thaw {
			f()
		}
		n.thawRelist(n.silentSince)
		n.thawRounds(n.silentSince)
	}
	if !n.power {
		return
	}
	if n.unheard != nil {
		n.unheard()
		return
	}
	n.speak()
	n.resume()
	for _, w := range n.order {
		if w.status.current != nil && w.status.version != w.status.sent {
			n.pushStatus(w)
		} else if p := n.k.store.Pod(w.pod.Key()); p != nil && p.UID == w.pod.UID && !w.reconciled(p.Status) {
			n.reconcileAt(w)
		}
	}
	n.pushNext()
	n.returnReady()
}

// returnReady posts Ready again after silence: with the second status pass, since the first still compares with a
// Node that it has not seen change.
//
// Source: kubelet.md 1.5, recorded in node-partition-heals.
func (n *Node) returnReady() {
	node := n.k.store.Node(n.name)
	if node == nil || nodeReady(node) {
		return
	}
	first := engine.NextTick(n.k.engine.Now(), n.statusPhase, n.statusPeriod())
	epoch := n.epoch
	n.k.engine.At(first, kindNodeStatus, engine.Func(func() {
		if n.online() && n.epoch == epoch {
			n.writeStatus()
		}
	}))
}

// SetRuntime takes the container runtime down or up. While it is down the kubelet does no pod work, and after 30 s
// without an answer it posts Ready=False; containers run on.
func (n *Node) SetRuntime(down bool) {
	if n.runtimeDown == down || !n.power {
		return
	}
	now := n.k.engine.Now()
	n.runtimeDown = down
	n.runtimeAsked = engine.NextTick(now-1, n.statusPhase, runtimeSyncPeriod)
	if down {
		n.runtimeAsked += runtimeSyncLimit - runtimeSyncPeriod // it was last asked one period before
	} else {
		n.runtimeBack()
	}
	epoch := n.epoch
	n.k.engine.At(n.runtimeAsked, kindNodeStatus, engine.Func(func() {
		if n.epoch == epoch && n.runtimeDown == down {
			n.statusChanged()
		}
	}))
}

// runtimeBack lets the pods go on where they stood: each sees in the next relist what has happened to it.
func (n *Node) runtimeBack() {
	for _, w := range slices.Clone(n.order) {
		switch {
		case !w.started:
			n.start(w)
		case w.pending && !w.busy:
			w.waiting = true
			fallthrough
		case w.plegDirty:
			n.wantRelist(n.k.engine.Now() - 1) // one that is due at this very instant sees it
		}
	}
}

// runtimeStale reports whether the kubelet has had no answer of its runtime for so long that the node is not ready.
//
// Source: k8s v1.36.3 pkg/kubelet/runtime.go runtimeErrors, pkg/kubelet/kubelet.go updateRuntimeUp.
func (n *Node) runtimeStale() bool { return n.runtimeDown && n.k.engine.Now() >= n.runtimeAsked }

// Kill ends a container's process from outside. It reports whether there was one.
func (n *Node) Kill(uid types.UID, container string, code int32, reason, message string) bool {
	w := n.workers[uid]
	if w == nil {
		return false
	}
	for i := range w.containers {
		c := &w.containers[i]
		if (container == "" || c.spec.Name == container) && c.newest.running() {
			w.exited(c.newest, code, reason, message)
			return true
		}
	}
	return false
}

// SetVersion is the version that the kubelet reports from its next status on.
func (n *Node) SetVersion(version string) {
	n.template.Object = n.template.Object.DeepCopy()
	n.template.Object.Status.NodeInfo.KubeletVersion = version
}

// Labels of the Node object, or what the node would register with. The caller must not change them.
func (n *Node) Labels() map[string]string { return n.labels() }

// Name of the node.
func (n *Node) Name() string { return n.name }

// Powered reports whether the machine runs.
func (n *Node) Powered() bool { return n.power }

// silence notes that the API server hears nothing of the node from now on.
func (n *Node) silence() {
	if n.silentSince == never {
		now := n.k.engine.Now()
		n.lastBeat, _ = n.k.LastRenewal(n.name, now)
		n.silentSince = now
		n.beats()
		if n.k.Hearer != nil {
			n.k.Hearer.NodeSilent(n.name)
		}
	}
}

// speak notes that the API server hears of the node again.
func (n *Node) speak() {
	if n.silentSince != never {
		n.heardFrom = n.k.engine.Now()
	}
	n.silentSince = never
	n.beats()
	if n.k.Hearer != nil {
		n.k.Hearer.NodeSpeaks(n.name)
	}
}

// LastRenewal is the node's last lease renewal up to before; ok is false if there was none. Renewals come each 10 s
// and up to 4 % more, as long as the node can be heard.
//
// Source: k8s v1.36.3 staging component-helpers/apimachinery/lease/controller.go.
// Differs: upstream draws the jitter for each renewal, here it is drawn once for each node.
func (k *Kubelets) LastRenewal(node string, before engine.Time) (engine.Time, bool) {
	n := k.nodes[node]
	if n == nil {
		return 0, false
	}
	h := n.heartbeat()
	return h.LastRenewal(before)
}

// NextRenewal is the node's next lease renewal after t; ok is false while it cannot be heard.
func (k *Kubelets) NextRenewal(node string, after engine.Time) (engine.Time, bool) {
	n := k.nodes[node]
	if n == nil || n.silentSince != never || !n.power {
		return 0, false
	}
	return engine.NextTick(after, n.beatPhase, n.beatPeriod), true
}

// LastReport is when the node last posted its status up to t: also one that says nothing new is posted every 5 minutes, as
// long as the node can be heard. Like a renewal of the lease it changes nothing, and is not written; ok is false for a
// machine without a kubelet.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet_node_status.go tryUpdateNodeStatus.
// Differs: after a change upstream draws the first of these intervals from half to one and a half.
func (k *Kubelets) LastReport(node string, t engine.Time) (at engine.Time, ok bool) {
	n := k.nodes[node]
	if n == nil {
		return 0, false
	}
	h := n.heartbeat()
	return h.LastReport(t)
}

// Heartbeat is how the node makes itself heard now.
func (n *Node) Heartbeat() journal.Heartbeat { return n.heartbeat() }

func (n *Node) heartbeat() journal.Heartbeat {
	passes := (n.k.config.NodeStatusReportFrequency + n.statusPeriod() - 1) / n.statusPeriod()
	h := journal.Heartbeat{At: n.k.engine.Now(), Node: n.name, Gone: n.gone, First: n.beatPhase - n.beatPeriod, Period: n.beatPeriod,
		Start: n.kubeletStart, Silent: n.silentSince, Heard: n.heardFrom, LastBeat: n.lastBeat,
		Reported: n.reported, ReportEvery: max(passes, 1) * n.statusPeriod(), LeaseSeconds: int32(n.k.config.NodeLeaseDurationSeconds)}
	if n.kubeletStart <= never/2 {
		h.Start = journal.Unset
	}
	if n.template.NoKubelet && n.epoch == 0 {
		h.Reported = journal.Unset
	}
	return h
}

// beats lets the journal know that the node makes itself heard in another way from now on.
func (n *Node) beats() {
	if j := n.k.store.Journal; j.Beats() {
		h := n.heartbeat()
		j.Heartbeat(&h)
	}
}

// podsOfAPI are the pods that the API server has for the node, the oldest first.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet.go HandlePodAdditions.
func (n *Node) podsOfAPI() (pods []*store.Pod) {
	for _, o := range n.k.store.List(model.Pod) {
		if p := o.(*store.Pod); p.NodeName == n.name {
			pods = append(pods, p)
		}
	}
	slices.SortFunc(pods, func(a, b *store.Pod) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.Index, b.Index))
	})
	return pods
}

// resume compares what the kubelet has with what the API has for it: pods that came, changed or went while it could
// not be reached.
func (n *Node) resume() {
	if !n.online() {
		return
	}
	seen := map[types.UID]bool{}
	for _, p := range n.podsOfAPI() {
		seen[p.UID] = true
		if isMirror(p) {
			n.observeMirror(1, p)
			continue
		}
		if w := n.workers[p.UID]; w == nil {
			n.add(p)
		} else if w.pod != p {
			n.changed(w, w.pod, p)
		}
	}
	for _, w := range slices.Clone(n.order) {
		if w.static == nil && !seen[w.pod.UID] && !w.gone {
			n.removed(w, w.pod)
		}
	}
	for uid, w := range n.workers { // unordered: each is dropped by itself
		if w.mode == finished && w.static == nil && !seen[uid] {
			n.forget(w)
		}
	}
}
