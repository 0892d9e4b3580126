package kubelet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

var (
	kindNodeStatus = engine.NewKind("kubelet node status", engine.RankStatus, false).By(rule.NodeStatus)
	kindRegister   = engine.NewKind("kubelet registers", engine.RankWatch, false).By(rule.NodeRegister)
)

// maxStatusImages is how many images a Node's status lists, the largest first. Source: nodeStatusMaxImages.
const maxStatusImages = 50

// Start of a kubelet, recorded: kubelet.md 19, static-pod and node-crash.
const (
	registerDelay = 200 * time.Millisecond // start -> Node object
	readyDelay    = 320 * time.Millisecond // Node object -> Ready
	rejoinDelay   = 180 * time.Millisecond // start -> Ready, of a node that is known
)

// Object builds the Node as the kubelet registers it.
func (n *Node) object(ready bool) *corev1.Node {
	o := n.template.Object.DeepCopy()
	if o.Annotations == nil {
		o.Annotations = map[string]string{}
	}
	o.Annotations["node.alpha.kubernetes.io/ttl"] = "0"
	now := metav1.NewTime(n.k.store.Now().Truncate(time.Second))
	if len(o.Status.Addresses) == 0 {
		o.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: n.ip}, {Type: corev1.NodeHostName, Address: n.name}}
	}
	if len(o.Status.Conditions) == 0 || !ready {
		o.Status.Conditions = nodeConditions(now, ready)
	}
	if len(o.Status.Images) == 0 || !ready { // else they come from a dump, with their sizes
		o.Status.Images = n.statusImages()
	}
	n.describe(&o.Status.NodeInfo)
	if o.Status.DeclaredFeatures == nil {
		o.Status.DeclaredFeatures = declaredFeatures
	}
	n.reported = n.k.engine.Now()
	return o
}

// What a simulated machine says of itself, where nothing else is given.
const (
	kernelVersion  = "6.12.0-amd64"
	osImage        = "Debian GNU/Linux 13 (trixie)"
	runtimeVersion = runtimeName + "2.2.0"
)

// declaredFeatures are what a kubelet of v1.36.3 says it can do, for pods that need it. A Node of the input that lists others
// keeps those.
//
// Source: k8s v1.36.3 staging component-helpers/nodedeclaredfeatures/features; recorded in every case.
var declaredFeatures = []string{
	"ExtendWebSocketsToKubelet", "InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers", "RestartAllContainersOnContainerExits",
}

// describe fills in what a kubelet reports of its machine: identities made from the node's name and the seed.
func (n *Node) describe(info *corev1.NodeSystemInfo) {
	set := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	seed, key := n.k.engine.Seed(), engine.HashString("machine/"+n.name)
	set(&info.MachineID, strings.ReplaceAll(string(store.UUID(seed, key, 0)), "-", ""))
	set(&info.SystemUUID, string(store.UUID(seed, key, 1)))
	set(&info.BootID, n.bootID())
	set(&info.KernelVersion, kernelVersion)
	set(&info.OSImage, osImage)
	set(&info.ContainerRuntimeVersion, runtimeVersion)
}

// nodeConditions are those of a kubelet that has just begun, or is well.
//
// Source: k8s v1.36.3 pkg/kubelet/nodestatus/setters.go.
func nodeConditions(now metav1.Time, ready bool) []corev1.NodeCondition {
	c := func(t corev1.NodeConditionType, s corev1.ConditionStatus, reason, message string) corev1.NodeCondition {
		return corev1.NodeCondition{Type: t, Status: s, Reason: reason, Message: message, LastHeartbeatTime: now, LastTransitionTime: now}
	}
	out := []corev1.NodeCondition{
		c(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
		c(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
		c(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
		c(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"),
	}
	if !ready {
		out[3] = c(corev1.NodeReady, corev1.ConditionFalse, "KubeletNotReady", "container runtime status check may not have completed yet")
	}
	return out
}

func (n *Node) statusImages() []corev1.ContainerImage {
	out := make([]corev1.ContainerImage, 0, len(n.imageOrder))
	for _, ref := range n.imageOrder {
		out = append(out, corev1.ContainerImage{Names: []string{n.images[ref].name}, SizeBytes: n.images[ref].size})
	}
	slices.SortStableFunc(out, func(a, b corev1.ContainerImage) int { return cmp.Compare(b.SizeBytes, a.SizeBytes) })
	return out[:min(len(out), maxStatusImages)]
}

// statusChanged queues the next pass of the node status loop: something that the Node's status shows has changed.
func (n *Node) statusChanged() {
	if n.k.engine.Active(n.statusWork) || !n.power {
		return
	}
	at := engine.NextTick(n.k.engine.Now(), n.statusPhase, n.statusPeriod())
	n.statusWork = n.k.engine.At(at, kindNodeStatus, engine.Func(func() {
		if n.online() {
			n.writeStatus()
		}
	}))
}

func (n *Node) statusPeriod() engine.Time {
	return n.k.config.NodeStatusUpdateFrequency + n.beatPeriod%(400*time.Millisecond)
}

// writeStatus posts the node's status: images, pressures, and Ready as the runtime is.
func (n *Node) writeStatus() {
	now := metav1.NewTime(n.k.store.Now().Truncate(time.Second))
	n.reported = n.k.engine.Now()
	n.beats()
	var turned []string
	n.inUse = n.volumesInUse()
	_ = n.k.store.UpdateNode(n.name, func(o *corev1.Node) bool { // a Node that is gone is not posted to
		o.Status.Images, o.Status.VolumesInUse = n.statusImages(), n.inUse
		if n.epoch > 0 {
			o.Status.NodeInfo.BootID = n.bootID()
		}
		o.Status.NodeInfo.KubeletVersion = n.template.Object.Status.NodeInfo.KubeletVersion
		for i, want := range n.conditions(now) {
			if reason := setNodeCondition(o, i, want); reason != "" {
				turned = append(turned, reason)
			}
		}
		return true
	})
	if len(n.inUse) > 0 {
		n.devicesMoved()
	}
	for _, reason := range turned {
		n.recorder.Node(n.name, nodeEventUID(n.name), record.Normal, reason, "Node "+n.name+" status is now: "+reason)
	}
}

// conditions are the node's at this moment.
func (n *Node) conditions(now metav1.Time) []corev1.NodeCondition {
	out := nodeConditions(now, true)
	unready(&out[3], n.notReady())
	set := func(c *corev1.NodeCondition, reason, message string) {
		c.Status, c.Reason, c.Message = corev1.ConditionTrue, reason, message
	}
	if n.evictor.under[memoryPressure] {
		set(&out[0], "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")
	}
	if n.evictor.under[diskPressure] {
		set(&out[1], "KubeletHasDiskPressure", "kubelet has disk pressure")
	}
	return out
}

// setNodeCondition sets a condition, keeping its transition time if the status is the same. It returns the reason of
// the Event to record if the status has turned.
func setNodeCondition(o *corev1.Node, at int, want corev1.NodeCondition) (turned string) {
	for i := range o.Status.Conditions {
		c := &o.Status.Conditions[i]
		if c.Type != want.Type {
			continue
		}
		if c.Status == want.Status {
			want.LastTransitionTime = c.LastTransitionTime
		} else {
			turned = turnedReason(&want)
		}
		*c = want
		return turned
	}
	o.Status.Conditions = slices.Insert(o.Status.Conditions, min(at, len(o.Status.Conditions)), want)
	return ""
}

// turnedReason is the reason of the Event about a condition that has turned.
//
// Source: k8s v1.36.3 pkg/kubelet/nodestatus/setters.go.
func turnedReason(c *corev1.NodeCondition) string {
	if c.Type != corev1.NodeReady {
		return "Node" + strings.TrimPrefix(c.Reason, "Kubelet")
	}
	if c.Status == corev1.ConditionTrue {
		return "NodeReady"
	}
	return "NodeNotReady"
}

// nodeEventUID: a kubelet's events about its node carry the node's name as UID.
func nodeEventUID(name string) types.UID { return types.UID(name) }

// AddNode puts a machine into the world. With startAt 0 its Node object is stored at once, Ready and without events:
// it has been there before the run, and so have the pods of a dump that run on it. Later ones join: NotReady first, then
// Ready. A machine without a kubelet is off until somebody recovers it.
func (k *Kubelets) AddNode(t world.NodeTemplate, settle bool) *Node {
	n := k.newNode(t)
	k.nodes[n.name] = n
	k.order = append(k.order, n)
	if t.NoKubelet {
		if k.store.Node(n.name) == nil {
			k.mustCreateNode(n.object(true))
		}
		n.silence()
		return n
	}
	if t.StartAt <= k.engine.Now() && settle {
		n.boot()
		n.kubeletStart = never / 2
		if k.store.Node(n.name) == nil {
			k.mustCreateNode(n.object(true))
		}
		n.beats()
		n.begin()
		n.startEvictions(n.roundPhase - roundPeriod)
		return n
	}
	k.engine.At(max(t.StartAt, k.engine.Now()), kindRegister, engine.Func(func() {
		if k.Joins != nil && t.StartAt > 0 {
			k.Joins(n.name)
		}
		n.join()
	}))
	return n
}

func (k *Kubelets) mustCreateNode(o *corev1.Node) {
	_ = k.store.Create(model.Node, o) // the name is taken: the kubelet goes on with the Node that is there
	k.registerDrivers(o)
}

// boot lets the kubelet run.
func (n *Node) boot() {
	n.power = true
	n.kubeletStart = n.k.engine.Now()
	if n.k.reference {
		n.wantRelist(n.kubeletStart - 1)
	}
}

// begin lets the kubelet work on what it finds: static pods, then the API's pods.
func (n *Node) begin() {
	for _, p := range n.template.StaticPods {
		n.addStatic(p)
	}
	n.resume()
}

// join is the start of a kubelet on a machine that is new, or that boots again.
func (n *Node) join() {
	n.k.engine.Act(rule.NodeRegister)
	n.boot()
	n.startEvictions(n.kubeletStart)
	e := n.k.engine
	epoch := n.epoch
	for _, p := range n.template.StaticPods {
		n.addStatic(p)
	}
	n.recorder.Node(n.name, nodeEventUID(n.name), record.Normal, "Starting", "Starting kubelet.")
	n.unheard = nil
	guarded := func(fn func()) engine.Func {
		return func() {
			switch {
			case n.epoch != epoch:
			case n.online():
				n.unheard = nil
				fn()
			default:
				n.unheard = func() { n.registerLater(func() { fn(); n.resume() }) }
			}
		}
	}
	delay := registerDelay
	known := n.k.store.Node(n.name) != nil
	rebooted := func() {
		n.recorder.Node(n.name, nodeEventUID(n.name), record.Warning, "Rebooted", fmt.Sprintf("Node %s has been rebooted, boot id: %s", n.name, n.bootID()))
	}
	told := known && n.online()
	if known {
		delay = rejoinDelay
	}
	if told {
		rebooted()
	}
	e.After(delay, kindRegister, guarded(func() {
		if known && !told { // it knows nothing of its Node until it reaches the API server
			rebooted()
		}
		if n.k.store.Node(n.name) == nil {
			o := n.object(false)
			taintNew(o)
			n.k.mustCreateNode(o)
			n.beats()
			e.After(readyDelay, kindRegister, guarded(n.ready))
		} else {
			n.ready()
		}
		for _, reason := range [...]string{"NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"} {
			n.recorder.Node(n.name, nodeEventUID(n.name), record.Normal, reason, "Node "+n.name+" status is now: "+reason)
		}
		n.registered()
	}))
}

// registerLater lets a kubelet that could not reach the API server when it began register now: at its next try.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet_node_status.go registerWithAPIServer: 100 ms, doubling to 7 s.
func (n *Node) registerLater(register func()) {
	e, epoch := n.k.engine, n.epoch
	at, step := n.kubeletStart, 100*time.Millisecond
	for at < e.Now() {
		at += step
		if step *= 2; step >= 7*time.Second {
			step = 7 * time.Second
			at = max(at, at+(e.Now()-at)/step*step)
		}
	}
	e.At(at, kindRegister, engine.Func(func() {
		switch {
		case n.epoch != epoch:
		case n.online():
			n.unheard = nil
			register()
		default:
			n.unheard = func() { n.registerLater(register) }
		}
	}))
}

// taintNew keeps pods off a Node that registers, as admission does there, until a controller has seen it ready.
//
// Source: k8s v1.36.3 plugin/pkg/admission/nodetaint/admission.go; recorded in static-pod.
func taintNew(o *corev1.Node) {
	for _, t := range o.Spec.Taints {
		if t.Key == corev1.TaintNodeNotReady && t.Effect == corev1.TaintEffectNoSchedule {
			return
		}
	}
	o.Spec.Taints = append(o.Spec.Taints, corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule})
}

// bootID names the present boot of the machine.
func (n *Node) bootID() string {
	return string(store.UUID(n.k.engine.Seed(), engine.HashString("boot/"+n.name), uint64(n.epoch)))
}

// ready posts the first good status.
func (n *Node) ready() {
	n.writeStatus()
	n.speak()
}

// registered lets static pods get their mirrors and takes in the API's pods.
func (n *Node) registered() {
	for _, w := range slices.Clone(n.order) {
		if w.static != nil && w.status.current != nil {
			w.after(110*time.Millisecond, kindUpdate, w.ensureMirror)
		}
	}
	n.resume()
}

func nodeReady(o *corev1.Node) bool {
	for i := range o.Status.Conditions {
		if c := &o.Status.Conditions[i]; c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
