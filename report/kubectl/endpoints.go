package kubectl

import (
	"net"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func endpointsCells(now time.Time, e *corev1.Endpoints) []string {
	if len(e.Subsets) == 0 {
		return []string{e.Name, "<none>", age(now, e.CreationTimestamp)}
	}
	list := []string{}
	for _, subset := range e.Subsets {
		if len(subset.Ports) == 0 {
			list = append(list, addresses(subset.Addresses)...)
		}
		for _, p := range subset.Ports {
			for _, a := range addresses(subset.Addresses) {
				list = append(list, net.JoinHostPort(a, strconv.Itoa(int(p.Port))))
			}
		}
	}
	return []string{e.Name, firstThree(list), age(now, e.CreationTimestamp)}
}

func addresses(list []corev1.EndpointAddress) []string {
	ips := []string{}
	for _, a := range list {
		ips = append(ips, a.IP)
	}
	return ips
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeEndpoints.
func describeEndpoints(s *sheet, e *corev1.Endpoints) {
	s.head(e)
	s.line(0, "Subsets:")
	for _, subset := range e.Subsets {
		s.line(1, "Addresses:\t%s", orNone(strings.Join(addresses(subset.Addresses), ",")))
		s.line(1, "NotReadyAddresses:\t%s", orNone(strings.Join(addresses(subset.NotReadyAddresses), ",")))
		if len(subset.Ports) > 0 {
			s.line(1, "Ports:")
			s.line(2, "Name\tPort\tProtocol")
			s.line(2, "----\t----\t--------")
			for _, p := range subset.Ports {
				name := p.Name
				if name == "" {
					name = "<unset>"
				}
				s.line(2, "%s\t%d\t%s", name, p.Port, p.Protocol)
			}
		}
		s.line(0, "")
	}
	s.events(e)
}
