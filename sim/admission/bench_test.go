package admission

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/config"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/store"
)

// BenchmarkCreatePod: pods that have nothing in common, and pods of one manifest.
func BenchmarkCreatePod(b *testing.B) {
	for _, shared := range []bool{false, true} {
		b.Run(fmt.Sprintf("shared=%v", shared), func(b *testing.B) {
			cfg, _ := config.Profile("")
			e := engine.New(1)
			s := store.New(e, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), journal.New())
			a := New(e, s, cfg.ControllerManager)
			a.Bootstrap()
			manifests := make([]*corev1.Pod, b.N)
			for i := range manifests {
				if shared && i > 0 {
					manifests[i] = manifests[0]
					continue
				}
				manifests[i] = &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "web-"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "registry.test/app:v1",
					Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: *resource.NewMilliQuantity(int64(i+1), resource.DecimalSI)}}}}}}
			}
			b.ResetTimer()
			b.ReportAllocs()
			for _, m := range manifests {
				if _, err := a.CreatePod(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
