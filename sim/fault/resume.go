package fault

import (
	batchv1 "k8s.io/api/batch/v1"
)

// Resume is `kubectl rollout resume` of a Deployment, and ends the suspension of a Job or CronJob.
type Resume struct{ Object }

// Check implements Action.
func (a *Resume) Check() error { return a.check() }

// Run implements Runner.
func (a *Resume) Run(c Cluster) (func(), error) {
	_, _, o, err := a.find(c)
	if err != nil {
		return nil, err
	}
	switch o.(type) {
	case *batchv1.Job, *batchv1.CronJob:
		return nil, a.patch(c, at([]string{"spec", "suspend"}, false))
	}
	return nil, setPaused(c, &a.Object, false)
}
