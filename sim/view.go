package sim

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/kubelet"
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

// Metered says whether the scenario says of any container what it uses.
func (r *Run) Metered() bool { return r.Kubelets.Metered() }

// Used tells what the containers of each node use at t, in the order in which the nodes came: resource "cpu" in thousandths of a
// core and "memory" in bytes. t lies between the last record and now. Asking does not change the run.
func (r *Run) Used(t time.Duration, tell func(node, resource string, amount float64)) {
	r.Kubelets.Used(t, func(node string, resource corev1.ResourceName, n int64) { tell(node, string(resource), float64(n)) })
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
	m := r.Kubelets.Node(n.Name)
	if m == nil {
		return n
	}
	h := m.Heartbeat()
	return h.Show(n, r.Engine.Now(), r.Store.Clock(0))
}

// leases are those that the kubelets hold, with the time of their last renewal.
func (r *Run) leases() []model.Object {
	var out []model.Object
	for _, m := range r.Kubelets.Nodes() {
		node := r.Store.Node(m.Name())
		if node == nil {
			continue
		}
		h := m.Heartbeat()
		if l := h.Lease(node, r.Engine.Now(), r.Store.Clock(0)); l != nil {
			out = append(out, l)
		}
	}
	return out
}

// Countdowns are what the kubelet of a pod's node will do with it by the passage of time. There are none of a pod that no kubelet
// knows.
func (r *Run) Countdowns(namespace, name string) []kubelet.Countdown {
	p := r.Store.Pod(store.Key{Namespace: namespace, Name: name})
	if p == nil {
		return nil
	}
	n := r.Kubelets.Node(p.NodeName)
	if n == nil {
		return nil
	}
	return n.Countdowns(p.UID)
}
