package kubelet

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/world"
)

// A static pod without a mirror has no status in the API, and costs nothing but its own life: nobody looks again and again
// whether there is a mirror at last.
func TestStaticPodWithoutMirror(t *testing.T) {
	ran := func(d time.Duration) uint64 {
		c := newCluster(t, false, []world.Behavior{{Attempts: exits(1, 20*time.Second)}}, nil, "app:v1")
		c.kubelets.AddNode(world.NodeTemplate{
			Object:     &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n2"}},
			Images:     []string{"app:v1"},
			StaticPods: []*corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Name: "s"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:v1"}}}}},
		}, true)
		c.run(d)
		c.never("MODIFIED s-n2")
		if d > time.Hour && !c.engine.Settled() {
			t.Errorf("not settled: %v", c.engine.Busiest(3))
		}
		return c.engine.Ran()
	}
	hour, day := ran(time.Hour), ran(24*time.Hour)
	if day > 30*hour {
		t.Errorf("%d engine events in an hour, %d in a day", hour, day)
	}
}
