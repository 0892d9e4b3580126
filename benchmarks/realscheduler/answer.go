package main

import (
	"slices"
	"strings"

	"clustersim/sim/scheduler"
)

// Answer is what one scheduling cycle said of one pod.
type Answer struct {
	Chosen    string                 `json:"chosen,omitempty"`
	Message   string                 `json:"message,omitempty"` // FailedScheduling, whole
	Plugins   []string               `json:"plugins,omitempty"` // those that keep a failed pod from the queue, sorted
	Nodes     []scheduler.NodeResult `json:"nodes,omitempty"`   // those looked at, by name; scores of 0 weight are absent
	Evaluated int                    `json:"evaluated,omitempty"`
	Nominated string                 `json:"nominated,omitempty"`
	Victims   []string               `json:"victims,omitempty"` // namespace/name, sorted

	Feasible []string `json:"-"` // in the order found
}

func (a *Answer) sort() {
	slices.SortFunc(a.Nodes, func(x, y scheduler.NodeResult) int { return strings.Compare(x.Node, y.Node) })
}

// best are the nodes that share the highest total.
func (a *Answer) best() (names []string) {
	top := int64(-1)
	for _, n := range a.Nodes {
		if n.Plugin != "" || n.Total < top {
			continue
		}
		if n.Total > top {
			top, names = n.Total, nil
		}
		names = append(names, n.Node)
	}
	return names
}
