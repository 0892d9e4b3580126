package invariant

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// nodeRules hold for what shares a node or the network.
var nodeRules = []Rule{
	{"node-room", "what runs on a node has room in its allocatable", checkRoom},
	{"node-exists", "a pod is bound to a node that is there, or went a moment ago", checkNodeExists},
	{"node-ports", "a host port has one user on a node", checkPorts},
	{"pod-ip", "no two running pods have one IP", checkIP},
	{"service-ip", "no two Services have one ClusterIP or node port", checkService},
}

// begins reports whether the step is a pod's that runs from now on. One that was there at the beginning is taken as it is.
func (s *step) begins() bool {
	return s.podOld != nil && s.Verb == journal.Modified && s.pod.Status.Phase == corev1.PodRunning && s.podOld.Status.Phase != corev1.PodRunning
}

func checkRoom(c *Checker, s *step) string {
	if s.pod == nil || !s.begins() {
		return ""
	}
	node, ok := c.node(s.pod.NodeName)
	if !ok {
		return ""
	}
	room := node.Status.Allocatable.DeepCopy()
	pods := room[corev1.ResourcePods]
	take := func(p *store.Pod) {
		for name, q := range model.PodRequests(p.Spec()) { // unordered: a sum for each resource
			if have, ok := room[name]; ok {
				have.Sub(q)
				room[name] = have
			}
		}
		pods.Sub(*resource.NewQuantity(1, resource.DecimalSI))
	}
	take(s.pod)
	for e := range c.nodes[s.pod.NodeName] { // unordered: a sum
		if e != s.existing && e.pod.Status.Phase == corev1.PodRunning {
			take(e.pod)
		}
	}
	room[corev1.ResourcePods] = pods
	for _, name := range [...]corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage, corev1.ResourcePods} {
		if left, ok := room[name]; ok && left.Sign() < 0 {
			left.Neg()
			return fmt.Sprintf("node %s lacks %s of %s for what runs on it", s.pod.NodeName, left.String(), name)
		}
	}
	return ""
}

// node returns the Node of that name.
func (c *Checker) node(name string) (*corev1.Node, bool) {
	e := c.live[id{model.Node, store.Key{Name: name}}]
	if e == nil {
		return nil, false
	}
	n, ok := e.api.(*corev1.Node)
	return n, ok
}

func checkNodeExists(c *Checker, s *step) string {
	if s.podOld == nil || s.podOld.NodeName != "" || s.pod.NodeName == "" {
		return ""
	}
	if _, ok := c.node(s.pod.NodeName); ok {
		return ""
	}
	if went, ok := c.missing[s.pod.NodeName]; ok && s.At-went <= lag {
		return ""
	}
	return fmt.Sprintf("bound to %q, which is not there", s.pod.NodeName)
}

func checkPorts(c *Checker, s *step) string {
	if s.pod == nil || !s.begins() {
		return ""
	}
	for _, p := range hostPorts(s.pod) {
		for e := range c.nodes[s.pod.NodeName] { // unordered: there is at most one
			if e == s.existing || e.pod.Status.Phase != corev1.PodRunning {
				continue
			}
			for _, o := range hostPorts(e.pod) {
				if p.HostPort == o.HostPort && p.Protocol == o.Protocol && (anyIP(p.HostIP) || anyIP(o.HostIP) || p.HostIP == o.HostIP) {
					return fmt.Sprintf("port %d of node %s belongs to %s", p.HostPort, s.pod.NodeName, e.pod.Key())
				}
			}
		}
	}
	return ""
}

func anyIP(ip string) bool { return ip == "" || ip == "0.0.0.0" || ip == "::" }

func hostPorts(p *store.Pod) (ports []corev1.ContainerPort) {
	spec := p.Spec()
	take := func(c *corev1.Container) {
		for _, port := range c.Ports {
			if port.HostPort > 0 {
				ports = append(ports, port)
			}
		}
	}
	for i := range spec.InitContainers {
		if isSidecar(&spec.InitContainers[i]) {
			take(&spec.InitContainers[i])
		}
	}
	for i := range spec.Containers {
		take(&spec.Containers[i])
	}
	return ports
}

func checkIP(c *Checker, s *step) string {
	if s.pod == nil || s.pod.Status.PodIP == "" || s.pod.Spec().HostNetwork || s.pod.Status.Phase != corev1.PodRunning {
		return ""
	}
	if s.podOld == nil || s.podOld.Status.PodIP == s.pod.Status.PodIP {
		return ""
	}
	for e := range c.ips[s.pod.Status.PodIP] { // unordered: there is at most one
		if e != s.existing && e.pod.Status.Phase == corev1.PodRunning && !e.pod.Spec().HostNetwork {
			return fmt.Sprintf("IP %s belongs to %s", s.pod.Status.PodIP, e.pod.Key())
		}
	}
	return ""
}

func checkService(c *Checker, s *step) string {
	if s.Object.Kind() != model.Service || s.Verb == journal.Deleted {
		return ""
	}
	for _, a := range addresses(s.api) {
		for e := range c.service[a] { // unordered: there is at most one
			if e != s.existing {
				return fmt.Sprintf("%s belongs to %s too", a, e.api.GetName())
			}
		}
	}
	return ""
}

// addresses are what no two Services may share.
func addresses(o model.Object) (list []string) {
	svc, ok := o.(*corev1.Service)
	if !ok {
		return nil
	}
	for _, ip := range svc.Spec.ClusterIPs {
		if ip != "" && ip != corev1.ClusterIPNone {
			list = append(list, "ClusterIP "+ip)
		}
	}
	for _, p := range svc.Spec.Ports {
		if p.NodePort > 0 {
			list = append(list, fmt.Sprintf("node port %d/%s", p.NodePort, p.Protocol))
		}
	}
	return list
}
