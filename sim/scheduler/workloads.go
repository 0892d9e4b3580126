package scheduler

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"clustersim/model"
)

// workloads are the objects whose selectors make the default spread constraints of their pods.
type workloads struct {
	services map[string]*serviceList // by namespace
	owners   map[ownerKey]owner      // ReplicaSets, StatefulSets, ReplicationControllers
	gen      uint64                  // counts changes
	memo     map[defaultKey]defaultSelector
}

type serviceList struct {
	byName map[string]service
	gen    uint64 // of the last change
}

type service struct {
	set      labels.Set
	selector labels.Selector // nil: selects nothing
}

// owner is the selector of a controller of pods: a set for a ReplicationController, else a selector.
type owner struct {
	set      labels.Set
	selector labels.Selector
	gen      uint64 // when it was seen first
}

type ownerKey struct{ kind, namespace, name string }

type defaultKey struct {
	set   *labelSet
	owner ownerKey
}

// defaultSelector is good as long as Services and owner are what they were.
type defaultSelector struct {
	services, owner uint64

	pods *podSelection // nil: no selector, or an empty one
}

// SetObject takes in an object that is neither node nor pod. Kinds that play no part in scheduling are ignored.
func (s *Snapshot) SetObject(o model.Object) {
	w := &s.workloads
	switch o := o.(type) {
	case *corev1.Namespace:
		s.namespaces[o.Name] = o.Labels
		s.nsGen++
		s.gen++
	case *corev1.Service:
		w.service(o.Namespace, o.Name, o.Spec.Selector)
	case *corev1.ReplicationController:
		key := ownerKey{"ReplicationController", o.Namespace, o.Name}
		if old, ok := w.owners[key]; !ok || !labels.Equals(old.set, o.Spec.Selector) {
			w.gen++
			w.owners[key] = owner{set: o.Spec.Selector, gen: w.gen}
		}
	case *appsv1.ReplicaSet:
		w.owner("ReplicaSet", o.Namespace, o.Name, o.Spec.Selector)
	case *appsv1.StatefulSet:
		w.owner("StatefulSet", o.Namespace, o.Name, o.Spec.Selector)
	case *policyv1.PodDisruptionBudget:
		s.setBudget(o)
	default:
		if s.setDevices(o) {
			return
		}
		s.setStorage(o)
	}
}

// RemoveObject forgets it.
func (s *Snapshot) RemoveObject(o model.Object) {
	w := &s.workloads
	switch o := o.(type) {
	case *corev1.Namespace:
		delete(s.namespaces, o.Name)
		s.nsGen++
		s.gen++
	case *corev1.Service:
		if l := w.services[o.Namespace]; l != nil {
			delete(l.byName, o.Name)
			w.gen++
			l.gen = w.gen
		}
	case *corev1.ReplicationController:
		delete(w.owners, ownerKey{"ReplicationController", o.Namespace, o.Name})
	case *appsv1.ReplicaSet:
		delete(w.owners, ownerKey{"ReplicaSet", o.Namespace, o.Name})
	case *appsv1.StatefulSet:
		delete(w.owners, ownerKey{"StatefulSet", o.Namespace, o.Name})
	case *policyv1.PodDisruptionBudget:
		s.removeBudget(o)
	default:
		if s.removeDevices(o) {
			return
		}
		s.removeStorage(o)
	}
}

func (w *workloads) service(namespace, name string, set map[string]string) {
	l := w.services[namespace]
	if l == nil {
		l = &serviceList{byName: map[string]service{}}
		w.services[namespace] = l
	}
	if old, ok := l.byName[name]; ok && (old.selector == nil) == (set == nil) && labels.Equals(old.set, set) {
		return
	}
	v := service{set: set}
	if set != nil {
		v.selector = labels.SelectorFromSet(set)
	}
	l.byName[name] = v
	w.gen++
	l.gen = w.gen
}

// owner notes a selector, which the API server does not let change.
func (w *workloads) owner(kind, namespace, name string, selector *metav1.LabelSelector) {
	key := ownerKey{kind, namespace, name}
	if _, ok := w.owners[key]; ok {
		return
	}
	sel, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		sel = labels.Everything() // upstream then adds nothing to what Services ask for
	}
	w.gen++
	w.owners[key] = owner{selector: sel, gen: w.gen}
}

// defaultSelectorOf is the selector of the default spread constraints of a pod: those of its Services and of its owner
// together. It is nil if there is none.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/helper/spread.go DefaultSelector.
func (s *Snapshot) defaultSelectorOf(pod *Pod) *podSelection {
	w := &s.workloads
	if len(w.services) == 0 && len(w.owners) == 0 {
		return nil
	}
	key := defaultKey{set: s.setOf(pod)}
	if o := pod.Owner; o != nil {
		key.owner = ownerKey{o.Kind, pod.Namespace, o.Name}
	}
	now := defaultSelector{owner: w.owners[key.owner].gen}
	services := w.services[pod.Namespace]
	if services != nil {
		now.services = services.gen
	}
	if m, ok := w.memo[key]; ok && m.services == now.services && m.owner == now.owner {
		return m.pods
	}
	if sel := w.merge(key, services); !sel.Empty() {
		now.pods = s.selectPods(true, podMatcher{namespaces: []string{pod.Namespace}, selector: sel})
	}
	w.memo[key] = now
	return now.pods
}

func (w *workloads) merge(key defaultKey, services *serviceList) labels.Selector {
	merged := labels.Set{}
	if services != nil {
		for _, v := range services.byName { // unordered: all match the pod, so none contradicts another
			if v.selector != nil && v.selector.Matches(key.set.labels) {
				merged = labels.Merge(merged, v.set)
			}
		}
	}
	o := w.owners[key.owner]
	out := labels.Merge(merged, o.set).AsSelector()
	if o.selector != nil {
		if reqs, ok := o.selector.Requirements(); ok {
			out = out.Add(reqs...)
		}
	}
	return out
}
