package fault

import (
	"errors"

	"clustersim/sim/world"
)

// RegistryThrottle sets the bandwidth of pulls of matching references, from the next one on.
type RegistryThrottle struct {
	Match     string      `json:"match"`                  // glob over the reference
	Zone      string      `json:"zone"`                   // "" = for pulls from everywhere
	Bandwidth world.Value `json:"bandwidth" unit:"bytes"` // bytes per second of one pull
}

// Check implements Action.
func (a *RegistryThrottle) Check() error {
	if !a.Bandwidth.IsSet() {
		return errors.New("bandwidth: required")
	}
	return checkMatch(a.Match)
}

// Run implements Runner.
func (a *RegistryThrottle) Run(c Cluster) (func(), error) {
	return c.World().Begin(world.Override{Match: a.Match, Zone: a.Zone, Bandwidth: a.Bandwidth}), nil
}
