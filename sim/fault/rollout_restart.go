package fault

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
)

// RolloutRestart is `kubectl rollout restart`: it notes the time in the template, so that all pods are replaced.
type RolloutRestart struct{ Object }

// Check implements Action.
func (a *RolloutRestart) Check() error { return a.check() }

// Run implements Runner.
//
// Source: k8s v1.36.3 staging kubectl/pkg/polymorphichelpers/objectrestarter.go.
func (a *RolloutRestart) Run(c Cluster) (func(), error) {
	k, _, o, err := a.find(c)
	if err != nil {
		return nil, err
	}
	switch d := o.(type) {
	case *appsv1.Deployment:
		if d.Spec.Paused {
			return nil, fmt.Errorf("can't restart paused deployment (run rollout resume first)")
		}
	case *appsv1.StatefulSet, *appsv1.DaemonSet:
	default:
		return nil, fmt.Errorf("%s %q restarting is not supported", k.Plural, o.GetName())
	}
	note := map[string]any{"kubectl.kubernetes.io/restartedAt": c.Store().Now().Format(time.RFC3339)}
	return nil, a.patch(c, at([]string{"spec", "template", "metadata", "annotations"}, note))
}
