package admission

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

// Rules of controllers.md 10.4.
func TestEviction(t *testing.T) {
	always := policyv1.AlwaysAllow
	healthy := policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 1, CurrentHealthy: 3, DesiredHealthy: 2, DisruptionsAllowed: 1, ExpectedPods: 3}
	full := policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 1, CurrentHealthy: 2, DesiredHealthy: 2, ExpectedPods: 3}
	broken := policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 1, CurrentHealthy: 1, DesiredHealthy: 2, ExpectedPods: 3}
	const no = "Cannot evict pod as it would violate the pod's disruption budget."
	for _, c := range []struct {
		name    string
		phase   corev1.PodPhase
		ready   bool
		budgets []policyv1.PodDisruptionBudgetStatus
		policy  *policyv1.UnhealthyPodEvictionPolicyType
		want    string // "" = evicted
		cause   string
		left    int32
	}{
		{name: "no budget", phase: corev1.PodRunning, ready: true},
		{name: "allowed", phase: corev1.PodRunning, ready: true, budgets: []policyv1.PodDisruptionBudgetStatus{healthy}},
		{name: "refused", phase: corev1.PodRunning, ready: true, budgets: []policyv1.PodDisruptionBudgetStatus{full}, want: no, cause: "The disruption budget b0 needs 2 healthy pods and has 2 currently"},
		{name: "not computed yet", phase: corev1.PodRunning, ready: true, budgets: []policyv1.PodDisruptionBudgetStatus{{}}, want: no, cause: "The disruption budget b0 is still being processed by the server."},
		{name: "pending", phase: corev1.PodPending, budgets: []policyv1.PodDisruptionBudgetStatus{broken}},
		{name: "finished", phase: corev1.PodSucceeded, budgets: []policyv1.PodDisruptionBudgetStatus{broken}},
		{name: "not ready, enough others", phase: corev1.PodRunning, budgets: []policyv1.PodDisruptionBudgetStatus{full}},
		{name: "not ready, too few others", phase: corev1.PodRunning, budgets: []policyv1.PodDisruptionBudgetStatus{broken}, want: no, cause: "The disruption budget b0 needs 2 healthy pods and has 1 currently"},
		{name: "not ready, always", phase: corev1.PodRunning, budgets: []policyv1.PodDisruptionBudgetStatus{broken}, policy: &always},
		{name: "two budgets", phase: corev1.PodRunning, ready: true, budgets: []policyv1.PodDisruptionBudgetStatus{healthy, healthy},
			want: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.", left: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, s := server(t)
			must(t, s.Create(model.Node, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}))
			must(t, create(t, a, `{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, spec: {containers: [{name: app, image: app}]}}`))
			must(t, s.Bind(key("web"), "", "n"))
			_, _ = s.UpdatePod(key("web"), "", func(p *store.Pod) bool {
				st := *p.Status
				st.Phase = c.phase
				if c.ready {
					st.Conditions = append(st.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue})
				}
				p.Status = &st
				return true
			})
			for i, st := range c.budgets {
				b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "b" + string(rune('0'+i))}, Status: st,
					Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}, UnhealthyPodEvictionPolicy: c.policy}}
				must(t, s.Create(disruptionBudget, b))
			}
			got, cause := "", ""
			if err := a.Evict(key("web"), nil); err != nil {
				got, cause = err.Error(), err.(*store.APIError).Cause
			}
			if got != c.want || cause != c.cause {
				t.Errorf("got %q, %q", got, cause)
			}
			p := s.Pod(key("web"))
			if gone := p == nil || p.Deletion != nil; gone != (c.want == "") {
				t.Errorf("gone: %v", gone)
			}
			if p != nil && c.want == "" {
				if d := store.Condition(p.Status, corev1.DisruptionTarget); d == nil || d.Reason != "EvictionByEvictionAPI" || p.Deletion.GraceSeconds != 30 {
					t.Errorf("condition %+v, deletion %+v", d, p.Deletion)
				}
			}
			if len(c.budgets) > 0 {
				b := s.Get(disruptionBudget, key("b0")).API().(*policyv1.PodDisruptionBudget)
				if b.Status.DisruptionsAllowed != c.left {
					t.Errorf("%d disruptions left", b.Status.DisruptionsAllowed)
				}
				if took := c.name == "allowed"; took != (len(b.Status.DisruptedPods) == 1) {
					t.Errorf("disrupted pods %v", b.Status.DisruptedPods)
				}
			}
		})
	}
}
