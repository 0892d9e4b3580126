package capacity

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim"
)

// objectKey names an object: KIND/NAME in a namespace.
type objectKey struct{ namespace, object string }

func (k objectKey) String() string {
	if k.namespace == "" || k.namespace == metav1.NamespaceDefault {
		return k.object
	}
	return k.namespace + "/" + k.object
}

func keyOf(m *model.Manifest) objectKey {
	return objectKey{m.Object.GetNamespace(), m.Kind.Name + "/" + m.Object.GetName()}
}

// expansion makes the pods that controllers would make, less those that they have already.
type expansion struct {
	owner map[objectKey]objectKey // pods and controllers: their controller
	live  map[objectKey]int       // unfinished pods of each controller that has none above it
	nodes map[objectKey]map[string]bool
	notes []string
	crons int

	daemons map[objectKey]bool // pods that stand for those of a DaemonSet
}

// expand returns the options with the pods of controllers beside them.
func expand(o sim.Options) (sim.Options, *expansion) {
	x := &expansion{owner: map[objectKey]objectKey{}, live: map[objectKey]int{}, nodes: map[objectKey]map[string]bool{}, daemons: map[objectKey]bool{}}
	x.look(o.Import)
	for i := range o.Workloads {
		x.look(o.Workloads[i].Manifests)
	}
	x.count(o.Import)
	for i := range o.Workloads {
		x.count(o.Workloads[i].Manifests)
	}
	workloads := make([]sim.Workload, 0, len(o.Workloads)+1)
	for _, w := range o.Workloads {
		var list []model.Manifest
		for i := range w.Manifests {
			m := w.Manifests[i]
			pods := x.pods(&m)
			list = append(append(list, m), pods...)
		}
		w.Manifests = list
		workloads = append(workloads, w)
	}
	var late []model.Manifest
	for i := range o.Import {
		m := o.Import[i]
		late = append(late, x.pods(&m)...)
	}
	if len(late) > 0 {
		workloads = append(workloads, sim.Workload{Manifests: late})
	}
	o.Workloads = workloads
	if x.crons > 0 {
		x.notes = append(x.notes, fmt.Sprintf("%d CronJobs are left out: they have no pods now.", x.crons))
	}
	return o, x
}

// look notes who controls whom.
func (x *expansion) look(list []model.Manifest) {
	for i := range list {
		m := &list[i]
		if ref := metav1.GetControllerOfNoCopy(m.Object); ref != nil {
			x.owner[keyOf(m)] = objectKey{m.Object.GetNamespace(), ref.Kind + "/" + ref.Name}
		}
	}
}

// root is the controller above all others, the object itself if it has none.
func (x *expansion) root(k objectKey) objectKey {
	for range 8 { // deeper than any chain of controllers
		up, ok := x.owner[k]
		if !ok {
			break
		}
		k = up
	}
	return k
}

// count counts the unfinished pods of each controller, and the nodes of DaemonSets.
func (x *expansion) count(list []model.Manifest) {
	for i := range list {
		p, ok := list[i].Object.(*corev1.Pod)
		if !ok || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
			continue
		}
		key := keyOf(&list[i])
		if root := x.root(key); root != key {
			x.live[root]++
			if x.nodes[root] == nil {
				x.nodes[root] = map[string]bool{}
			}
			x.nodes[root][p.Spec.NodeName] = true
		}
	}
}

// pods are those that a controller still has to make; m becomes the controller as they name it.
func (x *expansion) pods(m *model.Manifest) []model.Manifest {
	key := keyOf(m)
	if x.root(key) != key {
		return nil // its own controller counts
	}
	template, want := templateOf(m.Object)
	if m.Kind == model.CronJob {
		x.crons++
	}
	if template == nil {
		return nil
	}
	if m.Kind.Name == "StatefulSet" && len(m.Object.(*appsv1.StatefulSet).Spec.VolumeClaimTemplates) > 0 {
		x.notes = append(x.notes, fmt.Sprintf("%v: its volumes are taken to be available on every node.", key))
	}
	if m.Kind.Name == "DaemonSet" {
		p := x.pod(m, template, 0)
		x.daemons[keyOf(&p)] = true
		return []model.Manifest{p}
	}
	var out []model.Manifest
	owner := m
	var extra []model.Manifest
	if d, ok := m.Object.(*appsv1.Deployment); ok && want > x.live[key] {
		rs := replicaSetOf(m, d)
		x.owner[keyOf(&rs)] = key
		owner, extra = &rs, []model.Manifest{rs}
	}
	for i := x.live[key]; i < want; i++ {
		out = append(out, x.pod(owner, template, i))
	}
	return append(extra, out...)
}

// templateOf is the pod template of a controller and how many pods it wants; nil for everything else.
func templateOf(o model.Object) (t *corev1.PodTemplateSpec, want int) {
	n := func(p *int32) int {
		if p == nil {
			return 1
		}
		return int(*p)
	}
	switch o := o.(type) {
	case *appsv1.Deployment:
		return &o.Spec.Template, n(o.Spec.Replicas)
	case *appsv1.ReplicaSet:
		return &o.Spec.Template, n(o.Spec.Replicas)
	case *corev1.ReplicationController:
		return o.Spec.Template, n(o.Spec.Replicas)
	case *appsv1.StatefulSet:
		return &o.Spec.Template, n(o.Spec.Replicas)
	case *appsv1.DaemonSet:
		return &o.Spec.Template, 0
	case *batchv1.Job:
		want := n(o.Spec.Parallelism)
		if c := o.Spec.Completions; c != nil {
			want = min(want, int(*c-o.Status.Succeeded))
		}
		if isTrue(o.Spec.Suspend) || finished(o) {
			want = 0
		}
		return &o.Spec.Template, want
	}
	return nil, 0
}

func isTrue(b *bool) bool { return b != nil && *b }

func finished(j *batchv1.Job) bool {
	for _, c := range j.Status.Conditions {
		if (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue {
			return true
		}
	}
	return false
}

// replicaSetOf is the ReplicaSet that a Deployment would make: spread constraints that the scheduler adds by itself read
// its selector.
func replicaSetOf(m *model.Manifest, d *appsv1.Deployment) model.Manifest {
	yes := true
	rs := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{
		Name: d.Name, Namespace: d.Namespace, UID: types.UID("replicaset/" + d.Namespace + "/" + d.Name), Labels: d.Spec.Template.Labels,
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "Deployment", Name: d.Name, UID: d.UID, Controller: &yes}},
	}}
	rs.APIVersion, rs.Kind = "apps/v1", "ReplicaSet"
	rs.Spec.Selector, rs.Spec.Template, rs.Spec.Replicas = d.Spec.Selector, d.Spec.Template, d.Spec.Replicas
	return model.Manifest{Kind: model.ReplicaSet, Object: rs, Place: m.Place}
}

// pod is the i-th pod of a controller.
func (x *expansion) pod(m *model.Manifest, t *corev1.PodTemplateSpec, i int) model.Manifest {
	if m.Object.GetUID() == "" {
		o := m.Object.DeepCopyObject().(model.Object)
		o.SetUID(types.UID(m.Kind.Name + "/" + o.GetNamespace() + "/" + o.GetName()))
		m.Object = o
	}
	yes := true
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: fmt.Sprintf("%s-%d", m.Object.GetName(), i), Namespace: m.Object.GetNamespace(), Labels: t.Labels, Annotations: t.Annotations,
		OwnerReferences: []metav1.OwnerReference{{APIVersion: m.Kind.APIVersion(), Kind: m.Kind.Name, Name: m.Object.GetName(), UID: m.Object.GetUID(), Controller: &yes}},
	}, Spec: *t.Spec.DeepCopy()}
	p.APIVersion, p.Kind = "v1", "Pod"
	out := model.Manifest{Kind: model.Pod, Object: p, Place: m.Place}
	x.owner[keyOf(&out)] = keyOf(m)
	return out
}
