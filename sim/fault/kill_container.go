package fault

import (
	"clustersim/sim/store"
	"errors"
	"fmt"

	"clustersim/model"
	"clustersim/sim/world"
)

// KillContainer ends the running process of a container: what comes next is up to the pod's restartPolicy.
type KillContainer struct {
	Object
	Container string      `json:"container"`             // "" = the pod's first
	ExitCode  world.Value `json:"exitCode" unit:"count"` // unset = 137
	Reason    string      `json:"reason"`                // of the terminated state; "" = Error or Completed by the exit code
	Message   string      `json:"message"`               // of the terminated state
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

// Run implements Runner.
func (a *KillContainer) Run(c Cluster) (func(), error) {
	_, ns, name := a.Resolve()
	p := c.Store().Pod(store.Key{Namespace: ns, Name: name})
	if p == nil {
		return nil, store.NotFound(model.Pod, name)
	}
	code := int32(137)
	if a.ExitCode.IsSet() {
		code = int32(a.ExitCode.Int(c.Stream("exitCode")))
	}
	ms, err := c.Machines(&Target{Node: p.NodeName})
	if err == nil && (len(ms) == 0 || !ms[0].Kill(p.UID, a.Container, code, a.Reason, a.Message)) {
		err = fmt.Errorf("pod %s/%s has no such running container", ns, name)
	}
	return nil, err
}
