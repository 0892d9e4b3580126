package capacity

import (
	"cmp"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"clustersim/model"
	"clustersim/sim"
	"clustersim/sim/config"
	"clustersim/sim/scheduler"
)

// Cluster is what the questions are about. Use New. It is not changed by them, and they may be asked in parallel.
type Cluster struct {
	Nodes []*corev1.Node
	Bound []*Pod // have a node already
	// Waiting are the pods that want one: those of the input, and those that its controllers would make, in the order
	// in which the scheduler's queue would hand them out.
	Waiting []*Pod
	Daemons []*Pod // one for each DaemonSet: a pod on each node that it suits
	Classes []*Class
	Notes   []string // what was left out or assumed

	scheduler config.Scheduler
	plugins   []scheduler.Registered
	objects   []model.Object
	resources []corev1.ResourceName
}

// Pod is a pod with what counts here.
type Pod struct {
	*corev1.Pod
	Class  *Class
	Needs  Amounts
	daemon bool
}

// Class is a set of pods that no question here can tell apart.
type Class struct {
	Name  string
	Pods  []*Pod
	Needs Amounts // of one pod
}

// New reads a cluster from a run's options. It returns an error if the options contradict themselves.
func New(o sim.Options) (*Cluster, error) {
	o.Consume = false
	o, x := expand(o)
	a, err := sim.Admit(o)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Nodes: a.Nodes, scheduler: a.Components.Scheduler, plugins: o.SchedulerPlugins, objects: a.Objects, Notes: x.notes}
	for _, n := range a.Notes {
		if n.What != "workload" || !isNamespaceNote(n.Message) {
			c.Notes = append(c.Notes, n.Message)
		}
	}
	c.findResources(a.Nodes, append(slices.Clone(a.Bound), a.Waiting...))
	classes := newClasses(c, x)
	for _, p := range a.Bound {
		pod := classes.take(p)
		pod.daemon = isDaemon(p)
		c.Bound = append(c.Bound, pod)
	}
	for _, p := range a.Waiting {
		pod := classes.take(p)
		if x.daemons[objectKey{p.Namespace, "Pod/" + p.Name}] {
			pod.daemon = true
			c.Daemons = append(c.Daemons, pod)
			continue
		}
		c.Waiting = append(c.Waiting, pod)
	}
	slices.SortStableFunc(c.Waiting, func(a, b *Pod) int { return cmp.Compare(priority(b), priority(a)) })
	c.Classes = classes.list()
	return c, nil
}

func isNamespaceNote(m string) bool { return len(m) > 10 && m[:10] == "namespace " }

func priority(p *Pod) int32 {
	if p.Spec.Priority == nil {
		return 0
	}
	return *p.Spec.Priority
}

func isDaemon(p *corev1.Pod) bool {
	ref := metav1.GetControllerOfNoCopy(p)
	return ref != nil && (ref.Kind == "DaemonSet" || ref.Kind == "Node")
}

// Pods are all pods but those of DaemonSets, the bound ones first.
func (c *Cluster) Pods() []*Pod {
	var out []*Pod
	for _, p := range c.Bound {
		if !p.daemon {
			out = append(out, p)
		}
	}
	return append(out, c.Waiting...)
}

// suits reports whether a DaemonSet has a pod on a node.
//
// Source: k8s v1.36.3 pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod, util AddOrUpdateDaemonPodTolerations.
func suits(p *corev1.Pod, n *corev1.Node) bool {
	if ok, err := nodeaffinity.GetRequiredNodeAffinity(p).Match(n); err != nil || !ok {
		return false
	}
	return !slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool {
		return t.Effect != corev1.TaintEffectPreferNoSchedule && !daemonTolerates[t.Key] &&
			!slices.ContainsFunc(p.Spec.Tolerations, func(o corev1.Toleration) bool { return tolerates(o, t) })
	})
}

// tolerates reports whether a toleration matches a taint.
//
// Source: k8s.io/api v0.36.3 core/v1/toleration.go ToleratesTaint. Differs: without Lt and Gt, which are behind a gate.
func tolerates(o corev1.Toleration, t corev1.Taint) bool {
	if o.Effect != "" && o.Effect != t.Effect || o.Key != "" && o.Key != t.Key {
		return false
	}
	return o.Operator == corev1.TolerationOpExists || (o.Operator == "" || o.Operator == corev1.TolerationOpEqual) && o.Value == t.Value
}

// daemonTolerates are the taints that every pod of a DaemonSet tolerates.
var daemonTolerates = map[string]bool{
	corev1.TaintNodeNotReady: true, corev1.TaintNodeUnreachable: true, corev1.TaintNodeDiskPressure: true,
	corev1.TaintNodeMemoryPressure: true, corev1.TaintNodePIDPressure: true, corev1.TaintNodeUnschedulable: true,
}

// unbound are all pods but those of DaemonSets, without a node, in the order of the queue.
func (c *Cluster) unbound() []*Pod {
	var out []*Pod
	for _, p := range c.Pods() {
		if p.Spec.NodeName != "" {
			free := *p
			free.Pod = p.DeepCopy()
			free.Pod.Spec.NodeName, free.Pod.Status = "", corev1.PodStatus{}
			p = &free
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b *Pod) int { return cmp.Compare(priority(b), priority(a)) })
	return out
}

// trial is a cluster in which pods are placed and taken back.
type trial struct {
	*scheduler.Trial
	cluster *Cluster
	nodes   []*corev1.Node
	of      map[*Pod]*scheduler.Pod
	daemons []placedDaemon
}

type placedDaemon struct {
	pod  *scheduler.Pod
	node string
}

// newTrial is a cluster of these nodes with the pods of DaemonSets on them and nothing else. fresh nodes have no pods of
// the input on them.
func (c *Cluster) newTrial(nodes []*corev1.Node, fresh bool) *trial {
	t := &trial{Trial: scheduler.NewTrial(c.scheduler, c.plugins...), cluster: c, nodes: nodes, of: make(map[*Pod]*scheduler.Pod, len(c.Waiting))}
	for _, n := range nodes {
		t.SetNode(n)
	}
	for _, o := range c.objects {
		t.SetObject(o)
	}
	for _, d := range c.Daemons {
		for i, n := range nodes {
			if suits(d.Pod, n) && (fresh || !c.hasDaemon(d, n.Name)) {
				p := t.Compile(numbered(d.Pod, i))
				t.Bind(p, n.Name)
				t.daemons = append(t.daemons, placedDaemon{p, n.Name})
			}
		}
	}
	return t
}

// hasDaemon reports whether the DaemonSet's pod on a node is one of the input.
func (c *Cluster) hasDaemon(d *Pod, node string) bool {
	return slices.ContainsFunc(c.Bound, func(p *Pod) bool { return p.daemon && p.Class == d.Class && p.Spec.NodeName == node })
}

// numbered is the i-th copy of a pod.
func numbered(p *corev1.Pod, i int) *corev1.Pod {
	q := *p
	q.Name = p.Name + "-" + strconv.Itoa(i)
	q.UID = ""
	return &q
}

// bindAll counts the bound pods on their nodes.
func (t *trial) bindAll() {
	for _, p := range t.cluster.Bound {
		t.bind(p, p.Spec.NodeName)
	}
}

func (t *trial) bind(p *Pod, node string) { t.Bind(t.compiled(p), node) }

func (t *trial) compiled(p *Pod) *scheduler.Pod {
	s := t.of[p]
	if s == nil {
		s = t.Compile(p.Pod)
		t.of[p] = s
	}
	return s
}

// place finds a node for a pod; "" if there is none.
func (t *trial) place(p *Pod) string { return t.Place(t.compiled(p)) }

// placeAll places pods one after another and returns those without a node. It gives up once more than most are left over
// (negative: never).
func (t *trial) placeAll(pods []*Pod, most int) (left []*Pod) {
	for _, p := range pods {
		if t.place(p) == "" {
			left = append(left, p)
			if most >= 0 && len(left) > most {
				return left
			}
		}
	}
	return left
}
