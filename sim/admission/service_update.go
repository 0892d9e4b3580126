package admission

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// updateService keeps what was allocated, gives back what the new type has no use for, and allocates what is missing.
//
// Source: k8s v1.36.3 pkg/registry/core/service/storage/storage.go beginUpdate, strategy.go dropTypeDependentFields,
// alloc.go allocateUpdate.
func (a *Admission) updateService(s, old *corev1.Service) error {
	keepAllocated(s, old)
	dropUnused(s, old)
	normalizeIPs(s, old)
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	if s.Spec.IPFamilyPolicy == nil {
		s.Spec.IPFamilyPolicy = old.Spec.IPFamilyPolicy
	}
	if err := initFamilies(s); err != nil {
		return err
	}
	if old.Spec.Type == corev1.ServiceTypeExternalName {
		if err := a.allocateIP(s); err != nil {
			return err
		}
	} else if len(old.Spec.ClusterIPs) > 0 && !slices.Equal(old.Spec.ClusterIPs, s.Spec.ClusterIPs) {
		return invalidService(s, field.Invalid(field.NewPath("spec", "clusterIPs").Index(0), s.Spec.ClusterIPs, "may not change once set"))
	}
	return a.updatePorts(s, old)
}

// keepAllocated fills in what the user did not repeat.
//
// Source: k8s v1.36.3 storage.go patchAllocatedValues.
func keepAllocated(s, old *corev1.Service) {
	if old.Spec.Type != corev1.ServiceTypeExternalName && s.Spec.Type != corev1.ServiceTypeExternalName {
		if s.Spec.ClusterIP == "" {
			s.Spec.ClusterIP = old.Spec.ClusterIP
		}
		if len(s.Spec.ClusterIPs) == 0 {
			s.Spec.ClusterIPs = slices.Clone(old.Spec.ClusterIPs)
		}
		if len(s.Spec.IPFamilies) == 0 {
			s.Spec.IPFamilies = slices.Clone(old.Spec.IPFamilies)
		}
	}
	if needsNodePort(old) && needsNodePort(s) {
		byName, before, after := map[string]int32{}, nodePortsOf(old), nodePortsOf(s)
		for _, p := range old.Spec.Ports {
			byName[p.Name] = p.NodePort
		}
		for i := range s.Spec.Ports {
			p := &s.Spec.Ports[i]
			if have := byName[p.Name]; p.NodePort == 0 && !(before[have] && after[have]) {
				p.NodePort = have
			}
		}
	}
	if needsHealthPort(old) && needsHealthPort(s) && s.Spec.HealthCheckNodePort == 0 {
		s.Spec.HealthCheckNodePort = old.Spec.HealthCheckNodePort
	}
}

// dropUnused empties what a service that changes its type needs no more and the user did not touch.
//
// Source: k8s v1.36.3 pkg/registry/core/service/strategy.go dropTypeDependentFields.
func dropUnused(s, old *corev1.Service) {
	if old.Spec.Type != corev1.ServiceTypeExternalName && s.Spec.Type == corev1.ServiceTypeExternalName {
		if s.Spec.ClusterIP == old.Spec.ClusterIP && slices.Equal(s.Spec.ClusterIPs, old.Spec.ClusterIPs) {
			s.Spec.ClusterIP, s.Spec.ClusterIPs = "", nil
		}
		if slices.Equal(s.Spec.IPFamilies, old.Spec.IPFamilies) {
			s.Spec.IPFamilies = nil
		}
		s.Spec.IPFamilyPolicy = nil
	}
	if needsNodePort(old) && !needsNodePort(s) {
		before, added := nodePortsOf(old), false
		for p := range nodePortsOf(s) { // unordered: any
			added = added || !before[p]
		}
		for i := range s.Spec.Ports {
			if !added {
				s.Spec.Ports[i].NodePort = 0
			}
		}
		if s.Spec.ExternalTrafficPolicy == old.Spec.ExternalTrafficPolicy && len(s.Spec.ExternalIPs) == 0 {
			s.Spec.ExternalTrafficPolicy = ""
		}
	}
	if needsHealthPort(old) && !needsHealthPort(s) && s.Spec.HealthCheckNodePort == old.Spec.HealthCheckNodePort {
		s.Spec.HealthCheckNodePort = 0
	}
	if old.Spec.Type == corev1.ServiceTypeLoadBalancer && s.Spec.Type != corev1.ServiceTypeLoadBalancer {
		s.Spec.AllocateLoadBalancerNodePorts, s.Spec.LoadBalancerClass = nil, nil
		s.Status.LoadBalancer = corev1.LoadBalancerStatus{}
	}
}

// normalizeIPs makes clusterIPs follow clusterIP where the user changed that alone.
//
// Source: k8s v1.36.3 storage.go normalizeClusterIPs.
func normalizeIPs(s, old *corev1.Service) {
	if s.Spec.ClusterIP == old.Spec.ClusterIP || !slices.Equal(s.Spec.ClusterIPs, old.Spec.ClusterIPs) {
		return
	}
	s.Spec.ClusterIPs = nil
	if s.Spec.ClusterIP != "" {
		s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
	}
}

// updatePorts allocates the node ports that the service did not have before.
//
// Source: k8s v1.36.3 alloc.go updateNodePorts, updateHealthCheckNodePort.
func (a *Admission) updatePorts(s, old *corev1.Service) error {
	if !needsNodePort(s) {
		return nil
	}
	before, mine := nodePortsOf(old), map[int32]bool{}
	for i := range s.Spec.Ports {
		p := &s.Spec.Ports[i]
		if p.NodePort == 0 && !givesNodePorts(s) || before[p.NodePort] || mine[p.NodePort] {
			continue
		}
		got, err := a.allocatePort(s, i, p.NodePort, mine)
		if err != nil {
			return err
		}
		p.NodePort = got
	}
	if needsHealthPort(old) {
		return nil
	}
	maps.Copy(mine, before)
	return a.allocateHealthPort(s, mine)
}
