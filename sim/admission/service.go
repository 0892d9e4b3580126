package admission

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"clustersim/model"
	"clustersim/sim/store"
)

// codeInternal is the status of a failure of the API server itself.
const codeInternal store.Code = 500

// allocateService gives a new service its IP families, cluster IP and node ports. The cluster has IPv4 alone.
//
// Source: k8s v1.36.3 pkg/registry/core/service/storage/alloc.go allocateCreate, storage.go normalizeClusterIPs.
func (a *Admission) allocateService(s *corev1.Service) error {
	if s.Spec.ClusterIP != "" && len(s.Spec.ClusterIPs) == 0 {
		s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
	}
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	if err := initFamilies(s); err != nil {
		return err
	}
	if err := a.allocateIP(s); err != nil {
		return err
	}
	return a.allocatePorts(s)
}

// initFamilies fills in the policy and the families.
//
// Source: k8s v1.36.3 alloc.go initIPFamilyFields, on a cluster of one family.
func initFamilies(s *corev1.Service) error {
	unselective := s.Spec.ClusterIP == corev1.ClusterIPNone && len(s.Spec.Selector) == 0
	if s.Spec.IPFamilyPolicy == nil {
		policy := corev1.IPFamilyPolicySingleStack
		if unselective {
			policy = corev1.IPFamilyPolicyRequireDualStack
		}
		s.Spec.IPFamilyPolicy = &policy
	}
	var errs field.ErrorList
	path, single := field.NewPath("spec"), *s.Spec.IPFamilyPolicy == corev1.IPFamilyPolicySingleStack
	if single && len(s.Spec.ClusterIPs) == 2 {
		errs = append(errs, field.Invalid(path.Child("ipFamilyPolicy"), s.Spec.IPFamilyPolicy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"))
	}
	if single && len(s.Spec.IPFamilies) == 2 {
		errs = append(errs, field.Invalid(path.Child("ipFamilyPolicy"), s.Spec.IPFamilyPolicy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"))
	}
	if len(errs) == 0 && !unselective {
		if *s.Spec.IPFamilyPolicy == corev1.IPFamilyPolicyRequireDualStack {
			errs = append(errs, field.Invalid(path.Child("ipFamilyPolicy"), s.Spec.IPFamilyPolicy, "this cluster is not configured for dual-stack services"))
		}
		if i := slices.Index(s.Spec.IPFamilies, corev1.IPv6Protocol); i >= 0 {
			errs = append(errs, field.Invalid(path.Child("ipFamilies").Index(i), corev1.IPv6Protocol, "not configured on this cluster"))
		}
	}
	if len(errs) > 0 {
		return invalidService(s, errs...)
	}
	if len(s.Spec.IPFamilies) == 0 {
		s.Spec.IPFamilies = []corev1.IPFamily{corev1.IPv4Protocol}
	}
	if unselective && !single && len(s.Spec.IPFamilies) == 1 {
		other := corev1.IPv6Protocol
		if s.Spec.IPFamilies[0] == other {
			other = corev1.IPv4Protocol
		}
		s.Spec.IPFamilies = append(s.Spec.IPFamilies, other)
	}
	return nil
}

// allocateIP gives the service the cluster IP that it asks for, or a free one. Headless services get none.
func (a *Admission) allocateIP(s *corev1.Service) error {
	if len(s.Spec.ClusterIPs) > 0 && s.Spec.ClusterIPs[0] != "" {
		if s.Spec.ClusterIPs[0] == corev1.ClusterIPNone {
			return nil
		}
		if why := a.addresses.checkIP(s.Spec.ClusterIPs[0]); why != "" {
			return invalidService(s, field.Invalid(field.NewPath("spec", "clusterIPs"), s.Spec.ClusterIPs, fmt.Sprintf("failed to allocate IP %s: %s", s.Spec.ClusterIPs[0], why)))
		}
		return nil
	}
	ip, ok := a.addresses.nextIP(nameOf(s))
	if !ok {
		return store.Errorf(codeInternal, "Internal error occurred: failed to allocate a serviceIP for Service %q: range is full", s.Name)
	}
	s.Spec.ClusterIP, s.Spec.ClusterIPs = ip.String(), []string{ip.String()}
	return nil
}

// allocatePorts gives the ports of a service of type NodePort or LoadBalancer their node ports. Ports of one number
// (TCP and UDP) share one.
//
// Source: k8s v1.36.3 alloc.go txnAllocNodePorts, initNodePorts, allocHealthCheckNodePort.
func (a *Admission) allocatePorts(s *corev1.Service) error {
	if !needsNodePort(s) {
		return nil
	}
	mine, byPort := map[int32]bool{}, map[int32]int32{}
	for i := range s.Spec.Ports {
		p := &s.Spec.Ports[i]
		if p.NodePort == 0 && !givesNodePorts(s) {
			continue
		}
		have := byPort[p.Port]
		if have != 0 && (p.NodePort == 0 || p.NodePort == have) {
			p.NodePort = have
			continue
		}
		want := p.NodePort
		if j := slices.IndexFunc(s.Spec.Ports, func(o corev1.ServicePort) bool { return o.Port == p.Port && o.NodePort != 0 }); have == 0 && j >= 0 {
			want = s.Spec.Ports[j].NodePort
		}
		got, err := a.allocatePort(s, i, want, mine)
		if err != nil {
			return err
		}
		p.NodePort = got
		if have == 0 {
			byPort[p.Port] = got
		}
	}
	return a.allocateHealthPort(s, mine)
}

// allocatePort takes the node port that port i wants, or a free one if it wants none.
func (a *Admission) allocatePort(s *corev1.Service, i int, want int32, mine map[int32]bool) (int32, error) {
	if want == 0 {
		p, ok := a.addresses.nextPort(nameOf(s), mine)
		if !ok {
			return 0, store.Errorf(codeInternal, "Internal error occurred: failed to allocate a nodePort: range is full")
		}
		mine[p] = true
		return p, nil
	}
	if err := a.addresses.checkPort(want, mine); err != nil {
		return 0, invalidService(s, field.Invalid(field.NewPath("spec", "ports").Index(i).Child("nodePort"), want, err.Error()))
	}
	mine[want] = true
	return want, nil
}

func (a *Admission) allocateHealthPort(s *corev1.Service, mine map[int32]bool) error {
	if !needsHealthPort(s) {
		return nil
	}
	if want := s.Spec.HealthCheckNodePort; want != 0 {
		if err := a.addresses.checkPort(want, mine); err != nil {
			return store.Errorf(codeInternal, "Internal error occurred: failed to allocate requested HealthCheck NodePort %d: %v", want, err)
		}
		return nil
	}
	p, ok := a.addresses.nextPort(nameOf(s), mine)
	if !ok {
		return store.Errorf(codeInternal, "Internal error occurred: failed to allocate a HealthCheck NodePort 0: range is full")
	}
	s.Spec.HealthCheckNodePort = p
	return nil
}

func needsNodePort(s *corev1.Service) bool {
	return s.Spec.Type == corev1.ServiceTypeNodePort || s.Spec.Type == corev1.ServiceTypeLoadBalancer
}

// givesNodePorts reports whether ports without a node port get one.
func givesNodePorts(s *corev1.Service) bool {
	give := s.Spec.AllocateLoadBalancerNodePorts
	return s.Spec.Type == corev1.ServiceTypeNodePort || s.Spec.Type == corev1.ServiceTypeLoadBalancer && (give == nil || *give)
}

func needsHealthPort(s *corev1.Service) bool {
	return s.Spec.Type == corev1.ServiceTypeLoadBalancer && s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
}

// nameOf names the service in draws.
func nameOf(s *corev1.Service) string { return s.Namespace + "/" + s.Name }

func invalidService(s *corev1.Service, errs ...*field.Error) error {
	return store.Errorf(store.CodeInvalid, "%s", model.InvalidMessage(s, field.ErrorList(errs)))
}
