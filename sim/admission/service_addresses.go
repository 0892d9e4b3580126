package admission

import (
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// What the API server has to give to services: kubeadm's range of cluster IPs, and the range of node ports. Addresses
// below the offset are kept for services that ask for one by number, as long as there are others.
//
// Source: k8s v1.36.3 cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go DefaultServicesSubnet,
// pkg/kubeapiserver/options/options.go DefaultServiceNodePortRange,
// pkg/registry/core/service/{ipallocator,portallocator} calculateRangeOffset.
const (
	serviceOffset  = 256 // of the cluster IPs, counted from the first: min(max(16, size/16), 256)
	nodePortBase   = 30000
	nodePortCount  = 2768
	nodePortOffset = 86 // min(max(16, size/32), 128)
	nodePortRange  = "30000-32767"
)

var serviceRange = netip.MustParsePrefix("10.96.0.0/12")

// addresses knows which cluster IPs and node ports services hold.
type addresses struct {
	seed  uint64
	ips   map[netip.Addr]int
	ports map[int32]int
	lives map[string]uint64 // draws made for a name
}

func newAddresses(seed uint64) *addresses {
	return &addresses{seed: seed, ips: map[netip.Addr]int{}, ports: map[int32]int{}, lives: map[string]uint64{}}
}

// observe follows a change of a service.
func (x *addresses) observe(c *store.Change) {
	if old, ok := c.Old.(*store.Generic); ok {
		x.count(old.API().(*corev1.Service), -1)
	}
	if c.Verb != journal.Deleted {
		x.count(c.New.API().(*corev1.Service), 1)
	}
}

func (x *addresses) count(s *corev1.Service, n int) {
	for _, ip := range s.Spec.ClusterIPs {
		if a, err := netip.ParseAddr(ip); err == nil {
			change(x.ips, a, n)
		}
	}
	for p := range nodePortsOf(s) { // unordered: counts
		change(x.ports, p, n)
	}
}

func change[K comparable](m map[K]int, key K, n int) {
	if m[key] += n; m[key] <= 0 {
		delete(m, key)
	}
}

// nodePortsOf are the node ports that the service holds, that of its health check included.
func nodePortsOf(s *corev1.Service) map[int32]bool {
	out := map[int32]bool{}
	for _, p := range s.Spec.Ports {
		if p.NodePort != 0 {
			out[p.NodePort] = true
		}
	}
	if s.Spec.HealthCheckNodePort != 0 {
		out[s.Spec.HealthCheckNodePort] = true
	}
	return out
}

// draw is a number below n, for the what of an object of that name. The next draw for it is another.
func (x *addresses) draw(what string, n uint64) uint64 {
	life := x.lives[what]
	x.lives[what] = life + 1
	return engine.DrawBits(x.seed, engine.HashString("service/"+what), life) % n
}

// nextIP returns a free cluster IP: one drawn for the service from the upper part of the range, or the first free one
// after it. ok is false if there is none.
func (x *addresses) nextIP(service string) (ip netip.Addr, ok bool) {
	first := serviceRange.Masked().Addr().Next()
	size := uint64(1)<<(32-serviceRange.Bits()) - 2
	find := func(from, n uint64) (netip.Addr, bool) {
		start := x.draw("ip/"+service, n)
		for i := range n {
			if a := addTo(first, from+(start+i)%n); x.ips[a] == 0 {
				return a, true
			}
		}
		return netip.Addr{}, false
	}
	if ip, ok = find(serviceOffset, size-serviceOffset); ok {
		return ip, true
	}
	return find(0, serviceOffset)
}

// addTo is the n-th IPv4 address after a.
func addTo(a netip.Addr, n uint64) netip.Addr {
	b := a.As4()
	v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	v += uint32(n)
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// checkIP says why the service cannot have that cluster IP, "" if it can.
func (x *addresses) checkIP(text string) string {
	ip, err := netip.ParseAddr(text)
	first := serviceRange.Masked().Addr()
	switch {
	case err != nil || !serviceRange.Contains(ip) || ip == first || ip == addTo(first, uint64(1)<<(32-serviceRange.Bits())-1):
		return "the provided network does not match the current range"
	case x.ips[ip] > 0:
		return "provided IP is already allocated"
	}
	return ""
}

// nextPort returns a free node port, taken counting as not free. ok is false if there is none.
func (x *addresses) nextPort(service string, taken map[int32]bool) (port int32, ok bool) {
	find := func(from, n uint64) (int32, bool) {
		start := x.draw("port/"+service, n)
		for i := range n {
			if p := int32(nodePortBase + from + (start+i)%n); x.ports[p] == 0 && !taken[p] {
				return p, true
			}
		}
		return 0, false
	}
	if port, ok = find(nodePortOffset, nodePortCount-nodePortOffset); ok {
		return port, true
	}
	return find(0, nodePortOffset)
}

// checkPort says why the service cannot have that node port, nil if it can.
func (x *addresses) checkPort(p int32, taken map[int32]bool) error {
	switch {
	case p < nodePortBase || p >= nodePortBase+nodePortCount:
		return fmt.Errorf("provided port is not in the valid range. The range of valid ports is %s", nodePortRange)
	case x.ports[p] > 0 || taken[p]:
		return fmt.Errorf("provided port is already allocated")
	}
	return nil
}
