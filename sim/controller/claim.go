package controller

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// claimPatch is one change of a pod's owner: adopted or, without adopt, released.
type claimPatch struct {
	pod       *store.Pod
	adopt     bool
	finalizer string // goes with the reference; "" = none
}

// claimPods writes the changes one after another. It goes on after an error and returns the first.
//
// Source: k8s v1.36.3 pkg/controller/controller_ref_manager.go AdoptPod, ReleasePod.
func claimPods(a *api, s *store.Store, owner metav1.OwnerReference, patches []claimPatch, done func(error)) {
	var first error
	a.engine.Act(rule.Adoption)
	a.writeAll(len(patches), func(i int) {
		p := patches[i]
		_, err := s.UpdatePod(p.pod.Key(), string(p.pod.UID), func(to *store.Pod) bool {
			if !p.adopt {
				to.Owners = withoutOwner(to.OwnerList(), owner.UID)
				to.Finalizers = slices.DeleteFunc(append([]string{}, to.FinalizerList()...), func(f string) bool { return f == batchv1.JobTrackingFinalizer })
				return true
			}
			if controllerOf(to.OwnerList()) != nil {
				return false // somebody was faster
			}
			to.Owners = append(slices.Clone(to.OwnerList()), owner)
			if p.finalizer != "" && !slices.Contains(to.FinalizerList(), p.finalizer) {
				to.Finalizers = append(slices.Clone(to.FinalizerList()), p.finalizer)
			}
			return true
		})
		if err != nil && !isNotFound(err) && first == nil {
			first = err
		}
	}, func() { done(first) })
}
