package model

import (
	"fmt"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	is "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func sortStable(list field.ErrorList) {
	slices.SortStableFunc(list, func(a, b *field.Error) int { return strings.Compare(a.Error(), b.Error()) })
}

// pod checks what must hold at creation and at every update.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validatePodMetadataAndSpec.
func (e *errs) pod(p *corev1.Pod) {
	e.meta(p, validation.NameIsDNSSubdomain)
	e.podAnnotations(p.Annotations, &p.Spec, metaPath.Child("annotations"))
	e.podSpec(&p.Spec, &p.ObjectMeta, specPath)
	if p.Spec.ServiceAccountName == "" {
		e.tokensWithoutAccount(p.Spec.Volumes)
	}
	for _, c := range []struct {
		name string
		list []corev1.Container
	}{{"containers", p.Spec.Containers}, {"initContainers", p.Spec.InitContainers}} {
		for i := range c.list {
			e.imagePadding(&c.list[i], specPath, c.name, i)
		}
	}
}

// imagePadding refuses blanks around an image.
func (e *errs) imagePadding(c *corev1.Container, p *field.Path, name string, i int) {
	if strings.TrimSpace(c.Image) != c.Image {
		e.invalid(p.Child(name).Index(i).Child("image"), c.Image, "must not have leading or trailing whitespace")
	}
}

// tokensWithoutAccount refuses tokens of a service account where none is named. Admission names one, "default", before an
// API server validates, so this is about pods of the node itself.
func (e *errs) tokensWithoutAccount(volumes []corev1.Volume) {
	for i := range volumes {
		if volumes[i].Projected == nil {
			continue
		}
		for j := range volumes[i].Projected.Sources {
			if volumes[i].Projected.Sources[j].ServiceAccountToken != nil {
				e.forbidden(specPath.Child("volumes").Index(i).Child("projected", "sources").Index(j).Child("serviceAccountToken"),
					"must not be specified when serviceAccountName is not set")
			}
		}
	}
}

// podCreate checks what must hold at creation only.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidatePodCreate.
func (e *errs) podCreate(p *corev1.Pod) {
	if len(p.Spec.EphemeralContainers) > 0 {
		e.forbidden(specPath.Child("ephemeralContainers"), "cannot be set on create")
	}
	if p.Spec.NodeName != "" && len(p.Spec.SchedulingGates) != 0 {
		e.forbidden(specPath.Child("nodeName"), "cannot be set until all schedulingGates have been cleared")
	}
	e.securityAnnotationsMatch(p.Annotations, &p.Spec, specPath)
}

// podTemplate checks the pod of a workload at p.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidatePodTemplateSpec.
func (e *errs) podTemplate(t *corev1.PodTemplateSpec, p *field.Path) {
	e.template = true
	e.labels(t.Labels, p.Child("labels"))
	e.add(sortErrors(validation.ValidateAnnotations(t.Annotations, p.Child("annotations")))...)
	e.podAnnotations(t.Annotations, &t.Spec, p.Child("annotations"))
	e.podSpec(&t.Spec, nil, p.Child("spec"))
	e.securityAnnotationsMatch(t.Annotations, &t.Spec, p.Child("spec"))
	if len(t.Spec.EphemeralContainers) > 0 {
		e.forbidden(p.Child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template")
	}
}

// podSpec checks a spec at p; meta is nil in templates.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go ValidatePodSpec.
func (e *errs) podSpec(s *corev1.PodSpec, meta *metav1.ObjectMeta, p *field.Path) {
	if s.TerminationGracePeriodSeconds == nil {
		e.required(p.Child("terminationGracePeriodSeconds"), "")
	}
	c := &containerRules{errs: e, spec: s, volumes: e.volumes(s.Volumes, meta, p.Child("volumes"))}
	c.claims = e.resourceClaims(s.ResourceClaims, meta, p)
	c.containers(p.Child("containers"))
	c.initContainers(p.Child("initContainers"))
	c.ephemeralContainers(p.Child("ephemeralContainers"))
	e.podResources(s, p)
	e.hostNetworkPorts(s, p)
	oneOf(e, s.RestartPolicy, true, p.Child("restartPolicy"), corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)
	oneOf(e, s.DNSPolicy, true, p.Child("dnsPolicy"), corev1.DNSClusterFirstWithHostNet, corev1.DNSClusterFirst, corev1.DNSDefault, corev1.DNSNone)
	e.labels(s.NodeSelector, p.Child("nodeSelector"))
	e.podSecurityContext(s, p)
	e.affinity(s.Affinity, p)
	e.dnsConfig(s, p.Child("dnsConfig"))
	for i, g := range s.ReadinessGates {
		e.invalid(p.Child("readinessGates").Index(i).Child("conditionType"), string(g.ConditionType), is.IsQualifiedName(string(g.ConditionType))...)
	}
	e.schedulingGates(s.SchedulingGates, p)
	e.topologySpread(s.TopologySpreadConstraints, p)
	e.hostUsers(s, p)
	e.podNames(s, p)
	e.podRest(s, p)
	c.fileKeyVolumes(p)
}

// podNames checks the names that a spec holds.
func (e *errs) podNames(s *corev1.PodSpec, p *field.Path) {
	if s.HostnameOverride != nil {
		e.hostnameOverride(s, p.Child("hostnameOverride"))
	}
	if s.ServiceAccountName != "" {
		e.invalid(p.Child("serviceAccountName"), s.ServiceAccountName, is.IsDNS1123Subdomain(s.ServiceAccountName)...)
	}
	if s.NodeName != "" {
		e.invalid(p.Child("nodeName"), s.NodeName, is.IsDNS1123Subdomain(s.NodeName)...)
	}
	if d := s.ActiveDeadlineSeconds; d != nil && (*d < 1 || *d > math.MaxInt32) {
		e.invalid(p.Child("activeDeadlineSeconds"), *d, is.InclusiveRangeError(1, math.MaxInt32))
	}
	if s.Hostname != "" {
		e.invalid(p.Child("hostname"), s.Hostname, is.IsDNS1123Label(s.Hostname)...)
	}
	if s.Subdomain != "" {
		e.invalid(p.Child("subdomain"), s.Subdomain, is.IsDNS1123Label(s.Subdomain)...)
	}
}

// hostnameOverride checks a hostname that overrides everything else.
func (e *errs) hostnameOverride(s *corev1.PodSpec, p *field.Path) {
	const longest = 64
	if s.SetHostnameAsFQDN != nil && *s.SetHostnameAsFQDN {
		e.forbidden(p, "may not be specified when setHostnameAsFQDN is true")
	}
	if s.HostNetwork {
		e.forbidden(p, "may not be specified when hostNetwork is true")
	}
	if len(*s.HostnameOverride) > longest {
		e.add(field.TooLong(p, "", longest))
	}
	e.invalid(p, *s.HostnameOverride, is.IsDNS1123Subdomain(*s.HostnameOverride)...)
}

// podRest checks what comes last in a spec.
func (e *errs) podRest(s *corev1.PodSpec, p *field.Path) {
	if len(s.Tolerations) > 0 {
		e.tolerations(s.Tolerations, p.Child("tolerations"))
	}
	for i, a := range s.HostAliases {
		at := p.Child("hostAliases").Index(i)
		e.ip(a.IP, at.Child("ip"))
		for j, name := range a.Hostnames {
			e.invalid(at.Child("hostnames").Index(j), name, is.IsDNS1123Subdomain(name)...)
		}
	}
	if s.PriorityClassName != "" {
		e.invalid(p.Child("priorityClassName"), s.PriorityClassName, is.IsDNS1123Subdomain(s.PriorityClassName)...)
	}
	if s.RuntimeClassName != nil {
		e.invalid(p.Child("runtimeClassName"), *s.RuntimeClassName, is.IsDNS1123Subdomain(*s.RuntimeClassName)...)
	}
	if s.PreemptionPolicy != nil {
		oneOf(e, *s.PreemptionPolicy, true, p.Child("preemptionPolicy"), corev1.PreemptLowerPriority, corev1.PreemptNever)
	}
	if s.Overhead != nil {
		e.resources(&corev1.ResourceRequirements{Limits: s.Overhead}, nil, e.containerResourceName, p.Child("overhead"))
	}
	if s.OS != nil {
		e.os(s, p)
	}
	if g := s.SchedulingGroup; g != nil {
		if at := p.Child("schedulingGroup", "podGroupName"); g.PodGroupName == nil {
			e.invalid(at, g.PodGroupName, "must specify one of: `podGroupName`")
		} else {
			e.invalid(at, *g.PodGroupName, is.IsDNS1123Subdomain(*g.PodGroupName)...)
		}
	}
}

// ip wants an address in the form that 1.36 takes, without leading zeros and the like.
func (e *errs) ip(value string, p *field.Path) {
	const strict = true // feature gate StrictIPCIDRValidation
	e.add(is.IsValidIPForLegacyField(p, value, strict, nil)...)
}

// resourceClaims checks the claims of a pod and returns their names.
func (e *errs) resourceClaims(claims []corev1.PodResourceClaim, meta *metav1.ObjectMeta, p *field.Path) map[string]bool {
	if len(claims) == 0 {
		return nil
	}
	names, seen := map[string]bool{}, map[string]bool{}
	for i, c := range claims {
		at := p.Child("resourceClaims").Index(i)
		if c.Name != "" {
			names[c.Name] = true
		}
		if meta != nil {
			if _, mirror := meta.Annotations[corev1.MirrorPodAnnotationKey]; mirror {
				e.forbidden(field.NewPath(""), "static pods do not support resource claims")
				continue
			}
		}
		switch {
		case c.Name == "":
			e.required(at.Child("name"), "")
		case seen[c.Name]:
			e.duplicate(at.Child("name"), c.Name)
		default:
			e.invalid(at.Child("name"), c.Name, is.IsDNS1123Label(c.Name)...)
			seen[c.Name] = true
		}
		if c.ResourceClaimName != nil && c.ResourceClaimTemplateName != nil {
			e.invalid(at, c, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
		}
		if c.ResourceClaimName == nil && c.ResourceClaimTemplateName == nil {
			e.invalid(at, c, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
		}
		if n := c.ResourceClaimName; n != nil {
			e.invalid(at.Child("resourceClaimName"), *n, is.IsDNS1123Subdomain(*n)...)
		}
		if n := c.ResourceClaimTemplateName; n != nil {
			e.invalid(at.Child("resourceClaimTemplateName"), *n, is.IsDNS1123Subdomain(*n)...)
		}
	}
	return names
}

// hostNetworkPorts wants the ports of a pod in the node's network to be the same inside and outside.
func (e *errs) hostNetworkPorts(s *corev1.PodSpec, p *field.Path) {
	if !s.HostNetwork {
		return
	}
	for i := range s.Containers {
		for j, port := range s.Containers[i].Ports {
			if port.HostPort != port.ContainerPort && (!e.template || port.HostPort != 0) {
				e.invalid(p.Child("containers").Index(i).Child("ports").Index(j).Child("hostPort"), port.HostPort, "must match `containerPort` when `hostNetwork` is true")
			}
		}
	}
}

// The limits of the resolver of Linux.
const (
	maxNameservers   = 3
	maxSearches      = 32
	maxSearchesChars = 2048
)

// dnsConfig checks the resolver options of a pod.
//
// Source: k8s v1.36.3 pkg/apis/core/validation/validation.go validatePodDNSConfig.
func (e *errs) dnsConfig(s *corev1.PodSpec, p *field.Path) {
	c := s.DNSConfig
	if s.DNSPolicy == corev1.DNSNone {
		if c == nil {
			e.required(p, "must provide `dnsConfig` when `dnsPolicy` is None")
			return
		}
		if len(c.Nameservers) == 0 {
			e.required(p.Child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None")
			return
		}
	}
	if c == nil {
		return
	}
	if len(c.Nameservers) > maxNameservers {
		e.invalid(p.Child("nameservers"), c.Nameservers, fmt.Sprintf("must not have more than %d nameservers", maxNameservers))
	}
	for i, ns := range c.Nameservers {
		e.ip(ns, p.Child("nameservers").Index(i))
	}
	if len(c.Searches) > maxSearches {
		e.invalid(p.Child("searches"), c.Searches, fmt.Sprintf("must not have more than %d search paths", maxSearches))
	}
	if len(strings.Join(c.Searches, " ")) > maxSearchesChars {
		e.invalid(p.Child("searches"), c.Searches, fmt.Sprintf("must not have more than %d characters (including spaces) in the search list", maxSearchesChars))
	}
	for i, search := range c.Searches {
		if search != "." {
			search = strings.TrimSuffix(search, ".")
			e.invalid(p.Child("searches").Index(i), search, is.IsDNS1123SubdomainWithUnderscore(search)...)
		}
	}
	for i, o := range c.Options {
		if o.Name == "" {
			e.required(p.Child("options").Index(i), "must not be empty")
		}
	}
}
