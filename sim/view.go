package sim

import (
	"fmt"
	"slices"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/scheduler"
	"clustersim/sim/store"
)

// Attempts is the number of scheduling cycles that have run.
func (r *Run) Attempts() uint64 { return r.scheduler.Attempts }

// Verdict is how a pod stands with the scheduler now: where it waits, and what every plugin would say of every node if its
// turn came at this instant. Asking does not change the run. It returns an error if there is no such pod.
func (r *Run) Verdict(namespace, name string) (*scheduler.Outlook, error) {
	p := r.Store.Pod(store.Key{Namespace: namespace, Name: name})
	if p == nil {
		return nil, fmt.Errorf("there is no pod %s/%s", namespace, name)
	}
	return r.scheduler.Outlook(p), nil
}

// Clock is the virtual wall clock at an instant.
func (r *Run) Clock(t time.Duration) time.Time { return r.Store.Clock(t) }

// Objects returns what the API server holds now, as it would send it: the kinds asked for, or all without any. Leases of
// nodes, which the run does not store, are made up. The caller must not change the objects.
func (r *Run) Objects(kinds ...*model.Kind) []model.Object {
	if len(kinds) == 0 {
		kinds = model.Kinds
	}
	n := 0
	for _, k := range kinds {
		n += r.Store.Len(k)
	}
	out := make([]model.Object, 0, n)
	for _, k := range kinds {
		for _, o := range r.Store.List(k) {
			if k == model.Node {
				out = append(out, r.withHeartbeat(o.API().(*corev1.Node)))
			} else {
				out = append(out, o.API())
			}
		}
	}
	if slices.Contains(kinds, model.Lease) {
		out = append(out, r.leases()...)
	}
	return out
}

// withHeartbeat is a Node as it is after its kubelet's last report, which the run does not store if nothing has changed.
func (r *Run) withHeartbeat(n *corev1.Node) *corev1.Node {
	at, ok := r.Kubelets.LastReport(n.Name, r.Engine.Now())
	if !ok {
		return n
	}
	n = n.DeepCopy()
	last := metav1.NewTime(r.Store.Clock(at).Truncate(time.Second))
	for i := range n.Status.Conditions {
		if c := &n.Status.Conditions[i]; c.LastHeartbeatTime.Before(&last) {
			c.LastHeartbeatTime = last
		}
	}
	return n
}

// leases are those that the kubelets hold, with the time of their last renewal.
func (r *Run) leases() []model.Object {
	var out []model.Object
	for _, n := range r.Kubelets.Nodes() {
		renewed, ok := r.Kubelets.LastRenewal(n.Name(), r.Engine.Now())
		node := r.Store.Node(n.Name())
		if !ok || node == nil {
			continue
		}
		name, seconds := n.Name(), int32(r.Options.Components.Kubelet.NodeLeaseDurationSeconds)
		at := metav1.NewMicroTime(r.Store.Clock(max(renewed, 0)).Truncate(time.Microsecond))
		out = append(out, &coordinationv1.Lease{
			TypeMeta: metav1.TypeMeta{APIVersion: "coordination.k8s.io/v1", Kind: "Lease"},
			ObjectMeta: metav1.ObjectMeta{
				Name: name, Namespace: corev1.NamespaceNodeLease, CreationTimestamp: node.CreationTimestamp,
				OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: name, UID: node.UID}},
			},
			Spec: coordinationv1.LeaseSpec{HolderIdentity: &name, LeaseDurationSeconds: &seconds, RenewTime: &at},
		})
	}
	return out
}
