package metric

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/journal"
)

// workload is what wants replicas: a controller's object that no other controls, or a bare pod.
type workload struct {
	of            *Object
	wanted, ready int32
	counted       int32 // min(wanted, ready), as it stands in ready_ratio
	whole         int32 // wanted, as it stands there
	since         time.Duration
	lost          float64 // replica seconds until since
}

// replicating are the kinds that want replicas.
var replicating = map[*model.Kind]bool{
	model.Deployment: true, model.ReplicaSet: true, model.ReplicationController: true,
	model.FindKind("StatefulSet"): true, model.FindKind("DaemonSet"): true,
}

// controller notes how many replicas an object wants.
func (c *Collector) controller(r *journal.Record) {
	if !replicating[r.Object.Kind()] {
		return
	}
	o := r.Object.API()
	if up := metav1.GetControllerOf(o); up != nil && c.workloads[up.UID] != nil {
		c.workloads[o.GetUID()] = c.workloads[up.UID]
		return
	}
	n, labels := wanted(o)
	w := c.workloads[o.GetUID()]
	if w == nil {
		w = c.newWorkload(o.GetUID(), &Object{Kind: r.Object.Kind().Name, Namespace: o.GetNamespace(), Name: o.GetName(), Labels: labels}, r.At)
	}
	if r.Verb == journal.Deleted || o.GetDeletionTimestamp() != nil {
		n = 0
	}
	w.wanted = n
	c.level(w, r.At)
}

func (c *Collector) newWorkload(uid types.UID, of *Object, at time.Duration) *workload {
	w := &workload{of: of, since: at}
	c.workloads[uid] = w
	c.order = append(c.order, w)
	return w
}

// wanted is the number of replicas that an object asks for, and the labels of its pods.
func wanted(o model.Object) (int32, map[string]string) {
	one := func(n *int32) int32 {
		if n == nil {
			return 1
		}
		return *n
	}
	switch o := o.(type) {
	case *appsv1.Deployment:
		return one(o.Spec.Replicas), o.Spec.Template.Labels
	case *appsv1.ReplicaSet:
		return one(o.Spec.Replicas), o.Spec.Template.Labels
	case *appsv1.StatefulSet:
		return one(o.Spec.Replicas), o.Spec.Template.Labels
	case *appsv1.DaemonSet:
		return o.Status.DesiredNumberScheduled, o.Spec.Template.Labels
	case *corev1.ReplicationController:
		if o.Spec.Template != nil {
			return one(o.Spec.Replicas), o.Spec.Template.Labels
		}
	}
	return 0, nil
}

// workloadOf finds what a new pod is a replica of, nil for none, and names its owner.
func (c *Collector) workloadOf(at time.Duration, f journal.PodFacts) (*workload, string) {
	for i := range f.Owners {
		o := &f.Owners[i]
		if o.Controller == nil || !*o.Controller {
			continue
		}
		if w := c.workloads[o.UID]; w != nil {
			return w, w.of.Kind + "/" + w.of.Name
		}
		return nil, o.Kind + "/" + o.Name
	}
	if f.Spec.RestartPolicy != "" && f.Spec.RestartPolicy != corev1.RestartPolicyAlways {
		return nil, ""
	}
	w := c.newWorkload(f.UID, &Object{Kind: "Pod", Namespace: f.Namespace, Name: f.Name, Labels: f.Labels}, at)
	w.wanted = 1
	return w, ""
}

// replica counts a pod in or out of its workload.
func (c *Collector) replica(at time.Duration, p *podState, ready, deleting bool) {
	w := p.workload
	if w == nil {
		return
	}
	bare := w.of.Kind == "Pod" && (p.over || deleting) && w.wanted > 0
	if bare {
		w.wanted = 0
	}
	if p.counts == ready && !bare && w.whole == w.wanted {
		return
	}
	if p.counts != ready {
		p.counts = ready
		w.ready--
		if ready {
			w.ready += 2
		}
	}
	c.level(w, at)
}

// level brings a workload's integrals and levels to an instant.
func (c *Collector) level(w *workload, at time.Duration) {
	w.lost = w.lostAt(at)
	w.since = at
	counted := min(w.wanted, w.ready)
	if counted == w.counted && w.wanted == w.whole {
		return
	}
	c.numbers[mReadyRatio] = append(c.numbers[mReadyRatio], Number{At: at, Value: float64(counted - w.counted), Whole: float64(w.wanted - w.whole), Of: w.of})
	w.counted, w.whole = counted, w.wanted
}

// lostAt is the number of replica seconds that were lost until an instant, as things stood since the last change.
func (w *workload) lostAt(at time.Duration) float64 {
	return w.lost + float64(float64(w.whole-w.counted)*(at-w.since).Seconds())
}

func (c *Collector) closeWorkloads(r *run) {
	for _, w := range c.order {
		r.add(mLost, w.lostAt(r.end), w.of, false)
	}
}
