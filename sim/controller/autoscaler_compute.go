package controller

import (
	"errors"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/sim/record"
)

// metrics computes what each metric asks for; the largest counts. With an error it returns -1 replicas if there is nothing
// to scale to: all metrics have failed, or some have and the rest would scale down.
//
// Source: k8s v1.36.3 horizontal.go computeReplicasForMetrics.
func (y *autoscalerSync) metrics(text string, selector labels.Selector) (replicas int32, metric string, err error) {
	if err := y.selects(text, selector); err != nil {
		return -1, "", err
	}
	specs := y.hpa.Spec.Metrics
	y.statuses = make([]autoscalingv2.MetricStatus, len(specs))
	invalid, why := 0, ""
	for i := range specs {
		n, name, reason, e := y.metric(&specs[i], &y.statuses[i])
		if e != nil {
			if invalid++; invalid == 1 {
				why, err = reason, e
			}
			continue
		}
		if replicas == 0 || n > replicas {
			replicas, metric = n, name
		}
	}
	cause := err
	if err != nil {
		cause = errors.Unwrap(err)
		err = fmt.Errorf("invalid metrics (%v invalid out of %v), first error is: %v", invalid, len(specs), err)
	}
	if invalid >= len(specs) || invalid > 0 && replicas < y.current {
		y.condition(autoscalingv2.ScalingActive, false, why, fmt.Sprintf("the HPA was unable to compute the replica count: %v", cause))
		return -1, "", err
	}
	y.condition(autoscalingv2.ScalingActive, true, "ValidMetricFound", "the HPA was able to successfully calculate a replica count from "+metric)
	return replicas, metric, err
}

// selects checks the selector, and that no pod of it belongs to another autoscaler.
//
// Source: k8s v1.36.3 horizontal.go validateAndParseSelector.
func (y *autoscalerSync) selects(text string, selector labels.Selector) error {
	refuse := func(reason, message, condition string) error {
		y.event(record.Warning, reason, message)
		if reason == "SelectorRequired" {
			reason = "InvalidSelector"
		}
		y.condition(autoscalingv2.ScalingActive, false, reason, condition)
		return errors.New(message)
	}
	a := y.a
	if text == "" {
		return refuse("SelectorRequired", "selector is required", "the HPA target's scale is missing a selector")
	}
	a.watch(a.target, text, selector)
	keys := []string{}
	for _, other := range a.c.namespaces[a.key.Namespace] {
		for name := range a.pods { // unordered: whether there is any
			if other.pods[name] != nil {
				keys = append(keys, fmt.Sprint(struct{ Name, Namespace string }{other.key.Name, other.key.Namespace}))
				break
			}
		}
	}
	if len(keys) > 1 {
		message := fmt.Sprintf("pods by selector %v are controlled by multiple HPAs: %v", text, keys)
		return refuse("AmbiguousSelector", message, message)
	}
	return nil
}

// metric computes what one metric asks for. An error wraps the one that the condition tells, for the given reason.
//
// Source: k8s v1.36.3 horizontal.go computeReplicasForMetric.
func (y *autoscalerSync) metric(spec *autoscalingv2.MetricSpec, status *autoscalingv2.MetricStatus) (n int32, name, reason string, err error) {
	fail := func(reason, prefix string, err error) (int32, string, string, error) {
		y.event(record.Warning, reason, err.Error())
		return 0, "", reason, fmt.Errorf("%s: %w", prefix, err)
	}
	switch {
	case spec.Type == autoscalingv2.ResourceMetricSourceType && spec.Resource != nil:
		s := spec.Resource
		n, name, value, err := y.resource(resourceMetric{s.Name, "", s.Target}, "resource")
		if err != nil {
			return fail("FailedGetResourceMetric", fmt.Sprintf("failed to get %s resource metric value", s.Name), err)
		}
		*status = autoscalingv2.MetricStatus{Type: spec.Type, Resource: &autoscalingv2.ResourceMetricStatus{Name: s.Name, Current: value}}
		return n, name, "", nil
	case spec.Type == autoscalingv2.ContainerResourceMetricSourceType && spec.ContainerResource != nil:
		s := spec.ContainerResource
		n, name, value, err := y.resource(resourceMetric{s.Name, s.Container, s.Target}, "container resource")
		if err != nil {
			return fail("FailedGetContainerResourceMetric", fmt.Sprintf("failed to get %s container metric value", s.Container), err)
		}
		*status = autoscalingv2.MetricStatus{Type: spec.Type, ContainerResource: &autoscalingv2.ContainerResourceMetricStatus{Name: s.Name, Container: s.Container, Current: value}}
		return n, name, "", nil
	}
	return fail(y.foreign(spec))
}

// resource computes what a metric of a resource asks for, with its name and what the status shows of it.
//
// Source: k8s v1.36.3 horizontal.go computeStatusForResourceMetricGeneric.
func (y *autoscalerSync) resource(m resourceMetric, what string) (n int32, name string, value autoscalingv2.MetricValueStatus, err error) {
	byValue := m.target.AverageValue != nil
	if !byValue && m.target.AverageUtilization == nil {
		return 0, "", value, errors.New("invalid resource metric source: neither an average utilization target nor an average value (usage) target was set")
	}
	p, err := y.a.replicas(&m, y.current)
	if err != nil {
		kind := "utilization"
		if byValue {
			kind = "usage"
		}
		return 0, "", value, fmt.Errorf("failed to get %s %s: %w", m.name, kind, err)
	}
	format := resource.DecimalSI
	if m.name == corev1.ResourceMemory {
		format = resource.BinarySI
	}
	value.AverageValue = resource.NewMilliQuantity(p.raw, format)
	if byValue {
		return p.replicas, string(m.name) + " resource", value, nil
	}
	value.AverageUtilization = &p.utilization
	return p.replicas, fmt.Sprintf("%s %s utilization (percentage of request)", m.name, what), value, nil
}

// foreign fails for metrics that come from other metrics APIs: none is registered.
//
// Source: k8s v1.36.3 pkg/controller/podautoscaler/metrics/client.go; staging metrics/pkg/client/custom_metrics.
func (y *autoscalerSync) foreign(spec *autoscalingv2.MetricSpec) (reason, prefix string, err error) {
	const custom = "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered"
	switch {
	case spec.Type == autoscalingv2.PodsMetricSourceType && spec.Pods != nil:
		return "FailedGetPodsMetric", "failed to get pods metric value", fmt.Errorf("unable to get metric %s: %s", spec.Pods.Metric.Name, custom)
	case spec.Type == autoscalingv2.ObjectMetricSourceType && spec.Object != nil:
		o := spec.Object
		err := fmt.Errorf("unable to get metric %s: %s on %s %s/%s", o.Metric.Name, custom, o.DescribedObject.Kind, y.hpa.Namespace, o.DescribedObject.Name)
		if o.Target.Type == autoscalingv2.AverageValueMetricType {
			err = fmt.Errorf("failed to get %s object metric: %w", o.Metric.Name, err)
		}
		return "FailedGetObjectMetric", "failed to get object metric value", err
	case spec.Type == autoscalingv2.ExternalMetricSourceType && spec.External != nil:
		m := spec.External.Metric
		err := fmt.Errorf("unable to get external metric %s/%s/%s: unable to fetch metrics from external metrics API: the server could not find the requested resource (get %s.external.metrics.k8s.io)",
			y.hpa.Namespace, m.Name, selectorText(m.Selector), m.Name)
		if spec.External.Target.AverageValue != nil {
			err = fmt.Errorf("failed to get %s external metric: %w", m.Name, err)
		} else {
			err = fmt.Errorf("failed to get external metric %s: %w", m.Name, err)
		}
		return "FailedGetExternalMetric", fmt.Sprintf("failed to get %s external metric value", m.Name), err
	}
	return "InvalidMetricSourceType", "", fmt.Errorf("unknown metric source type %q", string(spec.Type))
}

// selectorText is the selector as Go prints it.
func selectorText(s *metav1.LabelSelector) string { return fmt.Sprintf("%+v", s) }
