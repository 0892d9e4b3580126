package fault

import (
	"errors"

	"clustersim/model"
	"clustersim/sim/world"
)

// KillContainer ends the running process of a container: what comes next is up to the pod's restartPolicy.
type KillContainer struct {
	Object
	Container string      `json:"container"`             // "" = the pod's first
	ExitCode  world.Value `json:"exitCode" unit:"count"` // unset = 137
	Reason    string      `json:"reason"`                // of the terminated state; "" = Error or Completed by the exit code
	Message   string      `json:"message"`
}

// Check implements Action.
func (a *KillContainer) Check() error {
	if err := a.check(); err != nil {
		return err
	}
	if k, _, _ := a.Resolve(); k != model.Pod {
		return errors.New("target: must be a Pod")
	}
	return nil
}
