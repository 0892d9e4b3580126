package sim_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"clustersim/model"
	"clustersim/scenarios"
	"clustersim/sim"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/kubelet"
	"clustersim/sim/store"
)

// sweepScenario has a bit of everything in a small cluster and two minutes, so that a fault can hit it at any instant:
// init containers, a sidecar, probes that pass, fail and pass again, a crash loop, a container that ends, pulls that take
// time and fail, a pod that waits for room, graceful deletion, taints, a static pod, and controllers' pods.
const sweepScenario = `apiVersion: simulate/v1alpha1
kind: Scenario
metadata: {name: sweep}
spec:
  seed: 7
  duration: 10m
  cluster:
    nodes:
    - name: node-{i}
      count: 3
      zones: [a, b]
      capacity: {cpu: "2", memory: 4Gi}
    registries:
    - match: "registry.test/*"
      latency: {uniform: [100ms, 2s]}
      failureRate: 0.2
  behaviors:
  - {container: setup, run: {attempts: [{for: 3s, exitCode: 1}, {for: 2s, exitCode: 0}]}}
  - {container: crasher, run: {attempts: [{for: 4s, exitCode: 1}]}}
  - {container: worker, run: {attempts: [{for: {uniform: [5s, 40s]}, exitCode: 0}]}}
  - {container: web, probes: {readiness: {okAfter: 3s, failureRate: 0.1}, liveness: {failureRate: 0.05}}, onTerm: {exitAfter: 3s, exitCode: 0}}
  workloads:
  - inline: |
      apiVersion: v1
      kind: Pod
      metadata: {name: web, labels: {app: web}}
      spec:
        terminationGracePeriodSeconds: 5
        initContainers:
        - {name: setup, image: "registry.test/setup:v1"}
        - {name: log, image: "registry.test/log:v1", restartPolicy: Always}
        containers:
        - name: web
          image: registry.test/web:v1
          resources: {requests: {cpu: 500m}}
          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5}
          livenessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5, failureThreshold: 2}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: crasher}
      spec:
        containers: [{name: crasher, image: "registry.test/crasher:v1", resources: {requests: {cpu: 500m}}}]
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: patient}
      spec:
        tolerations:
        - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 20}
        - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 20}
        containers: [{name: web, image: "registry.test/web:v1", resources: {requests: {cpu: "1"}}}]
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: absent}
      spec:
        containers: [{name: a, image: "registry.test/a:v1", envFrom: [{configMapRef: {name: later}}]}]
  - copies: 5
    inline: |
      apiVersion: v1
      kind: Pod
      metadata: {name: worker}
      spec:
        restartPolicy: OnFailure
        containers: [{name: worker, image: "registry.test/worker:v1", resources: {requests: {cpu: 700m}}}]
  - at: 30s
    inline: |
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: later}
      data: {a: b}
  timeline:
  - {at: 50s, delete: {target: pod/web}}
  - {at: 60s, taint: {node: node-1, taints: [{key: k, effect: NoExecute}]}, for: 20s}
`

// sweepFault is something that happens to the cluster, and what mends it a while later.
type sweepFault struct {
	name  string
	do    func(*sim.Run)
	after time.Duration
	undo  func(*sim.Run) // nil: nothing does
}

var kindMend = engine.NewKind("test fault mended", engine.RankWorld, false)

var sweepFaults = []sweepFault{
	{"crash for ever", onNode((*kubelet.Node).Crash), 0, nil},
	{"short crash", onNode((*kubelet.Node).Crash), 20 * time.Second, onNode((*kubelet.Node).Recover)},
	{"long crash", onNode((*kubelet.Node).Crash), 100 * time.Second, onNode((*kubelet.Node).Recover)},
	{"partition", onNode(func(n *kubelet.Node) { n.Cut(false) }), 90 * time.Second, onNode((*kubelet.Node).Heal)},
	{"partition with a frozen kubelet", onNode(func(n *kubelet.Node) { n.Cut(true) }), 90 * time.Second, onNode((*kubelet.Node).Heal)},
	{"partition and crash", onNode(func(n *kubelet.Node) { n.Cut(false) }), 10 * time.Second, onNode((*kubelet.Node).Crash)},
	{"runtime down", onNode(func(n *kubelet.Node) { n.SetRuntime(true) }), 30 * time.Second, onNode(func(n *kubelet.Node) { n.SetRuntime(false) })},
	{"node deleted", func(r *sim.Run) { _ = r.Store.Remove(model.Node, store.Key{Name: "node-2"}) }, 0, nil},
	{"all pods deleted", deletePods(nil), 0, nil},
	{"all pods deleted by force", deletePods(new(int64)), 0, nil},
}

func onNode(do func(*kubelet.Node)) func(*sim.Run) {
	return func(r *sim.Run) { do(r.Kubelets.Node("node-2")) }
}

func deletePods(grace *int64) func(*sim.Run) {
	return func(r *sim.Run) {
		for _, o := range slices.Clone(r.Store.List(model.Pod)) {
			_ = r.Store.DeletePod(o.Key(), "", grace)
		}
	}
}

// happen lets the fault happen now, and queues what mends it.
func (f *sweepFault) happen(r *sim.Run) {
	f.do(r)
	if f.undo != nil {
		r.Engine.After(f.after, kindMend, engine.Func(func() { f.undo(r) }))
	}
}

// sweepRuns is how many runs a sweep makes of each fault.
const sweepRuns = 40

// A fault may come at any instant, before any engine event, and no invariant breaks: SQLite's loop, over a sample of the
// events. Each fault takes other ones, so that together they meet most.
func TestFaultSweep(t *testing.T) {
	o := textOptions(t, sweepScenario, scenarios.LoadOptions{})
	r := newRun(t, o)
	calm := checkers[r]
	toEnd(t, r)
	if calm.Restarts == 0 || calm.Records < 100 {
		t.Errorf("%d records, %d restarts: the scenario says too little", calm.Records, calm.Restarts)
	}
	for i, f := range sweepFaults {
		t.Run(f.name, func(t *testing.T) {
			for _, k := range sample(r.Engine.Ran(), i) {
				sweepOne(t, o, &f, k)
			}
		})
	}
}

// sample is every so many events, from another one for each fault.
func sample(events uint64, fault int) (ks []uint64) {
	stride := max(1, events/sweepRuns)
	for k := 1 + uint64(fault)*stride/uint64(len(sweepFaults)); k <= events; k += stride {
		ks = append(ks, k)
	}
	return ks
}

// sweepOne runs the scenario and lets the fault happen between the engine events before k and k.
func sweepOne(t *testing.T, o sim.Options, f *sweepFault, k uint64) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("before engine event %d: panic: %v", k, p)
		}
	}()
	r := newRun(t, o)
	before(t, r, k)
	f.happen(r)
	if err := finish(r); err != nil {
		t.Fatalf("before engine event %d: %v", k, err)
	}
}

// before runs all engine events before the k-th (none, if that is one of the first two).
func before(t *testing.T, r *sim.Run, k uint64) {
	t.Helper()
	if k <= 2 {
		return
	}
	limit := r.Engine.Limits.Events
	r.Engine.Limits.Events = k - 2
	var reached *engine.LimitError
	if _, err := r.Run(); !errors.As(err, &reached) {
		t.Fatalf("no engine event %d: %v", k, err)
	}
	r.Engine.Limits.Events = limit
}

// What is skipped is skipped rightly also when a fault comes, at whatever instant: with and without every tick, the same
// journal.
func TestFaultSweepReference(t *testing.T) {
	o := textOptions(t, sweepScenario, scenarios.LoadOptions{})
	r := newRun(t, o)
	toEnd(t, r)
	for i, f := range sweepFaults {
		t.Run(f.name, func(t *testing.T) {
			for n, k := range sample(r.Engine.Ran(), i) {
				if n%4 != 0 {
					continue
				}
				probe := newRun(t, o)
				before(t, probe, k)
				at := probe.Engine.Now()
				quick, slow := faultAt(t, o, &f, at, false), faultAt(t, o, &f, at, true)
				if toEnd(t, quick) == toEnd(t, slow) {
					continue
				}
				var want, got lines
				toEnd(t, faultAt(t, o, &f, at, true, &want))
				toEnd(t, faultAt(t, o, &f, at, false, &got))
				sameLines(t, fmt.Sprintf("at %v; want: every tick executed; got: without", at), &want, &got)
			}
		})
	}
}

// faultAt makes a run to which the fault will happen at that instant, before all else that is due then.
func faultAt(t *testing.T, o sim.Options, f *sweepFault, at time.Duration, reference bool, sinks ...journal.Sink) *sim.Run {
	t.Helper()
	o.Reference = reference
	r := newRun(t, o, sinks...)
	r.Engine.At(at, kindMend, engine.Func(func() { f.happen(r) }))
	return r
}
