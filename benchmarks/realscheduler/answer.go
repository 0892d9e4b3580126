package main

import (
	"slices"
	"strings"

	"clustersim/sim/scheduler"
)

// Answer is what one scheduling cycle said of one pod.
type Answer struct {
	Chosen    string                 `json:"chosen,omitempty"`
	Message   string                 `json:"message,omitempty"`   // FailedScheduling, whole
	Plugins   []string               `json:"plugins,omitempty"`   // those that keep a failed pod from the queue, sorted
	Nodes     []scheduler.NodeResult `json:"nodes,omitempty"`     // those looked at, by name; scores of 0 weight are absent
	Next      int                    `json:"next,omitempty"`      // where the next cycle's search begins
	Nominated string                 `json:"nominated,omitempty"` // node that a failed pod waits for
	Victims   []string               `json:"victims,omitempty"`   // namespace/name, sorted
	Cleared   []string               `json:"cleared,omitempty"`   // pods that lose their nomination, sorted

	// Volumes are the claims that waited for the pod, by namespace/name, with the volumes chosen; "" = to be provisioned.
	Volumes  map[string]string `json:"volumes,omitempty"`
	Narrowed bool              `json:"-"` // PreFilter named the nodes to look at: upstream does so in a random order
	Feasible []string          `json:"-"` // in the order found
}

func (a *Answer) sort() {
	slices.SortFunc(a.Nodes, func(x, y scheduler.NodeResult) int { return strings.Compare(x.Node, y.Node) })
}

// tied reports whether two nodes have the same total.
func (a *Answer) tied(x, y string) bool {
	total := func(node string) int64 {
		for _, n := range a.Nodes {
			if n.Node == node && n.Plugin == "" {
				return n.Total
			}
		}
		return -1
	}
	return x != "" && y != "" && total(x) == total(y)
}
