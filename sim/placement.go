package sim

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/scheduler"
	"clustersim/sim/world"
)

// Placement places the pods of a run's options one by one, in the order of the input, and runs nothing: no kubelet, no
// controller, no time, no preemption. Each pod counts on its node from then on. Use NewPlacement.
type Placement struct {
	Notes []Note // refusals of the API server, objects whose pods are not placed
	Bound int    // pods that had a node from the start; they count on it
	// PodWidth and NodeWidth are the lengths of the longest namespace/name of a pod to be placed, and of a node.
	PodWidth, NodeWidth int

	planner *scheduler.Planner
	pods    []*corev1.Pod // still to be placed
}

// NewPlacement admits the objects of the options as a run does. Nodes are there from the start if the options have
// them at t=0; workloads are taken in the order of the options, whenever they arrive. It returns an error if the
// options contradict themselves.
func NewPlacement(o Options) (*Placement, error) {
	a, err := Admit(o)
	if err != nil {
		return nil, err
	}
	p := &Placement{
		planner: scheduler.NewPlanner(a.Components.Scheduler, o.SchedulerPlugins...), PodWidth: len("POD"), NodeWidth: len("<none>"),
		Notes: a.Notes, Bound: len(a.Bound), pods: a.Waiting,
	}
	for _, n := range a.Nodes {
		p.planner.SetNode(n)
		p.NodeWidth = max(p.NodeWidth, len(n.Name))
	}
	for _, obj := range a.Objects {
		p.planner.SetObject(obj)
	}
	for _, pod := range a.Bound {
		p.planner.Bind(pod)
	}
	for _, pod := range a.Waiting {
		p.PodWidth = max(p.PodWidth, len(pod.Namespace)+1+len(pod.Name))
	}
	return p, nil
}

// storeAll stores the workloads' objects, for Admit: pods as their creation would make them, the others as they are, and
// first.
func (r *Run) storeAll() {
	for pass := range 2 {
		for i := range r.Options.Workloads {
			w := &r.Options.Workloads[i]
			if w.Arrivals != nil && pass == 0 {
				r.note("workload", "%s arrives again and again; it is placed once", w.what())
			}
			for j := range w.Manifests {
				switch m := &w.Manifests[j]; {
				case m.Kind == model.Pod && pass == 1:
					stored := *m
					stored.Object = withoutMerged(m.Object.(*corev1.Pod))
					r.createOne(&stored, false)
				case m.Kind != model.Pod && pass == 0:
					was := m.Object.GetUID()
					if err := r.api.Import(m.Object); err != nil {
						r.refused("workload", m, err)
					}
					r.reborn(m, was)
				}
			}
		}
	}
}

// withoutMerged takes out of a pod's selectors what an API server merged in for matchLabelKeys and mismatchLabelKeys, so
// that a pod that was stored once can be admitted: the API server refuses to merge twice.
//
// Source: k8s v1.36.3 pkg/registry/core/pod/strategy.go mutatePodAffinity, mutateTopologySpreadConstraints.
func withoutMerged(pod *corev1.Pod) *corev1.Pod {
	spec := &pod.Spec
	if len(spec.TopologySpreadConstraints) == 0 && (spec.Affinity == nil || spec.Affinity.PodAffinity == nil && spec.Affinity.PodAntiAffinity == nil) {
		return pod
	}
	pod = pod.DeepCopy()
	spec = &pod.Spec
	for i := range spec.TopologySpreadConstraints {
		c := &spec.TopologySpreadConstraints[i]
		unmerge(pod, c.LabelSelector, c.MatchLabelKeys, metav1.LabelSelectorOpIn)
	}
	if spec.Affinity == nil {
		return pod
	}
	if a := spec.Affinity.PodAffinity; a != nil {
		unmergeTerms(pod, a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	if a := spec.Affinity.PodAntiAffinity; a != nil {
		unmergeTerms(pod, a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution)
	}
	return pod
}

func unmergeTerms(pod *corev1.Pod, required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) {
	term := func(t *corev1.PodAffinityTerm) {
		unmerge(pod, t.LabelSelector, t.MatchLabelKeys, metav1.LabelSelectorOpIn)
		unmerge(pod, t.LabelSelector, t.MismatchLabelKeys, metav1.LabelSelectorOpNotIn)
	}
	for i := range required {
		term(&required[i])
	}
	for i := range preferred {
		term(&preferred[i].PodAffinityTerm)
	}
}

func unmerge(pod *corev1.Pod, s *metav1.LabelSelector, keys []string, op metav1.LabelSelectorOperator) {
	if s == nil || len(keys) == 0 {
		return
	}
	s.MatchExpressions = slices.DeleteFunc(s.MatchExpressions, func(r metav1.LabelSelectorRequirement) bool {
		v, has := pod.Labels[r.Key]
		return has && r.Operator == op && slices.Contains(keys, r.Key) && len(r.Values) == 1 && r.Values[0] == v
	})
}

// nodeOf is the Node of a machine, with the images in its cache.
func nodeOf(t *world.NodeTemplate, images *world.World) *corev1.Node {
	n := t.Object
	if len(n.Status.Images) > 0 || len(t.Images) == 0 {
		return n
	}
	n = n.DeepCopy()
	for _, ref := range t.Images {
		size := int64(world.DefaultImageSize)
		if img := images.Image(ref); img != nil && img.Size > 0 {
			size = img.Size
		}
		n.Status.Images = append(n.Status.Images, corev1.ContainerImage{Names: []string{ref}, SizeBytes: size})
	}
	return n
}

// Len is how many pods are still to be placed.
func (p *Placement) Len() int { return len(p.pods) }

// Next places the next pod; ok is false if none is left.
func (p *Placement) Next(o scheduler.Options) (res scheduler.Result, ok bool) {
	if len(p.pods) == 0 {
		return res, false
	}
	pod := p.pods[0]
	p.pods = p.pods[1:]
	return p.planner.Place(pod, o), true
}
