package kubectl

import (
	"fmt"
	"strings"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// metricText is one metric of an autoscaler: in a row as "name: current/target", in a sheet as "title: current / target".
type metricText struct {
	prefix          string // in a row
	title           string // in a sheet
	current, target string
	average         bool // a row marks averages of external and object metrics
}

// metricTexts pairs each metric of the specification with the status at the same place.
//
// Source: k8s v1.36.3 pkg/printers/internalversion/printers.go formatHPAMetrics, and
// staging/src/k8s.io/kubectl/pkg/describe/describe.go describeHorizontalPodAutoscalerV2.
func metricTexts(h *autoscalingv2.HorizontalPodAutoscaler) []metricText {
	texts := []metricText{}
	for i, m := range h.Spec.Metrics {
		var status autoscalingv2.MetricStatus
		if i < len(h.Status.CurrentMetrics) {
			status = h.Status.CurrentMetrics[i]
		}
		texts = append(texts, metric(m, status))
	}
	return texts
}

func metric(m autoscalingv2.MetricSpec, status autoscalingv2.MetricStatus) metricText {
	switch {
	case m.Type == autoscalingv2.ExternalMetricSourceType && m.External != nil:
		var now *autoscalingv2.MetricValueStatus
		if status.External != nil {
			now = &status.External.Current
		}
		return valueMetric(fmt.Sprintf("%q ", m.External.Metric.Name), m.External.Target.AverageValue != nil, m.External.Target, now)
	case m.Type == autoscalingv2.ObjectMetricSourceType && m.Object != nil:
		var now *autoscalingv2.MetricValueStatus
		if status.Object != nil {
			now = &status.Object.Current
		}
		o := m.Object
		title := fmt.Sprintf("%q on %s/%s ", o.Metric.Name, o.DescribedObject.Kind, o.DescribedObject.Name)
		return valueMetric(title, o.Target.AverageValue != nil, o.Target, now)
	case m.Type == autoscalingv2.PodsMetricSourceType && m.Pods != nil:
		t := metricText{title: fmt.Sprintf("%q on pods", m.Pods.Metric.Name), current: "<unknown>", target: quantity(m.Pods.Target.AverageValue)}
		if status.Pods != nil {
			t.current = quantity(status.Pods.Current.AverageValue)
		}
		return t
	case m.Type == autoscalingv2.ResourceMetricSourceType && m.Resource != nil:
		var now *autoscalingv2.MetricValueStatus
		if status.Resource != nil {
			now = &status.Resource.Current
		}
		return resourceMetric(m.Resource.Name, fmt.Sprintf("resource %s on pods", m.Resource.Name), "  ", m.Resource.Target, now)
	case m.Type == autoscalingv2.ContainerResourceMetricSourceType && m.ContainerResource != nil:
		var now *autoscalingv2.MetricValueStatus
		if status.ContainerResource != nil {
			now = &status.ContainerResource.Current
		}
		c := m.ContainerResource
		return resourceMetric(c.Name, fmt.Sprintf("resource %s of container \"%s\" on pods", c.Name, c.Container), "  ", c.Target, now)
	}
	return metricText{title: fmt.Sprintf("<unknown metric type %q>", m.Type), current: "<unknown type>"}
}

func valueMetric(title string, average bool, target autoscalingv2.MetricTarget, now *autoscalingv2.MetricValueStatus) metricText {
	t := metricText{current: "<unknown>", average: average}
	if average {
		t.title, t.target = title+"(target average value)", quantity(target.AverageValue)
		if now != nil && now.AverageValue != nil {
			t.current = quantity(now.AverageValue)
		}
		return t
	}
	t.title, t.target = title+"(target value)", quantity(target.Value)
	if now != nil {
		t.current = quantity(now.Value)
	}
	return t
}

// resourceMetric: the gap before the parenthesis is kubectl's, which indents there once more.
func resourceMetric(name corev1.ResourceName, title, gap string, target autoscalingv2.MetricTarget, now *autoscalingv2.MetricValueStatus) metricText {
	t := metricText{prefix: string(name) + ": ", title: title, current: "<unknown>"}
	if target.AverageValue != nil {
		t.target = quantity(target.AverageValue)
		if now != nil {
			t.current = quantity(now.AverageValue)
		}
		return t
	}
	t.title += gap + "(as a percentage of request)"
	t.target = "<auto>"
	if target.AverageUtilization != nil {
		t.target = fmt.Sprintf("%d%%", *target.AverageUtilization)
	}
	if now != nil && now.AverageUtilization != nil {
		t.current = fmt.Sprintf("%d%%", *now.AverageUtilization)
		if now.AverageValue != nil {
			t.current += " (" + quantity(now.AverageValue) + ")"
		}
	}
	return t
}

func quantity(q *resource.Quantity) string {
	if q == nil {
		return "<nil>"
	}
	return q.String()
}

func autoscalerCells(now time.Time, h *autoscalingv2.HorizontalPodAutoscaler) []string {
	texts := []string{}
	for _, m := range metricTexts(h) {
		// A sheet adds the value to a percentage, a row does not.
		current, _, _ := strings.Cut(m.current, " (")
		text := current
		if m.target != "" {
			text = m.prefix + current + "/" + m.target
		}
		if m.average {
			text += " (avg)"
		}
		texts = append(texts, text)
	}
	targets := orNone(strings.Join(texts, ", "))
	if len(texts) > 2 {
		targets = fmt.Sprintf("%s + %d more...", strings.Join(texts[:2], ", "), len(texts)-2)
	}
	return []string{h.Name, h.Spec.ScaleTargetRef.Kind + "/" + h.Spec.ScaleTargetRef.Name, targets, orUnset(h.Spec.MinReplicas),
		number(h.Spec.MaxReplicas), number(h.Status.CurrentReplicas), age(now, h.CreationTimestamp)}
}

func describeAutoscaler(s *sheet, h *autoscalingv2.HorizontalPodAutoscaler) {
	s.head(h)
	s.line(0, "CreationTimestamp:\t%s", date(h.CreationTimestamp))
	s.line(0, "Reference:\t%s/%s", h.Spec.ScaleTargetRef.Kind, h.Spec.ScaleTargetRef.Name)
	s.line(0, "Metrics:\t( current / target )")
	for _, m := range metricTexts(h) {
		if m.target == "" {
			s.line(1, "%s", m.title)
		} else {
			s.line(1, "%s:\t%s / %s", m.title, m.current, m.target)
		}
	}
	s.line(0, "Min replicas:\t%s", orUnset(h.Spec.MinReplicas))
	s.line(0, "Max replicas:\t%d", h.Spec.MaxReplicas)
	if b := h.Spec.Behavior; b != nil {
		s.line(0, "Behavior:")
		s.scaling("Scale Up", b.ScaleUp)
		s.scaling("Scale Down", b.ScaleDown)
	}
	s.line(0, "%s pods:\t%d current / %d desired", h.Spec.ScaleTargetRef.Kind, h.Status.CurrentReplicas, h.Status.DesiredReplicas)
	if len(h.Status.Conditions) > 0 {
		s.line(0, "Conditions:")
		s.line(1, "Type\tStatus\tReason\tMessage")
		s.line(1, "----\t------\t------\t-------")
		for _, c := range h.Status.Conditions {
			s.line(1, "%v\t%v\t%v\t%v", c.Type, c.Status, c.Reason, c.Message)
		}
	}
	s.events(h)
}

func (s *sheet) scaling(direction string, r *autoscalingv2.HPAScalingRules) {
	if r == nil {
		return
	}
	s.line(1, "%s:", direction)
	if r.StabilizationWindowSeconds != nil {
		s.line(2, "Stabilization Window: %d seconds", *r.StabilizationWindowSeconds)
	}
	if len(r.Policies) == 0 {
		return
	}
	policy := autoscalingv2.MaxChangePolicySelect
	if r.SelectPolicy != nil {
		policy = *r.SelectPolicy
	}
	s.line(2, "Select Policy: %s", policy)
	s.line(2, "Policies:")
	for _, p := range r.Policies {
		s.line(3, "- Type: %s\tValue: %d\tPeriod: %d seconds", p.Type, p.Value, p.PeriodSeconds)
	}
}
