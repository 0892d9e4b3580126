package kubectl

import (
	"strings"
	"time"

	resourcev1 "k8s.io/api/resource/v1"
)

// Source: k8s v1.36.3 pkg/printers/internalversion/printers.go printResourceClaim, resourceClaimState.
func resourceClaimCells(now time.Time, c *resourcev1.ResourceClaim) []string {
	var states []string
	if c.DeletionTimestamp != nil {
		states = append(states, "deleted")
	}
	switch {
	case c.Status.Allocation != nil && len(c.Status.ReservedFor) > 0:
		states = append(states, "allocated", "reserved")
	case c.Status.Allocation != nil:
		states = append(states, "allocated")
	case c.DeletionTimestamp == nil:
		states = append(states, "pending")
	}
	return []string{c.Name, strings.Join(states, ","), age(now, c.CreationTimestamp)}
}

// Source: k8s v1.36.3 pkg/printers/internalversion/printers.go printResourceSlice.
func resourceSliceCells(now time.Time, s *resourcev1.ResourceSlice) []string {
	return []string{s.Name, deref(s.Spec.NodeName), s.Spec.Driver, s.Spec.Pool.Name, age(now, s.CreationTimestamp)}
}
