package scenarios

import (
	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim"
	"clustersim/sim/fault"
)

// namespaces creates those that are used and nowhere defined, just before their first use, and says so.
func (c *compiler) namespaces() {
	o := &c.options
	known := map[string]bool{"": true, "default": true, "kube-system": true, "kube-public": true, "kube-node-lease": true}
	c.definedNamespaces(known)
	o.Import = append(c.missing(o.Import, known), o.Import...)
	static := c.missing(staticPods(o), known)
	var workloads []sim.Workload
	if static != nil {
		workloads = append(workloads, sim.Workload{Manifests: static})
	}
	for _, w := range o.Workloads {
		// An entry of its own: this one may arrive again and again.
		if list := c.missing(w.Manifests, known); list != nil {
			workloads = append(workloads, sim.Workload{At: w.At, Manifests: list})
		}
		workloads = append(workloads, w)
	}
	o.Workloads = workloads
	for i := range o.Steps {
		if a, ok := o.Steps[i].Action.(*fault.Apply); ok {
			a.Objects = append(c.missing(a.Objects, known), a.Objects...)
		}
	}
}

// definedNamespaces notes the namespaces that the input creates at some time.
func (c *compiler) definedNamespaces(known map[string]bool) {
	define := func(list []model.Manifest) {
		for _, m := range list {
			if m.Kind == model.Namespace {
				known[m.Object.GetName()] = true
			}
		}
	}
	define(c.options.Import)
	for _, w := range c.options.Workloads {
		define(w.Manifests)
	}
	for _, s := range c.options.Steps {
		if a, ok := s.Action.(*fault.Apply); ok {
			define(a.Objects)
		}
	}
}

// missing makes the namespaces that a list uses and nobody knows.
func (c *compiler) missing(list []model.Manifest, known map[string]bool) (created []model.Manifest) {
	for _, m := range list {
		name := m.Object.GetNamespace()
		if known[name] {
			continue
		}
		known[name] = true
		c.add(m.Place, model.Note, "", "the namespace %q is nowhere defined: it is created", name)
		object := &corev1.Namespace{}
		object.APIVersion, object.Kind, object.Name = "v1", "Namespace", name
		created = append(created, model.Manifest{Kind: model.Namespace, Object: object, Place: m.Place})
	}
	return created
}

// staticPods lists the static pods of all nodes.
func staticPods(o *sim.Options) (list []model.Manifest) {
	for _, n := range o.Nodes {
		for _, p := range n.StaticPods {
			list = append(list, model.Manifest{Kind: model.Pod, Object: p})
		}
	}
	return list
}
