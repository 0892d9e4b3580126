package controller

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/util/dump"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/sim/store"
)

// endpoint is what comes of one pod for one service.
type endpoint struct {
	ports    *portSet // nil: the pod is none
	listed   bool     // has an address, and its node is there
	homeless bool     // left out because its node is not there
	value    discoveryv1.Endpoint
}

// portSet is the ports of a group of endpoints. Endpoints of different ports are kept in different slices.
type portSet struct {
	key   string
	ports []discoveryv1.EndpointPort
}

// portCache keeps the ports of a service's pods while the service stays as it is.
type portCache struct {
	service    *corev1.Service
	all        *portSet                 // where no port depends on the pod
	byTemplate map[*corev1.Pod]*portSet // else
}

// endpointOf returns the endpoint of a pod, made anew if the pod, the service or a zone has changed.
//
// Source: k8s v1.36.3 staging endpointslice/reconciler.go reconcileByAddressType, utils.go podToEndpoint,
// util/controller_utils.go ShouldPodBeInEndpoints.
func (c *endpointSlices) endpointOf(e *endpoints, m *member) *endpoint {
	if m.made == m.pod && m.service == e.service && m.zones == c.zones {
		return &m.built
	}
	m.made, m.service, m.zones, m.built = m.pod, e.service, c.zones, endpoint{}
	p, b := m.pod, &m.built
	if p.Terminal() || p.Status.PodIP == "" && len(p.Status.PodIPs) == 0 {
		return b
	}
	b.ports = e.portsOf(p)
	node := c.env.Store.Node(p.NodeName)
	if node == nil && !e.service.Spec.PublishNotReadyAddresses {
		b.homeless = true
		return b
	}
	b.value = endpointValue(p, node, e.service)
	b.listed = len(b.value.Addresses) > 0
	return b
}

func endpointValue(p *store.Pod, node *corev1.Node, s *corev1.Service) discoveryv1.Endpoint {
	serving, terminating := podReady(p), p.Deletion != nil
	ready := s.Spec.PublishNotReadyAddresses || serving && !terminating
	v := discoveryv1.Endpoint{
		Conditions: discoveryv1.EndpointConditions{Ready: &ready, Serving: &serving, Terminating: &terminating},
		TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: p.Namespace, Name: p.Name, UID: p.UID},
	}
	for _, ip := range p.Status.PodIPs {
		if a, err := netip.ParseAddr(ip.IP); err == nil && a.Unmap().Is4() {
			v.Addresses = append(v.Addresses, a.Unmap().String())
		}
	}
	slices.Sort(v.Addresses)
	if p.NodeName != "" {
		name := p.NodeName
		v.NodeName = &name
	}
	if node != nil && node.Labels[corev1.LabelTopologyZone] != "" {
		zone := node.Labels[corev1.LabelTopologyZone]
		v.Zone = &zone
	}
	if spec := p.Spec(); spec.Hostname != "" && spec.Subdomain == s.Name {
		hostname := spec.Hostname
		v.Hostname = &hostname
	}
	addHints(&v, s.Spec.TrafficDistribution)
	return v
}

// addHints says for whom a ready endpoint is meant, where the service asks for traffic to stay close.
//
// Source: k8s v1.36.3 staging endpointslice/trafficdist/trafficdist.go preferCloseHeuristic.
func addHints(v *discoveryv1.Endpoint, distribution *string) {
	if distribution == nil || !*v.Conditions.Ready {
		return
	}
	node := *distribution == corev1.ServiceTrafficDistributionPreferSameNode
	if !node && *distribution != corev1.ServiceTrafficDistributionPreferClose && *distribution != corev1.ServiceTrafficDistributionPreferSameZone {
		return
	}
	h := &discoveryv1.EndpointHints{}
	if v.Zone != nil {
		h.ForZones = []discoveryv1.ForZone{{Name: *v.Zone}}
	}
	if node && v.NodeName != nil {
		h.ForNodes = []discoveryv1.ForNode{{Name: *v.NodeName}}
	}
	if h.ForZones != nil || h.ForNodes != nil {
		v.Hints = h
	}
}

// portsOf are the ports under which the service reaches the pod.
func (e *endpoints) portsOf(p *store.Pod) *portSet {
	x := &e.ports
	if x.service != e.service {
		*x = portCache{service: e.service}
		if !slices.ContainsFunc(e.service.Spec.Ports, func(p corev1.ServicePort) bool { return p.TargetPort.Type == intstr.String }) {
			x.all = newPortSet(endpointPorts(e.service, p.Spec()))
		} else {
			x.byTemplate = map[*corev1.Pod]*portSet{}
		}
	}
	if x.all != nil {
		return x.all
	}
	if x.byTemplate[p.Template] == nil {
		x.byTemplate[p.Template] = newPortSet(endpointPorts(e.service, p.Spec()))
	}
	return x.byTemplate[p.Template]
}

// endpointPorts resolves the service's ports in a pod. A port whose name no container has is left out.
//
// Source: k8s v1.36.3 staging endpointslice/utils.go getEndpointPorts, FindPort.
func endpointPorts(s *corev1.Service, spec *corev1.PodSpec) []discoveryv1.EndpointPort {
	var out []discoveryv1.EndpointPort
	for i := range s.Spec.Ports {
		p := &s.Spec.Ports[i]
		number, ok := p.TargetPort.IntVal, true
		if p.TargetPort.Type == intstr.String {
			number, ok = namedPort(spec, p.TargetPort.StrVal, p.Protocol)
		}
		if ok {
			name, protocol := p.Name, p.Protocol
			out = append(out, discoveryv1.EndpointPort{Name: &name, Port: &number, Protocol: &protocol, AppProtocol: p.AppProtocol})
		}
	}
	return out
}

// namedPort finds the port of that name in the containers and then in the sidecars.
func namedPort(spec *corev1.PodSpec, name string, protocol corev1.Protocol) (int32, bool) {
	find := func(c *corev1.Container) (int32, bool) {
		for _, p := range c.Ports {
			if p.Name == name && p.Protocol == protocol {
				return p.ContainerPort, true
			}
		}
		return 0, false
	}
	for i := range spec.Containers {
		if n, ok := find(&spec.Containers[i]); ok {
			return n, true
		}
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		if c.RestartPolicy == nil || *c.RestartPolicy != corev1.ContainerRestartPolicyAlways {
			continue
		}
		if n, ok := find(c); ok {
			return n, true
		}
	}
	return 0, false
}

// newPortSet sorts the ports by their hashes, as upstream does, and names the set.
//
// Source: k8s v1.36.3 staging endpointslice/util/controller_utils.go NewPortMapKey, portsInOrder.
func newPortSet(ports []discoveryv1.EndpointPort) *portSet {
	ports = slices.Clone(ports)
	slices.SortStableFunc(ports, func(a, b discoveryv1.EndpointPort) int { return strings.Compare(hashPort(a), hashPort(b)) })
	var key strings.Builder
	for _, p := range ports {
		fmt.Fprintf(&key, "%q %d %q %q;", value(p.Name), value(p.Port), value(p.Protocol), value(p.AppProtocol))
	}
	return &portSet{key.String(), ports}
}

func hashPort(p discoveryv1.EndpointPort) string {
	h := fnv.New128a()
	fmt.Fprint(h, dump.ForHash(p))
	return hex.EncodeToString(h.Sum(nil))
}

// value is what the pointer points to, or the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// sameEndpoint reports whether two endpoints stand for the same pod under the same address.
//
// Source: k8s v1.36.3 staging endpointslice/util/endpointset.go hashEndpoint.
func sameEndpoint(a, b *discoveryv1.Endpoint) bool {
	return slices.Equal(a.Addresses, b.Addresses) && value(a.Hostname) == value(b.Hostname) && a.TargetRef != nil && b.TargetRef != nil &&
		a.TargetRef.Name == b.TargetRef.Name && a.TargetRef.Namespace == b.TargetRef.Namespace
}

// equalEndpoints reports whether two endpoints of the same pod say the same of it.
//
// Source: k8s v1.36.3 controller_utils.go EndpointsEqualBeyondHash; trafficdist.go needsUpdate.
func equalEndpoints(a, b *discoveryv1.Endpoint) bool {
	if a.TargetRef == b.TargetRef {
		return true // one was copied from the other
	}
	return samePointee(a.NodeName, b.NodeName) && samePointee(a.Zone, b.Zone) && samePointee(a.Conditions.Ready, b.Conditions.Ready) &&
		samePointee(a.Conditions.Serving, b.Conditions.Serving) && samePointee(a.Conditions.Terminating, b.Conditions.Terminating) &&
		a.TargetRef.Kind == b.TargetRef.Kind && a.TargetRef.UID == b.TargetRef.UID && sameHints(a, b)
}

func samePointee[T comparable](a, b *T) bool { return (a == nil) == (b == nil) && value(a) == value(b) }

// sameHints compares what ready endpoints are meant for.
func sameHints(a, b *discoveryv1.Endpoint) bool {
	if !value(a.Conditions.Ready) {
		return true
	}
	var none discoveryv1.EndpointHints
	x, y := a.Hints, b.Hints
	if x == nil {
		x = &none
	}
	if y == nil {
		y = &none
	}
	return slices.Equal(x.ForZones, y.ForZones) && slices.Equal(x.ForNodes, y.ForNodes)
}
