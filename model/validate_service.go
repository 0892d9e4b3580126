package model

import (
	"fmt"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxAffinitySeconds is how long a client may stick to an endpoint: a day.
const maxAffinitySeconds = 86400

// service checks a service.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateServiceCreate, validateService.
// Differs: load balancers' classes and source ranges are not checked; clusterIPs is taken from clusterIP where it is not
// set, as the registry does.
func (e *errs) service(o *corev1.Service) {
	s, p := &o.Spec, specPath
	e.meta(o, validation.NameIsDNSLabel)
	headless := s.ClusterIP == corev1.ClusterIPNone
	if len(s.Ports) == 0 && !headless && s.Type != corev1.ServiceTypeExternalName {
		e.required(p.Child("ports"), "")
	}
	switch s.Type {
	case corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort:
		if headless {
			e.invalid(p.Child("clusterIPs").Index(0), s.ClusterIP, fmt.Sprintf("may not be set to 'None' for %s services", s.Type))
		}
	case corev1.ServiceTypeExternalName:
		e.externalName(s, p)
	}
	e.servicePorts(s.Ports, p)
	e.labels(s.Selector, p.Child("selector"))
	e.sessionAffinity(s, p)
	e.clusterIPs(s, p)
	for i, ip := range s.ExternalIPs {
		e.ip(ip, p.Child("externalIPs").Index(i))
	}
	oneOf(e, s.Type, true, p.Child("type"), corev1.ServiceTypeClusterIP, corev1.ServiceTypeExternalName, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort)
	e.repeatedPorts(s, p)
	if s.AllocateLoadBalancerNodePorts != nil && s.Type != corev1.ServiceTypeLoadBalancer {
		e.forbidden(p.Child("allocateLoadBalancerNodePorts"), "may only be used when `type` is 'LoadBalancer'")
	}
	e.trafficPolicies(s, p)
}

func (e *errs) externalName(s *corev1.ServiceSpec, p *field.Path) {
	const detail = "may not be set for ExternalName services"
	for _, f := range []setField{{s.ClusterIP != "" || len(s.ClusterIPs) > 0, "clusterIPs"}, {len(s.IPFamilies) > 0, "ipFamilies"}, {s.IPFamilyPolicy != nil, "ipFamilyPolicy"}} {
		if f.set {
			e.forbidden(p.Child(f.name), detail)
		}
	}
	if name := strings.TrimSuffix(s.ExternalName, "."); name == "" {
		e.required(p.Child("externalName"), "")
	} else {
		e.invalid(p.Child("externalName"), name, is.IsDNS1123Subdomain(name)...)
	}
}

// servicePorts checks ports, which must have names where there are several.
func (e *errs) servicePorts(ports []corev1.ServicePort, p *field.Path) {
	names := map[string]bool{}
	for i := range ports {
		port, at := &ports[i], p.Child("ports").Index(i)
		if port.Name != "" {
			e.invalid(at.Child("name"), port.Name, is.IsDNS1123Label(port.Name)...)
			if names[port.Name] {
				e.duplicate(at.Child("name"), port.Name)
			}
			names[port.Name] = true
		} else if len(ports) > 1 {
			e.required(at.Child("name"), "")
		}
		e.invalid(at.Child("port"), port.Port, is.IsValidPortNum(int(port.Port))...)
		oneOf(e, port.Protocol, true, at.Child("protocol"), corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP)
		e.port(port.TargetPort, at.Child("targetPort"))
		if a := port.AppProtocol; a != nil {
			e.invalid(at.Child("appProtocol"), *a, is.IsQualifiedName(*a)...)
		}
	}
}

// repeatedPorts refuses ports that stand twice, and node ports where there are none.
func (e *errs) repeatedPorts(s *corev1.ServiceSpec, p *field.Path) {
	if s.Type == corev1.ServiceTypeClusterIP {
		for i, port := range s.Ports {
			if port.NodePort != 0 {
				e.forbidden(p.Child("ports").Index(i).Child("nodePort"), "may not be used when `type` is 'ClusterIP'")
			}
		}
	}
	for i, port := range s.Ports {
		for _, other := range s.Ports[:i] {
			if port.NodePort != 0 && other.NodePort == port.NodePort && other.Protocol == port.Protocol {
				e.duplicate(p.Child("ports").Index(i).Child("nodePort"), port.NodePort)
				break
			}
		}
	}
	for i, port := range s.Ports {
		for _, other := range s.Ports[:i] {
			if other.Port == port.Port && other.Protocol == port.Protocol {
				e.duplicate(p.Child("ports").Index(i), show(corev1.ServicePort{Port: port.Port, Protocol: port.Protocol}))
				break
			}
		}
	}
}

func (e *errs) sessionAffinity(s *corev1.ServiceSpec, p *field.Path) {
	oneOf(e, s.SessionAffinity, true, p.Child("sessionAffinity"), corev1.ServiceAffinityClientIP, corev1.ServiceAffinityNone)
	at := p.Child("sessionAffinityConfig")
	switch c := s.SessionAffinityConfig; {
	case s.SessionAffinity == corev1.ServiceAffinityNone && c != nil:
		e.forbidden(at, "must not be set when session affinity is None")
	case s.SessionAffinity != corev1.ServiceAffinityClientIP:
	case c == nil:
		e.required(at, "when session affinity type is ClientIP")
	case c.ClientIP == nil:
		e.required(at.Child("clientIP"), "when session affinity type is ClientIP")
	case c.ClientIP.TimeoutSeconds == nil:
		e.required(at.Child("clientIP", "timeoutSeconds"), "when session affinity type is ClientIP")
	default:
		if t := *c.ClientIP.TimeoutSeconds; t <= 0 || t > maxAffinitySeconds {
			e.invalid(at.Child("clientIP", "timeoutSeconds"), t, fmt.Sprintf("must be greater than 0 and less than %d", maxAffinitySeconds))
		}
	}
}

// clusterIPs checks the addresses of a service.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidateServiceClusterIPsRelatedFields.
func (e *errs) clusterIPs(s *corev1.ServiceSpec, p *field.Path) {
	if s.Type == corev1.ServiceTypeExternalName {
		return
	}
	at, ips := p.Child("clusterIPs"), s.ClusterIPs
	switch {
	case s.ClusterIP != "" && len(ips) == 0:
		ips = []string{s.ClusterIP}
	case s.ClusterIP != "" && ips[0] != s.ClusterIP:
		e.invalid(at, ips, "first value must match `clusterIP`")
	case s.ClusterIP == "" && len(ips) != 0:
		e.invalid(at, ips, "must be empty when `clusterIP` is not specified")
	}
	seen := map[corev1.IPFamily]bool{}
	for i, family := range s.IPFamilies {
		oneOf(e, family, false, p.Child("ipFamilies").Index(i), corev1.IPv4Protocol, corev1.IPv6Protocol)
		if seen[family] {
			e.duplicate(p.Child("ipFamilies").Index(i), family)
		}
		seen[family] = true
	}
	oneOfPointer(e, s.IPFamilyPolicy, p.Child("ipFamilyPolicy"), corev1.IPFamilyPolicyPreferDualStack, corev1.IPFamilyPolicyRequireDualStack, corev1.IPFamilyPolicySingleStack)
	before, four, six := len(e.list), 0, 0
	for i, ip := range ips {
		if i == 0 && ip == corev1.ClusterIPNone {
			if len(ips) > 1 {
				e.invalid(at, ips, "'None' must be the first and only value")
			}
			continue
		}
		e.ip(ip, at.Index(i))
		if addr, err := netip.ParseAddr(ip); err == nil && addr.Is4() {
			four++
		} else if err == nil {
			six++
		}
	}
	bad := len(e.list) > before
	if len(ips) > 2 {
		e.invalid(at, ips, "may only hold up to 2 values")
	}
	if !bad && len(ips) > 1 && (four == 0 || six == 0) {
		e.invalid(at, ips, "may specify no more than one IP for each IP family")
	}
}

// trafficPolicies checks how traffic finds its endpoints.
func (e *errs) trafficPolicies(s *corev1.ServiceSpec, p *field.Path) {
	external := s.Type == corev1.ServiceTypeLoadBalancer || s.Type == corev1.ServiceTypeNodePort || s.Type == corev1.ServiceTypeClusterIP && len(s.ExternalIPs) > 0
	if external {
		oneOf(e, s.ExternalTrafficPolicy, true, p.Child("externalTrafficPolicy"), corev1.ServiceExternalTrafficPolicyCluster, corev1.ServiceExternalTrafficPolicyLocal)
	} else if s.ExternalTrafficPolicy != "" {
		e.invalid(p.Child("externalTrafficPolicy"), s.ExternalTrafficPolicy, "may only be set for externally-accessible services")
	}
	if s.HealthCheckNodePort != 0 && (s.Type != corev1.ServiceTypeLoadBalancer || s.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal) {
		e.invalid(p.Child("healthCheckNodePort"), s.HealthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
	}
	oneOfPointer(e, s.InternalTrafficPolicy, p.Child("internalTrafficPolicy"), corev1.ServiceInternalTrafficPolicyCluster, corev1.ServiceInternalTrafficPolicyLocal)
	oneOfPointer(e, s.TrafficDistribution, p.Child("trafficDistribution"), corev1.ServiceTrafficDistributionPreferClose,
		corev1.ServiceTrafficDistributionPreferSameZone, corev1.ServiceTrafficDistributionPreferSameNode)
}
