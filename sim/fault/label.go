package fault

import (
	"errors"
	corev1 "k8s.io/api/core/v1"
)

// Label sets labels of nodes; nil removes one.
type Label struct {
	Target
	Labels map[string]*string `json:"labels"` // null removes one
}

// Check implements Action.
func (a *Label) Check() error {
	if len(a.Labels) == 0 {
		return errors.New("labels: required")
	}
	return a.check()
}

// Run implements Runner.
func (a *Label) Run(c Cluster) (func(), error) {
	before := map[string]map[string]*string{}
	return onNodes(c, &a.Target, func(n *corev1.Node) bool {
		before[n.Name] = map[string]*string{}
		for k := range a.Labels { // unordered: each key by itself
			if v, ok := n.Labels[k]; ok {
				before[n.Name][k] = &v
			} else {
				before[n.Name][k] = nil
			}
		}
		return setLabels(n, a.Labels)
	}, func(n *corev1.Node) bool { return setLabels(n, before[n.Name]) })
}

func setLabels(n *corev1.Node, labels map[string]*string) (changed bool) {
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	for k, v := range labels { // unordered: each key by itself
		old, had := n.Labels[k]
		switch {
		case v == nil && had:
			delete(n.Labels, k)
			changed = true
		case v != nil && (!had || old != *v):
			n.Labels[k] = *v
			changed = true
		}
	}
	return changed
}
