package capacity

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"clustersim/sim"
	"clustersim/sim/fault"
	"clustersim/sim/journal"
)

// TimedRollout is a rollout of a Deployment in simulated time. Times are in seconds.
type TimedRollout struct {
	Name    string  `json:"name"`
	At      float64 `json:"at"`    // of the update, once the cluster had settled
	Until   float64 `json:"until"` // how long after it was looked
	Took    float64 `json:"took"`  // until Progressing said NewReplicaSetAvailable; -1 = not in that time
	Stalled float64 `json:"stalled"`
	// Replicas are wanted; Surge more may exist, Unavailable of them may be missing, during a rollout.
	Replicas    int `json:"replicas"`
	Surge       int `json:"maxSurge"`
	Unavailable int `json:"maxUnavailable"`
	Pods        int `json:"pods"` // that were made for it; more than Replicas where some were lost on the way
	// Waves is Replicas / (Surge + Unavailable), rounded up: no more pods than that can be on their way at once.
	Waves int `json:"waves"`
	// Bound is Waves x the quickest pod, minReadySeconds included: no rollout can be faster.
	Bound float64 `json:"lowerBound"`
	TTR   Spread  `json:"timeToReady"` // from the creation of a new pod until it is ready

	Workload           []Outage `json:"workloads"`
	LostReplicaSeconds float64  `json:"lostReplicaSeconds"`
	Availability       float64  `json:"availability"`
	Notes              []string `json:"notes,omitempty"`
}

// RolloutOptions say what is rolled out.
type RolloutOptions struct {
	Namespace, Name string        // of the Deployment
	Image           string        // the new one of all its containers; "" restarts it, as `kubectl rollout restart`
	For             time.Duration // how long is looked; 0 = 1 h
	Timeline        bool          // the scenario's own faults happen too, counted from the update
	Begin           func(*sim.Run)
}

// Rollout lets a cluster settle, updates a Deployment, and tells how long it takes. It returns an error for a Deployment that
// does not exist, and those of runs.
func Rollout(o sim.Options, ro RolloutOptions) (*TimedRollout, error) {
	if ro.For <= 0 {
		ro.For = time.Hour
	}
	at, err := settled(o, ro.Begin)
	if err != nil {
		return nil, err
	}
	target := fault.Object{Target: "Deployment/" + ro.Name, Namespace: ro.Namespace}
	c := change{name: "rollout", action: &fault.RolloutRestart{Object: target}, calls: "rolloutRestart", timeline: ro.Timeline}
	if ro.Image != "" {
		c.action, c.calls = &fault.SetImage{Object: target, Container: "*", Image: ro.Image}, "setImage"
	}
	c.into(&o, at, ro.For)
	w := &rolled{toll: newToll(at), ro: ro, done: never, stalled: never, sets: map[types.UID]bool{}}
	w.other, w.same, w.rolling = w.see, map[types.UID]types.UID{}, "Deployment/"+ro.Name
	r, err := w.run(o, ro.Begin)
	if err != nil {
		return nil, err
	}
	if w.before == nil {
		return nil, fmt.Errorf("there is no Deployment %s in namespace %s", ro.Name, ro.Namespace)
	}
	out := w.end(o.Duration)
	for _, n := range r.Notes {
		if n.At >= at {
			out.Notes = append(out.Notes, n.Message)
		}
	}
	return out, nil
}

// rolled sees a rollout.
type rolled struct {
	*toll
	ro            RolloutOptions
	before        *appsv1.Deployment // as it was just before
	done, stalled time.Duration
	sets          map[types.UID]bool // ReplicaSets of the Deployment
}

func (w *rolled) see(r *journal.Record) {
	switch r.Object.Kind().Name {
	case "ReplicaSet":
		if s := r.Object.API(); w.before != nil && metav1.IsControlledBy(s, w.before) {
			w.sets[s.GetUID()] = true
			w.same[s.GetUID()] = w.before.UID
		}
	case "Deployment":
		d := r.Object.API().(*appsv1.Deployment)
		if d.Name != w.ro.Name || d.Namespace != w.ro.Namespace {
			return
		}
		if r.At < w.at {
			w.before = d
			return
		}
		w.progress(r.At, d)
	}
}

// progress sees the Deployment report that it is done, or that it is stuck.
//
// Source: k8s v1.36.3 pkg/controller/deployment/progress.go syncRolloutStatus.
func (w *rolled) progress(at time.Duration, d *appsv1.Deployment) {
	if w.before == nil || d.Generation <= w.before.Generation || d.Status.ObservedGeneration < d.Generation {
		return
	}
	for i := range d.Status.Conditions {
		c := &d.Status.Conditions[i]
		switch {
		case c.Type != appsv1.DeploymentProgressing:
		case c.Reason == "ProgressDeadlineExceeded" && w.stalled == never:
			w.stalled = at
		case c.Reason == "NewReplicaSetAvailable" && w.done == never && d.Status.UpdatedReplicas == *d.Spec.Replicas &&
			d.Status.Replicas == *d.Spec.Replicas && d.Status.AvailableReplicas == *d.Spec.Replicas:
			w.done = at
		}
	}
}

func (w *rolled) end(end time.Duration) *TimedRollout {
	d := w.before
	out := &TimedRollout{Name: "Deployment/" + d.Name, At: w.at.Seconds(), Until: (end - w.at).Seconds(), Took: Notyet, Stalled: Notyet, Replicas: int(*d.Spec.Replicas)}
	if d.Namespace != corev1.NamespaceDefault {
		out.Name = d.Namespace + "/" + out.Name
	}
	if w.done != never {
		out.Took = (w.done - w.at).Seconds()
	}
	if w.stalled != never {
		out.Stalled = (w.stalled - w.at).Seconds()
	}
	out.Surge, out.Unavailable = room(d)
	var took []float64
	fastest := Notyet + 0.0
	for _, l := range w.pods {
		if l == nil || l.created < w.at || l.owner == nil || !w.sets[l.owner.UID] {
			continue
		}
		out.Pods++
		if l.ready != never {
			t := (l.ready - l.created).Seconds()
			took = append(took, t)
			if fastest == Notyet || t < fastest {
				fastest = t
			}
		}
	}
	out.TTR = spread(took)
	out.Waves = ceil(out.Replicas, max(1, out.Surge+out.Unavailable))
	if fastest != Notyet {
		out.Bound = float64(out.Waves) * (fastest + float64(d.Spec.MinReadySeconds))
	}
	out.Workload, out.LostReplicaSeconds, out.Availability = w.outages(end)
	return out
}

// room is how many pods more or fewer than wanted a rollout may have.
//
// Source: k8s v1.36.3 pkg/controller/deployment/util/deployment_util.go ResolveFenceposts.
func room(d *appsv1.Deployment) (surge, unavailable int) {
	n, u := int(*d.Spec.Replicas), d.Spec.Strategy.RollingUpdate
	if d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType || u == nil {
		return 0, n
	}
	surge, _ = intstr.GetScaledValueFromIntOrPercent(u.MaxSurge, n, true) // the API server has checked both
	unavailable, _ = intstr.GetScaledValueFromIntOrPercent(u.MaxUnavailable, n, false)
	if surge == 0 && unavailable == 0 {
		unavailable = 1
	}
	return surge, unavailable
}
