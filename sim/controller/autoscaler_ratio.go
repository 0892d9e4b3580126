package controller

import (
	"errors"
	"fmt"
	"math"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	resourcehelpers "k8s.io/component-helpers/resource"

	"clustersim/sim/store"
)

// tolerances is how far the ratio of use to target may lie from 1 without an effect.
type tolerances struct{ down, up float64 }

func (t tolerances) hold(ratio float64) bool { return 1-t.down <= ratio && ratio <= 1+t.up }

// tolerances of an autoscaler.
//
// Source: k8s v1.36.3 horizontal.go tolerancesForHpa.
func (a *autoscaler) tolerances() tolerances {
	t := tolerances{a.c.env.Config.HorizontalPodAutoscalerTolerance, a.c.env.Config.HorizontalPodAutoscalerTolerance}
	if b := a.hpa.Spec.Behavior; b != nil {
		if b.ScaleDown != nil && b.ScaleDown.Tolerance != nil {
			t.down = b.ScaleDown.Tolerance.AsApproximateFloat64()
		}
		if b.ScaleUp != nil && b.ScaleUp.Tolerance != nil {
			t.up = b.ScaleUp.Tolerance.AsApproximateFloat64()
		}
	}
	return t
}

// resourceMetric is one metric of an autoscaler: a resource of whole pods, or of one of their containers.
type resourceMetric struct {
	name      corev1.ResourceName
	container string // "": all
	target    autoscalingv2.MetricTarget
}

// podUse is a pod that counts, with what it is taken to use.
type podUse struct{ used, request int64 }

// proposal is what one metric asks for.
type proposal struct {
	replicas    int32
	utilization int32 // percent of the request, if the target is that
	raw         int64 // the average use in millis
}

// ratio is the use of the pods relative to the target.
//
// Source: k8s v1.36.3 metrics/utilization.go GetResourceUtilizationRatio, GetMetricUsageRatio.
func (m *resourceMetric) ratio(pods []podUse) (ratio float64, p proposal, err error) {
	var used, requested int64
	for _, u := range pods {
		used, requested = used+u.used, requested+u.request
	}
	p.raw = used / int64(max(len(pods), 1))
	if m.target.AverageValue != nil {
		return float64(p.raw) / float64(m.target.AverageValue.MilliValue()), p, nil
	}
	if requested == 0 {
		return 0, p, errors.New("no metrics returned matched known pods")
	}
	p.utilization = int32(used * 100 / requested)
	return float64(p.utilization) / float64(*m.target.AverageUtilization), p, nil
}

// replicas is the number of pods that would bring the metric to its target.
//
// Source: k8s v1.36.3 replica_calculator.go GetResourceReplicas, GetRawResourceReplicas, calcPlainMetricReplicas.
func (a *autoscaler) replicas(m *resourceMetric, current int32) (proposal, error) {
	if !a.anyListed() {
		return proposal{}, fmt.Errorf("unable to get metrics for resource %s: no metrics returned from resource metrics API", m.name)
	}
	g, err := a.group(m)
	if err != nil {
		return proposal{}, err
	}
	ratio, p, err := m.ratio(g.ready)
	if err != nil {
		return proposal{}, err
	}
	t := a.tolerances()
	up := len(g.unready) > 0 && ratio > 1
	if !up && len(g.missing) == 0 {
		if p.replicas = current; !t.hold(ratio) {
			p.replicas = ceil(ratio, len(g.ready))
		}
		return p, nil
	}
	pods := g.ready[:len(g.ready):len(g.ready)]
	switch {
	case ratio < 1:
		for _, u := range g.missing {
			pods = append(pods, podUse{m.fallback(u.request), u.request})
		}
	case ratio > 1:
		pods = append(pods, g.missing...)
	}
	if up {
		pods = append(pods, g.unready...)
	}
	again, _, err := m.ratio(pods)
	if err != nil {
		return p, err
	}
	n := ceil(again, len(pods))
	p.replicas = current
	switch {
	case t.hold(again), ratio < 1 && again > 1, ratio > 1 && again < 1:
	case again < 1 && n > current, again > 1 && n < current:
	default:
		p.replicas = n
	}
	return p, nil
}

func ceil(ratio float64, pods int) int32 {
	return int32(min(math.Ceil(ratio*float64(pods)), math.MaxInt32))
}

// fallback is what a pod without figures is taken to use when the others use less than the target.
func (m *resourceMetric) fallback(request int64) int64 {
	if m.target.AverageValue != nil {
		return m.target.AverageValue.MilliValue()
	}
	return request * int64(max(100, *m.target.AverageUtilization)) / 100
}

func (a *autoscaler) anyListed() bool {
	for name := range a.samples { // unordered: whether there is any
		if _, _, ok := a.listed(name); ok {
			return true
		}
	}
	return false
}

// grouped are the pods of a target by what their figures are good for. Those that are being deleted or have failed are in none.
type grouped struct{ ready, unready, missing []podUse }

// group sorts the pods and computes their requests.
//
// Source: k8s v1.36.3 replica_calculator.go groupPods, calculateRequests.
func (a *autoscaler) group(m *resourceMetric) (g grouped, err error) {
	var failed error
	for _, name := range sortedKeys(a.pods) {
		p := a.pods[name]
		u := podUse{}
		if m.target.AverageValue == nil && failed == nil {
			u.request, failed = m.request(p)
		}
		if p.Deletion != nil || p.Status.Phase == corev1.PodFailed {
			continue
		}
		r, ok := a.read(name, m.name, m.container)
		switch {
		case p.Status.Phase == corev1.PodPending:
			g.unready = append(g.unready, u)
		case !ok:
			g.missing = append(g.missing, u)
		case m.name == corev1.ResourceCPU && a.cpuUnready(p, r):
			g.unready = append(g.unready, u)
		default:
			u.used = r.n
			g.ready = append(g.ready, u)
		}
	}
	if len(g.ready) == 0 {
		return g, errors.New("did not receive metrics for targeted pods (pods might be unready)")
	}
	return g, failed
}

// cpuUnready reports whether the cpu figures of a pod do not count: it is starting, or was never ready.
func (a *autoscaler) cpuUnready(p *store.Pod, r reading) bool {
	c, config, now := store.Condition(p.Status, corev1.PodReady), &a.c.env.Config, a.c.env.Store.Now()
	if c == nil || p.Status.StartTime == nil {
		return true
	}
	start := p.Status.StartTime.Time
	if start.Add(config.HorizontalPodAutoscalerCPUInitializationPeriod).After(now) {
		return c.Status == corev1.ConditionFalse || r.at.Before(c.LastTransitionTime.Add(r.window))
	}
	return c.Status == corev1.ConditionFalse && start.Add(config.HorizontalPodAutoscalerInitialReadinessDelay).After(c.LastTransitionTime.Time)
}

// request is what the pod, or its one container, requests, in millis.
//
// Source: k8s v1.36.3 replica_calculator.go calculatePodLevelRequests, calculatePodRequestsFromContainers.
func (m *resourceMetric) request(p *store.Pod) (sum int64, err error) {
	pod := &corev1.Pod{Spec: *p.Spec()}
	if m.container == "" && resourcehelpers.IsPodLevelRequestsSet(pod) {
		q, ok := resourcehelpers.PodRequests(pod, resourcehelpers.PodResourcesOptions{})[m.name]
		if !ok {
			return 0, fmt.Errorf("missing pod-level request for %s in Pod %s", m.name, p.Name)
		}
		return q.MilliValue(), nil
	}
	containers := pod.Spec.Containers
	for _, c := range pod.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			containers = append(containers[:len(containers):len(containers)], c)
		}
	}
	for _, c := range containers {
		if m.container != "" && m.container != c.Name {
			continue
		}
		q, ok := c.Resources.Requests[m.name]
		if !ok {
			return 0, fmt.Errorf("missing request for %s in container %s of Pod %s", m.name, c.Name, p.Name)
		}
		if sum += q.MilliValue(); m.container == c.Name {
			return sum, nil
		}
	}
	if m.container != "" {
		return 0, fmt.Errorf("container %s not found in Pod %s", m.container, p.Name)
	}
	return sum, nil
}
