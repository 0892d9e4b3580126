package controller

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

var claimKind = model.FindKind("PersistentVolumeClaim")

// claimName is the name of the claim that an ordinal has of a template.
func claimName(set *appsv1.StatefulSet, template string, ordinal int) string {
	return template + "-" + set.Name + "-" + strconv.Itoa(ordinal)
}

// claim returns the claim, or nil.
func (st *statefulSync) claim(name string) *corev1.PersistentVolumeClaim {
	o := st.env.Store.Get(claimKind, store.Key{Namespace: st.state.key.Namespace, Name: name})
	if o == nil {
		return nil
	}
	return o.API().(*corev1.PersistentVolumeClaim)
}

// claims returns the claims of an ordinal that are there.
func (st *statefulSync) claims(r replica) (out []*corev1.PersistentVolumeClaim) {
	for i := range st.set.Spec.VolumeClaimTemplates {
		if c := st.claim(claimName(st.set, st.set.Spec.VolumeClaimTemplates[i].Name, r.ordinal)); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// missingClaims returns new claims for those that an ordinal lacks.
//
// Source: k8s v1.36.3 pkg/controller/statefulset/stateful_set_utils.go getPersistentVolumeClaims.
func (st *statefulSync) missingClaims(r replica) (out []*corev1.PersistentVolumeClaim) {
	for i := range st.set.Spec.VolumeClaimTemplates {
		t := &st.set.Spec.VolumeClaimTemplates[i]
		name := claimName(st.set, t.Name, r.ordinal)
		if st.claim(name) != nil {
			continue
		}
		c := t.DeepCopy()
		c.Name, c.Namespace = name, st.set.Namespace
		if c.Labels == nil {
			c.Labels = map[string]string{}
		}
		if st.set.Spec.Selector != nil {
			maps.Copy(c.Labels, st.set.Spec.Selector.MatchLabels)
		}
		out = append(out, c)
	}
	return out
}

// deletedClaims is the error of a pod whose claims are being deleted.
func (st *statefulSync) deletedClaims(r replica) error {
	var errs []error
	for _, c := range st.claims(r) {
		if c.DeletionTimestamp != nil {
			errs = append(errs, fmt.Errorf("pvc %s is being deleted", c.Name))
		}
	}
	return aggregate(errs)
}

// createClaims creates claims one after another, whatever becomes of those before.
//
// Source: k8s v1.36.3 stateful_pod_control.go createPersistentVolumeClaims, recordClaimEvent.
func (st *statefulSync) createClaims(r replica, claims []*corev1.PersistentVolumeClaim, done func(error)) {
	var errs []error
	st.env.Engine.Act(rule.StatefulSetClaims)
	ref := referenceTo(statefulSetKind, st.set)
	st.api.writeAll(len(claims), func(i int) {
		name, pod := claims[i].Name, st.podName(r)
		_, err := st.env.API.Create(claimKind, claims[i])
		switch {
		case err == nil:
			st.events.Event(ref, record.Normal, "SuccessfulCreate", fmt.Sprintf("Create Claim %s Pod %s in StatefulSet %s success", name, pod, st.set.Name))
			return
		case !isAlreadyExists(err):
			st.events.Event(ref, record.Warning, "FailedCreate", fmt.Sprintf("Create Claim %s for Pod %s in StatefulSet %s failed error: %s", name, pod, st.set.Name, err))
		}
		errs = append(errs, fmt.Errorf("failed to create PVC %s: %w", name, err))
	}, func() { done(aggregate(errs)) })
}

// staleClaim reports whether a claim of the ordinal belongs to a former pod of its name, with which it will go.
//
// Source: k8s v1.36.3 stateful_pod_control.go PodClaimIsStale.
func (st *statefulSync) staleClaim(r replica) bool {
	if st.policy().WhenScaled != appsv1.DeletePersistentVolumeClaimRetentionPolicyType {
		return false
	}
	name := st.podName(r)
	return slices.ContainsFunc(st.claims(r), func(c *corev1.PersistentVolumeClaim) bool {
		return slices.ContainsFunc(c.OwnerReferences, func(o metav1.OwnerReference) bool { return o.Kind == "Pod" && o.APIVersion == "v1" && o.Name == name })
	})
}

func (st *statefulSync) policy() appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy {
	if p := st.set.Spec.PersistentVolumeClaimRetentionPolicy; p != nil {
		return *p
	}
	return appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{
		WhenDeleted: appsv1.RetainPersistentVolumeClaimRetentionPolicyType, WhenScaled: appsv1.RetainPersistentVolumeClaimRetentionPolicyType}
}

// claimOwners says who is to own the claims of an ordinal: the set, the pod, or neither.
//
// Source: k8s v1.36.3 stateful_set_utils.go updateClaimOwnerRefForSetAndPod.
func (st *statefulSync) claimOwners(r replica) (set, pod bool) {
	policy, start := st.policy(), firstOrdinal(st.set)
	out := r.ordinal < start || r.ordinal >= start+replicaCount(st.set.Spec.Replicas)
	onScale := policy.WhenScaled == appsv1.DeletePersistentVolumeClaimRetentionPolicyType
	onDelete := policy.WhenDeleted == appsv1.DeletePersistentVolumeClaimRetentionPolicyType
	return onDelete && !(onScale && out), onScale && out
}

// claimsSettled reports whether the claims of the pod have the owners that the policy wants. Claims of a former set or
// pod of that name are left alone.
//
// Source: k8s v1.36.3 stateful_set_utils.go isClaimOwnerUpToDate.
func (st *statefulSync) claimsSettled(r replica) bool {
	for _, c := range st.claims(r) {
		if st.ownersOf(c, r) != nil {
			return false
		}
	}
	return true
}

// ownersOf returns the references that a claim is to have, nil if it has them or is to be left alone.
func (st *statefulSync) ownersOf(c *corev1.PersistentVolumeClaim, r replica) []metav1.OwnerReference {
	podUID, podName := types.UID(""), st.podName(r)
	if r.pod != nil {
		podUID = r.pod.UID
	}
	var others []metav1.OwnerReference
	hasSet, hasPod, plain, foreign := false, false, false, false
	for _, o := range c.OwnerReferences {
		bySet := o.Kind == statefulSetKind.Name && o.APIVersion == statefulSetKind.APIVersion() && o.Name == st.set.Name
		byPod := o.Kind == "Pod" && o.APIVersion == "v1" && o.Name == podName
		if bySet && o.UID != st.set.UID || byPod && o.UID != podUID {
			return nil // stale
		}
		isController := value(o.Controller)
		hasSet, hasPod = hasSet || bySet, hasPod || byPod
		plain = plain || (bySet || byPod) && !isController
		if !bySet && !byPod {
			others = append(others, o)
			foreign = foreign || isController
		}
	}
	wantSet, wantPod := st.claimOwners(r)
	policy := st.policy()
	retain := policy.WhenScaled != appsv1.DeletePersistentVolumeClaimRetentionPolicyType && policy.WhenDeleted != appsv1.DeletePersistentVolumeClaimRetentionPolicyType
	if foreign && !retain {
		wantSet, wantPod = false, false
	}
	if hasSet == wantSet && hasPod == wantPod && !plain {
		return nil
	}
	out := append([]metav1.OwnerReference{}, others...)
	if wantSet {
		out = append(out, newControllerRef(statefulSetKind, st.set))
	}
	if wantPod && r.pod != nil {
		yes := true
		out = append(out, metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: podName, UID: podUID, Controller: &yes, BlockOwnerDeletion: &yes})
	}
	return out
}

// settleClaims writes the owners that the policy wants into the claims of the pod.
//
// Source: k8s v1.36.3 stateful_pod_control.go UpdatePodClaimForRetentionPolicy.
func (st *statefulSync) settleClaims(r replica, done func(error)) {
	var wrong []*corev1.PersistentVolumeClaim
	for _, c := range st.claims(r) {
		if st.ownersOf(c, r) != nil {
			wrong = append(wrong, c)
		}
	}
	oneByOne(len(wrong), func(i int, done func(error)) {
		st.api.write(func() {
			c := wrong[i]
			refs := st.ownersOf(c, r)
			err := st.env.Store.Update(claimKind, keyOf(c), func(o model.Object) bool {
				o.SetOwnerReferences(refs)
				return true
			})
			if err != nil {
				err = fmt.Errorf("could not update claim %s for delete policy ownerRefs: %w", c.Name, err)
			}
			done(err)
		})
	}, done)
}

// fixClaims gives the claims of a pod that is to go to the pod, if they are to go with it.
func (st *statefulSync) fixClaims(r replica) step {
	if st.claimsSettled(r) {
		return step{}
	}
	return step{do: func(done func(error)) { st.settleClaims(r, done) }}
}
