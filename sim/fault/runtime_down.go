package fault

// RuntimeDown stops the container runtime of a node: its kubelet posts Ready=False, what runs goes on, nothing starts.
type RuntimeDown struct{ Target }

// Check implements Action.
func (a *RuntimeDown) Check() error { return a.check() }

// Run implements Runner.
func (a *RuntimeDown) Run(c Cluster) (func(), error) {
	return each(c, &a.Target, func(m Machine) { m.SetRuntime(true) }, func(m Machine) { m.SetRuntime(false) })
}
