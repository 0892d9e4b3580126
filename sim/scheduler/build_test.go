package scheduler

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// resources makes a ResourceList of "cpu", "4", "memory", "8Gi" and so on.
func resources(pairs ...string) corev1.ResourceList {
	l := corev1.ResourceList{}
	for i := 0; i+1 < len(pairs); i += 2 {
		l[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return l
}

// makeNode makes a node with 110 pods and what else is named, and lets options change it.
func makeNode(name string, alloc corev1.ResourceList, options ...func(*corev1.Node)) *corev1.Node {
	if _, ok := alloc[corev1.ResourcePods]; !ok {
		alloc[corev1.ResourcePods] = resource.MustParse("110")
	}
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelHostname: name}}, Status: corev1.NodeStatus{Allocatable: alloc, Capacity: alloc}}
	for _, o := range options {
		o(n)
	}
	return n
}

func label(k, v string) func(*corev1.Node) { return func(n *corev1.Node) { n.Labels[k] = v } }

func taint(key string, effect corev1.TaintEffect) func(*corev1.Node) {
	return func(n *corev1.Node) { n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: key, Effect: effect}) }
}

// makePod makes a pod of one container with the requests.
func makePod(name string, requests corev1.ResourceList, options ...func(*corev1.Pod)) *corev1.Pod {
	grace := int64(30)
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}, Spec: corev1.PodSpec{
		SchedulerName: DefaultSchedulerName, TerminationGracePeriodSeconds: &grace,
		Containers: []corev1.Container{{Name: "c", Image: "app", Resources: corev1.ResourceRequirements{Requests: requests}}},
	}}
	for _, o := range options {
		o(p)
	}
	return p
}

func priority(p int32) func(*corev1.Pod) { return func(pod *corev1.Pod) { pod.Spec.Priority = &p } }

func selector(k, v string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Spec.NodeSelector = map[string]string{k: v} }
}

// rig is a store with a scheduler and nothing else.
type rig struct {
	t *testing.T
	e *engine.Engine
	s *store.Store
	*Scheduler
}

func newRig(t *testing.T, change ...func(*config.Components)) *rig {
	c, _ := config.Profile("")
	for _, f := range change {
		f(&c)
	}
	e := engine.New(1)
	s := store.New(e, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), journal.New())
	return &rig{t, e, s, New(e, s, c.Scheduler, c.Latency)}
}

var kindStep = engine.NewKind("test step", engine.RankWorld, false)

// at runs a step at an instant; steps are queued before the run starts.
func (r *rig) at(t time.Duration, f func()) { r.e.At(t, kindStep, engine.Func(f)) }

func (r *rig) node(n *corev1.Node) {
	r.must(r.s.Create(model.Node, n))
}

func (r *rig) pod(p *corev1.Pod) {
	st := &corev1.PodStatus{Phase: corev1.PodPending}
	r.must(r.s.CreatePod(&store.Pod{Namespace: p.Namespace, Name: p.Name, Template: p, Status: st}))
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) run(until time.Duration) { r.must(r.e.Run(until)) }

func (r *rig) get(name string) *store.Pod {
	return r.s.Pod(store.Key{Namespace: "default", Name: name})
}

// finish makes a pod succeed.
func (r *rig) finish(name string) {
	_, err := r.s.UpdatePod(store.Key{Namespace: "default", Name: name}, "", func(p *store.Pod) bool {
		st := *p.Status
		st.Phase = corev1.PodSucceeded
		p.Status = &st
		return true
	})
	r.must(err)
}

// history notes when pods are bound and Events written.
type history struct {
	r      *rig
	bound  map[string]time.Duration
	events []*store.Event
	at     []time.Duration
}

func (r *rig) watch() *history {
	h := &history{r: r, bound: map[string]time.Duration{}}
	r.s.Watch(h)
	return h
}

// Observe implements store.Watcher.
func (h *history) Observe(c *store.Change) {
	if old, p, ok := c.Pods(); ok && old != nil && old.NodeName == "" && p.NodeName != "" {
		h.bound[p.Name] = h.r.e.Now()
	}
	if ev, ok := c.New.(*store.Event); ok {
		h.events = append(h.events, ev)
		h.at = append(h.at, h.r.e.Now())
	}
}

func (r *rig) failedMessage(name string) string {
	c := store.Condition(r.get(name).Status, corev1.PodScheduled)
	if c == nil {
		return ""
	}
	return c.Message
}
