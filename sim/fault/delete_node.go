package fault

// DeleteNode removes the Node object alone; the machine goes on, and its kubelet registers again when it restarts.
type DeleteNode struct{ Target }

// Check implements Action.
func (a *DeleteNode) Check() error { return a.check() }
