package controller

import (
	"fmt"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// newAutoscaler returns an autoscaler at the given time of a cluster without pods.
func newAutoscaler(t *testing.T, at engine.Time, spec string) *autoscaler {
	t.Helper()
	c := newCluster(t, options{profile: "instant"})
	c.start()
	c.run(at)
	manifests, problems := model.Decode("hpa.yaml", []byte(`{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: default},
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 100, `+spec+`}}`), model.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, r := range c.manager.running {
		if s, ok := r.(*autoscalers); ok {
			s.scraper.stretches = []stretch{{-4096 * s.scraper.period, never}} // scrapes at 0, 15, 30 s ...
			h := manifests[0].Object.(*autoscalingv2.HorizontalPodAutoscaler)
			model.Default(h)
			return &autoscaler{c: s, key: keyOf(h), hpa: h, pods: map[string]*store.Pod{}, samples: map[string]podSample{}}
		}
	}
	return nil
}

// use is a pod of a target: what it uses and requests in millicores (use -1: no figures), how long ago it started and how
// long ago its Ready condition became what it is.
type use struct {
	used, request    int64
	started, changed time.Duration
	unready          bool
	phase            corev1.PodPhase
	deleted          bool
}

func (a *autoscaler) give(list []use) {
	now := a.c.env.Store.Now()
	for i, u := range list {
		p := &store.Pod{Namespace: "default", Name: fmt.Sprintf("p%d", i), Template: &corev1.Pod{}, Status: &corev1.PodStatus{Phase: corev1.PodRunning}}
		p.Template.Spec.Containers = []corev1.Container{{Name: "app"}}
		if u.request > 0 {
			p.Template.Spec.Containers[0].Resources.Requests = corev1.ResourceList{"cpu": *resource.NewMilliQuantity(u.request, resource.DecimalSI)}
		}
		if u.phase != "" {
			p.Status.Phase = u.phase
		}
		if u.deleted {
			p.Deletion = &store.Deletion{}
		}
		start := metav1.NewTime(now.Add(-u.started))
		ready := corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(now.Add(-u.changed))}
		if u.unready {
			ready.Status = corev1.ConditionFalse
		}
		p.Status.StartTime, p.Status.Conditions = &start, []corev1.PodCondition{ready}
		a.pods[p.Name] = p
		if u.used >= 0 {
			a.samples[p.Name] = podSample{started: a.c.env.Engine.Now() - u.started, containers: []containerSample{{"app", u.used, -1}}}
		}
	}
}

// What one metric asks for, computed by hand from controllers.md 10.1. The target is 50 % of a request of 1000m unless the
// test says otherwise; it is 20m20s, and the last scrape was at 20m15s.
func TestAutoscalerReplicas(t *testing.T) {
	const hour = time.Hour
	old := func(n int64) use { return use{used: n, request: 1000, started: hour, changed: hour} }
	young := func(age, ready time.Duration) use { return use{used: 900, request: 1000, started: age, changed: ready} }
	tests := []struct {
		name    string
		pods    []use
		value   string // averageValue instead of 50 %
		current int32
		want    int32
		err     string
	}{
		{name: "on target", pods: []use{old(500), old(500)}, current: 2, want: 2},
		{name: "55 % is 1.1 times the target: tolerated", pods: []use{old(550), old(550)}, current: 2, want: 2},
		{name: "56 % is not", pods: []use{old(560), old(560)}, current: 2, want: 3},
		{name: "55.9 % is 55: whole per cents", pods: []use{old(559), old(559)}, current: 2, want: 2},
		{name: "44 % of ten", pods: []use{old(440), old(440), old(440), old(440), old(440), old(440), old(440), old(440), old(440), old(440)}, current: 10, want: 9},
		{name: "200 %", pods: []use{old(2000), old(2000)}, current: 2, want: 8},
		// 150 % of one pod; the missing one counts as 0: 75 %, ratio 1.5 of two.
		{name: "missing on the way up", pods: []use{old(1500), {used: -1, request: 1000, started: hour, changed: hour}}, current: 2, want: 3},
		// 20 % of three; the missing one counts as 100 %: 160/4 = 40 %, ratio 0.8 of four: 3.2.
		{name: "missing on the way down", pods: []use{old(200), old(200), old(200), {used: -1, request: 1000, started: hour, changed: hour}}, current: 4, want: 4},
		// 20 % and 100 %: 60 %, on the other side of the target: no change.
		{name: "missing would turn the direction", pods: []use{old(200), {used: -1, request: 1000, started: hour, changed: hour}}, current: 2, want: 2},
		// 90 % of one ready pod; the pending one counts as 0: 45 %, the other side of the target.
		{name: "pending on the way up", pods: []use{old(900), {used: -1, request: 1000, phase: corev1.PodPending}}, current: 2, want: 2},
		// On the way down unready pods are left out: 20 % of one, ratio 0.4.
		{name: "pending on the way down", pods: []use{old(200), {used: -1, request: 1000, phase: corev1.PodPending}}, current: 2, want: 1},
		{name: "terminating and failed pods are ignored", pods: []use{old(500), {used: 9000, request: 1000, started: hour, changed: hour, deleted: true},
			{used: 9000, request: 1000, started: hour, changed: hour, phase: corev1.PodFailed}}, current: 1, want: 1},
		// Started 2 min ago, ready for 19 s at the scrape: a window of 15 s lies between; 90 % counts.
		{name: "young, with a sample since it is ready", pods: []use{young(2*time.Minute, 24*time.Second)}, current: 1, want: 2},
		{name: "young, sample older than its readiness and a window", pods: []use{young(2*time.Minute, 18*time.Second)}, current: 1, err: "did not receive metrics for targeted pods (pods might be unready)"},
		{name: "past the initial period it counts at once", pods: []use{young(6*time.Minute, 18*time.Second)}, current: 1, want: 2},
		{name: "never ready: unready since 20 s after its start", pods: []use{{used: 900, request: 1000, started: hour, changed: hour - 20*time.Second, unready: true}}, current: 1,
			err: "did not receive metrics for targeted pods (pods might be unready)"},
		{name: "was ready: unready since 40 s after its start", pods: []use{{used: 900, request: 1000, started: hour, changed: hour - 40*time.Second, unready: true}}, current: 1, want: 2},
		{name: "no figures at all", pods: []use{{used: -1, request: 1000, started: hour, changed: hour}}, current: 1, err: "unable to get metrics for resource cpu: no metrics returned from resource metrics API"},
		{name: "no request", pods: []use{old(500), {used: 500, started: hour, changed: hour}}, current: 2, err: "missing request for cpu in container app of Pod p1"},
		{name: "an average value needs no request", pods: []use{{used: 500, started: hour, changed: hour}}, value: "250m", current: 1, want: 2},
		// 100m of one, the missing one counts as the target of 400m: 250/400 = 0.625 of two.
		{name: "an average value, missing on the way down", pods: []use{{used: 100, started: hour, changed: hour}, {used: -1, started: hour, changed: hour}}, value: "400m", current: 2, want: 2},
		// A container that was started 12 s before the scrape is known from its first; 8 s before it from the second.
		{name: "first scrape after 12 s", pods: []use{old(500), {used: 500, request: 1000, started: 17 * time.Second, changed: hour}}, current: 2, want: 2},
		{name: "first scrape after 8 s", pods: []use{{used: 500, request: 1000, started: 13 * time.Second, changed: hour}}, current: 2, err: "unable to get metrics for resource cpu: no metrics returned from resource metrics API"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := newAutoscaler(t, 20*time.Minute+20*time.Second, `metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]`)
			a.give(test.pods)
			m := resourceMetric{"cpu", "", a.hpa.Spec.Metrics[0].Resource.Target}
			if test.value != "" {
				q := resource.MustParse(test.value)
				m.target = autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &q}
			}
			p, err := a.replicas(&m, test.current)
			if text := fmt.Sprint(err); test.err != "" && text != test.err || test.err == "" && err != nil {
				t.Fatalf("%v, want %q", err, test.err)
			}
			if err == nil && p.replicas != test.want {
				t.Errorf("%d replicas, want %d", p.replicas, test.want)
			}
		})
	}
}

// How far one sync may go, from controllers.md 10.2.
func TestAutoscalerLimits(t *testing.T) {
	const (
		slow   = `behavior: {scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 60}, {type: Percent, value: 50, periodSeconds: 60}], selectPolicy: Min}}`
		down   = `behavior: {scaleDown: {policies: [{type: Percent, value: 10, periodSeconds: 60}]}}`
		frozen = `behavior: {scaleDown: {selectPolicy: Disabled}}`
	)
	tests := []struct {
		name, spec       string
		current, desired int32
		ups, downs       []scaleEvent // at is the age
		want             int32
		reason           string
	}{
		{"within", "", 3, 5, nil, nil, 5, "DesiredWithinRange"},
		{"twice as many", "", 3, 9, nil, nil, 6, "ScaleUpLimit"},
		{"or four", "", 1, 9, nil, nil, 4, "ScaleUpLimit"},
		{"the most", "", 90, 180, nil, nil, 100, "TooManyReplicas"},
		{"the least", "", 9, 0, nil, nil, 1, "TooFewReplicas"},
		{"default behaviour: 4 more", "behavior: {}", 3, 9, nil, nil, 7, "ScaleUpLimit"},
		{"default behaviour: as many again", "behavior: {}", 6, 20, nil, nil, 12, "ScaleUpLimit"},
		{"what came 10 s ago counts", "behavior: {}", 7, 20, []scaleEvent{{4, 10 * time.Second}}, nil, 7, "ScaleUpLimit"},
		{"what came 15 s ago does not", "behavior: {}", 7, 20, []scaleEvent{{4, 15 * time.Second}}, nil, 14, "ScaleUpLimit"},
		{"default behaviour: down at once", "behavior: {}", 20, 1, nil, nil, 1, "DesiredWithinRange"},
		{"the smaller change", slow, 10, 30, nil, nil, 12, "ScaleUpLimit"},
		{"half of 3, rounded up, is no less than 2", slow, 3, 30, nil, nil, 5, "ScaleUpLimit"},
		{"half of 1, rounded up", slow, 1, 30, nil, nil, 2, "ScaleUpLimit"},
		{"10 % of 15, rounded to the larger change", down, 15, 1, nil, nil, 13, "ScaleDownLimit"},
		{"10 % of the 20 of a minute ago", down, 19, 1, nil, []scaleEvent{{1, 30 * time.Second}}, 18, "ScaleDownLimit"},
		{"never down", frozen, 19, 1, nil, nil, 19, "ScaleDownLimit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spec := test.spec
			if spec == "" {
				spec = "minReplicas: 1"
			}
			a := newAutoscaler(t, time.Hour, spec)
			for _, e := range test.ups {
				a.ups = append(a.ups, scaleEvent{e.replicas, time.Hour - e.at})
			}
			for _, e := range test.downs {
				a.downs = append(a.downs, scaleEvent{e.replicas, time.Hour - e.at})
			}
			if o := a.limit(limits{test.current, 1, 100}, test.desired); o.replicas != test.want || o.reason != test.reason {
				t.Errorf("%d, %s, want %d, %s", o.replicas, o.reason, test.want, test.reason)
			}
		})
	}
}

// Recommendations of the last minutes hold a new one back. Ages are in seconds.
func TestAutoscalerStabilization(t *testing.T) {
	const both = `behavior: {scaleUp: {stabilizationWindowSeconds: 60}, scaleDown: {stabilizationWindowSeconds: 120}}`
	type said struct {
		replicas int32
		age      time.Duration
	}
	tests := []struct {
		name, spec       string
		before           []said
		current, desired int32
		want             int32
		reason           string
	}{
		{"nothing before", "minReplicas: 1", nil, 5, 2, 2, "ReadyForNewScale"},
		{"a higher one within 300 s", "minReplicas: 1", []said{{5, 300}}, 5, 2, 5, "ScaleDownStabilized"},
		{"a higher one before that", "minReplicas: 1", []said{{5, 301}}, 5, 2, 2, "ReadyForNewScale"},
		{"up at once", "minReplicas: 1", []said{{5, 10}}, 5, 9, 9, "ReadyForNewScale"},
		{"the lowest of the window, up", both, []said{{6, 59}, {4, 60}}, 5, 9, 6, "ScaleUpStabilized"},
		{"the highest of the window, down", both, []said{{4, 119}, {9, 120}}, 5, 2, 4, "ScaleDownStabilized"},
		{"300 s by default, exclusive", "behavior: {}", []said{{5, 300}}, 5, 2, 2, "ReadyForNewScale"},
		{"300 s by default", "behavior: {}", []said{{4, 299}}, 5, 2, 4, "ScaleDownStabilized"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := newAutoscaler(t, time.Hour, test.spec)
			for _, s := range test.before {
				a.recommendations = append(a.recommendations, recommendation{s.replicas, time.Hour - s.age*time.Second})
			}
			if o := a.stabilize(test.current, test.desired); o.replicas != test.want || o.reason != test.reason {
				t.Errorf("%d, %s, want %d, %s", o.replicas, o.reason, test.want, test.reason)
			}
		})
	}
}
