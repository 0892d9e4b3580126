package invariant

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"clustersim/model"
)

// endRules are about what is left behind.
var endRules = []struct {
	name, about string
	check       func(c *Checker, k id, e *existing, now time.Duration) string
}{
	{"owner-alive", "what all owners have left is collected", checkOrphan},
	{"node-collected", "pods of a node that is gone are collected", checkStray},
}

// left is how long the controllers may take to clean up.
const left = 10 * time.Minute

// End looks at what there is when a run ends. The error is a *Broken.
func (c *Checker) End(now time.Duration) error {
	ids := make([]id, 0, len(c.live))
	for k := range c.live { // unordered: sorted below
		ids = append(ids, k)
	}
	slices.SortFunc(ids, func(a, b id) int {
		return cmp.Or(cmp.Compare(a.kind.Name, b.kind.Name), cmp.Compare(a.key.Namespace, b.key.Namespace), cmp.Compare(a.key.Name, b.key.Name))
	})
	for _, k := range ids {
		for _, r := range endRules {
			if what := r.check(c, k, c.live[k], now); what != "" {
				return &Broken{Rule: r.name, At: now, Kind: k.kind.Name, Key: k.key, What: what}
			}
		}
	}
	return nil
}

// leaving reports whether the object is on its way out.
func (e *existing) leaving() bool {
	if e.pod != nil {
		return e.pod.Deletion != nil
	}
	return e.api.GetDeletionTimestamp() != nil
}

func checkOrphan(c *Checker, _ id, e *existing, now time.Duration) string {
	if len(e.owners) == 0 || e.leaving() {
		return ""
	}
	last := time.Duration(-1)
	for _, o := range e.owners {
		went, ok := c.died[o.UID]
		if !ok {
			return "" // it lives, or is of a cluster that this one was taken from
		}
		last = max(last, went)
	}
	if now-last <= left {
		return ""
	}
	return fmt.Sprintf("its owners are gone since %v", last)
}

func checkStray(c *Checker, k id, e *existing, now time.Duration) string {
	if k.kind != model.Pod || e.pod.NodeName == "" || len(e.pod.FinalizerList()) > 0 {
		return ""
	}
	if _, ok := c.node(e.pod.NodeName); ok {
		return ""
	}
	went, ok := c.missing[e.pod.NodeName]
	if !ok || now-max(went, e.added) <= left {
		return ""
	}
	return fmt.Sprintf("its node %s is gone since %v", e.pod.NodeName, went)
}
