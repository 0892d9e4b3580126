package scheduler

import (
	"slices"
	"strconv"
	"strings"
)

// FilterMessage is the text of a failure up to where preemption begins.
//
// Source: k8s v1.36.3 pkg/scheduler/framework/types.go FitError.Error.
func (p *Profile) FilterMessage(d *Diagnosis) string {
	head := available(d.Nodes)
	if d.PreFilter != 0 {
		return head + " " + strings.Join(p.rejections[d.PreFilter].Reasons, ", ") + "."
	}
	return head + p.count(d).String()
}

// count is how many nodes failed for which reason.
func (p *Profile) count(d *Diagnosis) (h histogram) {
	p.countVerdicts(d.Judged, &h)
	if absent := d.Nodes - d.Looked; absent > 0 {
		h.add("node(s) didn't satisfy plugin(s) ["+strings.Join(p.namesOf(d.narrowed), " ")+"]", absent)
	}
	return h
}

// reasons are those of a failure, sorted.
func (p *Profile) reasons(d *Diagnosis) (out []string) {
	if d.PreFilter != 0 {
		return p.rejections[d.PreFilter].Reasons
	}
	for _, r := range p.count(d) {
		out = append(out, r.reason)
	}
	slices.Sort(out)
	return out
}

func available(nodes int) string { return "0/" + strconv.Itoa(nodes) + " nodes are available:" }

// countVerdicts adds the reasons of the nodes that were looked at.
func (p *Profile) countVerdicts(judged []Verdict, h *histogram) {
	counts := make([]int, len(p.rejections))
	for _, v := range judged {
		counts[v]++
	}
	for v, n := range counts {
		if v > 0 && n > 0 {
			for _, reason := range p.rejections[v].Reasons {
				h.add(reason, n)
			}
		}
	}
}

// namesOf lists the plugins of a set, sorted.
func (p *Profile) namesOf(set uint64) []string {
	var names []string
	for i, pl := range p.plugins {
		if set>>i&1 != 0 {
			names = append(names, pl.Name)
		}
	}
	slices.Sort(names)
	return names
}

// histogram counts reasons.
type histogram []reasonCount

type reasonCount struct {
	reason string
	nodes  int
}

func (h *histogram) add(reason string, nodes int) {
	for i := range *h {
		if (*h)[i].reason == reason {
			(*h)[i].nodes += nodes
			return
		}
	}
	*h = append(*h, reasonCount{reason, nodes})
}

// String is " 10 of one, 2 of another.", sorted as text: 10 comes before 2. It is empty if nothing was counted.
func (h histogram) String() string {
	if len(h) == 0 {
		return ""
	}
	lines := make([]string, len(h))
	for i, r := range h {
		lines[i] = strconv.Itoa(r.nodes) + " " + r.reason
	}
	slices.Sort(lines)
	return " " + strings.Join(lines, ", ") + "."
}
