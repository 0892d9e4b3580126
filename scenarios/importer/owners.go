package importer

import (
	"cmp"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
)

func groupVersionKind(k *model.Kind) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: k.Group, Version: k.Version, Kind: k.Name}
}

// lostSet is a ReplicaSet that pods name as their owner and the dump does not hold.
type lostSet struct {
	ref        metav1.OwnerReference
	pods       []*corev1.Pod
	deployment *appsv1.Deployment
}

// replicaSets makes the ReplicaSets of Deployments that nobody asked kubectl for: without them each Deployment would
// start its pods a second time.
func (d *Dump) replicaSets() {
	deployments := map[string][]*appsv1.Deployment{}
	for _, m := range d.Objects {
		if o, ok := m.Object.(*appsv1.Deployment); ok {
			deployments[o.Namespace] = append(deployments[o.Namespace], o)
		}
	}
	var order []*lostSet
	byUID := map[types.UID]*lostSet{}
	for _, m := range d.Objects {
		p, ok := m.Object.(*corev1.Pod)
		if !ok {
			continue
		}
		ref := metav1.GetControllerOfNoCopy(p)
		if ref == nil || ref.Kind != "ReplicaSet" || d.byUID[ref.UID] != nil {
			continue
		}
		s := byUID[ref.UID]
		if s == nil {
			s = &lostSet{ref: *ref, deployment: deploymentOf(deployments[p.Namespace], p)}
			byUID[ref.UID] = s
			order = append(order, s)
		}
		s.pods = append(s.pods, p)
	}
	made := 0
	for i, s := range order {
		if s.deployment == nil {
			continue
		}
		newest := !slices.ContainsFunc(order, func(o *lostSet) bool {
			return o != s && o.deployment == s.deployment && o.created() > s.created()
		}) && !slices.ContainsFunc(order[:i], func(o *lostSet) bool { return o.deployment == s.deployment && o.created() == s.created() })
		alone := !slices.ContainsFunc(order, func(o *lostSet) bool { return o != s && o.deployment == s.deployment })
		d.addReplicaSet(s, newest, alone)
		made++
	}
	d.note(made, "%d ReplicaSets were made up from their pods and Deployments (add `replicasets` to what kubectl gets).")
}

// created is when the newest of its pods was.
func (s *lostSet) created() int64 {
	last := slices.MaxFunc(s.pods, func(a, b *corev1.Pod) int {
		return cmp.Compare(a.CreationTimestamp.Unix(), b.CreationTimestamp.Unix())
	})
	return last.CreationTimestamp.Unix()
}

func deploymentOf(list []*appsv1.Deployment, p *corev1.Pod) *appsv1.Deployment {
	for _, o := range list {
		if s, err := metav1.LabelSelectorAsSelector(o.Spec.Selector); err == nil && !s.Empty() && s.Matches(labels.Set(p.Labels)) {
			return o
		}
	}
	return nil
}

func (d *Dump) addReplicaSet(s *lostSet, newest, alone bool) {
	dep, first := s.deployment, s.pods[0]
	hash := first.Labels[appsv1.DefaultDeploymentUniqueLabelKey]
	t := dep.Spec.Template.DeepCopy()
	if !newest {
		t = templateOf(first)
	}
	if t.Labels == nil {
		t.Labels = map[string]string{}
	}
	selector := dep.Spec.Selector.DeepCopy()
	if hash != "" {
		t.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = hash
		if selector.MatchLabels == nil {
			selector.MatchLabels = map[string]string{}
		}
		selector.MatchLabels[appsv1.DefaultDeploymentUniqueLabelKey] = hash
	}
	n := int32(len(s.pods))
	if alone && dep.Spec.Replicas != nil {
		n = *dep.Spec.Replicas
	}
	revision := dep.Annotations["deployment.kubernetes.io/revision"]
	if r, err := strconv.ParseInt(revision, 10, 64); err == nil && !newest {
		revision = strconv.FormatInt(max(r-1, 0), 10)
	}
	yes := true
	rs := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: s.ref.Name, Namespace: dep.Namespace, UID: s.ref.UID, Labels: t.Labels, CreationTimestamp: first.CreationTimestamp,
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "apps/v1", Kind: "Deployment", Name: dep.Name, UID: dep.UID, Controller: &yes, BlockOwnerDeletion: &yes,
			}},
		},
		Spec: appsv1.ReplicaSetSpec{Replicas: &n, Selector: selector, Template: *t, MinReadySeconds: dep.Spec.MinReadySeconds},
	}
	if revision != "" {
		rs.Annotations = map[string]string{"deployment.kubernetes.io/revision": revision}
	}
	rs.Status.Replicas = int32(len(s.pods))
	d.byUID[rs.UID] = rs
	d.add(model.ReplicaSet, rs)
}

// templateOf is the template that a pod may have come from.
func templateOf(p *corev1.Pod) *corev1.PodTemplateSpec {
	t := &corev1.PodTemplateSpec{Spec: *p.Spec.DeepCopy()}
	t.Labels = map[string]string{}
	for k, v := range p.Labels { // unordered: fills a map
		t.Labels[k] = v
	}
	t.Spec.NodeName = ""
	return t
}

// owners cuts references to owners that the dump does not hold: the garbage collector would delete what has lost its
// owner.
func (d *Dump) owners() {
	lost, byKind := 0, map[string]int{}
	for _, m := range d.Objects {
		refs := m.Object.GetOwnerReferences()
		kept := slices.DeleteFunc(slices.Clone(refs), func(r metav1.OwnerReference) bool { return d.byUID[r.UID] == nil })
		if len(kept) == len(refs) {
			continue
		}
		if m.Kind == model.Pod {
			lost++
			byKind[refs[0].Kind]++
		}
		m.Object.SetOwnerReferences(kept)
	}
	d.note(lost, "%d pods have owners that the dump does not hold (%s): they stay where they are, and nobody replaces them.", tally(byKind))
}
