package fault

import (
	"clustersim/sim/engine"
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

var kindReboot = engine.NewKind("node boots again", engine.RankWorld, false)

// Run implements Runner.
func (a *NodeReboot) Run(c Cluster) (func(), error) {
	return each(c, &a.Target, func(m Machine) {
		m.Crash()
		down := a.DownFor.Duration(c.Stream("downFor/" + m.Name()))
		c.Engine().After(down, kindReboot, engine.Func(func() {
			if a.Version != "" {
				m.SetVersion(a.Version)
			}
			m.Recover()
		}))
	}, nil)
}
