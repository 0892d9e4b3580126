package model

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	helper "k8s.io/component-helpers/resource"
)

// QOSClass computes the class of service of a pod from the requests and limits for cpu and memory of its containers and
// init containers, or from those of the pod as a whole if it has any. Amounts of zero count as absent.
//
// Source: k8s v1.36.3 pkg/apis/core/helper/qos/qos.go ComputePodQOS.
func QOSClass(s *corev1.PodSpec) corev1.PodQOSClass {
	var sum qosSum
	guaranteed := true
	if r := s.Resources; r != nil {
		sum.add(r.Requests, &sum.requests)
		if limits := sum.add(r.Limits, &sum.limits); len(r.Limits) > 0 && limits != allQOS {
			guaranteed = false
		}
	} else {
		for _, list := range [][]corev1.Container{s.Containers, s.InitContainers} {
			for i := range list {
				sum.add(list[i].Resources.Requests, &sum.requests)
				if sum.add(list[i].Resources.Limits, &sum.limits) != allQOS {
					guaranteed = false
				}
			}
		}
	}
	switch {
	case sum == qosSum{}:
		return corev1.PodQOSBestEffort
	case guaranteed && sum.equal():
		return corev1.PodQOSGuaranteed
	}
	return corev1.PodQOSBurstable
}

// qosNames are the resources that the class depends on.
var qosNames = [...]corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory}

// allQOS is the number of qosNames.
const allQOS = len(qosNames)

// qosSum sums up cpu and memory; nil stands for none.
type qosSum struct {
	requests, limits [allQOS]*resource.Quantity
}

// add adds the amounts above zero to a sum and returns how many there were.
func (*qosSum) add(list corev1.ResourceList, sum *[allQOS]*resource.Quantity) int {
	found := 0
	for i, name := range qosNames {
		q, ok := list[name]
		if !ok || q.Sign() <= 0 {
			continue
		}
		found++
		if sum[i] == nil {
			sum[i] = &resource.Quantity{}
		}
		sum[i].Add(q)
	}
	return found
}

// equal says whether the same resources are requested and limited, with the same amounts.
func (s *qosSum) equal() bool {
	for i := range qosNames {
		r, l := s.requests[i], s.limits[i]
		if (r == nil) != (l == nil) || r != nil && r.Cmp(*l) != 0 {
			return false
		}
	}
	return true
}

// PodRequests is what the scheduler reserves for a pod: the sum of its containers and sidecars, or the largest need of its
// init containers if that is more, overridden by what the pod requests as a whole, plus overhead. Amounts are not rounded.
//
// Source: k8s v1.36.3 component-helpers/resource/helpers.go PodRequests.
func PodRequests(s *corev1.PodSpec) corev1.ResourceList {
	if len(s.Containers) == 1 && len(s.InitContainers) == 0 && s.Resources == nil && len(s.Overhead) == 0 {
		if sum := s.Containers[0].Resources.Requests.DeepCopy(); sum != nil { // most pods
			return sum
		}
		return corev1.ResourceList{}
	}
	return helper.PodRequests(&corev1.Pod{Spec: *s}, helper.PodResourcesOptions{})
}

// isHugePages says whether a resource is a size of huge pages.
func isHugePages(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}
