package controller

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/store"
)

func (p *plant) budgetOf(name string) (string, *policyv1.PodDisruptionBudget) {
	b := get[*policyv1.PodDisruptionBudget](p, disruptionBudgetKind, name)
	reason := ""
	if len(b.Status.Conditions) > 0 {
		reason = b.Status.Conditions[0].Reason
	}
	s := b.Status
	return fmt.Sprintf("expects %d, %d of %d healthy, %d allowed, %s", s.ExpectedPods, s.CurrentHealthy, s.DesiredHealthy, s.DisruptionsAllowed, reason), b
}

// How many are expected, and how many of them to be healthy (controllers.md 10.3): five replicas, one of them not ready.
func TestDisruptionBudgets(t *testing.T) {
	for spec, want := range map[string]string{
		"minAvailable: 2":       "expects 5, 4 of 2 healthy, 2 allowed, SufficientPods",
		"minAvailable: 4":       "expects 5, 4 of 4 healthy, 0 allowed, InsufficientPods",
		`minAvailable: "50%"`:   "expects 5, 4 of 3 healthy, 1 allowed, SufficientPods",
		"maxUnavailable: 1":     "expects 5, 4 of 4 healthy, 0 allowed, InsufficientPods",
		`maxUnavailable: "30%"`: "expects 5, 4 of 3 healthy, 1 allowed, SufficientPods",
		"maxUnavailable: 9":     "expects 5, 4 of 0 healthy, 4 allowed, SufficientPods",
	} {
		p := newPlant(t, "v1.36", true)
		n := 0
		p.life = func(*store.Pod) life {
			if n++; n == 1 {
				return life{ready: time.Hour}
			}
			return life{}
		}
		p.create(webSet(5, ""))
		p.create(`{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {selector: {matchLabels: {app: web}}, ` + spec + `}}`)
		p.run(5 * time.Second)
		if got, b := p.budgetOf("b"); got != want || b.Status.ObservedGeneration != 1 {
			t.Errorf("%s: %s, want %s", spec, got, want)
		}
	}
}

// A budget without pods, over pods of nobody, or over pods of something that has no scale.
func TestDisruptionBudgetEvents(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.show = "PodDisruptionBudget/"
	budget := func(name, app, spec string) string {
		return fmt.Sprintf(`{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: %s}, spec: {selector: {matchLabels: {app: %s}}, %s}}`, name, app, spec)
	}
	p.create(budget("none", "none", "minAvailable: 1"))
	p.run(100 * time.Millisecond)
	p.expect("0.0 PodDisruptionBudget/none NoPods: No matching pods found")
	if got, _ := p.budgetOf("none"); got != "expects 0, 0 of 1 healthy, 0 allowed, InsufficientPods" {
		t.Error(got)
	}
	p.create(agents("", ""))
	p.run(2 * time.Second)
	p.create(budget("daemons", "agent", "maxUnavailable: 1"))
	p.run(3 * time.Second)
	p.expect("2.0 PodDisruptionBudget/daemons CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: daemonsets.apps does not implement the scale subresource")
	if got, _ := p.budgetOf("daemons"); got != "expects 0, 0 of 0 healthy, 0 allowed, SyncFailed" {
		t.Error(got)
	}
	p.create(`{apiVersion: v1, kind: Pod, metadata: {name: bare, labels: {app: bare}}, spec: {containers: [{name: app, image: app}]}}`)
	p.create(budget("bare", "bare", `minAvailable: "50%"`))
	p.run(3100 * time.Millisecond)
	p.expect(`3.0 PodDisruptionBudget/bare UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: bare,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`)
}

// An eviction counts at once, and until its pod is gone; one that comes to nothing for two minutes counts no more.
func TestDisruptedPods(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.create(webSet(3, ""))
	p.create(`{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {selector: {matchLabels: {app: web}}, minAvailable: 2}}`)
	p.run(5 * time.Second)
	pods := p.pods(nil)
	if err := p.api.Evict(pods[0].Key(), nil); err != nil {
		t.Fatal(err)
	}
	if err := p.api.Evict(pods[1].Key(), nil); err == nil {
		t.Error("a second pod was evicted")
	}
	p.run(10 * time.Second)
	if got, _ := p.budgetOf("b"); got != "expects 3, 3 of 2 healthy, 1 allowed, SufficientPods" {
		t.Error(got)
	}
	// Somebody notes an eviction that does not take place.
	if err := p.store.Update(disruptionBudgetKind, key("b"), func(o model.Object) bool {
		o.(*policyv1.PodDisruptionBudget).Status.DisruptedPods = map[string]metav1.Time{pods[1].Name: metav1.NewTime(p.store.Now())}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	p.run(11 * time.Second)
	if got, _ := p.budgetOf("b"); got != "expects 3, 2 of 2 healthy, 0 allowed, InsufficientPods" {
		t.Error(got)
	}
	p.show = "Pod/"
	p.lines = nil
	p.run(131 * time.Second)
	if got, b := p.budgetOf("b"); got != "expects 3, 3 of 2 healthy, 1 allowed, SufficientPods" || len(b.Status.DisruptedPods) > 0 {
		t.Error(got)
	}
	p.expect("130.0 Pod/" + pods[1].Name + " NotDeleted: Pod was expected by PDB default/default to be deleted but it wasn't")
}

// A pod that lives on is no DisruptionTarget any more after two minutes.
func TestStaleDisruptionTarget(t *testing.T) {
	p := newPlant(t, "v1.36", true)
	p.create(webSet(1, ""))
	p.run(5 * time.Second)
	pod := p.pods(nil)[0].Key()
	_, _ = p.store.UpdatePod(pod, "", func(to *store.Pod) bool { return disrupt(to, "PreemptionByScheduler", "", to.Clock(p.engine.Now())) })
	status := func() corev1.ConditionStatus {
		return store.Condition(p.store.Pod(pod).Status, corev1.DisruptionTarget).Status
	}
	p.run(124 * time.Second)
	before := status()
	p.run(126 * time.Second)
	if after := status(); before != corev1.ConditionTrue || after != corev1.ConditionFalse {
		t.Errorf("%s, then %s", before, after)
	}
}
