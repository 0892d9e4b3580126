package controller

import (
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/store"
)

func webSet(replicas int, more string) string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: app}]}}
%s`, replicas, more)
}

// What a pod of 3 loses is made up for at once, whether it was deleted, finished, or lost its label; and finished ones stay.
func TestReplicaSetReplaces(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.show = "ReplicaSet/"
	p.create(webSet(3, ""))
	p.run(2 * time.Second)
	p.expect(
		"0.0 ReplicaSet/web SuccessfulCreate: Created pod: web-?",
		"0.0 ReplicaSet/web SuccessfulCreate: Created pod: web-?",
		"0.0 ReplicaSet/web SuccessfulCreate: Created pod: web-?")
	pods := p.pods(nil)
	if err := p.store.DeletePod(pods[0].Key(), "", nil); err != nil {
		t.Fatal(err)
	}
	p.phase(pods[1].Key(), "", corev1.PodFailed, life{code: 1})
	_, _ = p.store.UpdatePod(pods[2].Key(), "", func(pod *store.Pod) bool {
		pod.Labels = map[string]string{"app": "mine"}
		return true
	})
	p.run(2*time.Second + 100*time.Millisecond)
	p.expect(
		"2.0 ReplicaSet/web SuccessfulCreate: Created pod: web-?",
		"2.0 ReplicaSet/web SuccessfulCreate: Created pod: web-?",
		"2.0 ReplicaSet/web SuccessfulCreate: Created pod: web-?")
	rs := get[*appsv1.ReplicaSet](p, model.ReplicaSet, "web")
	if st := rs.Status; st.Replicas != 3 || st.ReadyReplicas != 0 || st.TerminatingReplicas == nil || *st.TerminatingReplicas != 1 {
		t.Errorf("status %+v", st)
	}
	if mine := p.store.Pod(pods[2].Key()); len(mine.OwnerList()) != 0 {
		t.Errorf("the pod with another label still belongs to %v", mine.OwnerList())
	}
	if n := len(p.pods(nil)); n != 6 {
		t.Errorf("%d pods, want 6", n)
	}
	// Given its label back, it is adopted, and one too many is deleted: the youngest that is not ready.
	_, _ = p.store.UpdatePod(pods[2].Key(), "", func(pod *store.Pod) bool {
		pod.Labels = map[string]string{"app": "web"}
		return true
	})
	p.run(2*time.Second + 200*time.Millisecond)
	p.expect("2.1 ReplicaSet/web SuccessfulDelete: Deleted pod: web-?")
	if mine := p.store.Pod(pods[2].Key()); controllerUID(mine.OwnerList()) != rs.UID || mine.Deletion != nil {
		t.Errorf("the pod with its label back: owners %v", mine.OwnerList())
	}
}

// A refusal ends the batch, is told in an Event and a condition, and is retried with back-off until it no longer happens.
func TestReplicaSetRefusal(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.show = "ReplicaSet/"
	p.create(strings.Replace(webSet(5, ""), "spec: {containers", "spec: {serviceAccountName: robot, containers", 1))
	p.run(20 * time.Millisecond)
	p.expect(`0.0 ReplicaSet/web FailedCreate: Error creating: pods "web-" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found`)
	p.run(time.Second)
	rs := get[*appsv1.ReplicaSet](p, model.ReplicaSet, "web")
	if c := rs.Status.Conditions; len(c) != 1 || c[0].Type != appsv1.ReplicaSetReplicaFailure || c[0].Reason != "FailedCreate" || !strings.HasPrefix(c[0].Message, `pods "web-" is forbidden`) {
		t.Errorf("conditions %+v", c)
	}
	p.create("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}")
	p.run(5 * time.Second)
	if rs = get[*appsv1.ReplicaSet](p, model.ReplicaSet, "web"); len(rs.Status.Conditions) != 0 || rs.Status.Replicas != 5 {
		t.Errorf("status %+v", rs.Status)
	}
}

// minReadySeconds: available comes exactly that long after Ready, counted from the whole second.
func TestMinReadySeconds(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.create(webSet(1, "  minReadySeconds: 5"))
	for _, c := range []struct {
		at               time.Duration
		ready, available int32
	}{{400 * time.Millisecond, 0, 0}, {4900 * time.Millisecond, 1, 0}, {5100 * time.Millisecond, 1, 1}} {
		p.run(c.at)
		if st := get[*appsv1.ReplicaSet](p, model.ReplicaSet, "web").Status; st.ReadyReplicas != c.ready || st.AvailableReplicas != c.available {
			t.Errorf("at %s: %d ready, %d available", c.at, st.ReadyReplicas, st.AvailableReplicas)
		}
	}
}

// The controller's client lets 30 requests pass at once and then 20 a second: two for each pod with its Event.
func TestReplicaSetClientLimits(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.create(webSet(100, ""))
	p.run(time.Second)
	first := len(p.pods(nil))
	p.run(4 * time.Second)
	if n := len(p.pods(nil)); first < 15 || first > 40 || n > 100 || n < 60 {
		t.Errorf("%d pods after a second, %d after four", first, n)
	}
	p.run(30 * time.Second)
	if n := len(p.pods(nil)); n != 100 {
		t.Errorf("%d pods", n)
	}
}

// Source: controllers.md 5.4: for each rule two pods of which the first goes first.
func TestVictims(t *testing.T) {
	now := time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)
	pod := func(uid string, edit func(*store.Pod)) *store.Pod {
		e := newPlantPod(t, now)
		e.UID = types.UID(uid)
		if edit != nil {
			edit(e)
		}
		return e
	}
	readyFor := func(d time.Duration) func(*store.Pod) {
		return func(p *store.Pod) {
			p.Status.Conditions[0].LastTransitionTime = metav1.NewTime(now.Add(-d))
		}
	}
	for _, c := range []struct {
		name         string
		first, later func(*store.Pod)
	}{
		{"unbound", func(p *store.Pod) { p.NodeName = "" }, nil},
		{"pending", func(p *store.Pod) { p.Status.Phase = corev1.PodPending }, func(p *store.Pod) { p.Status.Phase = corev1.PodUnknown }},
		{"unknown", func(p *store.Pod) { p.Status.Phase = corev1.PodUnknown }, nil},
		{"not ready", func(p *store.Pod) { p.Status.Conditions[0].Status = corev1.ConditionFalse }, nil},
		{"cheaper", func(p *store.Pod) { p.Annotations = map[string]string{corev1.PodDeletionCost: "-1"} }, nil},
		{"nonsense costs nothing", nil, func(p *store.Pod) { p.Annotations = map[string]string{corev1.PodDeletionCost: "+7"} }},
		{"crowded node", func(p *store.Pod) { p.NodeName = "full" }, nil},
		{"ready for less", readyFor(10 * time.Second), readyFor(100 * time.Second)},
		{"ready for about as long: by uid", readyFor(100 * time.Second), readyFor(99 * time.Second)},
		{"more restarts", func(p *store.Pod) { p.Status.ContainerStatuses[0].RestartCount = 1 }, nil},
	} {
		a, b := pod("a", c.first), pod("b", c.later)
		if c.name != "nonsense costs nothing" && c.name != "ready for about as long: by uid" {
			a.UID, b.UID = "z", "a" // the uid alone would say the opposite
		}
		for _, list := range [][]*store.Pod{{a, b}, {b, a}} {
			rankVictims(list, map[string]int{"full": 3, "n1": 1}, now)
			if list[0] != a {
				t.Errorf("%s: does not go first", c.name)
			}
		}
	}
}

// newPlantPod is a pod that runs and is ready.
func newPlantPod(t *testing.T, now time.Time) *store.Pod {
	p := newPlant(t, "instant", true)
	m := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "i"}}}}
	if _, err := p.api.CreatePod(m); err != nil {
		t.Fatal(err)
	}
	pod := *p.store.Pod(key("p"))
	st := *pod.Status
	pod.NodeName, pod.Status = "n1", &st
	st.Phase = corev1.PodRunning
	st.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(now.Add(-time.Minute))}}
	st.ContainerStatuses = []corev1.ContainerStatus{{Name: "app"}}
	return &pod
}
