package kubectl

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
)

func leaseCells(now time.Time, l *coordinationv1.Lease) []string {
	holder := ""
	if l.Spec.HolderIdentity != nil {
		holder = *l.Spec.HolderIdentity
	}
	return []string{l.Name, holder, age(now, l.CreationTimestamp)}
}
