package fault

import (
	"errors"
	"path"

	"clustersim/sim/world"
)

// RegistryOutage makes every pull of matching references that begins fail with Unavailable.
type RegistryOutage struct {
	Match string `json:"match"` // glob over the reference
	Zone  string `json:"zone"`  // "" = for pulls from everywhere
	Error string `json:"error"` // "" = "<registry>: connection refused"
}

// Check implements Action.
func (a *RegistryOutage) Check() error { return checkMatch(a.Match) }

func checkMatch(glob string) error {
	if glob == "" {
		return errors.New("match: required")
	}
	if _, err := path.Match(glob, ""); err != nil {
		return errors.New("match: not a glob")
	}
	return nil
}

// Run implements Runner.
func (a *RegistryOutage) Run(c Cluster) (func(), error) {
	return c.World().Begin(world.Override{Match: a.Match, Zone: a.Zone, Outage: true, Error: a.Error}), nil
}
