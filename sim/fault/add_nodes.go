package fault

import (
	"errors"

	"clustersim/sim/world"
)

// AddNodes brings new machines of a template: they join NotReady and tainted, then become Ready.
type AddNodes struct {
	Template string `json:"template"` // the id of one of the scenario's node templates
	Count    int    `json:"count"`    // 0 = 1

	// Pattern is that template. The n-th node added in a run, over all steps of the pattern, is
	// Pattern.Node(Pattern.Count + n).
	Pattern *world.Pattern `json:"-"`
}

// Check implements Action.
func (a *AddNodes) Check() error {
	if a.Template == "" {
		return errors.New("template: required")
	}
	return nil
}

// Run implements Runner.
func (a *AddNodes) Run(c Cluster) (func(), error) {
	for range max(a.Count, 1) {
		add(c, a.Pattern)
	}
	return nil, nil
}

// add brings the next machine of a pattern.
func add(c Cluster, p *world.Pattern) {
	t := p.Node(p.Count + c.Added(p))
	t.StartAt = c.Engine().Now()
	c.AddNode(t)
}
