package scenarios

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/scenarios/check"
	"clustersim/sim"
	"clustersim/sim/config"
	"clustersim/sim/world"
)

// compiler turns a Spec into the options of a run.
type compiler struct {
	*decoder
	spec     *Spec
	opt      LoadOptions
	options  sim.Options
	patterns map[string]*world.Pattern // by id
	all      []*world.Pattern

	named      map[string]*Step // steps
	suite      check.Suite
	limits     []Threshold
	selections []selection
	defaulted  bool // the input brings no node
}

// compile fills options. manifests are the plain documents of the file.
func (c *compiler) compile(manifests []model.Manifest) {
	o := &c.options
	o.Start = c.spec.Start
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	o.Duration = c.spec.Duration
	c.components()
	c.imports()
	c.storage()
	c.nodes()
	c.registries()
	c.images()
	c.behaviors()
	c.workload(&sim.Workload{Manifests: manifests}, "")
	for i := range c.spec.Workloads {
		c.readWorkload(&c.spec.Workloads[i])
	}
	c.steps()
	c.expectations()
	c.namespaces()
	if len(o.Nodes) == 0 && len(c.spec.Cluster.Nodes) == 0 { // a list of none is an answer
		c.defaulted = true
		c.defaultNodes()
	}
	c.uniqueNodes()
	c.prepare()
}

// prepare drops what only a server sets from everything that is created, with one note for all of it.
func (c *compiler) prepare() {
	nodes := map[string]bool{}
	for _, n := range c.options.Nodes {
		nodes[n.Object.Name] = true
	}
	var all []model.Manifest
	for _, w := range c.options.Workloads {
		all = append(all, w.Manifests...)
	}
	all, problems := model.Prepare(all, func(name string) bool { return nodes[name] })
	c.problems = append(c.problems, problems...)
	for i := range c.options.Workloads {
		n := len(c.options.Workloads[i].Manifests)
		c.options.Workloads[i].Manifests, all = all[:n:n], all[n:]
	}
}

// components lays the file's settings over the profile's.
func (c *compiler) components() {
	o := &c.options
	o.Profile = c.spec.Profile.Name
	if c.opt.Profile != "" {
		o.Profile = c.opt.Profile
	}
	if o.Profile == "" {
		o.Profile = config.Profiles[0]
	}
	settings, ok := config.Profile(o.Profile)
	if !ok {
		c.add(c.spec.Profile.Place, model.Error, model.DidYouMean(o.Profile, config.Profiles), "spec.profile: there is no profile %q", o.Profile)
		return
	}
	if n := c.spec.Components.node; n != nil {
		c.over(n, &settings)
	}
	o.Components = settings
}

// readWorkload reads the manifests of a workload and adds it.
func (c *compiler) readWorkload(w *Workload) {
	manifests := c.readPaths(w.Manifests, model.Options{})
	manifests = append(manifests, c.readInline(w.Inline.node, w.Inline.Text)...)
	if len(w.Manifests) == 0 && w.Inline.node == nil && w.Place.Line > 0 {
		c.add(w.Place, model.Error, "", "a workload needs manifests or inline")
	}
	if w.Copies != nil {
		if n := *w.Copies; n < 1 || n > maxCount {
			c.add(w.Place, model.Error, "", "copies: must be from 1 to %d", maxCount)
		} else {
			manifests = copies(manifests, n)
		}
	}
	to := sim.Workload{At: w.At, Manifests: manifests}
	if a := w.Arrivals; a != nil {
		c.checkArrivals(a, manifests)
		to.Arrivals = &sim.Arrivals{Every: a.Every, Until: a.Until, Count: a.Count}
	}
	c.workload(&to, w.Namespace)
}

func (c *compiler) checkArrivals(a *Arrivals, manifests []model.Manifest) {
	if !a.Every.IsSet() {
		c.add(a.Place, model.Error, "", "arrivals.every: required")
	} else if !a.Every.IsRandom() && a.Every.Int(nil) == 0 {
		c.add(a.Place, model.Error, "", "arrivals.every: must be above 0")
	}
	for _, m := range manifests {
		switch {
		case m.Kind == model.Node:
			c.add(m.Place, model.Error, "", "a Node cannot arrive again and again; use addNodes")
		case m.Object.GetGenerateName() == "":
			c.add(m.Place, model.Error, "", "%s %q arrives again and again: it needs metadata.generateName instead of a name", m.Kind.Name, m.Object.GetName())
		}
	}
}

// workload adds a set of manifests; the Nodes among them become machines.
func (c *compiler) workload(w *sim.Workload, namespace string) {
	setNamespace(w.Manifests, namespace)
	var rest []model.Manifest
	for _, m := range w.Manifests {
		if node, ok := m.Object.(*corev1.Node); ok {
			c.options.Nodes = append(c.options.Nodes, givenNode(node, w.At))
			continue
		}
		rest = append(rest, m)
	}
	if len(rest) > 0 {
		w.Manifests = rest
		c.options.Workloads = append(c.options.Workloads, *w)
	}
}
