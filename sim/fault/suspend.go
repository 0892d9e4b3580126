package fault

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
)

// Suspend suspends a Job, whose pods go, or a CronJob, which starts no more Jobs. It can be reverted.
type Suspend struct{ Object }

// Check implements Action.
func (a *Suspend) Check() error { return a.check() }

// Run implements Runner.
func (a *Suspend) Run(c Cluster) (func(), error) {
	k, _, o, err := a.find(c)
	if err != nil {
		return nil, err
	}
	switch o.(type) {
	case *batchv1.Job, *batchv1.CronJob:
	default:
		return nil, fmt.Errorf("%s %q cannot be suspended: only jobs and cronjobs can", k.Plural, o.GetName())
	}
	set := func(v bool) error { return a.patch(c, at([]string{"spec", "suspend"}, v)) }
	return func() { _ = set(false) }, set(true) // what is gone by then needs no resuming
}
