package scheduler

import (
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/store"
)

func startedAt(seconds int64) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		t := metav1.Unix(seconds, 0)
		p.Status.StartTime = &t
	}
}

func labelled(app string) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Labels = map[string]string{"app": app} }
}

// Victims and nodes of the real scheduler, scheduler.md 6.2 and 6.3.
func TestVictims(t *testing.T) {
	type on struct {
		node string
		pod  *corev1.Pod
	}
	whole := func(name string, o ...func(*corev1.Pod)) *corev1.Pod {
		return makePod(name, resources("cpu", "2"), o...)
	}
	pdb := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "b"},
		Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "kept"}}}}
	tests := []struct {
		name    string
		pods    []on
		budget  bool
		need    string
		node    string
		victims []string
	}{
		{"the most important one stays", []on{
			{"n1", makePod("p1", resources("cpu", "600m"), priority(1))}, {"n1", makePod("p2", resources("cpu", "600m"), priority(2))},
			{"n1", makePod("p3", resources("cpu", "600m"), priority(3))}}, false, "1", "n1", []string{"p2", "p1"}},
		{"the younger one goes", []on{
			{"n1", makePod("young", resources("cpu", "1"), startedAt(20))}, {"n1", makePod("old", resources("cpu", "1"), startedAt(10))}}, false, "1", "n1", []string{"young"}},
		{"a budget beats priority", []on{{"n1", whole("low", priority(1), labelled("kept"))}, {"n2", whole("high", priority(50))}}, true, "2", "n2", []string{"high"}},
		{"the latest start", []on{{"n1", whole("a", startedAt(10))}, {"n2", whole("b", startedAt(30))}, {"n3", whole("c", startedAt(20))}}, false, "2", "n2", []string{"b"}},
		{"fewest victims", []on{{"n1", makePod("a", resources("cpu", "1"))}, {"n1", makePod("b", resources("cpu", "1"))}, {"n2", whole("c")}}, false, "2", "n2", []string{"c"}},
		{"lowest priority on top", []on{{"n1", whole("a", priority(7))}, {"n2", whole("b", priority(3))}}, false, "2", "n2", []string{"b"}},
		{"equal in all: the first", []on{{"n1", whole("a")}, {"n2", whole("b")}}, false, "2", "n1", []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := NewProfile(Args{})
			s := p.NewSnapshot()
			nodes := map[string]bool{}
			for _, o := range tt.pods {
				if !nodes[o.node] {
					nodes[o.node] = true
					s.SetNode(makeNode(o.node, resources("cpu", "2", "memory", "8Gi")))
				}
				s.AddPod(p.Compile(o.pod), o.node)
			}
			if tt.budget {
				s.SetObject(pdb)
			}
			s.Update()
			before := fmt.Sprint(s.rows)
			c := &Cycle{}
			c.begin(p, s, p.Compile(makePod("urgent", resources("cpu", tt.need), priority(1000))))
			r := preempt(c, c.diagnose(0))
			var victims []string
			for _, v := range r.Victims {
				victims = append(victims, v.Name)
			}
			if r.Node != tt.node || !slices.Equal(victims, tt.victims) {
				t.Errorf("%s %v (%q), want %s %v", r.Node, victims, r.Message, tt.node, tt.victims)
			}
			if after := fmt.Sprint(s.rows); after != before {
				t.Errorf("the dry run left traces:\n%s\n%s", before, after)
			}
		})
	}
}

// The recorded case "preemption": the later of two equal pods goes; the preemptor waits until it is gone.
func TestPreemptionInTime(t *testing.T) {
	r := newRig(t)
	h := r.watch()
	key := func(name string) store.Key { return store.Key{Namespace: "default", Name: name} }
	r.node(makeNode("n1", resources("cpu", "2", "memory", "8Gi")))
	r.at(time.Second, func() { r.pod(makePod("low-1", resources("cpu", "900m"))) })
	r.at(4*time.Second, func() { r.pod(makePod("low-2", resources("cpu", "900m"))) })
	for i, name := range []string{"low-1", "low-2"} {
		r.at(time.Duration(5)*time.Second, func() {
			_, err := r.s.UpdatePod(key(name), "", func(p *store.Pod) bool {
				st, at := *p.Status, metav1.NewTime(r.s.Clock(time.Duration(1+3*i)*time.Second))
				st.StartTime, st.Phase = &at, corev1.PodRunning
				p.Status = &st
				return true
			})
			r.must(err)
		})
	}
	r.at(8*time.Second, func() { r.pod(makePod("urgent", resources("cpu", "1"), priority(1000))) })
	r.run(9 * time.Second)
	urgent, victim := r.get("urgent"), r.get("low-2")
	if urgent.Status.NominatedNodeName != "n1" || r.failedMessage("urgent") != "0/1 nodes are available: 1 Insufficient cpu." {
		t.Errorf("urgent: %q %q", urgent.Status.NominatedNodeName, r.failedMessage("urgent"))
	}
	cond := store.Condition(victim.Status, corev1.DisruptionTarget)
	if victim.Deletion == nil || cond == nil || cond.Message != "default-scheduler: preempting to accommodate a higher priority pod" || cond.Reason != "PreemptionByScheduler" {
		t.Errorf("victim %+v %+v", victim.Deletion, cond)
	}
	if r.get("low-1").Deletion != nil {
		t.Error("low-1 was not to go")
	}
	last := h.events[len(h.events)-1]
	if want := "Preempted by pod " + string(urgent.UID) + " on node n1"; last.Message != want || last.Regarding.Name != "low-2" || last.Action != "Preempting" {
		t.Errorf("event %+v", last)
	}
	// 8.002 decided, 8.006 written; then one write after another.
	if at := h.at[len(h.at)-1]; at != 8018*ms {
		t.Errorf("Preempted at %v", at)
	}
	// Another pod's end retries it; it says that it waits and keeps its nomination.
	r.at(10*time.Second, func() {
		r.must(r.s.CreatePod(&store.Pod{Namespace: "default", Name: "other", Template: makePod("other", nil), NodeName: "n1", Status: &corev1.PodStatus{Phase: corev1.PodRunning}}))
	})
	r.at(11*time.Second, func() { r.finish("other") })
	r.run(12 * time.Second)
	if m := r.failedMessage("urgent"); m != "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node." {
		t.Errorf("urgent: %q", m)
	}
	if r.get("urgent").Status.NominatedNodeName != "n1" {
		t.Error("nomination lost")
	}
	// Room for a small pod of lower priority is kept for the nominee.
	r.at(13*time.Second, func() { r.pod(makePod("small", resources("cpu", "150m"), priority(-1))) })
	r.at(14*time.Second, func() { r.finish("low-2") })
	r.run(15 * time.Second)
	if h.bound["urgent"] != 14004*ms || r.get("urgent").Status.NominatedNodeName != "" {
		t.Errorf("urgent bound at %v", h.bound["urgent"])
	}
	if _, ok := h.bound["small"]; ok {
		t.Error("small took room that was promised")
	}
	if len(r.snap.nominated.byNode) != 0 {
		t.Error("a nomination is left")
	}
}

// A pod without lower ones to evict says so; one with too small victims names the reason that remains.
func TestPreemptionTexts(t *testing.T) {
	r := newRig(t)
	r.node(makeNode("n1", resources("cpu", "4", "memory", "8Gi")))
	r.node(makeNode("n2", resources("cpu", "4", "memory", "8Gi")))
	r.node(makeNode("n3", resources("cpu", "1", "memory", "8Gi")))
	r.at(time.Second, func() {
		for _, p := range []struct {
			node string
			pod  *corev1.Pod
		}{
			{"n1", makePod("a", resources("cpu", "3"), priority(100))}, {"n1", makePod("b", resources("cpu", "100m"))},
			{"n2", makePod("c", resources("cpu", "3"), priority(100))},
		} {
			r.must(r.s.CreatePod(&store.Pod{Namespace: "default", Name: p.pod.Name, Template: p.pod, NodeName: p.node, Status: &corev1.PodStatus{Phase: corev1.PodRunning}}))
		}
		r.pod(makePod("p", resources("cpu", "2"), priority(50)))
	})
	r.run(2 * time.Second)
	want := "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."
	if got := r.failedMessage("p"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
