package model

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// defaultService fills in a service. Cluster IPs and node ports are allocated by the registry, not here.
//
// Source: k8s v1.36.3 pkg/apis/core/v1/defaults.go SetDefaults_Service.
func defaultService(o *corev1.Service) {
	s := &o.Spec
	setString(&s.SessionAffinity, corev1.ServiceAffinityNone)
	switch s.SessionAffinity {
	case corev1.ServiceAffinityNone:
		s.SessionAffinityConfig = nil
	case corev1.ServiceAffinityClientIP:
		if c := s.SessionAffinityConfig; c == nil || c.ClientIP == nil || c.ClientIP.TimeoutSeconds == nil {
			timeout := corev1.DefaultClientIPServiceAffinitySeconds
			s.SessionAffinityConfig = &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: &timeout}}
		}
	}
	setString(&s.Type, corev1.ServiceTypeClusterIP)
	for i := range s.Ports {
		port := &s.Ports[i]
		setString(&port.Protocol, corev1.ProtocolTCP)
		if port.TargetPort == intstr.FromInt32(0) || port.TargetPort == intstr.FromString("") {
			port.TargetPort = intstr.FromInt32(port.Port)
		}
	}
	balanced := s.Type == corev1.ServiceTypeLoadBalancer
	external := balanced || s.Type == corev1.ServiceTypeNodePort || s.Type == corev1.ServiceTypeClusterIP && len(s.ExternalIPs) > 0
	if external {
		setString(&s.ExternalTrafficPolicy, corev1.ServiceExternalTrafficPolicyCluster)
	}
	if balanced || s.Type == corev1.ServiceTypeNodePort || s.Type == corev1.ServiceTypeClusterIP {
		setPointer(&s.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster)
	}
	if balanced {
		setPointer(&s.AllocateLoadBalancerNodePorts, true)
		ingress := o.Status.LoadBalancer.Ingress
		for i := range ingress {
			if ingress[i].IP != "" {
				setPointer(&ingress[i].IPMode, corev1.LoadBalancerIPModeVIP)
			}
		}
	}
}

func defaultEndpoints(o *corev1.Endpoints) {
	for i := range o.Subsets {
		ports := o.Subsets[i].Ports
		for j := range ports {
			setString(&ports[j].Protocol, corev1.ProtocolTCP)
		}
	}
}
