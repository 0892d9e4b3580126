package scheduler

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// nodeTree keeps the nodes zone by zone, both in order of arrival.
//
// Source: k8s v1.36.3 pkg/scheduler/backend/cache/node_tree.go.
type nodeTree struct {
	zones []zoneNodes
	size  int
}

type zoneNodes struct {
	key   string
	slots []int32
}

func (t *nodeTree) find(zone string) int {
	return slices.IndexFunc(t.zones, func(z zoneNodes) bool { return z.key == zone })
}

func (t *nodeTree) add(zone string, slot int32) {
	i := t.find(zone)
	if i < 0 {
		i = len(t.zones)
		t.zones = append(t.zones, zoneNodes{key: zone})
	}
	t.zones[i].slots = append(t.zones[i].slots, slot)
	t.size++
}

func (t *nodeTree) remove(zone string, slot int32) {
	i := t.find(zone)
	z := &t.zones[i]
	at := slices.Index(z.slots, slot)
	z.slots = slices.Delete(z.slots, at, at+1)
	if len(z.slots) == 0 {
		t.zones = slices.Delete(t.zones, i, i+1)
	}
	t.size--
}

// list appends the first node of every zone, then the second of every zone, and so on.
func (t *nodeTree) list(out []int32) []int32 {
	for i := 0; len(out) < t.size; i++ {
		for _, z := range t.zones {
			if i < len(z.slots) {
				out = append(out, z.slots[i])
			}
		}
	}
	return out
}

// zoneKey names a node's zone: region and zone. The old labels win over the new ones.
//
// Source: k8s v1.36.3 staging component-helpers/node/topology/helpers.go GetZoneKey.
func zoneKey(n *corev1.Node) string {
	zone, ok := n.Labels[corev1.LabelFailureDomainBetaZone]
	if !ok {
		zone = n.Labels[corev1.LabelTopologyZone]
	}
	region, ok := n.Labels[corev1.LabelFailureDomainBetaRegion]
	if !ok {
		region = n.Labels[corev1.LabelTopologyRegion]
	}
	if region == "" && zone == "" {
		return ""
	}
	return region + ":\x00:" + zone
}
