package controller

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"clustersim/model"
	"clustersim/sim/record"
	"clustersim/sim/store"
)

// autoscalerSync is one sync of a HorizontalPodAutoscaler.
type autoscalerSync struct {
	a        *autoscaler
	hpa      autoscalingv2.HorizontalPodAutoscaler // with the status that the sync makes
	was      *autoscalingv2.HorizontalPodAutoscalerStatus
	current  int32
	statuses []autoscalingv2.MetricStatus
	said     bool // it has recorded an Event
	failed   bool
	done     func(changed, failed bool)
}

// sync compares what the target's pods use with what they should, and scales the target.
//
// Source: k8s v1.36.3 pkg/controller/podautoscaler/horizontal.go reconcileAutoscaler.
func (a *autoscaler) sync(done func(changed, failed bool)) {
	y := &autoscalerSync{a: a, hpa: *a.hpa, was: &a.hpa.Status, done: done}
	y.hpa.Status = *a.hpa.Status.DeepCopy()
	replicas, text, selector, err := y.scale()
	if err != nil {
		y.event(record.Warning, "FailedGetScale", err.Error())
		y.condition(autoscalingv2.AbleToScale, false, "FailedGetScale", "the HPA controller was unable to get the target's current scale: "+err.Error())
		y.failed = true
		y.write()
		return
	}
	y.condition(autoscalingv2.AbleToScale, true, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
	y.current = replicas
	if a.recommendations == nil {
		a.recommend(replicas)
	}
	l := limits{replicas, 1, y.hpa.Spec.MaxReplicas}
	if least := y.hpa.Spec.MinReplicas; least != nil {
		l.least = *least
	}
	a.repeats = false
	switch {
	case replicas == 0:
		y.condition(autoscalingv2.ScalingActive, false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
		y.status(replicas, false)
		y.write()
	case replicas > l.most:
		y.rescale(l.most, "Current number of replicas above Spec.MaxReplicas")
	case replicas < l.least:
		y.rescale(l.least, "Current number of replicas below Spec.MinReplicas")
	default:
		y.byMetrics(l, text, selector)
	}
}

// byMetrics scales to what the metrics ask for.
func (y *autoscalerSync) byMetrics(l limits, text string, selector labels.Selector) {
	a := y.a
	desired, metric, err := y.metrics(text, selector)
	if err != nil && desired < 0 {
		y.failed = true
		y.status(y.hpa.Status.DesiredReplicas, false)
		y.writeThen(func() {
			y.event(record.Warning, "FailedComputeMetricsReplicas", err.Error())
			y.end()
		})
		return
	}
	y.failed = err != nil
	reason := ""
	switch {
	case desired > l.current:
		reason = metric + " above target"
	case desired < l.current:
		reason = "All metrics below target"
	}
	stable := a.stabilize(l.current, desired)
	y.condition(autoscalingv2.AbleToScale, true, stable.reason, stable.message)
	n := a.limit(l, stable.replicas)
	y.condition(autoscalingv2.ScalingLimited, n.replicas != stable.replicas, n.reason, n.message)
	if n.replicas == l.current {
		y.status(l.current, false)
		y.write()
		return
	}
	y.rescale(n.replicas, reason)
}

// rescale writes the target's scale, and then the status.
func (y *autoscalerSync) rescale(n int32, reason string) {
	a, t := y.a, y.a.target
	a.c.api.write(func() {
		if err := a.c.env.API.Scale(t.kind, t.key, n); err != nil {
			y.failed = true
			y.event(record.Warning, "FailedRescale", fmt.Sprintf("New size: %d; reason: %s; error: %v", n, reason, err))
			y.condition(autoscalingv2.AbleToScale, false, "FailedUpdateScale", "the HPA controller was unable to update the target scale: "+err.Error())
			y.status(y.hpa.Status.DesiredReplicas, false)
			y.write()
			return
		}
		y.condition(autoscalingv2.AbleToScale, true, "SucceededRescale", fmt.Sprintf("the HPA controller was able to update the target scale to %d", n))
		y.event(record.Normal, "SuccessfulRescale", fmt.Sprintf("New size: %d; reason: %s", n, reason))
		a.scaled(y.current, n)
		y.status(n, true)
		y.write()
	})
}

// status puts the numbers of the sync into the new status.
//
// Source: k8s v1.36.3 horizontal.go setStatus.
func (y *autoscalerSync) status(desired int32, rescaled bool) {
	s := &y.hpa.Status
	s.CurrentReplicas, s.DesiredReplicas, s.CurrentMetrics = y.current, desired, y.statuses
	s.ObservedGeneration = nil
	if rescaled {
		now := metav1.NewTime(y.a.c.env.Store.Now()).Rfc3339Copy()
		s.LastScaleTime = &now
	}
}

// condition sets a condition of the new status.
//
// Source: k8s v1.36.3 horizontal.go setConditionInList.
func (y *autoscalerSync) condition(t autoscalingv2.HorizontalPodAutoscalerConditionType, is bool, reason, message string) {
	status := corev1.ConditionFalse
	if is {
		status = corev1.ConditionTrue
	}
	list := y.hpa.Status.Conditions
	i := 0
	for i < len(list) && list[i].Type != t {
		i++
	}
	if i == len(list) {
		list = append(list, autoscalingv2.HorizontalPodAutoscalerCondition{Type: t})
		y.hpa.Status.Conditions = list
	}
	if list[i].Status != status {
		list[i].LastTransitionTime = metav1.NewTime(y.a.c.env.Store.Now()).Rfc3339Copy()
	}
	list[i].Status, list[i].Reason, list[i].Message = status, reason, message
}

func (y *autoscalerSync) event(typ, reason, message string) {
	y.said = true
	y.a.c.events.Event(referenceTo(autoscalerKind, &y.hpa), typ, reason, message)
}

func (y *autoscalerSync) write() { y.writeThen(y.end) }

// writeThen writes the status, if it has changed.
func (y *autoscalerSync) writeThen(then func()) {
	if equality.Semantic.DeepEqual(y.was, &y.hpa.Status) {
		then()
		return
	}
	y.said = true // what has been written is as good as an Event: the next sync sees it
	c := y.a.c
	c.api.write(func() {
		o := c.env.Store.Get(autoscalerKind, y.a.key)
		var err error
		switch {
		case o == nil:
			err = store.NotFound(autoscalerKind, y.a.key.Name)
		case o.API().GetResourceVersion() != y.hpa.ResourceVersion:
			err = conflict(autoscalerKind, y.a.key.Name)
		default:
			h := y.hpa
			err = c.env.Store.Replace(autoscalerKind, &h)
		}
		if err != nil {
			y.failed = true
			y.event(record.Warning, "FailedUpdateStatus", err.Error())
		}
		then()
	})
}

func (y *autoscalerSync) end() {
	if y.a.c.all[y.a.key] == y.a {
		y.done(y.said, y.failed)
	}
}

// scale finds the target and reads its scale: the replicas wanted and the selector of its pods.
func (y *autoscalerSync) scale() (replicas int32, text string, selector labels.Selector, err error) {
	ref := y.hpa.Spec.ScaleTargetRef
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return 0, "", nil, err
	}
	k := model.FindKind(ref.Kind)
	if k == nil || k.Name != ref.Kind || k.Group != gv.Group {
		return 0, "", nil, fmt.Errorf("no matches for kind %q in group %q", ref.Kind, gv.Group)
	}
	t := target{k, store.Key{Namespace: y.hpa.Namespace, Name: ref.Name}}
	if t != y.a.target {
		y.a.watch(t, "", nil)
	}
	o := y.a.c.env.Store.Get(k, t.key)
	if o == nil {
		return 0, "", nil, store.NotFound(k, ref.Name)
	}
	switch o := o.API().(type) {
	case *appsv1.Deployment:
		return scaleFrom(o.Spec.Replicas, o.Spec.Selector)
	case *appsv1.ReplicaSet:
		return scaleFrom(o.Spec.Replicas, o.Spec.Selector)
	case *appsv1.StatefulSet:
		return scaleFrom(o.Spec.Replicas, o.Spec.Selector)
	case *corev1.ReplicationController:
		s := labels.SelectorFromSet(o.Spec.Selector)
		return int32(replicaCount(o.Spec.Replicas)), s.String(), s, nil
	}
	return 0, "", nil, store.Errorf(store.CodeNotFound, "the server could not find the requested resource")
}

func scaleFrom(replicas *int32, by *metav1.LabelSelector) (int32, string, labels.Selector, error) {
	s, err := metav1.LabelSelectorAsSelector(by)
	if err != nil {
		return 0, "", nil, err
	}
	return int32(replicaCount(replicas)), s.String(), s, nil
}
