package kubectl

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
)

// containerColumns are the CONTAINERS and IMAGES cells of a controller's row.
func containerColumns(list []corev1.Container) (names, images string) {
	n, i := []string{}, []string{}
	for _, c := range list {
		n, i = append(n, c.Name), append(i, c.Image)
	}
	return strings.Join(n, ","), strings.Join(i, ",")
}

// podTemplate is the block of a template within a controller's sheet.
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go DescribePodTemplate.
func (s *sheet) podTemplate(t *corev1.PodTemplateSpec) {
	s.line(0, "Pod Template:")
	if t == nil {
		s.put("  <unset>")
		return
	}
	s.labels("  Labels", t.Labels)
	if len(t.Annotations) > 0 {
		s.annotations("  Annotations", t.Annotations)
	}
	if t.Spec.ServiceAccountName != "" {
		s.line(1, "Service Account:\t%s", t.Spec.ServiceAccountName)
	}
	block := containerBlock{space: "  "}
	if len(t.Spec.InitContainers) > 0 {
		block.write(s, "Init Containers", t.Spec.InitContainers, nil)
	}
	block.write(s, "Containers", t.Spec.Containers, nil)
	s.volumes(t.Spec.Volumes, "  ")
	s.spreadConstraints(t.Spec.TopologySpreadConstraints, "  ")
	if t.Spec.PriorityClassName != "" {
		s.line(1, "Priority Class Name:\t%s", t.Spec.PriorityClassName)
	}
	s.labels("  Node-Selectors", t.Spec.NodeSelector)
	s.column("  Tolerations", tolerations(t.Spec.Tolerations))
	s.schedulingGroup(t.Spec.SchedulingGroup, "  ")
}

// podCounts is the line about the pods that a controller owns.
func (s *sheet) podCounts(owner model.Object, selector labels.Selector) {
	running, waiting, succeeded, failed := s.cluster.controlledPods(owner, func(m map[string]string) bool { return selector.Matches(labels.Set(m)) })
	s.line(0, "Pods Status:\t%d Running / %d Waiting / %d Succeeded / %d Failed", running, waiting, succeeded, failed)
}

// selectorOf prints and matches nothing where the selector is not valid, which the API server does not let happen.
func selectorOf(x *metav1.LabelSelector) labels.Selector {
	selector, err := metav1.LabelSelectorAsSelector(x)
	if err != nil {
		return labels.Nothing()
	}
	return selector
}

// conditionRow is one line of the Conditions table of a controller.
type conditionRow struct{ kind, status, reason string }

func (s *sheet) conditions(rows []conditionRow) {
	if len(rows) == 0 {
		return
	}
	s.line(0, "Conditions:")
	s.line(1, "Type\tStatus\tReason")
	s.line(1, "----\t------\t------")
	for _, r := range rows {
		s.line(1, "%s \t%s\t%s", r.kind, r.status, r.reason)
	}
}
