package fault

import (
	"errors"

	"clustersim/sim/world"
)

// NodeReboot is a crash and a recovery some time later.
type NodeReboot struct {
	Target
	DownFor world.Value `json:"downFor" unit:"duration"` // from power off to power on
	Version string      `json:"version"`                 // what the kubelet calls itself afterwards; "" = as before
}

// Check implements Action.
func (a *NodeReboot) Check() error {
	if !a.DownFor.IsSet() {
		return errors.New("downFor: required")
	}
	return a.check()
}
