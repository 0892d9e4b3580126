package fault

// NodeRecover switches a crashed node on again: it boots with an empty runtime and the images it had.
type NodeRecover struct{ Target }

// Check implements Action.
func (a *NodeRecover) Check() error { return a.check() }

// Run implements Runner.
func (a *NodeRecover) Run(c Cluster) (func(), error) { return each(c, &a.Target, Machine.Recover, nil) }
