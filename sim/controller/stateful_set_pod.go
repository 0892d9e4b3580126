package controller

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"clustersim/sim/admission"
	"clustersim/sim/record"
	"clustersim/sim/store"
)

// podEvent tells of what was done to a pod, or why not.
//
// Source: k8s v1.36.3 pkg/controller/statefulset/stateful_pod_control.go recordPodEvent.
func (st *statefulSync) podEvent(verb, pod string, err error) {
	if err == nil {
		st.events.Event(referenceTo(statefulSetKind, st.set), record.Normal, "Successful"+verb, fmt.Sprintf("%s Pod %s in StatefulSet %s successful", verb, pod, st.set.Name))
		return
	}
	st.events.Event(referenceTo(statefulSetKind, st.set), record.Warning, "Failed"+verb, fmt.Sprintf("%s Pod %s in StatefulSet %s failed error: %s", verb, pod, st.set.Name, err))
}

func (st *statefulSync) podName(r replica) string { return st.set.Name + "-" + strconv.Itoa(r.ordinal) }

// createPod creates the claims that are missing and then the pod of an ordinal.
//
// Source: k8s v1.36.3 stateful_pod_control.go CreateStatefulPod; stateful_set_utils.go newVersionedStatefulSetPod.
func (st *statefulSync) createPod(r replica, done func(error)) {
	name := st.podName(r)
	st.createClaims(r, st.missingClaims(r), func(err error) {
		if err == nil {
			err = st.deletedClaims(r)
		}
		if err != nil {
			st.podEvent("Create", name, err)
			done(err)
			return
		}
		m, err := st.state.manifest(st.set, st.revisionFor(r))
		if err != nil {
			done(err)
			return
		}
		st.api.write(func() {
			p, _, err := st.env.API.CreatePodAs(m, st.identity(r, m))
			if isAlreadyExists(err) {
				done(err)
				return
			}
			st.settleClaims(replica{r.ordinal, p}, func(failed error) {
				if failed != nil {
					st.podEvent("Update", name, failed)
					done(failed)
					return
				}
				st.podEvent("Create", name, err)
				done(err)
			})
		})
	})
}

// revisionFor is the revision of a new pod: below the partition the current one.
func (st *statefulSync) revisionFor(r replica) *appsv1.ControllerRevision {
	strategy, below := st.set.Spec.UpdateStrategy, r.ordinal-firstOrdinal(st.set)
	if strategy.RollingUpdate != nil && below < int(value(strategy.RollingUpdate.Partition)) ||
		strategy.RollingUpdate == nil && strategy.Type == appsv1.RollingUpdateStatefulSetStrategyType && below < int(st.set.Status.CurrentReplicas) {
		return st.revisions.current
	}
	return st.revisions.update
}

// identity is what tells the pod of an ordinal from its siblings.
//
// Source: k8s v1.36.3 stateful_set_utils.go initIdentity, updateStorage.
func (st *statefulSync) identity(r replica, m *corev1.Pod) admission.Identity {
	name := st.podName(r)
	set := maps.Clone(m.Labels)
	set[appsv1.StatefulSetPodNameLabel], set[appsv1.PodIndexLabel] = name, strconv.Itoa(r.ordinal)
	return admission.Identity{Namespace: st.state.key.Namespace, Name: name, GenerateName: podPrefix(st.set.Name), Owners: st.state.owners, Labels: set,
		Edit: func(s *corev1.PodSpec) {
			s.Hostname = name
			if len(st.set.Spec.VolumeClaimTemplates) > 0 {
				s.Volumes = claimVolumes(st.set, r.ordinal, s.Volumes)
			}
		}}
}

// claimVolumes are the volumes of an ordinal's pod, those of the set's claims in place of others of their names.
//
// Source: k8s v1.36.3 stateful_set_utils.go updateStorage.
func claimVolumes(set *appsv1.StatefulSet, ordinal int, own []corev1.Volume) []corev1.Volume {
	var out []corev1.Volume
	isClaim := map[string]bool{}
	for i := range set.Spec.VolumeClaimTemplates {
		t := &set.Spec.VolumeClaimTemplates[i]
		isClaim[t.Name] = true
		out = append(out, corev1.Volume{Name: t.Name, VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claimName(set, t.Name, ordinal)}}})
	}
	return append(out, slices.DeleteFunc(slices.Clone(own), func(v corev1.Volume) bool { return isClaim[v.Name] })...)
}

// deletePod deletes a pod with its own grace.
//
// Source: k8s v1.36.3 stateful_pod_control.go DeleteStatefulPod.
func (st *statefulSync) deletePod(p *store.Pod, done func(error)) {
	st.api.write(func() {
		err := st.env.Store.DeletePod(p.Key(), "", nil)
		if isNotFound(err) {
			err = nil
		}
		st.podEvent("Delete", p.Name, err)
		done(err)
	})
}

// inOrder reports whether the pod has the labels of its identity and its claims have the owners that the set's policy
// wants.
func (st *statefulSync) inOrder(r replica) bool {
	return r.pod.LabelSet()[appsv1.StatefulSetPodNameLabel] == r.pod.Name && st.claimsSettled(r)
}

// updatePod gives the pod the labels of its identity back.
//
// Source: k8s v1.36.3 stateful_pod_control.go UpdateStatefulPod.
func (st *statefulSync) updatePod(r replica, done func(error)) {
	if st.inOrder(r) {
		done(nil)
		return
	}
	st.settleClaims(r, func(err error) {
		if err != nil {
			st.podEvent("Update", r.pod.Name, err)
			done(err)
			return
		}
		st.api.write(func() {
			_, err := st.env.Store.UpdatePod(r.pod.Key(), string(r.pod.UID), func(p *store.Pod) bool {
				p.Labels = maps.Clone(p.LabelSet())
				if p.Labels == nil {
					p.Labels = map[string]string{}
				}
				p.Labels[appsv1.StatefulSetPodNameLabel], p.Labels[appsv1.PodIndexLabel] = p.Name, strconv.Itoa(r.ordinal)
				return r.pod.LabelSet()[appsv1.StatefulSetPodNameLabel] != p.Name
			})
			st.podEvent("Update", r.pod.Name, err)
			done(err)
		})
	})
}

// aggregate makes one error of several, nil of none.
func aggregate(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	return utilerrors.NewAggregate(errs)
}
