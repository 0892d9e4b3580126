package fault

// NodeShutdown switches nodes off in an orderly way: a kubelet with shutdownGracePeriod ends its pods first. Without it, which
// is the default, the pods die with the machine.
type NodeShutdown struct{ Target }

// Check implements Action.
func (a *NodeShutdown) Check() error { return a.check() }

// Run implements Runner.
func (a *NodeShutdown) Run(c Cluster) (func(), error) {
	return each(c, &a.Target, func(m Machine) { m.Shutdown(nil) }, nil)
}
