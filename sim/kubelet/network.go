package kubelet

import (
	"fmt"
	"slices"

	"clustersim/sim/store"
)

// Socket is a port of a pod that one of its containers listens on, or would listen on if it ran.
type Socket struct {
	Container string
	Port      int32
	// Down says why nobody answers there, "" if the process is there.
	Down string
}

// Network is what is so of a pod's network, whatever the API server knows of it.
type Network struct {
	IP      string // "" = the pod has none: its sandbox is not there yet, or not any more
	Sockets []Socket
}

// Network of a pod as its node has it now. ok is false if the node does not know the pod.
func (k *Kubelets) Network(p *store.Pod) (n Network, ok bool) {
	node := k.nodes[p.NodeName]
	if node == nil || node.workers[p.UID] == nil {
		return Network{}, false
	}
	w := node.workers[p.UID]
	if w.sandbox.exists() && w.sandbox.stopped == never {
		n.IP = w.sandbox.ip
	}
	for i := range w.containers {
		c := &w.containers[i]
		if c.spec.plainInit() && !c.newest.running() {
			continue // it is over, or has not begun: nobody expects it to listen
		}
		for _, port := range listens(c) {
			n.Sockets = append(n.Sockets, Socket{c.spec.Name, port, c.down()})
		}
	}
	return n, true
}

// Running reports whether a container of a pod runs, as its node has it; why says what it does instead.
func (k *Kubelets) Running(p *store.Pod, name string) (running bool, why string) {
	node := k.nodes[p.NodeName]
	switch {
	case node == nil:
		return false, "does not run: the pod has no node"
	case !node.power:
		return false, "does not run: node " + p.NodeName + " is off"
	case node.workers[p.UID] == nil:
		return false, "does not run: node " + p.NodeName + " does not run the pod"
	}
	w := node.workers[p.UID]
	i := slices.IndexFunc(w.containers, func(c container) bool { return c.spec.Name == name })
	if i < 0 {
		return false, "the pod has no such container"
	}
	why = w.containers[i].down()
	return why == "", why
}

// down says why the container's process is not there, "" if it is.
func (c *container) down() string {
	switch i := c.newest; {
	case i.running():
		return ""
	case i == nil || i.started == never && i.finished == never:
		return "has not started"
	default:
		return fmt.Sprintf("has ended with exit code %d", i.exitCode)
	}
}

// Isolated reports whether the machine is cut off from the network.
func (n *Node) Isolated() bool { return n.cut }

// IP is the machine's own address.
func (n *Node) IP() string { return n.ip }
