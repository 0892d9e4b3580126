package scenarios

import (
	"maps"
	"slices"

	"clustersim/model"
	"clustersim/scenarios/check"
	"clustersim/sim/fault"
	"clustersim/sim/world"
)

// steps compiles spec.timeline; steps that this version does not simulate are left out.
func (c *compiler) steps() {
	c.named = c.stepNames()
	named := c.named
	for i := range c.spec.Timeline {
		s := &c.spec.Timeline[i]
		c.references(s, named)
		if s.action == nil {
			continue
		}
		c.finishAction(s)
		if s.When != nil {
			c.suite.Triggers = append(c.suite.Triggers, check.Trigger{Step: len(c.options.Steps), When: c.cel(s.When)})
		}
		c.options.Steps = append(c.options.Steps, s.compiled())
	}
	c.cycles(named)
}

// compiled is the step as the simulator takes it.
func (s *Step) compiled() fault.Step {
	to := fault.Step{Name: s.Name, For: s.For, Until: s.Until, ActionName: s.entry.Name, Action: s.action, Position: s.Place.String()}
	switch {
	case s.At != nil:
		to.At = *s.At
	case s.Every != nil:
		to.Every = *s.Every
	case s.After != nil:
		to.After, to.Delay = s.After.Step, s.After.Delay
	case s.When != nil:
		to.When = true
	}
	return to
}

// stepNames indexes the named steps.
func (c *compiler) stepNames() map[string]*Step {
	named := map[string]*Step{}
	for i := range c.spec.Timeline {
		s := &c.spec.Timeline[i]
		if s.Name == "" {
			continue
		}
		if first := named[s.Name]; first != nil {
			c.add(s.Place, model.Error, "", "a second step named %q (first on line %d)", s.Name, first.Place.Line)
			continue
		}
		named[s.Name] = s
	}
	return named
}

// references checks the steps that a step speaks of.
func (c *compiler) references(s *Step, named map[string]*Step) {
	known := slices.Sorted(maps.Keys(named))
	if s.After != nil && s.After.Step != "" {
		other := named[s.After.Step]
		switch {
		case other == nil:
			c.add(s.After.Place, model.Error, model.DidYouMean(s.After.Step, known), "after.step: there is no step named %q", s.After.Step)
		case other.action == nil:
			c.add(s.After.Place, model.Warning, "", "the step %q never happens in this version, nor does this one", s.After.Step)
		}
	}
	t, ok := s.action.(fault.NodeTarget)
	if !ok || t.Nodes().Step == "" {
		return
	}
	name := t.Nodes().Step
	other := named[name]
	if other == nil {
		c.add(s.at, model.Error, model.DidYouMean(name, known), "%s.step: there is no step named %q", s.entry.Name, name)
		return
	}
	if _, ok := other.action.(fault.NodeTarget); !ok && other.action != nil {
		c.add(s.at, model.Error, "", "%s.step: the step %q takes no nodes", s.entry.Name, name)
	}
}

// cycles refuses steps that wait for themselves.
func (c *compiler) cycles(named map[string]*Step) {
	for i := range c.spec.Timeline {
		s := &c.spec.Timeline[i]
		at := s
		for n := 0; at != nil && at.After != nil; n++ {
			at = named[at.After.Step]
			if at == s {
				c.add(s.Place, model.Error, "", "after.step: the step waits for itself")
				break
			}
			if n > len(c.spec.Timeline) {
				break
			}
		}
	}
}

// finishAction fills in what an action needs from the rest of the scenario.
func (c *compiler) finishAction(s *Step) {
	switch a := s.action.(type) {
	case *fault.Apply:
		var entries []placed
		for _, name := range a.Manifests {
			entries = append(entries, placed{s.at, name})
		}
		a.Objects = c.readPaths(entries, model.Options{})
		if n := child(s.node, "inline"); n != nil && a.Inline != "" {
			if n.Alias != nil {
				n = n.Alias
			}
			a.Objects = append(a.Objects, c.readInline(n, a.Inline)...)
		}
		setNamespace(a.Objects, "")
	case *fault.AddNodes:
		if a.Count == 0 {
			a.Count = 1
		}
		a.Pattern = c.templateOf(s, "template", a.Template)
	case *fault.SpotReclaim:
		a.Pattern = c.templateOf(s, "replace", a.Replace)
	}
}

// templateOf finds the node template that a field of an action names.
func (c *compiler) templateOf(s *Step, field, id string) *world.Pattern {
	p := c.patterns[id]
	if p == nil && id != "" {
		hint := model.DidYouMean(id, slices.Sorted(maps.Keys(c.patterns)))
		c.add(s.at, model.Error, hint, "%s.%s: no node template has the id %q", s.entry.Name, field, id)
	}
	return p
}
