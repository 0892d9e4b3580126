package kubelet

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// usage is what the admitted pods of a node hold of it.
type usage struct {
	pods      int64
	resources map[corev1.ResourceName]int64
	ports     map[string]int
}

// amount is a quantity as the kubelet counts it: cpu in milli units, everything else whole.
func amount(name corev1.ResourceName, l corev1.ResourceList) int64 {
	q := l[name]
	if name == corev1.ResourceCPU {
		return q.MilliValue()
	}
	return q.Value()
}

func (u *usage) add(w *worker) {
	if u.resources == nil {
		u.resources, u.ports = map[corev1.ResourceName]int64{}, map[string]int{}
	}
	u.pods++
	for name := range w.requests() { // unordered: sums
		u.resources[name] += amount(name, w.requests())
	}
	for _, p := range hostPorts(w.pod.Spec()) {
		u.ports[p]++
	}
}

func (u *usage) remove(w *worker) {
	u.pods--
	for name := range w.requests() { // unordered: sums
		u.resources[name] -= amount(name, w.requests())
	}
	for _, p := range hostPorts(w.pod.Spec()) {
		u.ports[p]--
	}
}

func (w *worker) requests() corev1.ResourceList { return w.spec.resources.Requests }

func hostPorts(s *corev1.PodSpec) (out []string) {
	for i := range s.Containers {
		for _, p := range s.Containers[i].Ports {
			if p.HostPort > 0 {
				out = append(out, fmt.Sprintf("%s/%s/%d", p.HostIP, p.Protocol, p.HostPort))
			}
		}
	}
	return out
}

// admit decides whether the kubelet takes the pod, and if not, why.
//
// Source: k8s v1.36.3 pkg/kubelet/lifecycle/predicate.go generalFilter.
// Differs: critical pods do not preempt others; sysctl, AppArmor and device handlers are not simulated.
func (n *Node) admit(w *worker) (reason, message string) {
	if n.stopping != nil {
		return reasonRejected, messageRejected
	}
	spec := w.pod.Spec()
	o := n.k.store.Node(n.name)
	if o == nil || w.static != nil {
		w.admitted = true
		n.usage.add(w)
		return "", ""
	}
	if reason, message = n.admitUnderPressure(w); reason != "" {
		return reason, message
	}
	if reason, message = n.admitResources(w, o.Status.Allocatable); reason != "" {
		return reason, message
	}
	if ok, err := nodeaffinity.GetRequiredNodeAffinity(&corev1.Pod{Spec: *spec}).Match(o); err != nil || !ok {
		return "NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
	}
	for _, p := range hostPorts(spec) {
		if n.usage.ports[p] > 0 {
			return "NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
		}
	}
	for i := range o.Spec.Taints {
		t := &o.Spec.Taints[i]
		if t.Effect == corev1.TaintEffectNoExecute && !slices.ContainsFunc(spec.Tolerations, func(tol corev1.Toleration) bool { return tolerates(&tol, t) }) {
			return "TaintToleration", "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"
		}
	}
	w.admitted = true
	n.usage.add(w)
	return "", ""
}

// tolerates reports whether a toleration matches a taint.
//
// Source: k8s v1.36.3 staging api/core/v1/toleration.go ToleratesTaint (without the alpha operators).
func tolerates(tol *corev1.Toleration, t *corev1.Taint) bool {
	if tol.Effect != "" && tol.Effect != t.Effect || tol.Key != "" && tol.Key != t.Key {
		return false
	}
	return tol.Operator == corev1.TolerationOpExists || tol.Value == t.Value
}

func (n *Node) admitResources(w *worker, allocatable corev1.ResourceList) (reason, message string) {
	short := func(name corev1.ResourceName, requested, used, capacity int64) (string, string) {
		return "OutOf" + string(name), fmt.Sprintf("Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d", name, requested, used, capacity)
	}
	if most := amount(corev1.ResourcePods, allocatable); n.usage.pods+1 > most {
		return short(corev1.ResourcePods, 1, n.usage.pods, most)
	}
	requests := w.requests()
	for _, name := range sortedResources(requests) {
		want, used, most := amount(name, requests), n.usage.resources[name], amount(name, allocatable)
		if want > 0 && want > most-used {
			return short(name, want, used, most)
		}
	}
	return "", ""
}

// sortedResources lists cpu, memory and ephemeral-storage first, as the filter looks at them, then the rest by name.
func sortedResources(l corev1.ResourceList) []corev1.ResourceName {
	names := make([]corev1.ResourceName, 0, len(l))
	for name := range l { // unordered: sorted below
		names = append(names, name)
	}
	first := []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage}
	slices.SortFunc(names, func(a, b corev1.ResourceName) int {
		i, j := slices.Index(first, a), slices.Index(first, b)
		switch {
		case i >= 0 && j >= 0:
			return i - j
		case i >= 0:
			return -1
		case j >= 0:
			return 1
		}
		return strings.Compare(string(a), string(b))
	})
	return names
}

// reject fails a pod that the kubelet does not take. It is never tried again.
//
// Source: k8s v1.36.3 pkg/kubelet/kubelet.go rejectPod.
func (n *Node) reject(w *worker, reason, message string) {
	w.eventBy(rule.PodRefused, "", record.Warning, reason, message)
	st := corev1.PodStatus{
		Phase: corev1.PodFailed, Reason: reason, Message: "Pod was rejected: " + message,
		QOSClass: w.pod.Status.QOSClass, ObservedGeneration: w.observedGeneration(),
	}
	for _, c := range w.pod.Status.Conditions {
		if !ownsCondition(c.Type) {
			st.Conditions = append(st.Conditions, c)
		}
	}
	w.mode = terminated // no container may run: the phase is not withheld
	w.setStatus(st, false)
	w.mode = finished
	w.status.done = true
}

// isMirror reports whether the pod is the API's image of a static pod.
func isMirror(p *store.Pod) bool {
	_, ok := p.AnnotationSet()[corev1.MirrorPodAnnotationKey]
	return ok
}
