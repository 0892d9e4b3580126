package kubelet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
)

// Rounds of the eviction manager. Those in which pods cannot help any more do not keep a run from settling.
var (
	kindRound     = engine.NewKind("kubelet eviction round", engine.RankStatus, false).By(rule.PressureEviction)
	kindRoundIdle = engine.NewKind("kubelet eviction round that changes nothing", engine.RankStatus, true).By(rule.PressureEviction)
	kindCleanup   = engine.NewKind("kubelet waits for an evicted pod", engine.RankSyncTick, false)
)

// Times of the eviction manager. Source: k8s v1.36.3 pkg/kubelet/{kubelet.go,eviction/eviction_manager.go,
// apis/config/v1beta1/defaults.go}.
const (
	roundPeriod        = 10 * time.Second
	cleanupPoll        = time.Second
	cleanupTimeout     = 30 * time.Second
	pressureTransition = 5 * time.Minute
	evictionGrace      = 1 // seconds, for a hard threshold
)

// ReasonEvicted is the reason of evicted pods, and of those that a node under pressure does not take.
const ReasonEvicted = "Evicted"

// evictor is a node's eviction manager: rounds each 10 s, of which those are executed that see something.
type evictor struct {
	base   engine.Time // the rounds lie at base + k * 10 s
	last   engine.Time // the last that was executed
	turn   engine.Turn
	timer  engine.Timer
	met    [numPressures]engine.Time // when a threshold was last seen met
	under  [numPressures]bool        // the pressures as the node's status is to show them
	vain   int                       // rounds in a row that met a threshold and evicted nothing
	victim *worker                   // being evicted; no rounds until it is cleaned up
	killed engine.Time               // when its containers had stopped
}

// startEvictions begins the rounds at base: the first is one period later at the latest.
func (n *Node) startEvictions(base engine.Time) {
	turn := n.evictor.turn
	n.k.engine.Cancel(n.evictor.timer)
	n.evictor = evictor{base: base, last: never, turn: turn, met: [numPressures]engine.Time{never, never}}
	n.planRound()
}

// planRound queues the next round that sees something as things stand.
func (n *Node) planRound() {
	v, e := &n.evictor, n.k.engine
	if !n.power || v.victim != nil || n.k.reference && e.Active(v.timer) {
		return
	}
	e.Cancel(v.timer)
	at, kind := n.nextRound()
	if at != engine.Never {
		v.timer = e.AtTurn(at, kind, v.turn, engine.Func(n.round))
	}
}

// nextRound is the next round at which a threshold is met, or a pressure has been over for long enough.
func (n *Node) nextRound() (engine.Time, *engine.Kind) {
	v, e := &n.evictor, n.k.engine
	after := e.Now() - 1
	if e.Passed(kindRound, v.turn) || v.last == e.Now() {
		after = e.Now()
	}
	first := engine.NextTick(after, v.base, roundPeriod)
	if n.k.reference {
		return first, kindRoundIdle
	}
	at := n.firstMet(first, roundPeriod)
	for p := range numPressures {
		if v.under[p] {
			over := engine.NextTick(v.met[p]+pressureTransition-1, v.base, roundPeriod)
			at = min(at, max(over, first))
		}
	}
	if v.vain > settledRetries {
		return at, kindRoundIdle
	}
	return at, kindRound
}

// round looks at the signals once and evicts at most one pod.
//
// Source: k8s v1.36.3 pkg/kubelet/eviction/eviction_manager.go synchronize.
// Differs: images and dead containers are not removed before pods are; limits of local storage are not looked at.
func (n *Node) round() {
	switch {
	case !n.power:
		return
	case n.frozen: // see thawRounds
		return
	case n.runtimeDown: // no statistics
		n.planRound()
		return
	}
	now := n.k.engine.Now()
	n.evictor.last = now
	var met []threshold
	for _, t := range n.k.thresholds {
		if n.met(&t, now) {
			met = append(met, t)
		}
	}
	n.setPressures(met)
	if len(met) == 0 {
		n.evictor.vain = 0
		n.planRound()
		return
	}
	n.recorder.Node(n.name, nodeEventUID(n.name), record.Warning, "EvictionThresholdMet", "Attempting to reclaim "+string(met[0].signal.resource()))
	if w := n.rank(met[0].signal.resource()); w != nil {
		n.evict(w, n.evictionMessage(w, &met[0]))
		return
	}
	n.evictor.vain++
	n.planRound()
}

// setPressures notes which pressures were seen, and has the node's status changed where one begins or ends.
func (n *Node) setPressures(met []threshold) {
	now, v := n.k.engine.Now(), &n.evictor
	for i := range met {
		v.met[met[i].signal.pressure()] = now
	}
	for p := range numPressures {
		under := v.met[p] != never && now-v.met[p] < pressureTransition
		if under != v.under[p] {
			v.under[p] = under
			n.statusChanged()
		}
	}
}

// rank finds the pod that goes first when a resource is short, nil if none may go.
//
// Source: k8s v1.36.3 pkg/kubelet/eviction/helpers.go rankMemoryPressure, rankDiskPressureFunc; eviction_manager.go evictPod.
func (n *Node) rank(short corev1.ResourceName) *worker {
	var pods []ranked
	for _, w := range n.order {
		if w.admitted && w.started && w.mode <= terminating && !w.critical() {
			r := ranked{w: w, stats: w.sandbox.exists(), priority: w.priority()}
			used, _ := w.using(short)
			r.over = used - bounded(amount(short, w.requests()))
			pods = append(pods, r)
		}
	}
	if len(pods) == 0 {
		return nil
	}
	return slices.MinFunc(pods, compareRanked).w
}

// ranked is a pod with what decides when it goes.
type ranked struct {
	w        *worker
	stats    bool // something is known of its use
	priority int32
	over     int64 // use beyond request
}

func compareRanked(a, b ranked) int {
	if a.stats != b.stats || !a.stats {
		return cmp.Or(compareBool(b.stats, a.stats), cmp.Compare(a.priority, b.priority))
	}
	return cmp.Or(compareBool(a.over > 0, b.over > 0), cmp.Compare(a.priority, b.priority), cmp.Compare(b.over, a.over))
}

// compareBool puts true first.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// using is what the pod's running containers take of memory or disk.
func (w *worker) using(r corev1.ResourceName) (sum int64, ok bool) {
	for n := range w.containers {
		if i := w.containers[n].newest; i.running() && i.use != nil {
			sum, ok = sum+i.use.of(r).at(w.now()), true
		}
	}
	return sum, ok
}

// evictionMessage says why the pod goes, and which of its containers took more than they had asked for.
//
// Source: k8s v1.36.3 pkg/kubelet/eviction/helpers.go evictionMessage.
func (n *Node) evictionMessage(w *worker, t *threshold) string {
	short := t.signal.resource()
	capacity, available := n.measure(t.signal, w.now())
	quantity := t.quantity(capacity)
	var b strings.Builder
	fmt.Fprintf(&b, "The node was low on resource: %v. Threshold quantity: %v, available: %v. ", short, quantity.String(), bytesText(max(available, 0)))
	if r := w.spec.pod.Spec.Resources; short == corev1.ResourceMemory && r != nil {
		if request, ok := r.Requests[short]; ok {
			used, _ := w.using(short)
			fmt.Fprintf(&b, "Pod %s was using %s, request is %s, has larger consumption of %v. ", w.pod.Name, bytesText(used), request.String(), short)
		}
	}
	for i := range w.containers {
		c := &w.containers[i]
		if !c.newest.running() || c.newest.use == nil {
			continue
		}
		used, request := c.newest.use.of(short).at(w.now()), c.spec.Resources.Requests[short]
		if used > request.Value() {
			fmt.Fprintf(&b, "Container %s was using %s, request is %s, has larger consumption of %v. ", c.spec.Name, bytesText(used), request.String(), short)
		}
	}
	return b.String()
}

func bytesText(n int64) string { return resource.NewQuantity(n, resource.BinarySI).String() }

// evict kills a pod for good and puts the rounds off until it is cleaned up.
func (n *Node) evict(w *worker, message string) {
	n.evictor.vain, n.evictor.victim, n.evictor.killed = 0, w, never
	w.event("", record.Warning, ReasonEvicted, message)
	w.killFor(&evictReason{reason: ReasonEvicted, message: message}, evictionGrace)
}

// killFor ends a pod by the kubelet's own decision, in so many seconds at most. Its API object stays, Failed.
func (w *worker) killFor(why *evictReason, grace int64) {
	if w.killReason == nil {
		why.by = w.node.k.engine.Why.Rule()
		w.killReason = why
	}
	if w.grace < 0 || grace < w.grace {
		w.grace = grace
	}
	if w.cancel != nil {
		w.cancel()
	}
	w.update()
}

// lay puts the kubelet's own decision into a status.
func (r *evictReason) lay(w *worker, s *corev1.PodStatus) {
	if !r.keepSucceeded || s.Phase != corev1.PodSucceeded {
		s.Phase = corev1.PodFailed
	}
	s.Reason, s.Message = r.reason, r.message
	c := corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: corev1.PodReasonTerminationByKubelet,
		Message: r.message, ObservedGeneration: w.observedGeneration()}
	if o := find(s.Conditions, c.Type); o != nil {
		*o = c
	} else {
		s.Conditions = append(s.Conditions, c)
	}
}

// evictionKilled is told when a pod's containers have stopped: the eviction manager now waits for the cleanup.
//
// Source: k8s v1.36.3 pkg/kubelet/eviction/eviction_manager.go waitForPodsCleanup.
func (n *Node) evictionKilled(w *worker) {
	v, e := &n.evictor, n.k.engine
	if v.victim == w && v.killed == never {
		v.killed = e.Now()
		v.timer = e.After(cleanupTimeout, kindCleanup, engine.Func(n.evictionOver))
	}
}

// evictionCleaned is told when a pod's worker has finished: the wait's next look, one each second, sees it.
func (n *Node) evictionCleaned(w *worker) {
	v, e := &n.evictor, n.k.engine
	if v.victim == w && v.killed != never {
		e.Cancel(v.timer)
		at := min(engine.NextTick(e.Now()-1, v.killed+cleanupPoll, cleanupPoll), v.killed+cleanupTimeout)
		v.timer = e.At(at, kindCleanup, engine.Func(n.evictionOver))
	}
}

// evictionOver begins the next round at once, and the 10 s anew.
func (n *Node) evictionOver() {
	if n.frozen {
		n.thaw = append(n.thaw, n.evictionOver)
		return
	}
	n.evictor.victim, n.evictor.base = nil, n.k.engine.Now()
	n.round()
}

// thawRounds has a kubelet that stood still since then look at once if a round was due meanwhile.
func (n *Node) thawRounds(since engine.Time) {
	v, now := &n.evictor, n.k.engine.Now()
	if v.victim == nil && v.last != now && engine.NextTick(since-1, v.base, roundPeriod) < now {
		n.k.engine.Cancel(v.timer)
		v.base = now
		n.round()
		return
	}
	n.planRound()
}

// admitUnderPressure refuses pods that would make a pressure worse.
//
// Source: k8s v1.36.3 pkg/kubelet/eviction/eviction_manager.go Admit.
func (n *Node) admitUnderPressure(w *worker) (reason, message string) {
	var under []corev1.NodeConditionType
	for p := range numPressures {
		if n.evictor.under[p] {
			under = append(under, pressureConditions[p])
		}
	}
	if len(under) == 0 || w.critical() {
		return "", ""
	}
	if len(under) == 1 && n.evictor.under[memoryPressure] {
		taint := corev1.Taint{Key: corev1.TaintNodeMemoryPressure, Effect: corev1.TaintEffectNoSchedule}
		tolerated := slices.ContainsFunc(w.pod.Spec().Tolerations, func(t corev1.Toleration) bool { return tolerates(&t, &taint) })
		if w.pod.Status.QOSClass != corev1.PodQOSBestEffort || tolerated {
			return "", ""
		}
	}
	return ReasonEvicted, fmt.Sprintf("The node had condition: %v. ", under)
}

// TakeOutside has processes outside of all pods take so much more of memory and of the two file systems, in bytes; less, if
// negative.
func (n *Node) TakeOutside(memory, nodefs, imagefs int64) {
	m := &n.meter
	m.outside, m.nodefs, m.imagefs = bounded(m.outside+memory), bounded(m.nodefs+nodefs), bounded(m.imagefs+imagefs)
	n.usageChanged()
}

// Capacity of a resource as the machine has it, in bytes; cpu in millicores.
func (n *Node) Capacity(r corev1.ResourceName) int64 {
	if r == corev1.ResourceMemory {
		total, _ := n.memoryLimits()
		return total
	}
	return amount(r, n.template.Object.Status.Capacity)
}
