package fault

import "errors"

// Scale sets the replicas of a workload.
type Scale struct {
	Object
	Replicas *int32 `json:"replicas"`
}

// Check implements Action.
func (a *Scale) Check() error {
	if a.Replicas == nil {
		return errors.New("replicas: required")
	}
	return a.check()
}
