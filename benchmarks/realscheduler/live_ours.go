package main

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/scheduler"
	"clustersim/sim/store"
)

var kindScript = engine.NewKind("script", engine.RankWorld, false)

// LiveOurs is the simulator's scheduler in a run with nothing else in it.
type LiveOurs struct {
	engine   *engine.Engine
	store    *store.Store
	attempts []attempt
}

// NewLiveOurs returns an empty cluster at t=0.
func NewLiveOurs() *LiveOurs {
	cfg, _ := config.Profile("instant")
	cfg.Scheduler.KubeAPIQPS = -1
	cfg.Latency.APIWrite, cfg.Latency.Bind = writeLatency, writeLatency
	o := &LiveOurs{engine: engine.New(1)}
	o.store = store.New(o.engine, epoch, journal.New())
	s := scheduler.New(o.engine, o.store, cfg.Scheduler, cfg.Latency)
	s.OnAttempt = func(p *scheduler.Pod) {
		o.attempts = append(o.attempts, attempt{o.engine.Now(), p.Namespace + "/" + p.Name})
	}
	return o
}

// do queues a change at t.
func (o *LiveOurs) do(t time.Duration, f func()) { o.engine.At(t, kindScript, engine.Func(f)) }

// RunUntil runs up to t, what happens at t included.
func (o *LiveOurs) RunUntil(t time.Duration) { must(o.engine.Run(t + 1)) }

// SetPod creates or changes a pod.
func (o *LiveOurs) SetPod(p *corev1.Pod) {
	key := store.Key{Namespace: p.Namespace, Name: p.Name}
	if o.store.Pod(key) == nil {
		st := p.Status.DeepCopy()
		must(o.store.CreatePod(&store.Pod{Namespace: p.Namespace, Name: p.Name, UID: p.UID, Template: p, Status: st}))
		return
	}
	_, err := o.store.UpdatePod(key, "", func(q *store.Pod) bool {
		q.Template, q.Labels = p, p.Labels
		return true
	})
	must(err)
}

// RemovePod takes a pod away, at once.
func (o *LiveOurs) RemovePod(key string) {
	ns, name := split(key)
	none := int64(0)
	must(o.store.DeletePod(store.Key{Namespace: ns, Name: name}, "", &none))
}

// SetNode creates or changes a node.
func (o *LiveOurs) SetNode(n *corev1.Node) {
	if o.store.Node(n.Name) == nil {
		must(o.store.Create(model.Node, n.DeepCopy()))
		return
	}
	must(o.store.UpdateNode(n.Name, func(old *corev1.Node) bool {
		old.Labels, old.Spec, old.Status = n.Labels, n.Spec, n.Status
		return true
	}))
}

// RemoveNode takes a node away.
func (o *LiveOurs) RemoveNode(name string) { must(o.store.Remove(model.Node, store.Key{Name: name})) }

// State is a line a pod: where it is, or why it is not.
func (o *LiveOurs) State() (lines []string) {
	for _, obj := range o.store.List(model.Pod) {
		p := obj.(*store.Pod)
		q := &corev1.Pod{}
		q.Namespace, q.Name, q.Spec.NodeName, q.Status = p.Namespace, p.Name, p.NodeName, *p.Status
		if p.Deletion != nil {
			terminate(q)
		}
		lines = append(lines, stateOf(q))
	}
	return lines
}
