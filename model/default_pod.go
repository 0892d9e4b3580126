package model

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/resource"
)

// defaultPod fills in a pod and the status that every new pod has.
//
// Source: k8s v1.36.3 pkg/apis/core/v1/defaults.go SetDefaults_Pod; pkg/registry/core/pod/strategy.go PrepareForCreate.
func defaultPod(p *corev1.Pod) {
	for _, list := range [][]corev1.Container{p.Spec.Containers, p.Spec.InitContainers} {
		for i := range list {
			if r := &list[i].Resources; r.Limits != nil {
				fillResources(&r.Requests, r.Limits)
			}
		}
	}
	defaultPodResources(p)
	setPointer(&p.Spec.EnableServiceLinks, corev1.DefaultEnableServiceLinks)
	if p.Spec.HostNetwork {
		defaultHostPorts(p.Spec.Containers)
		defaultHostPorts(p.Spec.InitContainers)
	}
	defaultPodSpec(&p.Spec)
	if *p.Spec.TerminationGracePeriodSeconds < 0 {
		second := int64(1)
		p.Spec.TerminationGracePeriodSeconds = &second // as conversion to the internal type does
	}
	setString(&p.Status.Phase, corev1.PodPending)
	if p.Status.QOSClass == "" {
		p.Status.QOSClass = QOSClass(&p.Spec)
	}
}

// defaultPodResources fills in the resources of the pod as a whole if some are given: a limit on huge pages and requests
// are what its containers sum up to, and requests that no container makes are the limit.
//
// Source: k8s v1.36.3 pkg/apis/core/v1/defaults.go defaultHugePagePodLimits, defaultPodRequests.
func defaultPodResources(p *corev1.Pod) {
	r := p.Spec.Resources
	if r == nil || len(r.Limits) == 0 && len(r.Requests) == 0 {
		return
	}
	for name, sum := range resource.AggregateContainerLimits(p, resource.PodResourcesOptions{}) { // unordered: each entry by itself
		_, requested := r.Requests[name]
		if _, limited := r.Limits[name]; isHugePages(name) && !requested && !limited {
			if r.Limits == nil {
				r.Limits = corev1.ResourceList{}
			}
			r.Limits[name] = sum.DeepCopy()
		}
	}
	if len(r.Limits) == 0 {
		return
	}
	requests := r.Requests
	if requests == nil {
		requests = corev1.ResourceList{}
	}
	for name, sum := range resource.AggregateContainerRequests(p, resource.PodResourcesOptions{}) { // unordered: each entry by itself
		if _, ok := requests[name]; !ok && resource.IsSupportedPodLevelResource(name) && !isHugePages(name) {
			requests[name] = sum.DeepCopy()
		}
	}
	for name, limit := range r.Limits { // unordered: each entry by itself
		if _, ok := requests[name]; !ok && resource.IsSupportedPodLevelResource(name) {
			requests[name] = limit.DeepCopy()
		}
	}
	if len(requests) > 0 {
		r.Requests = requests
	}
}

// defaultHostPorts makes every port of a pod in the node's network a port of the node.
func defaultHostPorts(list []corev1.Container) {
	for i := range list {
		for j := range list[i].Ports {
			if port := &list[i].Ports[j]; port.HostPort == 0 {
				port.HostPort = port.ContainerPort
			}
		}
	}
}

// defaultTemplate fills in the pod of a workload; it gets less than a pod.
func defaultTemplate(t *corev1.PodTemplateSpec) { defaultPodSpec(&t.Spec) }

// defaultPodSpec fills in what pods and templates have in common.
func defaultPodSpec(s *corev1.PodSpec) {
	setString(&s.DNSPolicy, corev1.DNSClusterFirst)
	setString(&s.RestartPolicy, corev1.RestartPolicyAlways)
	setString(&s.SchedulerName, corev1.DefaultSchedulerName)
	setPointer(&s.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	if s.SecurityContext == nil {
		s.SecurityContext = &corev1.PodSecurityContext{}
	}
	setString(&s.ServiceAccountName, s.DeprecatedServiceAccount)
	s.DeprecatedServiceAccount = s.ServiceAccountName
	for i := range s.Volumes {
		defaultVolume(&s.Volumes[i])
	}
	for i := range s.InitContainers {
		defaultContainer(&s.InitContainers[i])
	}
	for i := range s.Containers {
		defaultContainer(&s.Containers[i])
	}
	for i := range s.EphemeralContainers {
		defaultContainer((*corev1.Container)(&s.EphemeralContainers[i].EphemeralContainerCommon))
	}
	roundResources(s.Overhead)
	if s.Resources != nil {
		roundResources(s.Resources.Limits)
		roundResources(s.Resources.Requests)
	}
}

// defaultContainer fills in a container of any sort.
func defaultContainer(c *corev1.Container) {
	if c.ImagePullPolicy == "" {
		c.ImagePullPolicy = DefaultPullPolicy(c.Image)
	}
	setString(&c.TerminationMessagePath, corev1.TerminationMessagePathDefault)
	setString(&c.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
	for i := range c.Ports {
		setString(&c.Ports[i].Protocol, corev1.ProtocolTCP)
	}
	for i := range c.Env {
		if from := c.Env[i].ValueFrom; from != nil {
			defaultFieldRef(from.FieldRef)
			if from.FileKeyRef != nil {
				setPointer(&from.FileKeyRef.Optional, false)
			}
		}
	}
	roundResources(c.Resources.Limits)
	roundResources(c.Resources.Requests)
	defaultProbe(c.LivenessProbe)
	defaultProbe(c.ReadinessProbe)
	defaultProbe(c.StartupProbe)
	if c.Lifecycle != nil {
		for _, h := range []*corev1.LifecycleHandler{c.Lifecycle.PostStart, c.Lifecycle.PreStop} {
			if h != nil {
				defaultHTTPGet(h.HTTPGet)
			}
		}
	}
}

func defaultFieldRef(f *corev1.ObjectFieldSelector) {
	if f != nil {
		setString(&f.APIVersion, "v1")
	}
}

func defaultProbe(p *corev1.Probe) {
	if p == nil {
		return
	}
	for _, f := range []struct {
		seconds *int32
		value   int32
	}{{&p.TimeoutSeconds, 1}, {&p.PeriodSeconds, 10}, {&p.SuccessThreshold, 1}, {&p.FailureThreshold, 3}} {
		if *f.seconds == 0 {
			*f.seconds = f.value
		}
	}
	defaultHTTPGet(p.HTTPGet)
	if p.GRPC != nil {
		setPointer(&p.GRPC.Service, "")
	}
}

func defaultHTTPGet(h *corev1.HTTPGetAction) {
	if h != nil {
		setString(&h.Path, "/")
		setString(&h.Scheme, corev1.URISchemeHTTP)
	}
}
