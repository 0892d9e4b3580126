package kubectl

import (
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func number(n int32) string { return strconv.FormatInt(int64(n), 10) }

func replicaSetCells(now time.Time, r *appsv1.ReplicaSet) []string {
	names, images := containerColumns(r.Spec.Template.Spec.Containers)
	return []string{r.Name, number(deref(r.Spec.Replicas)), number(r.Status.Replicas), number(r.Status.ReadyReplicas), age(now, r.CreationTimestamp),
		names, images, metav1.FormatLabelSelector(r.Spec.Selector)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeReplicaSet.
func describeReplicaSet(s *sheet, r *appsv1.ReplicaSet) {
	s.line(0, "Name:\t%s", r.Name)
	s.line(0, "Namespace:\t%s", r.Namespace)
	s.line(0, "Selector:\t%s", metav1.FormatLabelSelector(r.Spec.Selector))
	s.labels("Labels", r.Labels)
	s.annotations("Annotations", r.Annotations)
	s.optional("Controlled By", controlledBy(r))
	s.line(0, "Replicas:\t%d current / %d desired", r.Status.Replicas, deref(r.Spec.Replicas))
	s.podCounts(r, selectorOf(r.Spec.Selector))
	s.podTemplate(&r.Spec.Template)
	rows := []conditionRow{}
	for _, c := range r.Status.Conditions {
		rows = append(rows, conditionRow{string(c.Type), string(c.Status), c.Reason})
	}
	s.conditions(rows)
	s.events(r)
}

func replicationControllerCells(now time.Time, r *corev1.ReplicationController) []string {
	names, images := "", ""
	if r.Spec.Template != nil {
		names, images = containerColumns(r.Spec.Template.Spec.Containers)
	}
	return []string{r.Name, number(deref(r.Spec.Replicas)), number(r.Status.Replicas), number(r.Status.ReadyReplicas), age(now, r.CreationTimestamp),
		names, images, formatLabels(r.Spec.Selector)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeReplicationController.
func describeReplicationController(s *sheet, r *corev1.ReplicationController) {
	s.line(0, "Name:\t%s", r.Name)
	s.line(0, "Namespace:\t%s", r.Namespace)
	s.line(0, "Selector:\t%s", formatLabels(r.Spec.Selector))
	s.labels("Labels", r.Labels)
	s.annotations("Annotations", r.Annotations)
	s.line(0, "Replicas:\t%d current / %d desired", r.Status.Replicas, deref(r.Spec.Replicas))
	s.podCounts(r, labels.SelectorFromSet(r.Spec.Selector))
	s.podTemplate(r.Spec.Template)
	rows := []conditionRow{}
	for _, c := range r.Status.Conditions {
		rows = append(rows, conditionRow{string(c.Type), string(c.Status), c.Reason})
	}
	s.conditions(rows)
	s.events(r)
}
