package fault

import (
	"clustersim/model"
	"clustersim/sim/store"
)

// RemoveNodes takes machines away at once and for good, and their Node objects with them, as a cloud's node controller does
// when an instance is gone.
type RemoveNodes struct{ Target }

// Check implements Action.
func (a *RemoveNodes) Check() error { return a.check() }

// Run implements Runner.
func (a *RemoveNodes) Run(c Cluster) (func(), error) {
	return each(c, &a.Target, func(m Machine) { remove(c, m) }, nil)
}

// remove takes a machine and its Node object away.
func remove(c Cluster, m Machine) {
	m.Remove()
	_ = c.Store().Remove(model.Node, store.Key{Name: m.Name()}) // it may be gone already
}
