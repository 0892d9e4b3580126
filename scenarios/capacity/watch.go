package capacity

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/journal"
)

// never is the time of what has not happened.
const never time.Duration = -1

// life is what is seen of a pod.
type life struct {
	namespace, name string
	uid             types.UID
	labels          map[string]string
	owner           *metav1.OwnerReference // its controller
	node            string
	up              bool // ready now, and not being deleted
	daemon          bool

	created, bound, initialized, started, ready, deleting, gone time.Duration
	pulling                                                     time.Duration // since when; never = it is not
	pulls                                                       []span
}

// span is a stretch of time.
type span struct{ from, to time.Duration }

// nodeSeen is what the control plane learns of a node.
type nodeSeen struct{ notReady, tainted time.Duration }

// watch is a journal.Sink that sees what a disturbance at an instant leads to.
type watch struct {
	at    time.Duration
	pods  []*life
	byUID map[types.UID]*life
	nodes map[string]*nodeSeen
	moved func(at time.Duration, l *life) // told of each change of a pod, after it
	other func(r *journal.Record)         // told of changes of what is neither a pod nor an Event; may be nil
}

func newWatch(at time.Duration) *watch {
	return &watch{at: at, byUID: map[types.UID]*life{}, nodes: map[string]*nodeSeen{}}
}

// Record implements journal.Sink. It never fails.
func (w *watch) Record(r *journal.Record) error {
	switch o := r.Object.(type) {
	case journal.Pod:
		w.pod(r, o.Facts())
	case journal.Event:
		w.event(r.At, o.EventFacts())
	default:
		if w.other != nil {
			w.other(r)
		}
		if o.Kind() == model.Node && r.At >= w.at {
			w.node(r.At, o.API().(*corev1.Node))
		}
	}
	return nil
}

func (w *watch) pod(r *journal.Record, f journal.PodFacts) {
	for len(w.pods) <= f.Index {
		w.pods = append(w.pods, nil)
	}
	l := w.pods[f.Index]
	if l == nil {
		l = &life{namespace: f.Namespace, name: f.Name, labels: f.Labels, uid: f.UID, created: r.At, bound: never, initialized: never, started: never, ready: never, deleting: never, gone: never, pulling: never}
		for i := range f.Owners {
			if o := &f.Owners[i]; o.Controller != nil && *o.Controller {
				l.owner, l.daemon = o, o.Kind == "DaemonSet" || o.Kind == "Node"
			}
		}
		w.pods[f.Index], w.byUID[f.UID] = l, l
	}
	first := func(t *time.Duration, is bool) {
		if *t == never && is {
			*t = r.At
		}
	}
	first(&l.gone, r.Verb == journal.Deleted)
	first(&l.deleting, f.Deleting || l.gone != never)
	first(&l.bound, f.NodeName != "")
	l.node = f.NodeName
	first(&l.initialized, is(f.Status, corev1.PodInitialized))
	first(&l.started, running(f.Status))
	ready := is(f.Status, corev1.PodReady)
	first(&l.ready, ready)
	l.up = ready && l.deleting == never
	if w.moved != nil {
		w.moved(r.At, l)
	}
}

func is(s *corev1.PodStatus, t corev1.PodConditionType) bool {
	return slices.ContainsFunc(s.Conditions, func(c corev1.PodCondition) bool { return c.Type == t && c.Status == corev1.ConditionTrue })
}

// running reports whether every app container has begun.
func running(s *corev1.PodStatus) bool {
	return len(s.ContainerStatuses) > 0 && !slices.ContainsFunc(s.ContainerStatuses, func(c corev1.ContainerStatus) bool {
		return c.State.Running == nil && c.State.Terminated == nil && c.LastTerminationState.Terminated == nil
	})
}

// event sees pulls begin and end.
func (w *watch) event(at time.Duration, f journal.EventFacts) {
	l := w.byUID[f.UID]
	if l == nil {
		return
	}
	switch f.Reason {
	case "Pulling":
		if l.pulling == never {
			l.pulling = at
		}
	case "Pulled", "Failed":
		if l.pulling != never {
			l.pulls = append(l.pulls, span{l.pulling, at})
			l.pulling = never
		}
	}
}

// pulled is how long pulls took between two instants.
func (l *life) pulled(from, to time.Duration) (sum time.Duration) {
	for _, s := range l.pulls {
		sum += max(0, min(s.to, to)-max(s.from, from))
	}
	return sum
}

// node sees when a node stops being ready, and when it is tainted such that its pods have to go.
func (w *watch) node(at time.Duration, n *corev1.Node) {
	s := w.nodes[n.Name]
	if s == nil {
		s = &nodeSeen{never, never}
		w.nodes[n.Name] = s
	}
	ready := slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
	if !ready && s.notReady == never {
		s.notReady = at
	}
	if s.tainted == never && slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool {
		return t.Effect == corev1.TaintEffectNoExecute && (t.Key == corev1.TaintNodeUnreachable || t.Key == corev1.TaintNodeNotReady)
	}) {
		s.tainted = at
	}
}
