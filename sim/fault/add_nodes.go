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
		t := a.Pattern.Node(a.Pattern.Count + c.Added(a.Pattern))
		t.StartAt = c.Engine().Now()
		c.AddNode(t)
	}
	return nil, nil
}
