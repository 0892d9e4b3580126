package fault

// Cordon marks nodes unschedulable.
type Cordon struct{ Target }

// Check implements Action.
func (a *Cordon) Check() error { return a.check() }

// Uncordon makes nodes schedulable again.
type Uncordon struct{ Target }

// Check implements Action.
func (a *Uncordon) Check() error { return a.check() }
