package scenarios

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/sim/fault"
	"clustersim/sim/world"
)

// inventory is everything that a scenario may bring into being, as far as its text tells.
type inventory struct {
	pods    []podShape
	objects map[string]bool // KIND/NAMESPACE/NAME
	nodes   map[string]labels.Set
	patched bool // labels and images may change in the course of the run
}

// podShape is a pod, or all pods of a template.
type podShape struct {
	namespace string
	name      shape
	labels    labels.Set
	owners    []shape // KIND/NAME, the nearest first
	spec      *corev1.PodSpec
	place     model.Place
}

// shape is a name of which only the start may be known.
type shape struct {
	prefix string // the whole name if sample is ""
	sample string // one name as it may come out
}

// matches says whether a glob can match; where the end of a name is not known, it may.
func (s shape) matches(glob string) bool {
	if s.sample == "" {
		return world.Match(glob, s.prefix)
	}
	if world.Match(glob, s.sample) {
		return true
	}
	literal := glob
	if i := strings.IndexAny(glob, "*?"); i >= 0 {
		literal = glob[:i]
	}
	return strings.HasPrefix(literal, s.prefix)
}

// The random ends of names, for samples.
const (
	sampleSuffix = "-x2x4x"
	sampleHash   = "-5d4b9c7f8x"
)

// newInventory looks through the compiled scenario.
func newInventory(s *Scenario) *inventory {
	v := &inventory{objects: map[string]bool{}, nodes: map[string]labels.Set{}}
	for _, m := range s.options.Import {
		v.add(m)
	}
	for _, w := range s.options.Workloads {
		for _, m := range w.Manifests {
			v.add(m)
		}
	}
	for _, step := range s.options.Steps {
		switch a := step.Action.(type) {
		case *fault.Apply:
			for _, m := range a.Objects {
				v.add(m)
			}
		case *fault.Patch:
			v.patched = true
		case *fault.AddNodes:
			v.addNodes(a.Pattern, a.Count, step)
		case *fault.SpotReclaim:
			v.addNodes(a.Pattern, len(s.options.Nodes), step)
		}
	}
	for _, n := range s.options.Nodes {
		v.nodes[n.Object.Name] = n.Object.Labels
		for _, p := range n.StaticPods {
			mirror := p.DeepCopy()
			mirror.Name += "-" + n.Object.Name
			v.add(model.Manifest{Kind: model.Pod, Object: mirror})
		}
	}
	return v
}

// addNodes notes the machines that come later; of steps that repeat, the first hundred.
func (v *inventory) addNodes(p *world.Pattern, n int, step fault.Step) {
	if p == nil {
		return
	}
	if step.Every > 0 {
		n *= 100
	}
	for i := 1; i <= min(n, 10_000); i++ {
		object := p.Node(p.Count + i).Object
		v.nodes[object.Name] = object.Labels
	}
}

// add notes an object and the pods that come of it.
func (v *inventory) add(m model.Manifest) {
	object := m.Object
	v.objects[key(m.Kind, object.GetNamespace(), object.GetName())] = true
	if m.Kind == model.Node {
		v.nodes[object.GetName()] = object.GetLabels()
	}
	p, ok := shapeOf(m)
	if !ok {
		return
	}
	v.pods = append(v.pods, p)
}

func key(k *model.Kind, namespace, name string) string { return k.Name + "/" + namespace + "/" + name }

// shapeOf is the pod that an object is or makes.
func shapeOf(m model.Manifest) (podShape, bool) {
	name := m.Object.GetName()
	p := podShape{namespace: m.Object.GetNamespace(), place: m.Place}
	own := shape{prefix: m.Kind.Name + "/" + name}
	if name == "" {
		name = m.Object.GetGenerateName() + sampleSuffix[1:]
		own = shape{prefix: m.Kind.Name + "/" + m.Object.GetGenerateName(), sample: m.Kind.Name + "/" + name}
	}
	named := func(suffix string, t *corev1.PodTemplateSpec, owners ...shape) (podShape, bool) {
		p.name = shape{prefix: name + "-", sample: name + suffix}
		p.labels, p.spec, p.owners = t.Labels, &t.Spec, owners
		return p, true
	}
	switch o := m.Object.(type) {
	case *corev1.Pod:
		p.name, p.labels, p.spec = shape{prefix: o.Name}, o.Labels, &o.Spec
		if o.Name == "" {
			p.name = shape{prefix: o.GenerateName, sample: name}
		}
		for _, r := range o.OwnerReferences {
			p.owners = append(p.owners, shape{prefix: r.Kind + "/" + r.Name})
		}
		return p, true
	case *appsv1.Deployment:
		set := shape{prefix: "ReplicaSet/" + name + "-", sample: "ReplicaSet/" + name + sampleHash}
		return named(sampleHash+sampleSuffix, &o.Spec.Template, set, own)
	case *appsv1.ReplicaSet:
		return named(sampleSuffix, &o.Spec.Template, own)
	case *corev1.ReplicationController:
		if o.Spec.Template != nil {
			return named(sampleSuffix, o.Spec.Template, own)
		}
	case *appsv1.DaemonSet:
		return named(sampleSuffix, &o.Spec.Template, own)
	case *appsv1.StatefulSet:
		return named("-0", &o.Spec.Template, own)
	case *batchv1.Job:
		return named(sampleSuffix, &o.Spec.Template, own)
	case *batchv1.CronJob:
		job := shape{prefix: "Job/" + name + "-", sample: "Job/" + name + "-29450880"}
		return named("-29450880"+sampleSuffix, &o.Spec.JobTemplate.Spec.Template, job, own)
	}
	return p, false
}

// selects says whether a selector can match a pod; the container of a behaviour is looked at apart.
func (v *inventory) selects(s *world.Selector, p *podShape) bool {
	if s.Namespace != "" && !(shape{prefix: p.namespace}).matches(s.Namespace) {
		return false
	}
	if s.Name != "" && !p.name.matches(s.Name) {
		return false
	}
	if s.Owner != "" && !anyShape(p.owners, s.Owner) {
		return false
	}
	if v.patched {
		return true
	}
	if s.Labels != nil && !s.Labels.Matches(p.labels) {
		return false
	}
	return s.Image == "" || p.hasContainer(func(c *corev1.Container) bool { return shape{prefix: c.Image}.matches(s.Image) })
}

func anyShape(list []shape, glob string) bool {
	for _, s := range list {
		if s.matches(glob) {
			return true
		}
	}
	return false
}

// hasContainer says whether f holds for a container of the pod, init containers included.
func (p *podShape) hasContainer(f func(*corev1.Container) bool) bool {
	for _, list := range [][]corev1.Container{p.spec.InitContainers, p.spec.Containers} {
		for i := range list {
			if f(&list[i]) {
				return true
			}
		}
	}
	return false
}

// knows says whether an object can exist at some time.
func (v *inventory) knows(k *model.Kind, namespace, name string) bool {
	if v.objects[key(k, namespace, name)] {
		return true
	}
	switch k.Name {
	case "Node":
		_, ok := v.nodes[name]
		return ok
	case "Namespace":
		return name == "default" || strings.HasPrefix(name, "kube-")
	case "Pod":
		return v.anyPod(func(p *podShape) bool { return p.namespace == namespace && p.name.matches(name) })
	case "ReplicaSet", "Job":
		return v.anyPod(func(p *podShape) bool { return p.namespace == namespace && anyShape(p.owners, k.Name+"/"+name) })
	case "ServiceAccount":
		return name == "default"
	case "ConfigMap":
		return name == "kube-root-ca.crt"
	case "PriorityClass":
		return name == "system-cluster-critical" || name == "system-node-critical"
	case "Endpoints", "EndpointSlice", "Lease", "Event", "ControllerRevision", "CSINode", "VolumeAttachment", "PersistentVolume":
		return true // made by the cluster itself
	}
	return false
}

func (v *inventory) anyPod(f func(*podShape) bool) bool {
	for i := range v.pods {
		if f(&v.pods[i]) {
			return true
		}
	}
	return false
}
