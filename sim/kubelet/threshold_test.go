package kubelet

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// A map that is given replaces the defaults; 100 % and 0 % switch a threshold off; what is no amount is left out.
// Source: k8s v1.36.3 pkg/kubelet/eviction/helpers.go parseThresholdStatement.
func TestThresholds(t *testing.T) {
	const capacity = 100 << 30
	for _, tt := range []struct {
		hard map[string]string
		want map[signal]string
	}{
		{nil, map[signal]string{memoryAvailable: "100Mi", allocatableMemory: "100Mi", nodefsAvailable: "10737418400", imagefsAvailable: "16106128000"}},
		{map[string]string{"memory.available": "5%"}, map[signal]string{memoryAvailable: "5368709200", allocatableMemory: "5368709200"}},
		{map[string]string{"nodefs.available": "1Gi", "memory.available": "0%", "imagefs.available": "100%", "pid.available": "10%"}, map[signal]string{nodefsAvailable: "1Gi"}},
		{map[string]string{"memory.available": "lots", "nodefs.available": "-1Gi", "imagefs.available": "NaN%"}, nil},
	} {
		got := thresholds(tt.hard)
		if len(got) != len(tt.want) {
			t.Errorf("%v: %d thresholds, want %d", tt.hard, len(got), len(tt.want))
		}
		for _, th := range got {
			if q := th.quantity(capacity); q.String() != tt.want[th.signal] {
				t.Errorf("%v: signal %d: %s, want %q", tt.hard, th.signal, q.String(), tt.want[th.signal])
			}
		}
	}
}

// A full disk evicts by priority where nobody is known to have written anything; the node says DiskPressure, and takes nobody
// but critical pods, whatever their class or tolerations.
func TestDiskPressure(t *testing.T) {
	c := both(t, nil, 90*time.Second, func(c *cluster) {
		n := c.kubelets.Node("n1")
		n.template.Object.Status.Capacity = corev1.ResourceList{"ephemeral-storage": resource.MustParse("100Gi")}
		c.pod(time.Second, manifest("high", "1Gi", "", "priority: 10,"))
		c.pod(time.Second, manifest("low", "1Gi", "", ""))
		c.at(20*time.Second, func() { n.TakeOutside(0, 95*gi, 95*gi) })
		c.at(21500*time.Millisecond, func() { n.TakeOutside(0, -95*gi, -95*gi) })
		c.pod(50*time.Second, manifest("late", "1Gi", "", "tolerations: [{operator: Exists}],"))
		c.pod(50*time.Second, manifest("vital", "", "", "priority: 2000000000,"))
	})
	c.near(20, 11.2, "EVT n1 EvictionThresholdMet", "Attempting to reclaim ephemeral-storage")
	c.near(20, 11.2, "EVT low Evicted x1 The node was low on resource: ephemeral-storage. Threshold quantity: 10737418400, available: 5Gi. ")
	c.never("EVT high Evicted")
	c.near(20, 21, "EVT n1 NodeHasDiskPressure")
	c.near(50, 0.1, "EVT late Evicted x1 The node had condition: [DiskPressure]. ")
	c.near(50.3, 0.1, "EVT vital Started")
}
