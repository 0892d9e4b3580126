package fault

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
)

// Pause is `kubectl rollout pause`: changes of a Deployment's template wait until it is resumed.
type Pause struct{ Object }

// Check implements Action.
func (a *Pause) Check() error { return a.check() }

// Run implements Runner.
func (a *Pause) Run(c Cluster) (func(), error) { return nil, setPaused(c, &a.Object, true) }

// setPaused pauses or resumes a Deployment.
//
// Source: k8s v1.36.3 staging kubectl/pkg/polymorphichelpers/objectpauser.go, objectresumer.go.
func setPaused(c Cluster, target *Object, paused bool) error {
	k, _, o, err := target.find(c)
	if err != nil {
		return err
	}
	d, ok := o.(*appsv1.Deployment)
	switch {
	case !ok && paused:
		return fmt.Errorf("%s %q pausing is not supported", k.Resource(), o.GetName())
	case !ok:
		return fmt.Errorf("%s %q resuming is not supported", k.Resource(), o.GetName())
	case d.Spec.Paused && paused:
		return fmt.Errorf("%s %q is already paused", k.Resource(), d.Name)
	case !d.Spec.Paused && !paused:
		return fmt.Errorf("%s %q is not paused", k.Resource(), d.Name)
	}
	return target.patch(c, at([]string{"spec", "paused"}, paused))
}
