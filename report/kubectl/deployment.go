package kubectl

import (
	"fmt"
	"sort"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
)

func deploymentCells(now time.Time, d *appsv1.Deployment) []string {
	names, images := containerColumns(d.Spec.Template.Spec.Containers)
	selector := "<invalid>"
	if x, err := metav1.LabelSelectorAsSelector(d.Spec.Selector); err == nil {
		selector = x.String()
	}
	return []string{d.Name, fmt.Sprintf("%d/%d", d.Status.ReadyReplicas, deref(d.Spec.Replicas)), number(d.Status.UpdatedReplicas),
		number(d.Status.AvailableReplicas), age(now, d.CreationTimestamp), names, images, selector}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeDeployment.
func describeDeployment(s *sheet, d *appsv1.Deployment) {
	s.line(0, "Name:\t%s", d.Name)
	s.line(0, "Namespace:\t%s", d.Namespace)
	s.line(0, "CreationTimestamp:\t%s", date(d.CreationTimestamp))
	s.labels("Labels", d.Labels)
	s.annotations("Annotations", d.Annotations)
	s.line(0, "Selector:\t%s", selectorOf(d.Spec.Selector))
	s.line(0, "Replicas:\t%d desired | %d updated | %d total | %d available | %d unavailable", deref(d.Spec.Replicas),
		d.Status.UpdatedReplicas, d.Status.Replicas, d.Status.AvailableReplicas, d.Status.UnavailableReplicas)
	s.line(0, "StrategyType:\t%s", d.Spec.Strategy.Type)
	s.line(0, "MinReadySeconds:\t%d", d.Spec.MinReadySeconds)
	if ru := d.Spec.Strategy.RollingUpdate; ru != nil {
		s.line(0, "RollingUpdateStrategy:\t%s max unavailable, %s max surge", ru.MaxUnavailable.String(), ru.MaxSurge.String())
	}
	s.podTemplate(&d.Spec.Template)
	rows := []conditionRow{}
	for _, c := range d.Status.Conditions {
		rows = append(rows, conditionRow{string(c.Type), string(c.Status), c.Reason})
	}
	s.conditions(rows)
	if old, current := s.cluster.replicaSetsOf(d); len(old)+len(current) > 0 {
		s.line(0, "OldReplicaSets:\t%s", replicaSetList(old))
		s.line(0, "NewReplicaSet:\t%s", replicaSetList(current))
	}
	s.events(d)
}

func replicaSetList(list []*appsv1.ReplicaSet) string {
	texts := []string{}
	for _, r := range list {
		texts = append(texts, fmt.Sprintf("%s (%d/%d replicas created)", r.Name, r.Status.Replicas, deref(r.Spec.Replicas)))
	}
	return orNone(strings.Join(texts, ", "))
}

// replicaSetsOf splits the replica sets of a deployment into the old ones and the one with its template: the oldest, if
// there are several.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/util/deployment/deployment.go GetAllReplicaSetsInChunks, findNewReplicaSet.
func (c *Cluster) replicaSetsOf(d *appsv1.Deployment) (old, current []*appsv1.ReplicaSet) {
	selector := selectorOf(d.Spec.Selector)
	sets := []*appsv1.ReplicaSet{}
	for _, o := range c.list(model.FindKind("replicasets"), d.Namespace) {
		ref := metav1.GetControllerOf(o)
		if ref != nil && ref.UID == d.UID && selector.Matches(labels.Set(o.GetLabels())) {
			sets = append(sets, o.(*appsv1.ReplicaSet))
		}
	}
	sort.SliceStable(sets, func(i, j int) bool {
		a, b := sets[i].CreationTimestamp, sets[j].CreationTimestamp
		if a.Equal(&b) {
			return sets[i].Name < sets[j].Name
		}
		return a.Before(&b)
	})
	for _, r := range sets {
		if len(current) == 0 && sameTemplate(&r.Spec.Template, &d.Spec.Template) {
			current = append(current, r)
		} else {
			old = append(old, r)
		}
	}
	return old, current
}

// sameTemplate compares all but the label with the template's hash.
func sameTemplate(a, b *corev1.PodTemplateSpec) bool {
	x, y := a.DeepCopy(), b.DeepCopy()
	delete(x.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	delete(y.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	return equality.Semantic.DeepEqual(x, y)
}
