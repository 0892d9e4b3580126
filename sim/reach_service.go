package sim

import (
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

var sliceKind = model.FindKind("EndpointSlice")

// toService goes through kube-proxy's rules, or with a headless Service through DNS.
func (x *reach) toService(name, port string) error {
	s := x.service(name)
	if s == nil {
		return store.NotFound(model.Service, name)
	}
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		x.out.Why = "service " + name + " is a name for " + s.Spec.ExternalName + ", outside of the cluster"
		return nil
	}
	ports := matching(s, port)
	if len(ports) == 0 {
		x.out.Why = fmt.Sprintf("service %s has no port %s (it has %s)", name, port, listPorts(s))
		return nil
	}
	headless := s.Spec.ClusterIP == corev1.ClusterIPNone
	if headless {
		x.out.Path = append(x.out.Path, "service "+name+" is headless: DNS answers with the addresses of its endpoints")
	} else {
		x.out.Address = address(s.Spec.ClusterIP, ports[0].Port)
	}
	local := s.Spec.InternalTrafficPolicy != nil && *s.Spec.InternalTrafficPolicy == corev1.ServiceInternalTrafficPolicyLocal
	for i := range ports {
		node := ""
		if local && x.source != nil {
			node = x.source.NodeName
		}
		x.throughSlices(s, &ports[i], node, headless)
	}
	return nil
}

// matching are the ports of a Service that are asked for by number or by name, all of them with "".
func matching(s *corev1.Service, port string) (out []corev1.ServicePort) {
	for _, p := range s.Spec.Ports {
		if port == "" || p.Name == port || strconv.Itoa(int(p.Port)) == port {
			out = append(out, p)
		}
	}
	return out
}

func listPorts(s *corev1.Service) (text string) {
	for i, p := range s.Spec.Ports {
		if i > 0 {
			text += ", "
		}
		text += strconv.Itoa(int(p.Port))
		if p.Name != "" {
			text += " " + p.Name
		}
	}
	if text == "" {
		return "none"
	}
	return text
}

// backend is an endpoint with the port that a Service's port leads to.
type backend struct {
	discoveryv1.Endpoint
	port int32
}

// throughSlices tries the endpoints that a connection to a port may come to: those that are ready or, if none is, those that
// terminate and still serve. node, if given, is the only one whose endpoints count.
//
// Source: k8s v1.36.3 pkg/proxy/topology.go CategorizeEndpoints.
func (x *reach) throughSlices(s *corev1.Service, port *corev1.ServicePort, node string, headless bool) {
	var all []backend
	for _, o := range x.r.Store.List(sliceKind) {
		if sl := o.API().(*discoveryv1.EndpointSlice); sl.Namespace == s.Namespace && sl.Labels[discoveryv1.LabelServiceName] == s.Name {
			all = append(all, backends(sl, port.Name)...)
		}
	}
	slices.SortStableFunc(all, func(a, b backend) int { return slices.Compare(a.Addresses, b.Addresses) })
	if node != "" {
		before := len(all)
		all = slices.DeleteFunc(all, func(b backend) bool { return b.NodeName == nil || *b.NodeName != node })
		x.out.Path = append(x.out.Path, fmt.Sprintf("traffic policy Local: of %s, %d on node %s", endpoints(before), len(all), node))
	}
	usable := ready(all)
	x.out.Path = append(x.out.Path, fmt.Sprintf("EndpointSlices of service %s: %s for port %d, %d ready", s.Name, endpoints(len(all)), port.Port, len(usable)))
	if len(usable) == 0 && !headless {
		if usable = stillServing(all); len(usable) > 0 {
			x.out.Path = append(x.out.Path, fmt.Sprintf("none is ready: the %d that terminate and still serve stand in", len(usable)))
		}
	}
	if len(usable) == 0 {
		x.unusable(s, all)
		return
	}
	for i := range usable {
		x.tryBackend(s.Namespace, &usable[i])
	}
}

func endpoints(n int) string {
	if n == 1 {
		return "1 endpoint"
	}
	return strconv.Itoa(n) + " endpoints"
}

func backends(s *discoveryv1.EndpointSlice, port string) (out []backend) {
	for _, p := range s.Ports {
		if p.Name != nil && *p.Name != port || p.Name == nil && port != "" || p.Port == nil {
			continue
		}
		for _, e := range s.Endpoints {
			out = append(out, backend{e, *p.Port})
		}
	}
	return out
}

func ready(all []backend) (out []backend) {
	for _, b := range all {
		if b.Conditions.Ready == nil || *b.Conditions.Ready {
			out = append(out, b)
		}
	}
	return out
}

func stillServing(all []backend) (out []backend) {
	yes := func(b *bool) bool { return b != nil && *b }
	for _, b := range all {
		if yes(b.Conditions.Serving) && yes(b.Conditions.Terminating) {
			out = append(out, b)
		}
	}
	return out
}

// unusable says why a Service leads nowhere.
func (x *reach) unusable(s *corev1.Service, all []backend) {
	why := "connection refused: service " + s.Name + " has no endpoints"
	if len(all) > 0 {
		why = "connection refused: no endpoint of service " + s.Name + " is ready"
	} else if len(s.Spec.Selector) == 0 {
		why += " (it has no selector)"
	}
	x.out.Why = why
	for i := range all {
		t := ReachTry{Address: address(all[i].Addresses[0], all[i].port), Why: "not ready: no connection comes here"}
		if ref := all[i].TargetRef; ref != nil {
			t.Pod = s.Namespace + "/" + ref.Name
		}
		if n := all[i].NodeName; n != nil {
			t.Node = *n
		}
		x.out.Tries = append(x.out.Tries, t)
	}
}

// tryBackend tries one endpoint.
func (x *reach) tryBackend(namespace string, b *backend) {
	ref := b.TargetRef
	if ref == nil || ref.Kind != model.Pod.Name {
		x.out.Tries = append(x.out.Tries, ReachTry{Address: address(b.Addresses[0], b.port), Why: "not a pod: what is there is not simulated"})
		return
	}
	p := x.r.Store.Pod(store.Key{Namespace: namespace, Name: ref.Name})
	if p == nil || p.UID != ref.UID {
		x.out.Tries = append(x.out.Tries, ReachTry{Pod: namespace + "/" + ref.Name, Address: address(b.Addresses[0], b.port), Why: "no answer: the pod is gone"})
		return
	}
	x.try(p, b.port, "")
}

// toNode tries a port of a machine: a NodePort, a hostPort, or a pod in the machine's own network.
func (x *reach) toNode(name string, port int32) error {
	n := x.r.Kubelets.Node(name)
	if n == nil {
		return store.NotFound(model.Node, name)
	}
	if port == 0 {
		return fmt.Errorf("node/%s: needs a port, as in node/%s:30080", name, name)
	}
	x.out.Address = address(n.IP(), port)
	if why := x.link(name); why != "" {
		x.out.Why = why
		return nil
	}
	for _, o := range x.r.Store.List(model.Service) {
		if s := o.API().(*corev1.Service); x.nodePort(s, name, port) {
			return nil
		}
	}
	for _, o := range x.r.Store.List(model.Pod) {
		p := o.(*store.Pod)
		if p.NodeName != name {
			continue
		}
		for _, c := range containersOf(p.Spec()) {
			for _, cp := range c.Ports {
				if cp.HostPort == port && !p.Spec().HostNetwork {
					x.out.Path = append(x.out.Path, fmt.Sprintf("hostPort %d of pod/%s leads to its port %d", port, p.Name, cp.ContainerPort))
					x.try(p, cp.ContainerPort, "")
				}
			}
		}
		if p.Spec().HostNetwork && x.listensOn(p, port) {
			x.out.Path = append(x.out.Path, "pod/"+p.Name+" has the network of its node")
			x.try(p, port, n.IP())
		}
	}
	if len(x.out.Tries) == 0 {
		x.out.Why = fmt.Sprintf("connection refused: no NodePort, no hostPort and no pod in the node's network has port %d on node %s", port, name)
	}
	return nil
}

// nodePort tries a Service if the port is one of its NodePorts.
func (x *reach) nodePort(s *corev1.Service, node string, port int32) bool {
	for i := range s.Spec.Ports {
		if s.Spec.Ports[i].NodePort != port {
			continue
		}
		x.out.Path = append(x.out.Path, fmt.Sprintf("NodePort %d is port %d of service %s, on every node", port, s.Spec.Ports[i].Port, s.Name))
		only := ""
		if s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal {
			only = node
		}
		x.throughSlices(s, &s.Spec.Ports[i], only, false)
		return true
	}
	return false
}

func (x *reach) listensOn(p *store.Pod, port int32) bool {
	n, _ := x.r.Kubelets.Network(p)
	for _, s := range n.Sockets {
		if s.Port == port {
			return true
		}
	}
	return false
}
