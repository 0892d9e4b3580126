package controller

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/engine"
	"clustersim/sim/rule"
)

// conditionTaints says which NoSchedule taint a condition's status demands.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go nodeConditionToTaintKeyStatusMap.
var conditionTaints = []struct {
	condition corev1.NodeConditionType
	status    corev1.ConditionStatus
	key       string
}{
	{corev1.NodeReady, corev1.ConditionFalse, corev1.TaintNodeNotReady},
	{corev1.NodeReady, corev1.ConditionUnknown, corev1.TaintNodeUnreachable},
	{corev1.NodeMemoryPressure, corev1.ConditionTrue, corev1.TaintNodeMemoryPressure},
	{corev1.NodeDiskPressure, corev1.ConditionTrue, corev1.TaintNodeDiskPressure},
	{corev1.NodeNetworkUnavailable, corev1.ConditionTrue, corev1.TaintNodeNetworkUnavailable},
	{corev1.NodePIDPressure, corev1.ConditionTrue, corev1.TaintNodePIDPressure},
}

// betaLabels are kept equal to their stable ones.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go labelReconcileInfo.
var betaLabels = [...]struct{ stable, beta string }{
	{corev1.LabelOSStable, "beta.kubernetes.io/os"},
	{corev1.LabelArchStable, "beta.kubernetes.io/arch"},
}

// noScheduleDiff returns the NoSchedule taints that the node's conditions and its cordon demand and it lacks, and those
// of the same keys that it has without need.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go doNoScheduleTaintingPass.
func noScheduleDiff(n *corev1.Node) (add, remove []corev1.Taint) {
	var wanted []corev1.Taint
	for _, c := range n.Status.Conditions {
		for _, d := range conditionTaints {
			if d.condition == c.Type && d.status == c.Status {
				wanted = append(wanted, corev1.Taint{Key: d.key, Effect: corev1.TaintEffectNoSchedule})
			}
		}
	}
	if n.Spec.Unschedulable {
		wanted = append(wanted, corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule})
	}
	for _, t := range wanted {
		if !hasTaint(n.Spec.Taints, t.Key, t.Effect) {
			add = append(add, t)
		}
	}
	for _, t := range n.Spec.Taints {
		if t.Effect == corev1.TaintEffectNoSchedule && fromCondition(t.Key) && !hasTaint(wanted, t.Key, t.Effect) {
			remove = append(remove, t)
		}
	}
	return add, remove
}

// fromCondition reports whether this controller owns NoSchedule taints of that key.
func fromCondition(key string) bool {
	if key == corev1.TaintNodeUnschedulable {
		return true
	}
	for _, d := range conditionTaints {
		if d.key == key {
			return true
		}
	}
	return false
}

// labelDiff returns the beta labels that are missing or differ, nil if none.
func labelDiff(n *corev1.Node) map[string]string {
	var diff map[string]string
	for _, l := range betaLabels {
		v, ok := n.Labels[l.stable]
		if have, there := n.Labels[l.beta]; ok && (!there || have != v) {
			if diff == nil {
				diff = map[string]string{}
			}
			diff[l.beta] = v
		}
	}
	return diff
}

// reconcileTaints queues the node if its NoSchedule taints or beta labels are not what they should be. A node is
// handled by one worker at a time; what it writes is seen again and handled then.
func (c *nodeLifecycle) reconcileTaints(n *corev1.Node) {
	if _, busy := c.updating[n.Name]; busy {
		c.updating[n.Name] = true
		return
	}
	if add, remove := noScheduleDiff(n); len(add) == 0 && len(remove) == 0 && labelDiff(n) == nil {
		return
	}
	c.updating[n.Name] = false
	name := n.Name
	c.env.Engine.After(0, kindNodeUpdate, engine.Func(func() { c.updateNode(name) }))
}

// updateNode writes the taints that a condition demands and, in a write of their own, takes off those that none does.
func (c *nodeLifecycle) updateNode(name string) {
	n := c.env.Store.Node(name)
	if n == nil {
		delete(c.updating, name)
		return
	}
	add, remove := noScheduleDiff(n)
	c.env.Engine.Act(rule.NodeConditionTaint)
	c.swapTaints(name, add, remove, func() { c.updateLabels(name) })
}

func (c *nodeLifecycle) updateLabels(name string) {
	finish := func() {
		again := c.updating[name]
		delete(c.updating, name)
		if n := c.env.Store.Node(name); n != nil && again {
			c.reconcileTaints(n)
		}
	}
	n := c.env.Store.Node(name)
	if n == nil || labelDiff(n) == nil {
		finish()
		return
	}
	c.api.read()
	c.api.write(func() {
		_ = c.env.Store.UpdateNode(name, func(n *corev1.Node) bool {
			diff := labelDiff(n)
			for k, v := range diff { // unordered: into a map
				n.Labels[k] = v
			}
			return diff != nil
		})
		finish()
	})
}

// swapTaints adds taints, stamped with the present instant, then removes others; each is a GET and a PATCH, left out if
// there is nothing to do.
//
// Source: k8s v1.36.3 pkg/controller/util/node/controller_utils.go SwapNodeControllerTaint.
func (c *nodeLifecycle) swapTaints(node string, add, remove []corev1.Taint, done func()) {
	var writes []func()
	if len(add) > 0 {
		c.api.read()
		add = stamped(add, c.now())
		writes = append(writes, func() { c.addTaints(node, add) })
	}
	n := c.env.Store.Node(node)
	there := func(t corev1.Taint) bool { return n != nil && hasTaint(n.Spec.Taints, t.Key, t.Effect) }
	if slices.ContainsFunc(remove, there) {
		writes = append(writes, func() { c.removeTaints(node, remove) })
	}
	c.api.writeAll(len(writes), func(i int) { writes[i]() }, done)
}

func (c *nodeLifecycle) addTaints(node string, taints []corev1.Taint) {
	_ = c.env.Store.UpdateNode(node, func(n *corev1.Node) bool {
		var changed bool
		n.Spec.Taints, changed = withTaints(n.Spec.Taints, taints)
		return changed
	})
}

func (c *nodeLifecycle) removeTaints(node string, taints []corev1.Taint) {
	_ = c.env.Store.UpdateNode(node, func(n *corev1.Node) bool {
		before := len(n.Spec.Taints)
		n.Spec.Taints = withoutTaints(n.Spec.Taints, taints)
		return len(n.Spec.Taints) != before
	})
}
