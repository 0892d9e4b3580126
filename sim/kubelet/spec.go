package kubelet

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/resource"

	"clustersim/model"
	"clustersim/sim/world"
)

// podSpec is what the kubelet needs of a pod template, compiled once for all pods made of it.
type podSpec struct {
	pod        *corev1.Pod
	containers []containerSpec              // init containers in spec order, then regular ones in spec order
	inits      int                          // how many of them are init containers
	byName     []int                        // indexes of the regular containers, by name: the order of containerStatuses
	sidecars   bool                         // any restartable init container
	readiness  bool                         // any container with a readiness probe
	unready    map[string]string            // messages of ContainersReady, by what is not ready
	restartAll bool                         // any container whose end may restart all
	resources  *corev1.ResourceRequirements // effective requests and limits of the whole pod
}

// containerSpec is one container of a podSpec.
type containerSpec struct {
	*corev1.Container
	index   int // in podSpec.containers
	init    bool
	sidecar bool   // restartable init container
	ref     string // field path of its events: "spec.containers{app}"
	probes  [world.NumProbeTypes]*corev1.Probe
}

// plainInit reports whether the container is an init container that has to end.
func (c *containerSpec) plainInit() bool { return c.init && !c.sidecar }

func compile(pod *corev1.Pod) *podSpec {
	s := &podSpec{pod: pod, unready: map[string]string{}, inits: len(pod.Spec.InitContainers)}
	s.containers = make([]containerSpec, 0, s.inits+len(pod.Spec.Containers))
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		sidecar := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		s.add(containerSpec{Container: c, init: true, sidecar: sidecar, ref: "spec.initContainers{" + c.Name + "}"})
		s.sidecars = s.sidecars || sidecar
	}
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		s.add(containerSpec{Container: c, ref: "spec.containers{" + c.Name + "}"})
		s.byName = append(s.byName, s.inits+i)
	}
	s.resources = &corev1.ResourceRequirements{
		Requests: model.PodRequests(&pod.Spec),
		Limits:   resource.PodLimits(&corev1.Pod{Spec: pod.Spec}, resource.PodResourcesOptions{}),
	}
	slices.SortStableFunc(s.byName, func(a, b int) int {
		return strings.Compare(s.containers[a].Name, s.containers[b].Name)
	})
	return s
}

func (s *podSpec) add(c containerSpec) {
	c.index = len(s.containers)
	s.restartAll = s.restartAll || c.mayRestartAll()
	if !c.plainInit() {
		c.probes = [world.NumProbeTypes]*corev1.Probe{world.Startup: c.StartupProbe, world.Readiness: c.ReadinessProbe, world.Liveness: c.LivenessProbe}
		s.readiness = s.readiness || c.ReadinessProbe != nil
	}
	s.containers = append(s.containers, c)
}

// shouldRestart reports whether an exited container of the pod is started again.
//
// Source: k8s v1.36.3 pkg/api/v1/pod/util.go ContainerShouldRestart.
func (s *podSpec) shouldRestart(c *containerSpec, exitCode int32) bool {
	if c.RestartPolicy != nil {
		if c.matching(exitCode) != nil {
			return true
		}
		return restartOn(corev1.RestartPolicy(*c.RestartPolicy), exitCode)
	}
	return restartOn(s.pod.Spec.RestartPolicy, exitCode)
}

func restartOn(p corev1.RestartPolicy, exitCode int32) bool {
	switch p {
	case corev1.RestartPolicyNever:
		return false
	case corev1.RestartPolicyOnFailure:
		return exitCode != 0
	}
	return true
}

func ruleMatches(r *corev1.ContainerRestartRule, exitCode int32) bool {
	if r.ExitCodes == nil {
		return false
	}
	in := slices.Contains(r.ExitCodes.Values, exitCode)
	return in == (r.ExitCodes.Operator == corev1.ContainerRestartRuleOnExitCodesOpIn)
}

// restartsOnFailure reports whether a container killed for a failed probe is started again. Rules are ignored: it has
// no exit code yet.
//
// Source: k8s v1.36.3 pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions.
func (s *podSpec) restartsOnFailure(c *containerSpec) bool {
	if c.sidecar {
		return true
	}
	if c.RestartPolicy != nil {
		return *c.RestartPolicy != corev1.ContainerRestartPolicyNever
	}
	return s.pod.Spec.RestartPolicy != corev1.RestartPolicyNever
}
