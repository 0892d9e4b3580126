package sim_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
	"clustersim/sim"
	"clustersim/sim/engine"
	"clustersim/sim/kubelet"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

var every = flag.Uint64("every", 0, "before which engine events the faults of TestLibrarySweep come: each so many, from the first; 0: a sample")

// swept are the stories that TestLibrarySweep disturbs: of every controller, and of what stands between it and its pods.
var swept = []string{
	"lesson/16-deployment", "workloads/rollout", "workloads/bad-rollout", "workloads/stateful-set", "workloads/stateful-set-update", "workloads/daemon-set",
	"workloads/daemon-set-update", "workloads/job-backoff", "workloads/cron", "workloads/drain", "workloads/service", "workloads/quota", "workloads/autoscale",
	"nodeloss/rolling-upgrade", "nodeloss/graceful-shutdown", "nodeloss/pressure", "nodeloss/spot-reclaim",
	"storage/attach-limit", "storage/out-of-service",
}

// disturbances come before the k-th engine event, each to one thing, and pass.
var disturbances = []struct {
	name string
	do   func(r *sim.Run, k uint64)
}{
	{"node crash", func(r *sim.Run, k uint64) {
		if n := oneOf(r.Kubelets.Nodes(), k); n != nil && n.Powered() {
			n.Crash()
			r.Engine.After(time.Minute, kindMend, engine.Func(n.Recover))
		}
	}},
	{"registry outage", func(r *sim.Run, _ uint64) {
		r.Engine.After(time.Minute, kindMend, engine.Func(r.World().Begin(world.Override{Match: "*", Outage: true})))
	}},
	{"container killed", func(r *sim.Run, k uint64) {
		var running []*store.Pod
		for _, o := range r.Store.List(model.Pod) {
			if p := o.(*store.Pod); p.Status.Phase == corev1.PodRunning {
				running = append(running, p)
			}
		}
		if p := oneOf(running, k); p != nil && r.Kubelets.Node(p.NodeName) != nil {
			r.Kubelets.Node(p.NodeName).Kill(p.UID, "", 137, kubelet.ReasonError, "")
		}
	}},
}

func oneOf[T any](list []*T, k uint64) *T {
	if len(list) == 0 {
		return nil
	}
	return list[k%uint64(len(list))]
}

// aftermath is how long the controllers have to bring back what they promise, after the story.
const aftermath = 25 * time.Minute

// Whatever happens to a story of the library, before whichever of its engine events: no invariant breaks, and in the end the
// controllers have what they have without it.
func TestLibrarySweep(t *testing.T) {
	for at, name := range swept {
		t.Run(name, func(t *testing.T) {
			o := libraryOptions(t, name)
			told := length(t, o)
			events := eventsUntil(t, o, told)
			o.Duration = told + aftermath
			calm := newRun(t, o)
			toEnd(t, calm)
			want := promises(calm)
			if len(want) == 0 {
				t.Fatal("nothing is promised here")
			}
			for i, d := range disturbances {
				stride := *every
				if stride == 0 {
					stride = max(1, events/6)
				}
				for k := 1 + uint64(at*len(disturbances)+i)%stride; k <= events; k += stride {
					disturbed(t, o, d.name, d.do, k, want)
				}
			}
		})
	}
}

func eventsUntil(t *testing.T, o sim.Options, end time.Duration) uint64 {
	t.Helper()
	r := newRun(t, o)
	if err := r.Until(end); err != nil {
		t.Fatal(err)
	}
	return r.Engine.Ran()
}

func disturbed(t *testing.T, o sim.Options, name string, do func(*sim.Run, uint64), k uint64, want map[string]string) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("%s before engine event %d: panic: %v", name, k, p)
		}
	}()
	r := newRun(t, o)
	before(t, r, k)
	at := r.Engine.Now()
	do(r, k)
	if err := finish(r); err != nil {
		t.Fatalf("%s before engine event %d, at %v: %v", name, k, at, err)
	}
	got := promises(r)
	for _, what := range slices.Sorted(maps.Keys(want)) {
		if got[what] != want[what] {
			t.Errorf("%s before engine event %d, at %v: %s is %q in the end, without it %q", name, k, at, what, got[what], want[what])
		}
	}
}

// promises are what controllers owe, whatever the way to it was, by object: equal where all is well again.
func promises(r *sim.Run) map[string]string {
	out := map[string]string{}
	for _, o := range r.Objects() {
		key := o.GetObjectKind().GroupVersionKind().Kind + " " + o.GetName()
		switch o := o.(type) {
		case *appsv1.Deployment:
			s := o.Status
			out[key] = fmt.Sprintf("available as asked: %v, updated: %v", s.AvailableReplicas == *o.Spec.Replicas, s.UpdatedReplicas == *o.Spec.Replicas)
		case *appsv1.StatefulSet:
			out[key] = fmt.Sprintf("%d of %d ready, %d new", o.Status.ReadyReplicas, *o.Spec.Replicas, o.Status.UpdatedReplicas)
		case *appsv1.DaemonSet:
			s := o.Status
			out[key] = fmt.Sprintf("%d of %d ready, %d astray", s.NumberReady, s.DesiredNumberScheduled, s.NumberMisscheduled)
			if o.Spec.MinReadySeconds == 0 || o.Spec.UpdateStrategy.RollingUpdate == nil || o.Spec.UpdateStrategy.RollingUpdate.MaxSurge.IntVal == 0 {
				out[key] += fmt.Sprintf(", %d new", s.UpdatedNumberScheduled)
			} // else upstream forgets to look again: its timers for one set collapse into the first, and old pods hide new ones
		case *batchv1.CronJob:
			last := o.Status.LastScheduleTime
			out[key] = fmt.Sprintf("of late: %v", last != nil && r.Clock(r.Engine.Now()).Sub(last.Time) < 10*time.Minute)
		case *batchv1.Job:
			if len(o.OwnerReferences) == 0 && over(o) { // a CronJob's come and go
				out[key] = "over"
			}
		case *appsv1.ReplicaSet:
			if len(o.OwnerReferences) == 0 {
				out[key] = fmt.Sprintf("%d of %d ready", o.Status.ReadyReplicas, *o.Spec.Replicas)
			}
		case *corev1.Service:
			if len(o.Spec.Selector) > 0 {
				out[key] = fmt.Sprintf("sends to who is ready: %v", sendsToReady(r, o))
			}
		}
	}
	return out
}

func over(j *batchv1.Job) bool {
	return slices.ContainsFunc(j.Status.Conditions, func(c batchv1.JobCondition) bool {
		return (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue
	})
}

// sendsToReady reports whether the ready endpoints of a Service are its pods that are Ready.
func sendsToReady(r *sim.Run, svc *corev1.Service) bool {
	pods := map[string]bool{}
	for _, o := range r.Store.List(model.Pod) {
		p := o.(*store.Pod)
		if labels.SelectorFromSet(svc.Spec.Selector).Matches(labels.Set(p.LabelSet())) && p.Deletion == nil {
			for _, c := range p.Status.Conditions {
				if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
					pods[p.Name] = true
				}
			}
		}
	}
	for _, o := range r.Objects(model.FindKind("EndpointSlice")) {
		slice := o.(*discoveryv1.EndpointSlice)
		if slice.Labels[discoveryv1.LabelServiceName] != svc.Name {
			continue
		}
		for _, e := range slice.Endpoints {
			if e.Conditions.Ready != nil && *e.Conditions.Ready && e.TargetRef != nil {
				if !pods[e.TargetRef.Name] {
					return false
				}
				delete(pods, e.TargetRef.Name)
			}
		}
	}
	return len(pods) == 0
}
