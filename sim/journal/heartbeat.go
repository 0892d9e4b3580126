package journal

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
)

// Unset is the time of what has not happened.
const Unset time.Duration = -1 << 62

// Heartbeat is how a node's kubelet makes itself heard from an instant on. Its renewals of the lease and its reports that say
// nothing new are not written one by one: they follow from this.
type Heartbeat struct {
	At   time.Duration // from when on this holds
	Node string
	Gone bool // the machine is no more

	First, Period time.Duration // a renewal, before the run, and their distance
	Start         time.Duration // when the kubelet started: it renews at once; Unset: before the run
	Silent        time.Duration // since when nothing is heard; Unset: it speaks
	Heard         time.Duration // end of the last silence; Unset: there was none
	LastBeat      time.Duration // last renewal before that silence
	Reported      time.Duration // last report that said something new; Unset: no kubelet has run here
	ReportEvery   time.Duration // distance of those that do not
	LeaseSeconds  int32
}

// HeartbeatSink is a Sink that takes heartbeats too.
type HeartbeatSink interface{ Heartbeat(h *Heartbeat) error }

// Beats reports whether anybody takes heartbeats.
func (j *Journal) Beats() bool { return len(j.beats) > 0 }

// Heartbeat hands a heartbeat on. It is no entry: nothing is caused by it.
func (j *Journal) Heartbeat(h *Heartbeat) {
	for _, s := range j.beats {
		if j.err != nil {
			return
		}
		j.err = s.Heartbeat(h)
	}
}

// LastRenewal is the last renewal of the lease up to before; ok is false if there was none.
func (h *Heartbeat) LastRenewal(before time.Duration) (at time.Duration, ok bool) {
	t := before
	if h.Silent != Unset {
		t = min(t, h.Silent)
	}
	at = h.First
	if t < at {
		return 0, false
	}
	at += (t - at) / h.Period * h.Period
	if h.Start != Unset && at < h.Start && h.Start <= t {
		at = h.Start
	}
	if at < h.Heard {
		at = h.LastBeat // what fell into the silence before was not heard
	}
	return at, true
}

// LastReport is the last report of the node's status up to t; ok is false for a machine on which no kubelet has run.
func (h *Heartbeat) LastReport(t time.Duration) (at time.Duration, ok bool) {
	if h.Reported == Unset {
		return 0, false
	}
	if h.Silent != Unset {
		t = min(t, h.Silent)
	}
	return h.Reported + max(t-h.Reported, 0)/h.ReportEvery*h.ReportEvery, true
}

// Show is the Node as it is after its kubelet's last report up to t. start is the virtual wall clock at t=0.
func (h *Heartbeat) Show(n *corev1.Node, t time.Duration, start time.Time) *corev1.Node {
	at, ok := h.LastReport(t)
	if !ok {
		return n
	}
	n = n.DeepCopy()
	last := metav1.NewTime(start.Add(at).Truncate(time.Second))
	for i := range n.Status.Conditions {
		if c := &n.Status.Conditions[i]; c.LastHeartbeatTime.Before(&last) {
			c.LastHeartbeatTime = last
		}
	}
	return n
}

// Lease is the Lease of a node at t, nil if there is none. start is the virtual wall clock at t=0.
func (h *Heartbeat) Lease(n *corev1.Node, t time.Duration, start time.Time) model.Object {
	renewed, ok := h.LastRenewal(t)
	if !ok || h.Gone {
		return nil
	}
	name, seconds := n.Name, h.LeaseSeconds
	at := metav1.NewMicroTime(start.Add(max(renewed, 0)).Truncate(time.Microsecond))
	return &coordinationv1.Lease{
		TypeMeta: metav1.TypeMeta{APIVersion: "coordination.k8s.io/v1", Kind: "Lease"},
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: corev1.NamespaceNodeLease, CreationTimestamp: n.CreationTimestamp,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: name, UID: n.UID}},
		},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: &name, LeaseDurationSeconds: &seconds, RenewTime: &at},
	}
}
