package fault

import (
	"clustersim/sim/store"
	"errors"
)

// Scale sets the replicas of a workload.
type Scale struct {
	Object
	Replicas *int32 `json:"replicas"` // from now on
}

// Check implements Action.
func (a *Scale) Check() error {
	if a.Replicas == nil {
		return errors.New("replicas: required")
	}
	return a.check()
}

// Run implements Runner.
func (a *Scale) Run(c Cluster) (func(), error) {
	k, ns, name := a.Resolve()
	return nil, c.API().Scale(k, store.Key{Namespace: ns, Name: name}, *a.Replicas)
}
