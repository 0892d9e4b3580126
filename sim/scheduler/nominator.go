package scheduler

import "slices"

// nominations are the pods that wait for room on a node which preemption makes for them.
//
// Source: k8s v1.36.3 pkg/scheduler/backend/queue/nominator.go.
type nominations struct {
	byNode map[string][]*Pod // in order of their nomination
}

// Nominate notes that the pod waits for the node, "" = for none.
func (s *Snapshot) Nominate(pod *Pod, nodeName string) {
	if pod.waitsFor == nodeName {
		return
	}
	m := &s.nominated
	if old := pod.waitsFor; old != "" {
		list := slices.DeleteFunc(m.byNode[old], func(p *Pod) bool { return p == pod })
		if m.byNode[old] = list; len(list) == 0 {
			delete(m.byNode, old)
		}
	}
	pod.waitsFor = nodeName
	if nodeName != "" {
		if m.byNode == nil {
			m.byNode = map[string][]*Pod{}
		}
		m.byNode[nodeName] = append(m.byNode[nodeName], pod)
	}
	s.gen++
}

// yieldTo are the pods nominated to a node that the cycle's pod has to leave room for: of its own or higher priority.
func (c *Cycle) yieldTo(n int32) []*Pod {
	if len(c.Snap.nominated.byNode) == 0 {
		return nil
	}
	var out []*Pod
	for _, p := range c.Snap.nominated.byNode[c.Snap.nodes[n].name] {
		if p.Priority >= c.Pod.Priority && p.UID != c.Pod.UID && p.slot < 0 {
			out = append(out, p)
		}
	}
	return out
}

// judge runs the filters on a node: the first that fails decides. With pods nominated to the node the filters must pass
// both with them and without them.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/runtime/framework.go RunFilterPluginsWithNominatedPods.
// Differs: wide filters count all pods anew instead of adding to their counts; terminating pods then never count for
// spreading.
func (c *Cycle) judge(n int32) Verdict {
	if guests := c.yieldTo(n); len(guests) > 0 {
		if v := c.judgeWith(guests, n); v != 0 {
			return v
		}
	}
	return c.judgeBare(n)
}

func (c *Cycle) judgeWith(guests []*Pod, n int32) Verdict {
	name, ports := c.Snap.nodes[n].name, slices.Clone(c.Snap.nodes[n].ports)
	c.Snap.trials++
	for _, p := range guests {
		c.Snap.AddPod(p, name)
	}
	c.again()
	v := c.judgeBare(n)
	for _, p := range slices.Backward(guests) {
		c.Snap.RemovePod(p)
	}
	c.Snap.trials--
	c.Snap.nodes[n].ports = ports // with a guest, ports went that others have too
	c.again()
	return v
}

// again lets wide filters count anew after pods were added or taken away for a trial. Those that had nothing to do when
// the cycle began still have not, whatever the trial added.
func (c *Cycle) again() {
	if len(c.Pod.Shape.rest) > 0 {
		skipped := c.skipped
		c.begin(c.p, c.Snap, c.Pod)
		c.skipped, c.skip = skipped, c.skip|skipped
	}
}

// tryNominated looks at the node that the pod was nominated to, alone. It returns -1 if there is none or it does not
// do; failed is then its slot, if it exists.
//
// Source: k8s v1.36.3 pkg/scheduler/schedule_one.go evaluateNominatedNode.
func (c *Cycle) tryNominated() (slot, failed int32) {
	if c.Pod.Nominated == "" {
		return -1, -1
	}
	n, ok := c.Snap.byName[c.Pod.Nominated]
	if !ok || c.Snap.nodes[n].object == nil {
		return -1, -1
	}
	if c.judge(n) == 0 {
		return n, -1
	}
	return -1, n
}
