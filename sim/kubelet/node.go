package kubelet

import (
	"cmp"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

var kindRelist = engine.NewKind("kubelet relist", engine.RankRelist, false)

// Node is one machine: its kubelet and the container runtime under it.
type Node struct {
	k        *Kubelets
	template world.NodeTemplate
	name     string
	index    int // counts the nodes of the run
	ip       string
	hostIPs  []corev1.HostIP
	podRange string // the first three bytes of its pods' addresses; "" until the first has one
	epoch    int    // counts boots: what was queued before a crash is void

	power       bool   // machine and kubelet run
	gone        bool   // the machine was taken away
	cut         bool   // no way to the API server
	unheard     func() // what a kubelet does that booted without a way to the API server, when it has one; nil: nothing
	frozen      bool   // the kubelet process stands still
	runtimeDown bool   // the runtime answers no more: the kubelet does no pod work

	runtimeAsked engine.Time // when a change of runtimeDown tells on the node's status

	kubeletStart engine.Time
	relistPhase  engine.Time
	tickPhase    engine.Time
	statusPhase  engine.Time
	beatPhase    engine.Time // of the lease renewals
	beatPeriod   engine.Time
	roundPhase   engine.Time // of the eviction manager's rounds
	silentSince  engine.Time // when it was last cut off or crashed; never: it speaks
	heardFrom    engine.Time // end of the last silence; never: there was none
	lastBeat     engine.Time // last renewal before that silence
	reported     engine.Time // last status that said something new

	inUse []corev1.UniqueVolumeName // volumes that the node's status says it uses, as last written

	workers  map[types.UID]*worker
	order    []*worker // those that are not finished, in order of arrival
	relistAt engine.Time
	relister engine.Timer
	turn     engine.Turn // of its relists

	statuses []*worker // waiting for the status manager
	pushing  bool
	push     *statusPush
	thaw     []func() // what came due while frozen

	images     map[string]*cachedImage
	imageOrder []string
	pulls      []*pull
	pulling    int
	pullsTried map[string]int
	pullClient *store.Client

	recorder   *record.Recorder
	client     *store.Client
	nextIP     uint32
	statusWork engine.Timer
	usage      usage
	meter      meter
	evictor    evictor
	stopping   *nodeShutdown         // nil: the machine is not being switched off
	logs       map[types.UID][]int32 // log files on the disk, by pod and container; kept over crashes
}

func (k *Kubelets) newNode(t world.NodeTemplate) *Node {
	n := &Node{k: k, template: t, name: t.Object.Name, index: len(k.nodes), workers: map[types.UID]*worker{}, images: map[string]*cachedImage{}, pullsTried: map[string]int{}, relistAt: never, silentSince: never, heardFrom: never, turn: k.engine.NewTurn()}
	n.ip = hostIP(n.index)
	for _, a := range t.Object.Status.Addresses {
		if a.Type == corev1.NodeInternalIP {
			n.ip = a.Address
		}
	}
	n.hostIPs = []corev1.HostIP{{IP: n.ip}}
	s := k.engine.Stream("kubelet/" + n.name)
	draw := func(d time.Duration) engine.Time {
		return engine.Time(s.Float64() * float64(d)).Round(time.Microsecond)
	}
	n.relistPhase, n.tickPhase, n.statusPhase = draw(relistPeriod), draw(tickPeriod), draw(statusPeriod)
	lease := engine.Time(k.config.NodeLeaseDurationSeconds) * time.Second / 4
	n.beatPhase, n.beatPeriod = draw(lease), lease+draw(lease*4/100)
	n.roundPhase, n.evictor.turn = draw(roundPeriod), k.engine.NewTurn()
	sizes := imageSizes(&t.Object.Status)
	for _, name := range t.Images {
		name = withTag(name)
		size := cmp.Or(k.world.Image(name).Size, sizes[name], world.DefaultImageSize)
		if ref := k.canonical(name); n.images[ref] == nil {
			n.images[ref] = &cachedImage{name: name, size: size}
			n.imageOrder = append(n.imageOrder, ref)
		}
	}
	n.client = store.NewClient(k.config.Client)
	n.recorder = record.New(k.engine, k.store, "kubelet", n.name, store.NewClient(k.config.Client), k.latency.APIWrite/2)
	n.recorder.Through(n.online)
	n.pullClient = store.NewClient(config.Client{KubeAPIQPS: k.config.RegistryPullQPS, KubeAPIBurst: k.config.RegistryBurst})
	return n
}

// imageSizes are those that a Node of a dump lists, by name.
func imageSizes(st *corev1.NodeStatus) map[string]int64 {
	sizes := map[string]int64{}
	for _, i := range st.Images {
		for _, name := range i.Names {
			sizes[name] = i.SizeBytes
		}
	}
	return sizes
}

// Loops of the kubelet. Source: k8s v1.36.3 pkg/kubelet/kubelet.go, pkg/kubelet/pleg/generic.go.
const (
	relistPeriod      = time.Second
	tickPeriod        = time.Second
	runtimeSyncPeriod = 5 * time.Second
	runtimeSyncLimit  = 30 * time.Second // maxWaitForContainerRuntime
)

// relistEvery is the distance of two relists: the timer starts anew when one has ended.
func (n *Node) relistEvery() engine.Time { return relistPeriod + n.k.latency.Relist }

// relistBase is the first relist of this boot: at once.
func (n *Node) relistBase() engine.Time {
	if n.kubeletStart > never/2 && n.kubeletStart >= 0 && n.template.StartAt > 0 || n.epoch > 0 {
		return n.kubeletStart
	}
	return n.relistPhase - relistPeriod
}

// lastRelist is the time of the last global relist up to t.
func (n *Node) lastRelist(t engine.Time) engine.Time {
	base, every := n.relistBase(), n.relistEvery()
	if t < base {
		return never
	}
	return base + (t-base)/every*every
}

// wantRelist has the first global relist after t executed, at which something is to be seen.
func (n *Node) wantRelist(t engine.Time) {
	now := n.k.engine.Now()
	if !n.k.engine.Passed(kindRelist, n.turn) {
		now-- // one that is due at this very instant is still to come
	}
	at := engine.NextTick(max(t, now), n.relistBase(), n.relistEvery())
	if n.relistAt != never && n.relistAt <= at {
		return
	}
	n.k.engine.Cancel(n.relister)
	n.relistAt = at
	n.relister = n.k.engine.AtTurn(at, kindRelist, n.turn, (*relistEvent)(n))
}

type relistEvent Node

// Fire is a global relist: every pod's changes become PLEG events, and syncs that waited for it begin.
func (r *relistEvent) Fire() {
	n := (*Node)(r)
	n.relistAt = never
	if !n.power || n.frozen { // see thawRelist
		return
	}
	now := n.k.engine.Now()
	for _, w := range slices.Clone(n.order) {
		if !n.runtimeDown && !w.dead && (w.plegDirty || w.waiting) { // without a runtime there is nothing to list
			w.relist()
		}
	}
	if n.k.reference {
		n.wantRelist(now)
	}
}

// thawRelist has a kubelet that stood still since then relist at once, if one was due meanwhile: it sees the runtime as it is
// now.
func (n *Node) thawRelist(since engine.Time) {
	now := n.k.engine.Now()
	if engine.NextTick(since-1, n.relistBase(), n.relistEvery()) < now {
		for _, w := range slices.Clone(n.order) {
			if !n.runtimeDown && !w.dead && (w.plegDirty || w.waiting) {
				w.relisted = now + 1
				w.relist()
			}
		}
	}
	if n.k.reference {
		n.wantRelist(now)
	}
}

// nextTick is the first tick of the work queue strictly after t.
func (n *Node) nextTick(t engine.Time) engine.Time {
	return max(engine.NextTick(t, n.tickPhase, tickPeriod), n.k.engine.Now())
}

// online reports whether the kubelet can speak to the API server.
func (n *Node) online() bool { return n.power && !n.cut && !n.frozen }

// labels of the Node object, or what the node would register with.
func (n *Node) labels() map[string]string {
	if o := n.k.store.Node(n.name); o != nil {
		return o.Labels
	}
	return n.template.Object.Labels
}

// release frees what the pod held on the node: its containers have stopped.
func (n *Node) release(w *worker) {
	if w.admitted {
		w.admitted = false
		n.usage.remove(w)
	}
}

// finished is called when a pod's worker has nothing left to do: relists pass it by from now on.
func (n *Node) finished(w *worker) {
	n.dropOrder(w)
	if len(w.volumes.devices) > 0 {
		n.statusChanged()
	}
	n.evictionCleaned(w)
	n.shutdownCleaned(w)
	if w.gone || w.static != nil && w.static.removed {
		n.forget(w)
	}
}

// forget drops a pod that is gone.
func (n *Node) forget(w *worker) {
	w.dead = true
	delete(n.workers, w.pod.UID)
	n.dropOrder(w)
	n.recorder.Forget(w.pod.UID)
	delete(n.logs, w.pod.UID)
}

func (n *Node) dropOrder(w *worker) {
	if i := slices.Index(n.order, w); i >= 0 {
		n.order = slices.Delete(n.order, i, i+1)
	}
}
