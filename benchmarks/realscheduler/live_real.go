package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	upstream "k8s.io/kubernetes/pkg/scheduler"
	internalqueue "k8s.io/kubernetes/pkg/scheduler/backend/queue"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/defaultpreemption"
	testingclock "k8s.io/utils/clock/testing"
)

// epoch is t=0 of both sides.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// writeLatency is from a request to the watch event that tells of it, on both sides.
const writeLatency = time.Millisecond

// attempt is one scheduling cycle.
type attempt struct {
	At  time.Duration
	Pod string
}

// LiveReal is the whole real scheduler: queue, cycles, bindings. Its clock moves only when told, the client answers
// at once, and what it wrote comes back as watch events after writeLatency. One goroutine drives it; those that the
// scheduler starts are waited for.
type LiveReal struct {
	sched    *upstream.Scheduler
	queue    *internalqueue.PriorityQueue
	clock    *testingclock.FakeClock
	factory  *tapFactory
	preempt  *defaultpreemption.DefaultPreemption
	ctx      context.Context
	stop     context.CancelFunc
	recorder *liveRecorder
	pods     map[string]*corev1.Pod
	nodes    map[string]*corev1.Node
	revision int
	flushed  time.Duration // the last second at which the flushers ran
	writes   []write       // on their way, in order
	calls    chan write    // from the client
	early    []write       // of a preemption, received before it was asked for
	current  string        // the pod whose cycle runs
	attempts []attempt
}

// write is a request of the scheduler about a pod: a binding, a patch of its status, or else its deletion. It is due
// at the time at which its watch event arrives.
type write struct {
	due     time.Duration
	key     string
	binding string
	patch   []byte
	// Preemption runs in a goroutine that waits for the answers to its requests, one after the other.
	preemptor types.UID
	answered  chan struct{}
}

// NewLiveReal returns an empty cluster at t=0.
func NewLiveReal() (*LiveReal, error) {
	asyncPreemption(true)
	r := &LiveReal{clock: testingclock.NewFakeClock(epoch), recorder: &liveRecorder{bound: make(chan string, 1)}, calls: make(chan write, 1000),
		pods: map[string]*corev1.Pod{}, nodes: map[string]*corev1.Node{}}
	ctx, stop := context.WithCancel(context.Background())
	r.ctx, r.stop = klog.NewContext(ctx, logr.Discard()), stop
	client := liveClient{&fake.Clientset{}, r.request}
	r.factory = newTapFactory(upstream.NewInformerFactory(client, 0))
	sched, err := upstream.New(r.ctx, client, r.factory, nil, func(string) events.EventRecorderLogger { return r.recorder },
		upstream.WithParallelism(1), upstream.WithClock(r.clock))
	if err != nil {
		return nil, err
	}
	r.sched, r.queue = sched, sched.SchedulingQueue.(*internalqueue.PriorityQueue)
	for _, pl := range sched.Profiles[corev1.DefaultSchedulerName].PreEnqueuePlugins() {
		if p, ok := pl.(*defaultpreemption.DefaultPreemption); ok {
			r.preempt = p
		}
	}
	next := sched.NextPod
	sched.NextPod = func(log klog.Logger) (*framework.QueuedPodInfo, error) {
		info, err := next(log)
		if err == nil && info != nil {
			r.current = keyOf(info.Pod)
			r.attempts = append(r.attempts, attempt{r.now(), r.current})
		}
		return info, err
	}
	return r, nil
}

func (r *LiveReal) now() time.Duration { return r.clock.Now().Sub(epoch) }

// request takes a request down, in any goroutine.
func (r *LiveReal) request(w write) {
	if w.binding != "" || w.patch != nil && w.key == r.current {
		r.calls <- w
		return
	}
	w.answered = make(chan struct{})
	r.calls <- w
	<-w.answered
}

// result is the pod after the request.
func (r *LiveReal) result(w *write, p *corev1.Pod) *corev1.Pod {
	switch {
	case w.binding != "":
		return bindTo(p, w.binding, r.nodes[w.binding])
	case w.patch != nil:
		return patched(p, w.patch)
	case p.DeletionTimestamp == nil:
		p = p.DeepCopy()
		terminate(p)
	}
	return p
}

// bindTo is what the API server makes of a binding: with it come the node's zone and region as labels.
func bindTo(p *corev1.Pod, name string, n *corev1.Node) *corev1.Pod {
	p = p.DeepCopy()
	p.Spec.NodeName, p.Status.NominatedNodeName = name, ""
	if n == nil {
		n = &corev1.Node{}
	}
	for _, key := range []string{corev1.LabelTopologyZone, corev1.LabelTopologyRegion} {
		if v, ok := n.Labels[key]; ok {
			p.Labels = maps.Clone(p.Labels)
			if p.Labels == nil {
				p.Labels = map[string]string{}
			}
			p.Labels[key] = v
		}
	}
	p.Status.Conditions = slices.DeleteFunc(p.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == corev1.PodScheduled })
	p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionTrue})
	return p
}

func patched(p *corev1.Pod, patch []byte) *corev1.Pod {
	old, err := json.Marshal(p)
	must(err)
	b, err := strategicpatch.StrategicMergePatch(old, patch, &corev1.Pod{})
	must(err)
	out := &corev1.Pod{}
	must(json.Unmarshal(b, out))
	return out
}

// RunUntil lets the clock go to t, with all that happens on the way.
func (r *LiveReal) RunUntil(t time.Duration) {
	for {
		next := r.flushed + time.Second
		if len(r.writes) > 0 {
			next = min(next, r.writes[0].due)
		}
		if next > t {
			break
		}
		r.advance(next)
		if next == r.flushed+time.Second {
			r.flushed = next
			flushBackoff(r.queue, klog.FromContext(r.ctx))
			if next%(30*time.Second) == 0 {
				flushUnschedulable(r.queue, klog.FromContext(r.ctx))
			}
		}
		r.drain()
	}
	r.advance(t)
}

// advance moves the clock, never back, and delivers the writes that are due.
func (r *LiveReal) advance(t time.Duration) {
	for len(r.writes) > 0 && r.writes[0].due <= t {
		w := r.writes[0]
		r.writes = r.writes[1:]
		if w.due > r.now() {
			r.clock.SetTime(epoch.Add(w.due))
		}
		if p := r.pods[w.key]; p != nil {
			r.SetPod(r.result(&w, p))
		}
		if w.answered != nil {
			close(w.answered)
			r.awaitPreemption(w.preemptor, r.now()+writeLatency)
		}
	}
	if t > r.now() {
		r.clock.SetTime(epoch.Add(t))
	}
}

// drain runs cycles until nothing is left to try at this moment.
func (r *LiveReal) drain() {
	for r.ready() {
		r.recorder.failed = ""
		n := len(r.attempts)
		r.sched.ScheduleOne(r.ctx)
		r.current = ""
		if len(r.attempts) == n {
			panic("no attempt")
		}
		if r.recorder.failed == "" {
			select {
			case <-r.recorder.bound:
			case <-time.After(10 * time.Second):
				panic("no binding of " + r.attempts[n].Pod)
			}
			for _, w := range r.received() {
				r.send(w, r.now()+writeLatency)
			}
			continue
		}
		r.clock.SetTime(r.clock.Now().Add(time.Nanosecond)) // failures of one moment have an order
		due := r.now() + writeLatency
		waits := false
		for _, w := range r.received() {
			if w.answered == nil {
				r.send(w, due)
				waits = true
			} else {
				r.early = append(r.early, w)
			}
		}
		if p := r.pods[r.attempts[n].Pod]; p != nil {
			r.awaitPreemption(p.UID, due+writeLatency)
		}
		if waits {
			r.advance(due) // the loop waits for the status write
		}
	}
}

func (r *LiveReal) ready() bool {
	return len(r.queue.PodsInActiveQ()) > 0 || lenBackoff(r.queue) > 0
}

// awaitPreemption waits until the preemption asks for something, which is then due at that time, or is over.
func (r *LiveReal) awaitPreemption(preemptor types.UID, due time.Duration) {
	for {
		running := preempting(r.preempt.Executor, preemptor)
		for _, w := range append(r.early, r.received()...) {
			w.preemptor = preemptor
			r.send(w, due)
			running = false
		}
		r.early = nil
		if !running {
			return
		}
		time.Sleep(10 * time.Microsecond)
	}
}

// received are the requests that have come.
func (r *LiveReal) received() (list []write) {
	for {
		select {
		case w := <-r.calls:
			list = append(list, w)
		default:
			return list
		}
	}
}

// send puts a request on its way.
func (r *LiveReal) send(w write, due time.Duration) {
	w.due = due
	i, _ := slices.BinarySearchFunc(r.writes, due+1, func(o write, t time.Duration) int { return cmp.Compare(o.due, t) })
	r.writes = slices.Insert(r.writes, i, w)
}

// SetPod creates or changes a pod. Pods that are done are gone for the scheduler.
func (r *LiveReal) SetPod(p *corev1.Pod) {
	p = p.DeepCopy()
	r.revision++
	p.ResourceVersion = fmt.Sprint(r.revision)
	old := r.pods[keyOf(p)]
	r.pods[keyOf(p)] = p
	if old == nil {
		r.factory.pods.added(p)
	} else {
		r.factory.pods.updated(old, p)
	}
}

// RemovePod takes a pod away, at once.
func (r *LiveReal) RemovePod(key string) {
	p := r.pods[key]
	delete(r.pods, key)
	r.factory.pods.deleted(p)
}

// SetNode creates or changes a node.
func (r *LiveReal) SetNode(n *corev1.Node) {
	old := r.nodes[n.Name]
	r.nodes[n.Name] = n
	if old == nil {
		r.factory.nodes.added(n)
	} else {
		r.factory.nodes.updated(old, n)
	}
}

// RemoveNode takes a node away.
func (r *LiveReal) RemoveNode(name string) {
	n := r.nodes[name]
	delete(r.nodes, name)
	r.factory.nodes.deleted(n)
}

// State is a line a pod: where it is, or why it is not.
func (r *LiveReal) State() (lines []string) {
	for _, key := range slices.Sorted(maps.Keys(r.pods)) {
		lines = append(lines, stateOf(r.pods[key]))
	}
	return lines
}

func stateOf(p *corev1.Pod) string {
	line := keyOf(p) + ": " + p.Spec.NodeName
	if p.DeletionTimestamp != nil {
		line += " terminating"
	}
	if p.Status.NominatedNodeName != "" {
		line += " nominated to " + p.Status.NominatedNodeName
	}
	for _, c := range p.Status.Conditions {
		if c.Status == corev1.ConditionFalse || c.Type == corev1.DisruptionTarget {
			line += " " + c.Reason + " " + c.Message
		}
	}
	return line
}

// liveRecorder tells how a cycle ended.
type liveRecorder struct {
	failed string // the last FailedScheduling
	bound  chan string
}

// Eventf implements events.EventRecorder.
func (l *liveRecorder) Eventf(o, _ runtime.Object, _, reason, _, note string, args ...any) {
	switch reason {
	case "FailedScheduling":
		l.failed = strings.TrimSpace(note)
	case "Scheduled":
		l.bound <- fmt.Sprintf(note, args...)
	}
}

// WithLogger implements events.EventRecorderLogger.
func (l *liveRecorder) WithLogger(klog.Logger) events.EventRecorderLogger { return l }
