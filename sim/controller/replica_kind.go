package controller

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
)

// replicaKind is what ReplicaSet and ReplicationController do not have in common.
//
// Source: k8s v1.36.3 pkg/controller/replication/conversion.go, which makes one of the other.
type replicaKind struct {
	kind        *model.Kind
	component   string // source of Events
	terminating bool   // status counts terminating pods
	view        func(model.Object) replicas
	// withStatus returns the object with another status. It shares all else.
	withStatus func(model.Object, appsv1.ReplicaSetStatus) model.Object
}

// replicas is a ReplicaSet or a ReplicationController as the reconciler sees it.
type replicas struct {
	object   model.Object
	want     int
	minReady int32 // seconds
	selector labels.Selector
	template *corev1.PodTemplateSpec
	status   appsv1.ReplicaSetStatus
}

var replicaSetKind = replicaKind{
	kind: model.FindKind("ReplicaSet"), component: "replicaset-controller", terminating: true,
	view: func(o model.Object) replicas {
		r := o.(*appsv1.ReplicaSet)
		selector, err := metav1.LabelSelectorAsSelector(r.Spec.Selector)
		if err != nil {
			selector = labels.Nothing() // validation lets no such selector in
		}
		return replicas{o, replicaCount(r.Spec.Replicas), r.Spec.MinReadySeconds, selector, &r.Spec.Template, r.Status}
	},
	withStatus: func(o model.Object, st appsv1.ReplicaSetStatus) model.Object {
		r := *o.(*appsv1.ReplicaSet)
		r.Status = st
		return &r
	},
}

var replicationControllerKind = replicaKind{
	kind: model.FindKind("ReplicationController"), component: "replication-controller",
	view: func(o model.Object) replicas {
		r := o.(*corev1.ReplicationController)
		template := r.Spec.Template
		if template == nil {
			template = &corev1.PodTemplateSpec{} // validation lets no such object in
		}
		st := appsv1.ReplicaSetStatus{Replicas: r.Status.Replicas, FullyLabeledReplicas: r.Status.FullyLabeledReplicas, ReadyReplicas: r.Status.ReadyReplicas,
			AvailableReplicas: r.Status.AvailableReplicas, ObservedGeneration: r.Status.ObservedGeneration}
		for _, c := range r.Status.Conditions {
			st.Conditions = append(st.Conditions, appsv1.ReplicaSetCondition{Type: appsv1.ReplicaSetConditionType(c.Type), Status: c.Status,
				LastTransitionTime: c.LastTransitionTime, Reason: c.Reason, Message: c.Message})
		}
		return replicas{o, replicaCount(r.Spec.Replicas), r.Spec.MinReadySeconds, labels.SelectorFromSet(r.Spec.Selector), template, st}
	},
	withStatus: func(o model.Object, st appsv1.ReplicaSetStatus) model.Object {
		to := corev1.ReplicationControllerStatus{Replicas: st.Replicas, FullyLabeledReplicas: st.FullyLabeledReplicas, ReadyReplicas: st.ReadyReplicas,
			AvailableReplicas: st.AvailableReplicas, ObservedGeneration: st.ObservedGeneration}
		for _, c := range st.Conditions {
			to.Conditions = append(to.Conditions, corev1.ReplicationControllerCondition{Type: corev1.ReplicationControllerConditionType(c.Type), Status: c.Status,
				LastTransitionTime: c.LastTransitionTime, Reason: c.Reason, Message: c.Message})
		}
		r := *o.(*corev1.ReplicationController)
		r.Status = to
		return &r
	},
}

func replicaCount(n *int32) int {
	if n == nil {
		return 1
	}
	return int(*n)
}
