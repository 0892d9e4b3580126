package controller

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// Metrics is what a metrics server reads from the kubelets.
type Metrics interface {
	// Usage is what a container uses at this instant, cpu in millicores and anything else in bytes, and when it was started.
	// ok is false if it does not run, its kubelet cannot be reached, or nobody knows.
	Usage(p *store.Pod, container string, resource corev1.ResourceName) (n int64, started engine.Time, ok bool)
	// NextUsage is the first instant after now at which the pod uses more or less by the passage of time alone.
	NextUsage(p *store.Pod, resource corev1.ResourceName) engine.Time
}

// noMetrics stands in for the kubelets of a run that has none.
type noMetrics struct{}

func (noMetrics) Usage(*store.Pod, string, corev1.ResourceName) (int64, engine.Time, bool) {
	return 0, 0, false
}
func (noMetrics) NextUsage(*store.Pod, corev1.ResourceName) engine.Time { return never }

// usageListener is a controller that wants to know when what Metrics says of a pod (nil: of any) changes.
type usageListener interface{ usageChanged(p *store.Pod) }

// freshContainer is how long a container must have run for a first scrape to give figures: younger ones need a second.
//
// Source: metrics-server v0.8.0 pkg/storage/pod.go freshContainerMinMetricsResolution.
const freshContainer = 10 * time.Second

// podSample is what one scrape has found of a pod.
type podSample struct {
	started    engine.Time // of the container that was started last
	containers []containerSample
}

// containerSample is what a container used of each resource in millis; -1: nobody knows.
type containerSample struct {
	name        string
	cpu, memory int64
}

var scraped = [2]corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory}

// scrape is a pass of the metrics server. Only autoscalers whose pods may use something else than at the last are served.
//
// Differs: a figure of cpu is the use at the instant of the scrape (upstream: the average since the scrape before), and the
// kubelets' own figures are not up to 10 s old.
func (c *autoscalers) scrape(now engine.Time) {
	for _, a := range c.order {
		if due := a.stale || a.changeAt <= now; due || c.env.Reference {
			if a.sample(); due {
				a.want(now)
			}
		}
	}
	c.scraper.finish()
	for _, a := range c.order {
		if a.changeAt != never {
			c.scraper.want(a.changeAt)
		}
	}
}

// sample reads what the pods use, and when that will change.
func (a *autoscaler) sample() {
	a.stale, a.changeAt = false, never
	m := a.c.env.Metrics
	for name, p := range a.pods { // unordered: each for itself, and the least
		s := podSample{started: longAgo}
		for _, list := range [][]corev1.Container{p.Spec().InitContainers, p.Spec().Containers} {
			for i := range list {
				if c, started, ok := sampleOf(m, p, list[i].Name); ok {
					s.containers, s.started = append(s.containers, c), max(s.started, started)
				}
			}
		}
		if a.samples[name] = s; s.containers == nil {
			delete(a.samples, name)
		}
		for _, r := range scraped {
			a.changeAt = min(a.changeAt, m.NextUsage(p, r))
		}
	}
	if a.changeAt != never {
		a.c.scraper.want(a.changeAt)
	}
}

// sampleOf asks for one container.
func sampleOf(m Metrics, p *store.Pod, container string) (s containerSample, started engine.Time, ok bool) {
	s = containerSample{container, -1, -1}
	for i, to := range [2]*int64{&s.cpu, &s.memory} {
		n, at, known := m.Usage(p, container, scraped[i])
		if !known {
			continue
		}
		if i > 0 {
			n *= 1000 // bytes
		}
		*to, started, ok = n, at, true
	}
	return s, started, ok
}

// reading is what the metrics API answers of a pod.
type reading struct {
	n      int64 // in millis
	at     time.Time
	window time.Duration
}

// listed reports whether the metrics API knows the pod: its youngest container has been scraped twice, or once if that was
// late enough.
//
// Source: metrics-server v0.8.0 pkg/storage/pod.go GetMetrics, Store.
func (a *autoscaler) listed(pod string) (s podSample, window time.Duration, ok bool) {
	s, ok = a.samples[pod]
	if !ok {
		return s, 0, false
	}
	scraper := a.c.scraper
	latest, first := scraper.latest(a.c.env.Engine.Now()), scraper.after(s.started)
	switch {
	case latest > first:
		return s, scraper.period, true
	case latest == first && first-s.started >= freshContainer:
		return s, first - s.started, true
	}
	return s, 0, false
}

// read is the pod's use of a resource by the metrics API; of one container, if its name is given.
//
// Source: k8s v1.36.3 pkg/controller/podautoscaler/metrics/client.go getPodMetrics, getContainerMetrics.
func (a *autoscaler) read(pod string, resource corev1.ResourceName, container string) (r reading, ok bool) {
	s, window, ok := a.listed(pod)
	if !ok {
		return r, false
	}
	ok = false
	for _, c := range s.containers {
		if container != "" && container != c.name {
			continue
		}
		n := int64(-1)
		switch resource {
		case corev1.ResourceCPU:
			n = c.cpu
		case corev1.ResourceMemory:
			n = c.memory
		}
		if n >= 0 {
			r.n, ok = r.n+n, true
		}
	}
	r.at = a.c.env.Store.Clock(a.c.scraper.latest(a.c.env.Engine.Now())).Truncate(time.Second)
	r.window = window
	return r, ok
}

// podChanges reports the instants from which on the passage of time makes something else of a pod.
func (a *autoscaler) podChanges(p *store.Pod, at func(engine.Time)) {
	c, now := a.c, a.c.env.Engine.Now()
	if s, ok := a.samples[p.Name]; ok && now < s.started+3*c.scraper.period {
		at(c.scraper.after(now))
	}
	cond := store.Condition(p.Status, corev1.PodReady)
	if cond == nil || p.Status.StartTime == nil {
		return
	}
	initial := c.env.Store.Since(p.Status.StartTime.Time) + c.env.Config.HorizontalPodAutoscalerCPUInitializationPeriod
	if at(initial); now < initial {
		since := c.env.Store.Since(cond.LastTransitionTime.Time)
		at(c.scraper.from(since + c.scraper.period))
		at(c.scraper.from(since + freshContainer))
	}
}
