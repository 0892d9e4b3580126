package fault

import (
	"errors"
	"fmt"

	"clustersim/model"
	"clustersim/sim/store"
)

// Evict asks the eviction API to delete a pod, once: PodDisruptionBudgets may refuse it.
type Evict struct {
	Object
	GracePeriodSeconds *int64 `json:"gracePeriodSeconds"` // nil: the pod's own
}

// Check implements Action.
func (a *Evict) Check() error {
	if err := a.check(); err != nil {
		return err
	}
	if k, _, _ := a.Resolve(); k != model.Pod {
		return fmt.Errorf("target: must be a pod, got %q", a.Target)
	}
	return nil
}

// Run implements Runner.
func (a *Evict) Run(c Cluster) (func(), error) {
	_, ns, name := a.Resolve()
	err := c.API().Evict(store.Key{Namespace: ns, Name: name}, a.GracePeriodSeconds)
	var refused *store.APIError
	if errors.As(err, &refused) && refused.Cause != "" {
		//lint:ignore ST1005 these are kubectl's words
		return nil, fmt.Errorf("Error from server (%s): %s %s.", refused.Reason, refused.Message, refused.Cause)
	}
	return nil, err
}
