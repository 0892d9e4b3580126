package fault

import (
	"clustersim/sim/store"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Delete is `kubectl delete --wait=false`.
type Delete struct {
	Object
	GracePeriodSeconds *int64                     `json:"gracePeriodSeconds"`                              // nil: the pod's own; 0: at once, as --force does
	Propagation        metav1.DeletionPropagation `json:"propagation" enum:"Background,Foreground,Orphan"` // Background (default) | Foreground | Orphan
}

// Check implements Action.
func (a *Delete) Check() error {
	switch a.Propagation {
	case "", metav1.DeletePropagationBackground, metav1.DeletePropagationForeground, metav1.DeletePropagationOrphan:
		return a.check()
	}
	return fmt.Errorf("propagation: must be Background, Foreground or Orphan, got %q", a.Propagation)
}

// Run implements Runner.
func (a *Delete) Run(c Cluster) (func(), error) {
	k, ns, name := a.Resolve()
	propagation := a.Propagation
	if propagation == "" {
		propagation = metav1.DeletePropagationBackground // kubectl's, whatever the kind's own is
	}
	return nil, c.API().Delete(k, store.Key{Namespace: ns, Name: name}, a.GracePeriodSeconds, string(propagation))
}
