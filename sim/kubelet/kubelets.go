package kubelet

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// Hearer is told when a node falls silent, and when it speaks again; and when what Usage says of a pod (nil: of any) changes
// by anything but the passage of time.
type Hearer interface {
	NodeSilent(node string)
	NodeSpeaks(node string)
	UsageChanged(p *store.Pod)
}

// Creator admits and stores API objects: mirror pods and Nodes.
type Creator interface {
	CreateMirror(p *corev1.Pod) error
}

// Kubelets are the kubelets of all nodes.
type Kubelets struct {
	engine    *engine.Engine
	store     *store.Store
	world     *world.World
	config    config.Kubelet
	latency   config.Latency
	reference bool

	// Joins, if set, is told of a machine that begins to run later than the cluster, as the scenario has planned.
	Joins   func(node string)
	Hearer  Hearer
	Creator Creator
	// Storage are the drivers of volumes that every node has, if more than their name is known.
	Storage []config.Storage

	nodes map[string]*Node
	order []*Node
	specs map[*corev1.Pod]*podSpec

	names    map[string]string // of images, as the runtime keeps them, by reference
	imageIDs map[string]string // by reference
	present  map[string]string // texts of images that are on a node, by reference
	scratch  scratch

	thresholds []threshold // of eviction
	borne      map[*world.Behavior]bearing
}

// New returns the kubelets of a run without nodes yet, watching the store.
func New(e *engine.Engine, s *store.Store, w *world.World, c config.Kubelet, l config.Latency, reference bool) *Kubelets {
	k := &Kubelets{engine: e, store: s, world: w, config: c, latency: l, reference: reference, nodes: map[string]*Node{}, specs: map[*corev1.Pod]*podSpec{}, names: map[string]string{}, imageIDs: map[string]string{}, present: map[string]string{}, thresholds: thresholds(c.EvictionHard)}
	s.Watch(k)
	return k
}

func (k *Kubelets) compiled(t *corev1.Pod) *podSpec {
	s := k.specs[t]
	if s == nil {
		s = compile(t)
		k.specs[t] = s
	}
	return s
}

// ancestors lists the owners of a pod and theirs.
func (k *Kubelets) ancestors(p *store.Pod) []metav1.OwnerReference {
	owners := slices.Clone(p.Owners)
	if owners == nil {
		owners = slices.Clone(p.Template.OwnerReferences)
	}
	for i := 0; i < len(owners) && i < 16; i++ {
		kind := model.FindKind(owners[i].Kind)
		if kind == nil || kind == model.Node {
			continue
		}
		if o := k.store.Get(kind, store.Key{Namespace: p.Namespace, Name: owners[i].Name}); o != nil {
			owners = append(owners, o.API().GetOwnerReferences()...)
		}
	}
	return owners
}

// Node returns the machine of that name, nil if there is none.
func (k *Kubelets) Node(name string) *Node { return k.nodes[name] }

// Nodes lists all machines in the order in which they came.
func (k *Kubelets) Nodes() []*Node { return k.order }

// Observe hands a change of a pod to the kubelet of its node.
func (k *Kubelets) Observe(c *store.Change) {
	old, p, ok := c.Pods()
	if !ok {
		k.observeNode(c)
		return
	}
	if p.NodeName == "" {
		return
	}
	n := k.nodes[p.NodeName]
	if n == nil {
		return
	}
	if !n.online() {
		return // it looks again when it is back
	}
	n.observe(c.Verb, old, p)
}

// observeNode lets the pods of a node that wait for volumes look at what has been attached.
func (k *Kubelets) observeNode(c *store.Change) {
	if c.Kind() == model.Node && c.Verb == journal.Modified {
		if n := k.nodes[c.New.Key().Name]; n != nil && len(n.inUse) > 0 && n.online() {
			n.devicesMoved()
		}
	}
}

func (n *Node) observe(verb journal.Verb, old, p *store.Pod) {
	if isMirror(p) {
		n.observeMirror(verb, p)
		return
	}
	w := n.workers[p.UID]
	switch {
	case verb == journal.Deleted:
		if w != nil {
			n.removed(w, p)
		}
	case w == nil:
		n.add(p)
	default:
		n.changed(w, old, p)
	}
}

// add is a pod that the kubelet sees for the first time.
func (n *Node) add(p *store.Pod) {
	if p.Terminal() && p.Deletion == nil {
		return
	}
	w := n.newWorker(p)
	n.workers[p.UID] = w
	n.order = append(n.order, w)
	delay := max(n.k.latency.FirstStatus-n.k.latency.APIWrite, 0)
	w.pending = true
	w.noteWhy()
	if n.ranBefore(p) {
		w.adopt()
		w.after(delay, kindStart, w.tryBegin)
		return
	}
	w.after(delay, kindStart, func() { n.start(w) })
}

// start admits the pod and lets its first sync begin.
func (n *Node) start(w *worker) {
	if w.started || n.runtimeDown {
		return
	}
	w.started = true
	if w.pod.Deletion == nil {
		if reason, message := n.admit(w); reason != "" {
			n.reject(w, reason, message)
			return
		}
	}
	w.tryBegin()
}

// changed is an update of a pod that the kubelet knows.
func (n *Node) changed(w *worker, old, p *store.Pod) {
	before := w.pod
	w.pod = p
	if before.Template != p.Template {
		w.respec()
	}
	switch {
	case before.Deletion == nil && p.Deletion != nil, p.Deletion != nil && before.Deletion != nil && p.Deletion.GraceSeconds < before.Deletion.GraceSeconds:
		w.deletionSeen()
		g := w.specGrace()
		if w.grace < 0 || g < w.grace {
			w.grace = g
		}
		w.after(n.k.latency.Killing/2, kindUpdate, func() {
			if w.cancel != nil {
				w.cancel()
			}
			w.update()
		})
	case before.Template != p.Template, before.Generation != p.Generation, !sameLabels(before, p):
		w.after(n.k.latency.Killing/2, kindUpdate, w.update)
	case before.Status != p.Status:
		n.reconcile(w, before, p)
	}
}

// reconcile looks at a status that changed in the API: another's change to what the kubelet owns is written over at
// the status manager's next full pass, and a condition of another that a readiness gate asks for has the pod synced.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet.go HandlePodReconcile.
func (n *Node) reconcile(w *worker, before, p *store.Pod) {
	if !w.reconciled(p.Status) {
		n.reconcileAt(w)
	}
	if w.resyncMatters() {
		w.planResync()
	}
	for _, g := range p.Spec().ReadinessGates {
		a, b := find(before.Status.Conditions, g.ConditionType), find(p.Status.Conditions, g.ConditionType)
		if (a == nil) != (b == nil) || a != nil && a.Status != b.Status {
			w.after(n.k.latency.Killing/2, kindUpdate, w.update)
			return
		}
	}
}

// removed is a pod whose API object is gone.
func (n *Node) removed(w *worker, p *store.Pod) {
	if w.mode == finished {
		n.forget(w)
		return
	}
	w.gone = true
	if w.grace < 0 {
		w.grace = w.specGrace()
	}
	w.pod = p
	w.after(n.k.latency.Killing/2, kindUpdate, func() {
		if w.cancel != nil {
			w.cancel()
		}
		w.update()
	})
}

// respec takes in a changed template: containers whose image changed are replaced.
func (w *worker) respec() {
	spec := w.node.k.compiled(w.pod.Template)
	for i := range w.containers {
		c := &w.containers[i]
		if i < len(spec.containers) {
			if next := &spec.containers[i]; next.Image != c.spec.Image {
				c.changed = c.newest != nil && !c.spec.plainInit()
				c.backoff = crashBackoff{}
				c.spec = next
			} else {
				c.spec = next
			}
		}
	}
	w.spec = spec
	w.watchDeadline()
}

func sameLabels(a, b *store.Pod) bool {
	x, y := a.LabelSet(), b.LabelSet()
	if len(x) != len(y) {
		return false
	}
	for k, v := range x { // unordered: a comparison
		if y[k] != v {
			return false
		}
	}
	return true
}
