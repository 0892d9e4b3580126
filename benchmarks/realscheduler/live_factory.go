package main

import (
	"k8s.io/client-go/informers"
	coreinformers "k8s.io/client-go/informers/core"
	corev1informers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// tapFactory is an informer factory that keeps the handlers of pods and nodes, so that a test can call them in its own
// order and at its own time. Nothing is ever started.
type tapFactory struct {
	informers.SharedInformerFactory
	pods, nodes *tap
}

func newTapFactory(inner informers.SharedInformerFactory) *tapFactory {
	v1 := inner.Core().V1()
	return &tapFactory{inner, &tap{SharedIndexInformer: v1.Pods().Informer()}, &tap{SharedIndexInformer: v1.Nodes().Informer()}}
}

// Core is the group with the tapped informers.
func (f *tapFactory) Core() coreinformers.Interface {
	return tapCore{f.SharedInformerFactory.Core(), f}
}

type tapCore struct {
	coreinformers.Interface
	f *tapFactory
}

func (c tapCore) V1() corev1informers.Interface { return tapV1{c.Interface.V1(), c.f} }

type tapV1 struct {
	corev1informers.Interface
	f *tapFactory
}

func (v tapV1) Pods() corev1informers.PodInformer {
	return tapPods{v.Interface.Pods(), v.f.pods}
}

func (v tapV1) Nodes() corev1informers.NodeInformer {
	return tapNodes{v.Interface.Nodes(), v.f.nodes}
}

type tapPods struct {
	corev1informers.PodInformer
	t *tap
}

func (p tapPods) Informer() cache.SharedIndexInformer { return p.t }

type tapNodes struct {
	corev1informers.NodeInformer
	t *tap
}

func (n tapNodes) Informer() cache.SharedIndexInformer { return n.t }

// tap is an informer whose handlers are called by hand.
type tap struct {
	cache.SharedIndexInformer
	handlers []cache.ResourceEventHandler
}

// AddEventHandler keeps the handler.
func (t *tap) AddEventHandler(h cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	t.handlers = append(t.handlers, h)
	return t.SharedIndexInformer.AddEventHandler(h)
}

func (t *tap) added(o any) {
	must(t.GetIndexer().Add(o))
	for _, h := range t.handlers {
		h.OnAdd(o, false)
	}
}

func (t *tap) updated(old, o any) {
	must(t.GetIndexer().Update(o))
	for _, h := range t.handlers {
		h.OnUpdate(old, o)
	}
}

func (t *tap) deleted(o any) {
	must(t.GetIndexer().Delete(o))
	for _, h := range t.handlers {
		h.OnDelete(o)
	}
}
