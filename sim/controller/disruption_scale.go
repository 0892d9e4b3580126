package controller

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/model"
	"clustersim/sim/store"
)

// expected is how many pods a budget expects, and how many of them are to be healthy.
//
// Source: k8s v1.36.3 pkg/controller/disruption/disruption.go getExpectedPodCount.
func (c *disruptions) expected(s *budgetState, b *policyv1.PodDisruptionBudget) (expected, desired int, err error) {
	least, most := b.Spec.MinAvailable, b.Spec.MaxUnavailable
	switch {
	case most != nil:
		if expected, err = c.scale(s); err != nil {
			return 0, 0, err
		}
		n, err := intstr.GetScaledValueFromIntOrPercent(most, expected, true)
		return expected, max(expected-n, 0), err
	case least != nil && least.Type == intstr.Int:
		return len(s.pods), int(least.IntVal), nil
	case least != nil:
		if expected, err = c.scale(s); err != nil {
			return 0, 0, err
		}
		desired, err = intstr.GetScaledValueFromIntOrPercent(least, expected, true)
		return expected, desired, err
	}
	return 0, 0, nil
}

// scale sums up the replicas of the controllers that the budget's pods have.
//
// Source: k8s v1.36.3 disruption.go getExpectedScale, finders.
func (c *disruptions) scale(s *budgetState) (int, error) {
	uids := make([]types.UID, 0, len(s.owners))
	for uid := range s.owners { // unordered: sorted below
		if uid != "" {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	scales := map[types.UID]int{}
	for _, uid := range uids {
		owner, n, err := c.scaleOf(s.owners[uid].ref, s.key.Namespace)
		if err != nil {
			return 0, err
		}
		if owner == "" {
			return 0, fmt.Errorf("found no controllers for pod %q", s.podOf(uid))
		}
		scales[owner] = n
	}
	sum := 0
	for _, n := range scales { // unordered: a sum
		sum += n
	}
	return sum, nil
}

// podOf is the first pod by name that the controller has.
func (s *budgetState) podOf(uid types.UID) string {
	for _, name := range sortedKeys(s.pods) {
		if controllerUID(s.pods[name].OwnerList()) == uid {
			return name
		}
	}
	return ""
}

// scaleOf finds the object that decides how many pods there ought to be: the controller itself or, of a ReplicaSet, its
// Deployment. owner is "" if it is not there.
func (c *disruptions) scaleOf(ref metav1.OwnerReference, namespace string) (owner types.UID, replicas int, err error) {
	k := model.FindKind(ref.Kind)
	if k == nil || k.APIVersion() != ref.APIVersion {
		return "", 0, fmt.Errorf("no matches for kind %q in version %q", ref.Kind, ref.APIVersion)
	}
	o := c.env.Store.Get(k, store.Key{Namespace: namespace, Name: ref.Name})
	if o == nil || o.API().GetUID() != ref.UID {
		o = nil
	}
	var n *int32
	switch k.Name {
	case "ReplicationController":
		if o != nil {
			n = o.API().(*corev1.ReplicationController).Spec.Replicas
		}
	case "ReplicaSet":
		if o == nil {
			break
		}
		rs := o.API().(*appsv1.ReplicaSet)
		if up := controllerOf(rs.OwnerReferences); up != nil && up.Kind == "Deployment" {
			if owner, replicas, err = c.scaleOf(*up, namespace); owner != "" {
				return owner, replicas, err
			}
		}
		n = rs.Spec.Replicas
	case "StatefulSet":
		if o != nil {
			n = o.API().(*appsv1.StatefulSet).Spec.Replicas
		}
	case "Deployment":
		if o != nil {
			n = o.API().(*appsv1.Deployment).Spec.Replicas
		}
	default:
		return "", 0, fmt.Errorf("%s does not implement the scale subresource", k.Resource())
	}
	if o == nil {
		return "", 0, nil
	}
	return o.API().GetUID(), replicaCount(n), nil
}
