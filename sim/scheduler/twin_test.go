package scheduler

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"
)

// TestFastIsPlain compares the fast path with the plain one, over random clusters in which nodes and pods come, change
// and go. The plain path remembers nothing, so whatever the fast one remembers wrongly shows.
func TestFastIsPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newTwin(t)
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			w.step()
		}
	})
}

// twin is a random cluster.
type twin struct {
	t     *rapid.T
	p     *Profile
	s     *Snapshot
	c     Cycle
	start int
	nodes []*corev1.Node
	pods  []*Pod
	made  int
	specs []*corev1.Pod

	waiting []*Pod // nominated
}

func newTwin(t *rapid.T) *twin {
	w := &twin{t: t, p: NewProfile(Args{PercentageOfNodesToScore: percentage(rapid.SampledFrom([]int32{0, 0, 1, 100}).Draw(t, "percentage"))})}
	w.s = w.p.NewSnapshot()
	for range rapid.SampledFrom([]int{0, 1, 3, 8, 20, 105, 160}).Draw(t, "nodes") {
		w.addNode()
	}
	for range rapid.IntRange(1, 6).Draw(t, "shapes") {
		w.specs = append(w.specs, w.makePod())
	}
	return w
}

func (w *twin) pick(name string, n int) int { return rapid.IntRange(0, n-1).Draw(w.t, name) }

func (w *twin) chance(name string, percent int) bool { return w.pick(name, 100) < percent }

func (w *twin) step() {
	switch op := w.pick("op", 20); {
	case op < 12:
		w.schedule()
	case op == 12 && len(w.nodes) > 0:
		w.nominate()
	case op < 16 && len(w.pods) > 0:
		i := w.pick("pod", len(w.pods))
		w.s.RemovePod(w.pods[i])
		w.pods = append(w.pods[:i], w.pods[i+1:]...)
	case op == 16:
		w.addNode()
	case op == 17 && len(w.nodes) > 0:
		i := w.pick("node", len(w.nodes))
		w.s.RemoveNode(w.nodes[i].Name)
		w.nodes = append(w.nodes[:i], w.nodes[i+1:]...)
	case len(w.nodes) > 0:
		i := w.pick("node", len(w.nodes))
		w.nodes[i] = w.makeNode(w.nodes[i].Name)
		w.s.SetNode(w.nodes[i])
	}
}

// nominate promises room on a node to a pod that waits, or takes the promise back.
func (w *twin) nominate() {
	if len(w.waiting) > 0 && w.chance("withdrawn", 40) {
		w.s.Nominate(w.waiting[0], "")
		w.waiting = w.waiting[1:]
		return
	}
	pod := w.p.Compile(w.specs[w.pick("spec", len(w.specs))])
	w.made++
	pod.UID = types.UID(fmt.Sprint("nominee-", w.made))
	w.s.Nominate(pod, w.nodes[w.pick("node", len(w.nodes))].Name)
	w.waiting = append(w.waiting, pod)
}

func (w *twin) addNode() {
	w.made++
	n := w.makeNode(fmt.Sprintf("n%d", w.made))
	w.nodes = append(w.nodes, n)
	w.s.SetNode(n)
}

func (w *twin) makeNode(name string) *corev1.Node {
	n := makeNode(name, resources("cpu", fmt.Sprint(w.pick("cpu", 4)), "memory", fmt.Sprint(w.pick("memory", 4), "Gi"),
		"pods", fmt.Sprint(w.pick("pods", 6)), "example.com/x", fmt.Sprint(w.pick("x", 3))),
		label(corev1.LabelTopologyZone, string(rune('a'+w.pick("zone", 3)))), label("disk", []string{"ssd", "hdd"}[w.pick("disk", 2)]))
	if w.chance("cordoned", 10) {
		n.Spec.Unschedulable = true
	}
	if w.chance("tainted", 15) {
		taint("k", corev1.TaintEffectNoSchedule)(n)
	}
	for i := range w.pick("soft", 3) {
		if w.chance("softly", 20) {
			taint(fmt.Sprint("soft", i), corev1.TaintEffectPreferNoSchedule)(n)
		}
	}
	for i := range 2 {
		if w.chance("image", 30) {
			n.Status.Images = append(n.Status.Images, corev1.ContainerImage{Names: []string{fmt.Sprint("img", i, ":latest")}, SizeBytes: int64(w.pick("size", 5)) * 300 << 20})
		}
	}
	return n
}

func (w *twin) makePod() *corev1.Pod {
	r := resources()
	for name, unit := range map[string]string{"cpu": "00m", "memory": "00Mi", "example.com/x": ""} { // unordered: each draw has its name
		if w.chance(name, 60) {
			r[corev1.ResourceName(name)] = resources("q", fmt.Sprint(w.pick(name, 3), unit))["q"]
		}
	}
	pod := makePod("p", r, priority(int32(w.pick("priority", 2))))
	pod.Spec.Containers[0].Image = fmt.Sprint("img", w.pick("img", 2))
	if w.chance("port", 20) {
		pod.Spec.Containers[0].Ports = []corev1.ContainerPort{{HostPort: int32(8080 + w.pick("number", 2))}}
	}
	if w.chance("tolerant", 20) {
		pod.Spec.Tolerations = []corev1.Toleration{{Key: []string{"k", "soft0"}[w.pick("toleration", 2)], Operator: corev1.TolerationOpExists}}
	}
	if w.chance("selective", 25) {
		selector("disk", "ssd")(pod)
	}
	if w.chance("affine", 25) {
		pod.Spec.Affinity = w.affinity()
	}
	w.makeWide(pod)
	return pod
}

// makeWide gives the pod rules that look at other pods.
func (w *twin) makeWide(pod *corev1.Pod) {
	pod.Labels = map[string]string{"app": []string{"x", "y"}[w.pick("app", 2)]}
	like := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "x"}}
	key := []string{corev1.LabelTopologyZone, corev1.LabelHostname}[w.pick("key", 2)]
	if w.chance("spread", 15) {
		pod.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: key, LabelSelector: like,
			WhenUnsatisfiable: []corev1.UnsatisfiableConstraintAction{corev1.DoNotSchedule, corev1.ScheduleAnyway}[w.pick("action", 2)]}}
	}
	if w.chance("apart", 15) {
		if pod.Spec.Affinity == nil {
			pod.Spec.Affinity = &corev1.Affinity{}
		}
		term := corev1.PodAffinityTerm{TopologyKey: key, LabelSelector: like}
		if w.chance("strictly", 50) {
			pod.Spec.Affinity.PodAntiAffinity = &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{term}}
		} else {
			pod.Spec.Affinity.PodAffinity = &corev1.PodAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{Weight: 7, PodAffinityTerm: term}}}
		}
	}
}

func (w *twin) affinity() *corev1.Affinity {
	a := &corev1.NodeAffinity{PreferredDuringSchedulingIgnoredDuringExecution: []corev1.PreferredSchedulingTerm{{
		Weight:     int32(1 + w.pick("weight", 100)),
		Preference: corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{"a"}}}},
	}}}
	if w.chance("named", 40) && len(w.nodes) > 0 {
		req := corev1.NodeSelectorRequirement{Key: "metadata.name", Operator: corev1.NodeSelectorOpIn, Values: []string{w.nodes[w.pick("which", len(w.nodes))].Name}}
		a.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchFields: []corev1.NodeSelectorRequirement{req}}}}
	}
	return &corev1.Affinity{NodeAffinity: a}
}

// schedule asks both ways and compares.
func (w *twin) schedule() {
	pod := w.p.Compile(w.specs[w.pick("spec", len(w.specs))])
	if len(w.nodes) > 0 && w.chance("nominated", 10) {
		pod.Nominated = w.nodes[w.pick("to", len(w.nodes))].Name
	}
	if w.chance("new", 50) {
		pod.Shape.seen = false // a scan, as for the first pod of its shape
	}
	plain := w.p.Schedule(pod, w.s, Options{Start: w.start})
	w.s.Update()
	if len(w.s.order) == 0 {
		return
	}
	var chosen, message string
	next := w.start
	if v := w.c.begin(w.p, w.s, pod); v != 0 {
		message = w.p.FilterMessage(w.c.diagnose(v))
	} else if o := w.c.pick(w.start); o.slot >= 0 {
		chosen, next = w.s.nodes[o.slot].name, o.next
	} else {
		message, next = w.p.FilterMessage(w.c.diagnose(0)), o.next
	}
	if chosen != plain.Chosen || message != plain.Message || next != plain.Next {
		w.t.Fatalf("fast: %q %q next %d\nplain: %q %q next %d", chosen, message, next, plain.Chosen, plain.Message, plain.Next)
	}
	w.start = next
	if chosen != "" {
		w.s.AddPod(pod, chosen)
		w.pods = append(w.pods, pod)
	}
	w.checkSums()
}

// checkSums counts the pods of every node again.
func (w *twin) checkSums() {
	for _, slot := range w.s.order {
		var cpu, memory int64
		for _, p := range w.s.nodes[slot].pods {
			cpu, memory = cpu+p.Shape.Requests.CPUMilli, memory+p.Shape.Requests.Memory
		}
		if r := &w.s.rows[slot]; r.reqCPU != cpu || r.reqMemory != memory || r.pods != int64(len(w.s.nodes[slot].pods)) {
			w.t.Fatalf("node %s: sums %+v, pods ask for %d, %d", w.s.nodes[slot].name, *r, cpu, memory)
		}
	}
}
