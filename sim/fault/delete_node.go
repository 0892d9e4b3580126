package fault

import (
	"clustersim/model"
	"clustersim/sim/store"
)

// DeleteNode removes the Node object alone; the machine goes on, and its kubelet registers again when it restarts.
type DeleteNode struct{ Target }

// Check implements Action.
func (a *DeleteNode) Check() error { return a.check() }

// Run implements Runner.
func (a *DeleteNode) Run(c Cluster) (func(), error) {
	ms, err := c.Machines(&a.Target)
	if err != nil {
		return nil, err
	}
	for _, m := range ms {
		if err := c.Store().Remove(model.Node, store.Key{Name: m.Name()}); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
