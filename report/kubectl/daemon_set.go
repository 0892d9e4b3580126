package kubectl

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func daemonSetCells(now time.Time, d *appsv1.DaemonSet) []string {
	names, images := containerColumns(d.Spec.Template.Spec.Containers)
	return []string{d.Name, number(d.Status.DesiredNumberScheduled), number(d.Status.CurrentNumberScheduled), number(d.Status.NumberReady),
		number(d.Status.UpdatedNumberScheduled), number(d.Status.NumberAvailable), formatLabels(d.Spec.Template.Spec.NodeSelector), age(now, d.CreationTimestamp),
		names, images, metav1.FormatLabelSelector(d.Spec.Selector)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeDaemonSet.
func describeDaemonSet(s *sheet, d *appsv1.DaemonSet) {
	s.line(0, "Name:\t%s", d.Name)
	s.line(0, "Namespace:\t%s", d.Namespace)
	selector := selectorOf(d.Spec.Selector)
	s.line(0, "Selector:\t%s", selector)
	s.line(0, "Node-Selector:\t%s", formatLabels(d.Spec.Template.Spec.NodeSelector))
	s.labels("Labels", d.Labels)
	s.annotations("Annotations", d.Annotations)
	s.line(0, "Desired Number of Nodes Scheduled: %d", d.Status.DesiredNumberScheduled)
	s.line(0, "Current Number of Nodes Scheduled: %d", d.Status.CurrentNumberScheduled)
	s.line(0, "Number of Nodes Scheduled with Up-to-date Pods: %d", d.Status.UpdatedNumberScheduled)
	s.line(0, "Number of Nodes Scheduled with Available Pods: %d", d.Status.NumberAvailable)
	s.line(0, "Number of Nodes Misscheduled: %d", d.Status.NumberMisscheduled)
	s.podCounts(d, selector)
	s.podTemplate(&d.Spec.Template)
	s.events(d)
}
