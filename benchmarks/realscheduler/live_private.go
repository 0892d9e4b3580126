package main

import (
	"reflect"
	"sync"
	"unsafe"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/klog/v2"
	internalqueue "k8s.io/kubernetes/pkg/scheduler/backend/queue"
	"k8s.io/kubernetes/pkg/scheduler/framework/preemption"
)

// What the scheduler does not show. The flushers are goroutines with tickers upstream; here they are called.

//go:linkname flushBackoff k8s.io/kubernetes/pkg/scheduler/backend/queue.(*PriorityQueue).flushBackoffQCompleted
func flushBackoff(q *internalqueue.PriorityQueue, logger klog.Logger)

//go:linkname flushUnschedulable k8s.io/kubernetes/pkg/scheduler/backend/queue.(*PriorityQueue).flushUnschedulablePodsLeftover
func flushUnschedulable(q *internalqueue.PriorityQueue, logger klog.Logger)

// lenBackoff is the number of pods that the queue gives out when activeQ is empty. The queue's list of pods backing off
// holds those after errors too, which are not given out early.
func lenBackoff(q *internalqueue.PriorityQueue) int {
	backoff := reflect.ValueOf(q).Elem().FieldByName("backoffQ").Elem() // *backoffQueue
	heap := backoff.Elem().FieldByName("podBackoffQ")
	heap = reflect.NewAt(heap.Type(), unsafe.Pointer(heap.UnsafeAddr())).Elem()
	return int(heap.MethodByName("Len").Call(nil)[0].Int())
}

// preempting reports whether the goroutine of the pod's preemption runs. Executor.IsPodRunningPreemption says no a moment
// too early: as soon as the last victim is seen to terminate.
func preempting(e *preemption.Executor, uid types.UID) bool {
	v := reflect.ValueOf(e).Elem()
	mu := (*sync.RWMutex)(unsafe.Pointer(v.FieldByName("mu").UnsafeAddr()))
	set := (*sets.Set[types.UID])(unsafe.Pointer(v.FieldByName("preempting").UnsafeAddr()))
	mu.RLock()
	defer mu.RUnlock()
	return set.Has(uid)
}
