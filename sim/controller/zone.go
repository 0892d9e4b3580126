package controller

import (
	corev1 "k8s.io/api/core/v1"
)

// zoneState is how much of a zone is lost.
type zoneState string

const (
	zoneInitial           zoneState = "Initial"
	zoneNormal            zoneState = "Normal"
	zonePartialDisruption zoneState = "PartialDisruption"
	zoneFullDisruption    zoneState = "FullDisruption"
)

// zone counts its nodes as the last passes saw them.
type zone struct {
	state           zoneState
	ready, notReady int
}

// stateOf returns the state of a zone with so many nodes.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go ComputeZoneState.
func stateOf(ready, notReady int, threshold float64) zoneState {
	switch {
	case ready == 0 && notReady > 0:
		return zoneFullDisruption
	case notReady > 2 && float32(notReady)/float32(notReady+ready) >= float32(threshold):
		return zonePartialDisruption
	}
	return zoneNormal
}

// zoneKey is region and zone of a node, "" without both.
//
// Source: k8s v1.36.3 staging component-helpers/node/topology/helpers.go GetZoneKey.
func zoneKey(n *corev1.Node) string {
	get := func(old, key string) string {
		if v, ok := n.Labels[old]; ok {
			return v
		}
		return n.Labels[key]
	}
	name := get(corev1.LabelFailureDomainBetaZone, corev1.LabelTopologyZone)
	region := get(corev1.LabelFailureDomainBetaRegion, corev1.LabelTopologyRegion)
	if name == "" && region == "" {
		return ""
	}
	return region + ":\x00:" + name
}

// excluded reports whether the node does not count for its zone's state.
func excluded(n *corev1.Node) bool {
	_, ok := n.Labels["node.kubernetes.io/exclude-disruption"]
	return ok
}

// addZone makes a zone known, with a fresh queue.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go addPodEvictorForNewZone.
func (c *nodeLifecycle) addZone(key string) {
	if c.zones[key] == nil {
		c.zones[key] = &zone{state: zoneInitial}
		c.queues[key] = newTaintQueue(c.env.Config.NodeEvictionRate)
	}
}

// count puts the node into the counts of its zone.
func (c *nodeLifecycle) count(h *nodeHealth, n *corev1.Node) {
	c.uncount(h)
	if excluded(n) {
		return
	}
	c.addZone(zoneKey(n))
	h.counted, h.zone, h.ready = true, zoneKey(n), readyStatus(n) == corev1.ConditionTrue
	if h.ready {
		c.zones[h.zone].ready++
	} else {
		c.zones[h.zone].notReady++
	}
}

func (c *nodeLifecycle) uncount(h *nodeHealth) {
	if !h.counted {
		return
	}
	h.counted = false
	if h.ready {
		c.zones[h.zone].ready--
	} else {
		c.zones[h.zone].notReady--
	}
}

// settleZones sets the zones to their states as if they had been so for long.
func (c *nodeLifecycle) settleZones() {
	all := true
	for _, z := range c.zones { // unordered: each for itself
		z.state = stateOf(z.ready, z.notReady, c.env.Config.UnhealthyZoneThreshold)
		all = all && z.state == zoneFullDisruption
	}
	for key, z := range c.zones { // unordered: each for itself
		c.queues[key].limiter = newLimiter(c.rate(z, z.state))
		if all {
			c.queues[key].limiter = newLimiter(0)
		}
	}
}

// rate is the tainting rate of a zone in a state, in nodes per second.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go setLimiterInZone, ReducedQPSFunc.
func (c *nodeLifecycle) rate(z *zone, s zoneState) float64 {
	cfg := &c.env.Config
	switch {
	case s != zonePartialDisruption:
		return cfg.NodeEvictionRate
	case z.ready+z.notReady > cfg.LargeClusterSizeThreshold:
		return cfg.SecondaryNodeEvictionRate
	}
	return 0
}

// handleDisruption brings the zones to their new states at the end of a pass.
//
// Source: k8s v1.36.3 node_lifecycle_controller.go handleDisruption.
func (c *nodeLifecycle) handleDisruption(done func()) {
	next := map[string]zoneState{}
	allFull, allWere := true, true
	for _, key := range sortedKeys(c.zones) {
		z := c.zones[key]
		if z.ready+z.notReady == 0 {
			delete(c.zones, key)
			continue
		}
		next[key] = stateOf(z.ready, z.notReady, c.env.Config.UnhealthyZoneThreshold)
		allFull = allFull && next[key] == zoneFullDisruption
		allWere = allWere && z.state == zoneFullDisruption
	}
	switch {
	case allFull && allWere:
		done()
	case allFull:
		c.stopTainting(sortedKeys(c.nodes), done)
	default:
		if allWere {
			c.resumeProbes()
		}
		for _, key := range sortedKeys(next) {
			if z := c.zones[key]; allWere || z.state != next[key] {
				c.queues[key].limiter.swap(c.rate(z, next[key]), c.env.Engine.Now())
				z.state = next[key]
			}
		}
		c.wantTainting()
		done()
	}
}

// stopTainting takes all NoExecute taints off when no node of the cluster is ready: it is rather the control plane that
// is cut off.
func (c *nodeLifecycle) stopTainting(nodes []string, done func()) {
	if len(nodes) > 0 {
		c.lookAt(nodes[0])
		c.markReachable(nodes[0], func() { c.stopTainting(nodes[1:], done) })
		c.look(nodes[0], c.env.Engine.Now())
		return
	}
	for _, key := range sortedKeys(c.zones) {
		c.queues[key].limiter.swap(0, c.env.Engine.Now())
		c.zones[key].state = zoneFullDisruption
	}
	done()
}

// resumeProbes gives every node a new grace period when the first one is back.
func (c *nodeLifecycle) resumeProbes() {
	for _, h := range c.nodes { // unordered: each for itself
		h.base = c.env.Engine.Now()
	}
}
