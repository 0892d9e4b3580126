package metric_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/report/metric"
	"clustersim/sim/journal"
)

// pod is a record's object made by hand.
type pod struct{ f journal.PodFacts }

func (pod) Kind() *model.Kind            { return model.Pod }
func (pod) API() model.Object            { return &corev1.Pod{} }
func (pod) AppendDigest(b []byte) []byte { return b }
func (p pod) Facts() journal.PodFacts    { return p.f }

type object struct {
	k *model.Kind
	o model.Object
}

func (o object) Kind() *model.Kind          { return o.k }
func (o object) API() model.Object          { return o.o }
func (object) AppendDigest(b []byte) []byte { return b }

type event struct{ f journal.EventFacts }

func (event) Kind() *model.Kind                { return model.Event }
func (event) API() model.Object                { return &corev1.Event{} }
func (event) AppendDigest(b []byte) []byte     { return b }
func (e event) EventFacts() journal.EventFacts { return e.f }

// story feeds a collector by hand: times in seconds.
type story struct {
	t *testing.T
	c *metric.Collector
}

func (s story) record(at float64, v journal.Verb, o journal.Object) {
	if err := s.c.Record(&journal.Record{At: time.Duration(at * 1e9), Verb: v, Object: o}); err != nil {
		s.t.Fatal(err)
	}
}

// is wants the value of `metric{labels} aggregate` at an instant; NaN for none.
func (s story) is(at float64, what string, want float64) {
	s.t.Helper()
	name, agg, _ := strings.Cut(what, " ")
	sel, err := metric.ParseSelector(name)
	if err != nil {
		s.t.Fatal(err)
	}
	a, err := metric.ParseAggregate(agg, sel.Metric)
	if err != nil {
		s.t.Fatal(err)
	}
	got, ok := s.c.Data(time.Duration(at*1e9)).Value(sel, a)
	if ok == math.IsNaN(want) || ok && math.Abs(got-want) > 1e-9 {
		s.t.Errorf("%s at %vs: got %v %v, want %v", what, at, got, ok, want)
	}
}

var spec = &corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Resources: corev1.ResourceRequirements{
	Requests: corev1.ResourceList{"cpu": resource.MustParse("100m"), "memory": resource.MustParse("1Gi")}}}}}

func facts(i int, name, app string, owner types.UID) journal.PodFacts {
	yes := true
	f := journal.PodFacts{Index: i, Namespace: "default", Name: name, UID: types.UID(name), Labels: map[string]string{"app": app}, Spec: spec,
		Status: &corev1.PodStatus{Phase: corev1.PodPending}}
	if owner != "" {
		f.Owners = []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "rs", UID: owner, Controller: &yes}}
	}
	return f
}

func with(f journal.PodFacts, node string, phase corev1.PodPhase, restarts int32, conditions ...corev1.PodCondition) journal.PodFacts {
	f.NodeName = node
	f.Status = &corev1.PodStatus{Phase: phase, Conditions: conditions, ContainerStatuses: []corev1.ContainerStatus{{RestartCount: restarts}}}
	return f
}

func cond(t corev1.PodConditionType, s corev1.ConditionStatus, reason string) corev1.PodCondition {
	return corev1.PodCondition{Type: t, Status: s, Reason: reason}
}

func deployment(replicas int32) object {
	return object{model.Deployment, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default", UID: "d"},
		Spec: appsv1.DeploymentSpec{Replicas: &replicas, Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}}}}}}
}

func node(name string) object {
	return object{model.Node, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NodeStatus{Allocatable: corev1.ResourceList{
		"cpu": resource.MustParse("1"), "memory": resource.MustParse("4Gi"), "pods": resource.MustParse("10")}}}}
}

// A Deployment of two: one replica is ready at 4 s, the other at 10 s, restarts at 20 s, and is taken by its node at 30 s. A bare
// pod has no room for 50 s. Every number below is worked out by hand.
func TestMetrics(t *testing.T) {
	yes := true
	s := story{t, metric.NewCollector(metric.Options{Price: func(string) float64 { return 0.36 }})}
	ready, not := cond(corev1.PodReady, corev1.ConditionTrue, ""), cond(corev1.PodReady, corev1.ConditionFalse, "")
	s.record(0, journal.Added, node("n"))
	s.record(1, journal.Added, deployment(2))
	s.record(1, journal.Added, object{model.ReplicaSet, &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "rs", Namespace: "default", UID: "rs",
		OwnerReferences: []metav1.OwnerReference{{Kind: "Deployment", Name: "web", UID: "d", Controller: &yes}}}}})
	a, b, x := facts(0, "a", "web", "rs"), facts(1, "b", "web", "rs"), facts(2, "x", "other", "")
	s.record(2, journal.Added, pod{a})
	s.record(2, journal.Added, pod{b})
	s.record(3, journal.Modified, pod{with(a, "n", corev1.PodPending, 0)})
	s.record(4, journal.Modified, pod{with(a, "n", corev1.PodRunning, 0, ready)})
	s.record(6, journal.Modified, pod{with(b, "n", corev1.PodPending, 0)})
	s.record(8, journal.Added, event{journal.EventFacts{UID: "b", Reason: "Pulled", Message: `Successfully pulled image "i:v1" in 1s (1.5s including waiting). Image size: 7 bytes.`}})
	s.record(10, journal.Modified, pod{with(b, "n", corev1.PodRunning, 0, ready)})
	s.record(10, journal.Added, pod{x})
	s.record(10, journal.Modified, pod{with(x, "", corev1.PodPending, 0, cond(corev1.PodScheduled, corev1.ConditionFalse, corev1.PodReasonUnschedulable))})
	s.record(20, journal.Modified, pod{with(b, "n", corev1.PodRunning, 1, not)})
	s.record(22, journal.Modified, pod{with(b, "n", corev1.PodRunning, 1, ready)})
	lost := cond(corev1.DisruptionTarget, corev1.ConditionTrue, "DeletionByTaintManager")
	s.record(30, journal.Modified, pod{with(b, "n", corev1.PodRunning, 1, not, lost)})
	s.record(31, journal.Deleted, pod{with(b, "n", corev1.PodFailed, 1, not, lost)})

	s.is(60, `time_to_ready_seconds{app="web"} avg`, 5) // 2 and 8
	s.is(60, `time_to_ready_seconds{app="web"} min`, 2)
	s.is(60, `time_to_ready_seconds{app="web"} p(50)`, 2)
	s.is(60, "time_to_ready_seconds max", 50) // x waits since 10
	s.is(60, "time_to_ready_seconds count", 3)
	s.is(60, `time_to_ready_seconds{app!="web"} count`, 1)
	s.is(60, `time_to_ready_seconds{app="none"} max`, math.NaN())
	s.is(60, `pod_wait_seconds{owner="Deployment/web"} sum`, 5) // 1 + 4
	s.is(60, "startup_seconds max", 4)                          // b: 6 to 10
	s.is(60, `pull_seconds{image="i:v1"} max`, 1.5)
	s.is(60, "pods_pending max", 2)
	s.is(60, "pods_pending value", 1)
	s.is(60, "pods_pending avg", (2*2.0+6*1.0+50*1.0)/60) // 2-4 two, 4-10 one (a ready), 10-60 x
	s.is(60, "pods_unschedulable max", 1)
	s.is(60, `pods_unschedulable{app="web"} max`, 0)
	s.is(60, `pods_ready{app="web"} max`, 2)
	s.is(60, "container_restarts count", 1)
	s.is(60, "container_restarts rate", 1.0/60)
	s.is(60, `evictions{reason="DeletionByTaintManager"} count`, 1)
	s.is(60, "preemptions count", 0)
	s.is(60, "preemptions max", 0)
	s.is(60, `ready_ratio{name="web"} min`, 0)
	s.is(60, `ready_ratio{name="web"} value`, 0.5)
	s.is(60, `ready_ratio{app="web"} avg`, (3*0+6*0.5+10*1+2*0.5+8*1+30*0.5)/59)
	s.is(60, `lost_replica_seconds{app="web"} sum`, 3*2+6*1+2*1+30*1)
	s.is(60, "lost_replica_seconds sum", 3*2+6*1+2*1+30*1+50)
	s.is(60, `node_requested_ratio{resource="cpu"} max`, 0.2)
	s.is(60, `node_requested_ratio{resource="memory"} value`, 0.25)
	s.is(60, `node_requested_ratio{node="n",resource="pods"} max`, 0.2)
	s.is(60, "cost sum", 0.36*60/3600)
	s.is(60, "job_failed_ratio rate", math.NaN())

	two := metric.Merge(s.c.Data(60*time.Second), s.c.Data(120*time.Second))
	sel, _ := metric.ParseSelector("container_restarts")
	count, _ := metric.ParseAggregate("count", sel.Metric)
	if v, _ := two.Value(sel, count); v != 2 || two.Runs() != 2 {
		t.Errorf("two runs have %v restarts", v)
	}
}

// What containers use is asked for every 15 s, no matter when records come.
func TestUsage(t *testing.T) {
	use := 100.0
	var asked []time.Duration
	s := story{t, metric.NewCollector(metric.Options{Used: func(at time.Duration, tell func(string, string, float64)) {
		asked = append(asked, at)
		tell("n", "cpu", use)
	}})}
	s.record(0, journal.Added, node("n"))
	s.record(31, journal.Modified, node("n")) // 0, 15, 30
	use = 500
	s.is(60, `node_used_ratio{resource="cpu"} max`, 0.5) // 45
	s.is(60, `node_used_ratio{resource="cpu"} avg`, (45*0.1+15*0.5)/60)
	if len(asked) != 4 || asked[3] != 45*time.Second {
		t.Errorf("asked at %v", asked)
	}
}

func TestThresholds(t *testing.T) {
	for _, c := range []struct {
		metric, text string
		value        float64
		holds        bool
		bad          string // part of the error
		offset       int
	}{
		{"time_to_ready_seconds", "p(95) < 30s", 29.9, true, "", 0},
		{"time_to_ready_seconds", "p(99.9)<1m", 60, false, "", 0},
		{"time_to_ready_seconds", "max <= 2m", 120, true, "", 0},
		{"time_to_ready_seconds", "avg > 1.5", 2, true, "", 0},
		{"pods_unschedulable", "max == 0", 0, true, "", 0},
		{"job_failed_ratio", "rate < 1%", 0.009, true, "", 0},
		{"container_restarts", "count != 3", 3, false, "", 0},
		{"ready_ratio", "min >= 50%", 0.5, true, "", 0},
		{"time_to_ready_seconds", "p(95) 30s", 0, false, "is written like", 0},
		{"time_to_ready_seconds", "p(95) < soon", 0, false, "neither a number of seconds nor a duration", 8},
		{"time_to_ready_seconds", "p(101) < 3s", 0, false, "from 0 to 100", 0},
		{"time_to_ready_seconds", "rate < 1%", 0, false, `no "rate"`, 0},
		{"time_to_ready_seconds", "max < 10%", 0, false, "a percentage has no meaning", 6},
		{"pods_pending", "max < 3s", 0, false, "a duration has no meaning", 6},
		{"pods_pending", "max ! 3", 0, false, "is no comparison", 4},
		{"pods_pending", "max < NaN", 0, false, "is no number", 6},
	} {
		th, err := metric.ParseThreshold(c.text, metric.Find(c.metric))
		if c.bad != "" {
			e, ok := err.(*metric.SyntaxError)
			if !ok || !strings.Contains(e.Message, c.bad) || e.Offset != c.offset {
				t.Errorf("%s %q: got %#v, want %q at %d", c.metric, c.text, err, c.bad, c.offset)
			}
			continue
		}
		if err != nil || th.Holds(c.value) != c.holds {
			t.Errorf("%s %q with %v: got %v %v", c.metric, c.text, c.value, th.Holds(c.value), err)
		}
	}
}

func TestSelectors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"cost", "cost"},
		{`pods_pending{}`, "pods_pending"},
		{`pods_pending{app = "a,b}", tier!="x"}`, `pods_pending{app="a,b}",tier!="x"}`},
		{"time_to_redy_seconds", `there is no metric "time_to_redy_seconds" (did you mean "time_to_ready_seconds"?)`},
		{`pods_pending{app=web}`, "the value of label \"app\" must be in double quotes"},
		{`pods_pending{app="web"`, "the labels of pods_pending do not end with }"},
		{`pods_pending{app="a" b="c"}`, "a comma is missing between labels"},
		{`cost{app="a"}`, `cost has no label "app" (it has node, name)`},
	} {
		s, err := metric.ParseSelector(c.text)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = s.String()
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
}

// The catalogue is in order, and every name in it has something to say.
func TestCatalogue(t *testing.T) {
	for i, m := range metric.Catalogue {
		if m.Doc == "" || m.How == "" || m.Unit == "" || i > 0 && metric.Catalogue[i-1].Name >= m.Name {
			t.Errorf("%s: undocumented, or out of order", m.Name)
		}
		if m.Default().String() == "" || len(m.Aggregates()) == 0 {
			t.Errorf("%s has no aggregates", m.Name)
		}
	}
}

// The page of the docs has the row of every metric, as Row writes it.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for i := range metric.Catalogue {
		m := &metric.Catalogue[i]
		labels := strings.Join(m.Labels, ", ")
		if m.PodLabels {
			labels += ", pod labels"
		}
		row := "| `" + m.Name + "` | " + m.Type.String() + " | " + m.Unit + " | " + labels + " | " + m.Doc + " " + m.How + " |\n"
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/formats/metrics.md lacks the row\n%s", row)
		}
	}
}
