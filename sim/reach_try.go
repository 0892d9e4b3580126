package sim

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"clustersim/sim/kubelet"
	"clustersim/sim/store"
)

// try connects to a pod: to the port, or with 0 to each that it listens on. ip is the address that was asked for, "" for the
// pod's own.
func (x *reach) try(p *store.Pod, port int32, ip string) {
	t := ReachTry{Pod: p.Namespace + "/" + p.Name, Node: p.NodeName}
	n, why := x.network(p)
	if ip == "" {
		ip = n.IP
	}
	if why != "" {
		t.Why, t.Address = why, address(n.IP, port)
		x.out.Tries = append(x.out.Tries, t)
		return
	}
	var down, others []string
	tried := map[int32]bool{}
	for _, s := range n.Sockets {
		switch {
		case port != 0 && s.Port != port:
			others = append(others, fmt.Sprintf("%s on %d", s.Container, s.Port))
		case s.Down != "":
			down = append(down, fmt.Sprintf("container %s, which would, %s", s.Container, s.Down))
		case !tried[s.Port]:
			tried[s.Port] = true
			t.Container, t.Address, t.Answers = s.Container, address(ip, s.Port), true
			x.out.Tries = append(x.out.Tries, t)
		}
	}
	if len(tried) > 0 {
		return
	}
	t.Address, t.Why = address(ip, port), "connection refused: nobody listens"+on(port)
	switch {
	case len(down) > 0:
		t.Why += "; " + strings.Join(down, "; ")
	case len(others) > 0:
		t.Why += " (containers that listen: " + strings.Join(others, ", ") + ")"
	default:
		t.Why += " (no container names a port, and no behaviour says that it listens)"
	}
	x.out.Tries = append(x.out.Tries, t)
}

func on(port int32) string {
	if port == 0 {
		return " on any port"
	}
	return " on port " + strconv.Itoa(int(port))
}

func address(ip string, port int32) string {
	switch {
	case ip == "":
		return ""
	case port == 0:
		return ip
	}
	if a, err := netip.ParseAddr(ip); err == nil {
		return netip.AddrPortFrom(a, uint16(port)).String()
	}
	return ip
}

// network is the pod's network, or why one cannot get there.
func (x *reach) network(p *store.Pod) (n kubelet.Network, why string) {
	if p.NodeName == "" {
		return n, "the pod has no node yet, and so no address"
	}
	if why := x.link(p.NodeName); why != "" {
		return kubelet.Network{IP: p.Status.PodIP}, why
	}
	n, ok := x.r.Kubelets.Network(p)
	if !ok {
		return n, "node " + p.NodeName + " does not run the pod"
	}
	if n.IP == "" {
		return n, "the pod has no address: its sandbox is not there yet, or not any more"
	}
	return n, ""
}

// link says why one cannot get to a node, "" if one can.
func (x *reach) link(name string) string {
	n := x.r.Kubelets.Node(name)
	here := ""
	if x.source != nil {
		here = x.source.NodeName
	}
	switch {
	case n == nil:
		return "no answer: there is no node " + name
	case !n.Powered():
		return "no answer: node " + name + " is off"
	case n.Isolated() && here != name:
		return "no answer: node " + name + " is cut off from the network"
	}
	if h := x.r.Kubelets.Node(here); here != name && h != nil && h.Isolated() {
		return "no answer: node " + here + ", where the question comes from, is cut off from the network"
	}
	return ""
}
