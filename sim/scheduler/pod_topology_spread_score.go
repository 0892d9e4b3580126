package scheduler

import (
	"math"

	corev1 "k8s.io/api/core/v1"
)

// preScore counts like pods by domain, and weighs each constraint by the number of domains among the feasible nodes.
//
// Source: k8s v1.36.3 podtopologyspread/scoring.go initPreScoreState, PreScore.
func (sp *spread) preScore(c *Cycle, feasible []int32) {
	sp.at = 0
	sp.byZone.reset()
	sp.ignored = sp.ignored[:0]
	scored := 0
	for _, n := range feasible {
		out := !sp.system && !hasAll(sp.soft, n)
		sp.ignored = append(sp.ignored, out)
		if !out {
			scored++
		}
	}
	for _, con := range sp.soft {
		size := scored
		if con.key != corev1.LabelHostname {
			size = sp.domainsOf(con, feasible)
		}
		con.weight = ln(size + 2)
		sp.countSoft(c, con)
	}
}

// domainsOf counts the domains among the scored nodes. Nodes without the label are a domain of their own.
func (sp *spread) domainsOf(con *constraint, feasible []int32) int {
	con.sized.reset()
	size := 0
	for i, n := range feasible {
		if d := con.topology.of[n] + 1; !sp.ignored[i] && !con.sized.has(d) {
			con.sized.add(d, 1)
			size++
		}
	}
	return size
}

// countSoft counts pods by slot where the domain is the node itself, else by domain over all nodes that count.
func (sp *spread) countSoft(c *Cycle, con *constraint) {
	con.counts.reset()
	if con.pods == nil {
		return
	}
	byNode := con.key == corev1.LabelHostname
	for _, set := range con.pods.pods(c.Snap) {
		for i, slot := range set.slots {
			switch {
			case byNode:
				con.counts.add(slot, int64(set.counts[i]))
			case con.topology.of[slot] < 0 || !sp.system && !hasAll(sp.soft, slot) || !sp.included(c, con, slot):
			default:
				con.counts.add(con.topology.of[slot], int64(set.counts[i]))
			}
		}
	}
}

// score is the weighted number of like pods: the fewer the better. It is asked for the feasible nodes in order.
func (sp *spread) score(_ *Cycle, n int32) int64 {
	at := sp.at
	sp.at++
	if sp.ignored[at] {
		return 0
	}
	if !sp.system {
		return sp.raw(n)
	}
	// Of most nodes, which have no like pods, the score depends on the zone alone.
	node, zone := sp.soft[0], sp.soft[1]
	if node.topology.of[n] < 0 || node.counts.get(n) > 0 {
		return sp.raw(n)
	}
	d := zone.topology.of[n] + 1
	if !sp.byZone.has(d) {
		sp.byZone.add(d, sp.raw(n))
	}
	return sp.byZone.get(d)
}

func (sp *spread) raw(n int32) int64 {
	var sum float64
	for _, con := range sp.soft {
		d := con.topology.of[n]
		if d < 0 {
			continue
		}
		if con.key == corev1.LabelHostname {
			d = n
		}
		sum += float64(float64(con.counts.get(d))*con.weight) + float64(con.maxSkew-1)
	}
	return int64(math.Round(sum))
}

// Source: k8s v1.36.3 podtopologyspread/scoring.go NormalizeScore.
func (sp *spread) normalize(_ *Cycle, _ []int32, scores []int64) {
	least, most := int64(math.MaxInt64), int64(0)
	for i, v := range scores {
		if !sp.ignored[i] {
			least, most = min(least, v), max(most, v)
		}
	}
	for i, v := range scores {
		switch {
		case sp.ignored[i]:
			scores[i] = 0
		case most == 0:
			scores[i] = MaxNodeScore
		default:
			scores[i] = MaxNodeScore * (most + least - v) / most
		}
	}
}
