package main

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientset "k8s.io/client-go/kubernetes"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
)

// liveClient hands the three requests that the scheduler makes of pods to take, in whatever goroutine they are made.
type liveClient struct {
	clientset.Interface
	take func(w write)
}

func (c liveClient) CoreV1() typed.CoreV1Interface { return liveCore{c.Interface.CoreV1(), c.take} }

type liveCore struct {
	typed.CoreV1Interface
	take func(w write)
}

func (c liveCore) Pods(namespace string) typed.PodInterface {
	return livePods{c.CoreV1Interface.Pods(namespace), namespace, c.take}
}

type livePods struct {
	typed.PodInterface
	namespace string
	take      func(w write)
}

func (p livePods) Bind(_ context.Context, b *corev1.Binding, _ metav1.CreateOptions) error {
	p.take(write{key: b.Namespace + "/" + b.Name, binding: b.Target.Name})
	return nil
}

func (p livePods) Patch(_ context.Context, name string, _ types.PatchType, patch []byte, _ metav1.PatchOptions, _ ...string) (*corev1.Pod, error) {
	p.take(write{key: p.namespace + "/" + name, patch: patch})
	return &corev1.Pod{}, nil
}

func (p livePods) Delete(_ context.Context, name string, _ metav1.DeleteOptions) error {
	p.take(write{key: p.namespace + "/" + name})
	return nil
}
