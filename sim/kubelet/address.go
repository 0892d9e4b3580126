package kubelet

import (
	"fmt"
	"strconv"

	"clustersim/sim/store"
)

// Addresses: every node has 254 of its own for pods, as with a /24 out of 10.244.0.0/16, and as many nodes as a run may have
// stay apart from each other and from the Services' 10.96.0.0/12.

// hostIP is the address of the machine with that index.
func hostIP(index int) string {
	n := index + 2
	if n < 1<<16 {
		return fmt.Sprintf("192.168.%d.%d", n>>8, n&255)
	}
	n -= 1 << 16
	return fmt.Sprintf("172.%d.%d.%d", 16+n>>16, n>>8&255, n&255)
}

// podRange is the first three bytes of the pod addresses of the machine with that index.
func podRange(index int) string {
	const up, down = 256 - 244, 244 - 128 // how many second bytes there are from 244 on, and before it
	block, last := index>>8, index&255
	switch {
	case block < up:
		return fmt.Sprintf("10.%d.%d", 244+block, last)
	case block < up+down:
		return fmt.Sprintf("10.%d.%d", 128+block-up, last)
	}
	block -= up + down
	return fmt.Sprintf("%d.%d.%d", 11+block>>8, block&255, last)
}

// podAddresses is how many pods of a node can have an address of their own: .0, .1 and .255 are taken.
const podAddresses = 253

// newIP gives the pod its IP: the node's for hostNetwork, else the next of the node's range that no sandbox holds.
//
// Differs: where all are held, the next one is given twice; upstream the sandbox could not be created.
func (n *Node) newIP(p *store.Pod) (ip string) {
	if p.Spec().HostNetwork {
		return n.ip
	}
	if n.podRange == "" {
		n.podRange = podRange(n.index)
	}
	for range podAddresses {
		ip = n.podRange + "." + strconv.Itoa(int(n.nextIP%podAddresses+2))
		n.nextIP++
		if !n.holds(ip) {
			break
		}
	}
	return ip
}

// holds reports whether a pod of the node has that address.
func (n *Node) holds(ip string) bool {
	for _, w := range n.order {
		if w.sandbox.ip == ip && w.sandbox.stopped == never {
			return true
		}
	}
	return false
}
