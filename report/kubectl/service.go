package kubectl

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/model"
)

// Source: k8s v1.36.3 pkg/printers/internalversion/printers.go printService.
func serviceCells(now time.Time, x *corev1.Service) []string {
	ip := "<none>"
	if len(x.Spec.ClusterIPs) > 0 {
		ip = x.Spec.ClusterIPs[0]
	}
	ports := []string{}
	for _, p := range x.Spec.Ports {
		if p.NodePort > 0 {
			ports = append(ports, fmt.Sprintf("%d:%d/%s", p.Port, p.NodePort, p.Protocol))
		} else {
			ports = append(ports, fmt.Sprintf("%d/%s", p.Port, p.Protocol))
		}
	}
	return []string{x.Name, string(x.Spec.Type), ip, externalIP(x), orNone(strings.Join(ports, ",")), age(now, x.CreationTimestamp), formatLabels(x.Spec.Selector)}
}

func externalIP(x *corev1.Service) string {
	switch x.Spec.Type {
	case corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort:
		return orNone(strings.Join(x.Spec.ExternalIPs, ","))
	case corev1.ServiceTypeLoadBalancer:
		set := map[string]bool{}
		for _, i := range x.Status.LoadBalancer.Ingress {
			if i.IP != "" {
				set[i.IP] = true
			} else if i.Hostname != "" {
				set[i.Hostname] = true
			}
		}
		if all := append(sortedKeys(set), x.Spec.ExternalIPs...); len(all) > 0 {
			return strings.Join(all, ",")
		}
		return "<pending>"
	case corev1.ServiceTypeExternalName:
		return x.Spec.ExternalName
	}
	return "<unknown>"
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeService.
func describeService(s *sheet, x *corev1.Service) {
	s.head(x)
	s.line(0, "Selector:\t%s", formatLabels(x.Spec.Selector))
	s.line(0, "Type:\t%s", x.Spec.Type)
	if x.Spec.IPFamilyPolicy != nil {
		s.line(0, "IP Family Policy:\t%s", *x.Spec.IPFamilyPolicy)
	}
	families := []string{}
	for _, f := range x.Spec.IPFamilies {
		families = append(families, string(f))
	}
	s.line(0, "IP Families:\t%s", orNone(strings.Join(families, ",")))
	s.line(0, "IP:\t%s", x.Spec.ClusterIP)
	s.line(0, "IPs:\t%s", orNone(strings.Join(x.Spec.ClusterIPs, ",")))
	s.optional("External IPs", strings.Join(x.Spec.ExternalIPs, ","))
	s.optional("Desired LoadBalancer IP", x.Spec.LoadBalancerIP)
	s.optional("External Name", x.Spec.ExternalName)
	s.optional("LoadBalancer Ingress", ingressText(x.Status.LoadBalancer.Ingress))
	slices := s.cluster.slicesOf(x)
	for i := range x.Spec.Ports {
		s.servicePort(&x.Spec.Ports[i], slices)
	}
	s.line(0, "Session Affinity:\t%s", x.Spec.SessionAffinity)
	s.optional("External Traffic Policy", string(x.Spec.ExternalTrafficPolicy))
	s.optional("Internal Traffic Policy", string(deref(x.Spec.InternalTrafficPolicy)))
	if x.Spec.HealthCheckNodePort != 0 {
		s.line(0, "HealthCheck NodePort:\t%d", x.Spec.HealthCheckNodePort)
	}
	s.optional("LoadBalancer Source Ranges", strings.Join(x.Spec.LoadBalancerSourceRanges, ","))
	s.optional("Traffic Distribution", deref(x.Spec.TrafficDistribution))
	s.events(x)
}

func ingressText(list []corev1.LoadBalancerIngress) string {
	texts := []string{}
	for _, i := range list {
		switch {
		case i.IP != "" && i.IPMode != nil:
			texts = append(texts, fmt.Sprintf("%s (%s)", i.IP, *i.IPMode))
		case i.IP != "":
			texts = append(texts, i.IP)
		default:
			texts = append(texts, i.Hostname)
		}
	}
	return strings.Join(texts, ", ")
}

func (s *sheet) servicePort(p *corev1.ServicePort, slices []*discoveryv1.EndpointSlice) {
	name := p.Name
	if name == "" {
		name = "<unset>"
	}
	s.line(0, "Port:\t%s\t%d/%s", name, p.Port, p.Protocol)
	if p.TargetPort.Type == intstr.Int {
		s.line(0, "TargetPort:\t%d/%s", p.TargetPort.IntVal, p.Protocol)
	} else {
		s.line(0, "TargetPort:\t%s/%s", p.TargetPort.StrVal, p.Protocol)
	}
	s.optional("AppProtocol", deref(p.AppProtocol))
	if p.NodePort != 0 {
		s.line(0, "NodePort:\t%s\t%d/%s", name, p.NodePort, p.Protocol)
	}
	s.line(0, "Endpoints:\t%s", endpointsText(slices, p.Name))
}

// slicesOf are the endpoint slices that name the service in their label.
func (c *Cluster) slicesOf(x *corev1.Service) []*discoveryv1.EndpointSlice {
	slices := []*discoveryv1.EndpointSlice{}
	for _, o := range c.list(model.FindKind("endpointslices"), x.Namespace) {
		if o.GetLabels()[discoveryv1.LabelServiceName] == x.Name {
			slices = append(slices, o.(*discoveryv1.EndpointSlice))
		}
	}
	return slices
}

// endpointsText shows the first three ready addresses of a port.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go formatEndpointSlices.
func endpointsText(slices []*discoveryv1.EndpointSlice, port string) string {
	if len(slices) == 0 {
		return "<none>"
	}
	found := []string{}
	for _, slice := range slices {
		suffixes := []string{}
		for _, p := range slice.Ports {
			if deref(p.Name) == port {
				suffixes = append(suffixes, strconv.Itoa(int(deref(p.Port))))
			}
		}
		for i := 0; i < len(suffixes) || (i == 0 && len(slice.Ports) == 0); i++ {
			for _, e := range slice.Endpoints {
				if len(e.Addresses) == 0 || (e.Conditions.Ready != nil && !*e.Conditions.Ready) {
					continue
				}
				if len(slice.Ports) == 0 {
					found = append(found, e.Addresses[0])
				} else {
					found = append(found, net.JoinHostPort(e.Addresses[0], suffixes[i]))
				}
			}
		}
	}
	return firstThree(found)
}

func firstThree(list []string) string {
	if len(list) > 3 {
		return fmt.Sprintf("%s + %d more...", strings.Join(list[:3], ","), len(list)-3)
	}
	return strings.Join(list, ",")
}

func endpointSliceCells(now time.Time, x *discoveryv1.EndpointSlice) []string {
	ports, addresses := []string{}, []string{}
	for _, p := range x.Ports {
		switch {
		case p.Port != nil:
			ports = append(ports, strconv.Itoa(int(*p.Port)))
		case p.Name != nil:
			ports = append(ports, *p.Name)
		default:
			ports = append(ports, "*")
		}
	}
	for _, e := range x.Endpoints {
		addresses = append(addresses, e.Addresses...)
	}
	unset := func(s string) string {
		if s == "" {
			return "<unset>"
		}
		return s
	}
	return []string{x.Name, string(x.AddressType), unset(firstThree(ports)), unset(firstThree(addresses)), age(now, x.CreationTimestamp)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeEndpointSliceV1.
func describeEndpointSlice(s *sheet, x *discoveryv1.EndpointSlice) {
	s.head(x)
	s.line(0, "AddressType:\t%s", x.AddressType)
	if len(x.Ports) == 0 {
		s.line(0, "Ports: <unset>")
	} else {
		s.line(0, "Ports:")
		s.line(1, "Name\tPort\tProtocol")
		s.line(1, "----\t----\t--------")
		for _, p := range x.Ports {
			name := "<unset>"
			if deref(p.Name) != "" {
				name = *p.Name
			}
			s.line(1, "%s\t%s\t%s", name, orUnset(p.Port), deref(p.Protocol))
		}
	}
	if len(x.Endpoints) == 0 {
		s.line(0, "Endpoints: <none>")
	} else {
		s.line(0, "Endpoints:")
	}
	for _, e := range x.Endpoints {
		s.line(1, "- Addresses:\t%s", orNone(strings.Join(e.Addresses, ", ")))
		s.line(2, "Conditions:")
		s.line(3, "Ready:\t%s", orUnset(e.Conditions.Ready))
		s.line(2, "Hostname:\t%s", orUnset(e.Hostname))
		if e.TargetRef != nil {
			s.line(2, "TargetRef:\t%s/%s", e.TargetRef.Kind, e.TargetRef.Name)
		}
		s.line(2, "NodeName:\t%s", orUnset(e.NodeName))
		s.line(2, "Zone:\t%s", orUnset(e.Zone))
	}
	s.events(x)
}
