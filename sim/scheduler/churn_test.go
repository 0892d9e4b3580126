package scheduler

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// churn runs a cluster that is too small through ten minutes of pods and nodes coming, changing and going, and returns
// the journal's digest.
func churn(t *testing.T, seed uint64, reference bool) (digest string, attempts uint64) {
	r := newRig(t)
	r.Profile().Reference = reference
	x := engine.NewStream(seed, "churn")
	pick := func(n int) int { return int(x.Int64N(int64(n))) }
	node := func(i int) *corev1.Node {
		n := makeNode(fmt.Sprintf("n%d", i), resources("cpu", fmt.Sprint(1+pick(4)), "memory", "8Gi"), label(corev1.LabelTopologyZone, fmt.Sprint("z", pick(3))))
		if pick(5) == 0 {
			taint("k", corev1.TaintEffectNoSchedule)(n)
		}
		return n
	}
	for i := range 6 {
		r.node(node(i))
	}
	key := func(i int) store.Key { return store.Key{Namespace: "default", Name: fmt.Sprintf("p%d", i)} }
	for i := range 300 {
		i, kind := i, pick(12)
		at := time.Duration(pick(600_000)) * ms
		nodeName := store.Key{Name: fmt.Sprintf("n%d", pick(8))}
		pod := makePod(key(i).Name, resources("cpu", fmt.Sprint(1+pick(15), "00m")), priority(int32(pick(3)*10)), labelled("app"+fmt.Sprint(pick(2))))
		if pick(4) == 0 {
			pod.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone,
				WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: &metav1.LabelSelector{MatchLabels: pod.Labels}}}
		}
		r.at(at, func() {
			switch {
			case kind < 7:
				r.pod(pod)
			case kind == 7:
				_ = r.s.Remove(model.Node, nodeName)
			case kind == 8:
				_ = r.s.Create(model.Node, node(pick(8)))
			case kind == 9:
				_ = r.s.UpdateNode(nodeName.Name, func(n *corev1.Node) bool { n.Spec.Taints, n.Spec.Unschedulable = nil, pick(2) == 0; return true })
			default:
				zero := int64(0)
				_ = r.s.DeletePod(key(pick(300)), "", &zero)
			}
		})
	}
	r.run(20 * time.Minute)
	for _, o := range r.s.List(model.Pod) {
		p := o.(*store.Pod)
		if p.NodeName == "" && r.entryOf(p).where != unschedulable && r.entryOf(p).where != errorBackoff {
			t.Errorf("%s waits in place %d", p.Name, r.entryOf(p).where)
		}
	}
	return r.s.Journal.Digest(), r.Attempts
}

// TestChurn holds the journal to what the seed makes of it: run again, and run without any memory of verdicts.
func TestChurn(t *testing.T) {
	for seed := range uint64(6) {
		want, attempts := churn(t, seed, false)
		if got, _ := churn(t, seed, false); got != want {
			t.Fatalf("seed %d: a second run differs", seed)
		}
		if got, n := churn(t, seed, true); got != want || n != attempts {
			t.Fatalf("seed %d: without memory the run differs (%d attempts, %d)", seed, attempts, n)
		}
		if attempts < 200 {
			t.Errorf("seed %d: %d attempts are too few to show anything", seed, attempts)
		}
	}
}
