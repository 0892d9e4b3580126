package controller

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/store"
)

func seconds(n int64) *int64 { return &n }

// The rules of controllers.md 3.1.
func TestTolerationTime(t *testing.T) {
	a := corev1.Taint{Key: "a", Value: "1", Effect: corev1.TaintEffectNoExecute}
	b := corev1.Taint{Key: "b", Effect: corev1.TaintEffectNoExecute}
	type tol = corev1.Toleration
	for _, x := range []struct {
		name   string
		taints []corev1.Taint
		tols   []tol
		want   engine.Time
		all    bool
	}{
		{"none", []corev1.Taint{a}, nil, 0, false},
		{"key and value", []corev1.Taint{a}, []tol{{Key: "a", Value: "1"}}, forever, true},
		{"another value", []corev1.Taint{a}, []tol{{Key: "a", Operator: corev1.TolerationOpEqual, Value: "2"}}, 0, false},
		{"exists", []corev1.Taint{a}, []tol{{Key: "a", Operator: corev1.TolerationOpExists, TolerationSeconds: seconds(7)}}, 7 * time.Second, true},
		{"empty key with Exists matches all", []corev1.Taint{a, b}, []tol{{Operator: corev1.TolerationOpExists, TolerationSeconds: seconds(5)}}, 5 * time.Second, true},
		{"empty effect matches all", []corev1.Taint{b}, []tol{{Key: "b", Operator: corev1.TolerationOpExists}}, forever, true},
		{"another effect", []corev1.Taint{b}, []tol{{Key: "b", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}}, 0, false},
		{"the first match counts", []corev1.Taint{b}, []tol{{Key: "b", Operator: corev1.TolerationOpExists, TolerationSeconds: seconds(9)}, {Key: "b", Operator: corev1.TolerationOpExists, TolerationSeconds: seconds(3)}}, 9 * time.Second, true},
		{"the minimum over the taints", []corev1.Taint{a, b}, []tol{{Key: "a", Operator: corev1.TolerationOpExists, TolerationSeconds: seconds(9)}, {Key: "b", Operator: corev1.TolerationOpExists, TolerationSeconds: seconds(3)}}, 3 * time.Second, true},
		{"without seconds does not count", []corev1.Taint{a, b}, []tol{{Key: "a", Operator: corev1.TolerationOpExists}, {Key: "b", Operator: corev1.TolerationOpExists, TolerationSeconds: seconds(3)}}, 3 * time.Second, true},
		{"negative is zero", []corev1.Taint{b}, []tol{{Key: "b", Operator: corev1.TolerationOpExists, TolerationSeconds: seconds(-4)}}, 0, true},
		{"one of two is not enough", []corev1.Taint{a, b}, []tol{{Key: "a", Operator: corev1.TolerationOpExists}}, 0, false},
	} {
		if got, all := tolerationTime(x.taints, x.tols); got != x.want || all != x.all {
			t.Errorf("%s: %v %v, want %v %v", x.name, got, all, x.want, x.all)
		}
	}
}

var maint = corev1.Taint{Key: "maint", Value: "yes", Effect: corev1.TaintEffectNoExecute}

func tolerateMaint(s *int64) func(*corev1.PodSpec) {
	return func(spec *corev1.PodSpec) {
		spec.Tolerations = append(spec.Tolerations, corev1.Toleration{Key: "maint", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: s})
	}
}

// The recording taint-noexecute: taint seen at 10.003, gone at 40.005. Recorded: event 10.006, condition 10.011, deletion
// 10.015; 22.008, 22.012, 22.014; cancelled 40.010.
func TestRecordedTaintNoExecute(t *testing.T) {
	c := newCluster(t, options{profile: "v1.36"})
	c.node("n1", "", 0)
	c.pod("intolerant", "n1", func(s *corev1.PodSpec) { s.TerminationGracePeriodSeconds = seconds(2) })
	c.pod("tolerates-12s", "n1", tolerateMaint(seconds(12)))
	c.pod("tolerates-60s", "n1", tolerateMaint(seconds(60)))
	c.pod("tolerates-forever", "n1", tolerateMaint(nil))
	c.start()
	c.at(10003*ms, func() { c.taint("n1", maint) })
	c.at(40005*ms, func() { c.taint("n1") })
	c.run(90 * time.Second)
	c.expect(`
	10.003 MODIFIED node n1 True maint:NoExecute
	10.007 ADDED event pod/intolerant Normal TaintManagerEviction: Marking for deletion Pod default/intolerant
	10.007 MODIFIED pod intolerant Running Ready=True DisruptionTarget=True(DeletionByTaintManager)
	10.011 MODIFIED pod intolerant Running Ready=True DisruptionTarget=True(DeletionByTaintManager) deleted+2
	22.007 ADDED event pod/tolerates-12s Normal TaintManagerEviction: Marking for deletion Pod default/tolerates-12s
	22.007 MODIFIED pod tolerates-12s Running Ready=True DisruptionTarget=True(DeletionByTaintManager)
	22.011 MODIFIED pod tolerates-12s Running Ready=True DisruptionTarget=True(DeletionByTaintManager) deleted+30
	40.005 MODIFIED node n1 True
	40.009 ADDED event pod/tolerates-60s Normal TaintManagerEviction: Cancelling deletion of Pod default/tolerates-60s
	`)
	for _, o := range c.store.List(eventKind) {
		e := o.(*store.Event)
		if e.Reason == "TaintManagerEviction" && (e.Regarding.UID != "" || e.Regarding.Revision != 0) {
			t.Errorf("the event's reference has no more than a name: %+v", e.Regarding)
		}
	}
}

// A timer that runs is kept when the taints change, and dropped when the pod is deleted by somebody else or is no
// longer tolerated at all.
func TestTimersAreKept(t *testing.T) {
	other := corev1.Taint{Key: "other", Effect: corev1.TaintEffectNoExecute}
	both := func(a, b int64) func(*corev1.PodSpec) {
		return func(s *corev1.PodSpec) {
			tolerateMaint(&a)(s)
			s.Tolerations = append(s.Tolerations, corev1.Toleration{Key: "other", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &b})
		}
	}
	c := newCluster(t, options{profile: "instant"})
	c.node("n1", "", 0)
	c.pod("keeps", "n1", both(60, 10))
	c.pod("gone", "n1", both(60, 60))
	c.pod("late", "n1", tolerateMaint(seconds(60)))
	c.start()
	c.at(10*time.Second, func() { c.taint("n1", maint) })
	c.at(15*time.Second, func() { c.store.DeletePod(store.Key{Namespace: "default", Name: "gone"}, "", seconds(0)) })
	c.at(20*time.Second, func() { c.taint("n1", maint, other) })
	c.run(80 * time.Second)
	for _, want := range []struct {
		at   float64
		text string
	}{
		{15, "Cancelling deletion of Pod default/gone"},
		{20, "Cancelling deletion of Pod default/late"},
		{20, "Marking for deletion Pod default/late"},
		{70, "Marking for deletion Pod default/keeps"},
	} {
		if at := c.firstLine(want.text); at != want.at {
			t.Errorf("%s at %v, want %v", want.text, at, want.at)
		}
	}
}

// A pod that is bound to a tainted node is handled when it is bound.
func TestBoundToTaintedNode(t *testing.T) {
	c := newCluster(t, options{profile: "instant"})
	c.node("n1", "", 0)
	c.start()
	c.at(10*time.Second, func() { c.taint("n1", maint) })
	c.at(20*time.Second, func() { c.pod("late", "n1", tolerateMaint(seconds(5))) })
	c.run(60 * time.Second)
	if at := c.firstLine("Marking for deletion Pod default/late"); at != 25 {
		t.Errorf("evicted at %v, want 25", at)
	}
}
