package kubectl

import corev1 "k8s.io/api/core/v1"

// qosClass is the class in the status; an object that no API server has seen gets it computed.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/util/qos/qos.go GetPodQOS, ComputePodQOS.
func qosClass(p *corev1.Pod) corev1.PodQOSClass {
	if p.Status.QOSClass != "" {
		return p.Status.QOSClass
	}
	sets := []corev1.ResourceRequirements{}
	if p.Spec.Resources != nil {
		sets = append(sets, *p.Spec.Resources)
	} else {
		for i := range p.Spec.Containers {
			sets = append(sets, p.Spec.Containers[i].Resources)
		}
		for i := range p.Spec.InitContainers {
			sets = append(sets, p.Spec.InitContainers[i].Resources)
		}
	}
	any, guaranteed := false, true
	for _, r := range sets {
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			request, limit := r.Requests[name], r.Limits[name]
			any = any || request.Sign() > 0 || limit.Sign() > 0
			// Defaulting copies a limit to an absent request, so absent counts as equal.
			guaranteed = guaranteed && limit.Sign() > 0 && (request.Sign() == 0 || request.Cmp(limit) == 0)
		}
	}
	switch {
	case !any:
		return corev1.PodQOSBestEffort
	case guaranteed:
		return corev1.PodQOSGuaranteed
	}
	return corev1.PodQOSBurstable
}
