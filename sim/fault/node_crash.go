package fault

// NodeCrash cuts the power: containers die without a word, heartbeats stop. The image cache survives on disk.
type NodeCrash struct{ Target }

// Check implements Action.
func (a *NodeCrash) Check() error { return a.check() }

// Run implements Runner.
func (a *NodeCrash) Run(c Cluster) (func(), error) {
	return each(c, &a.Target, Machine.Crash, Machine.Recover)
}
