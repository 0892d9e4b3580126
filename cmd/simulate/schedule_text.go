package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"clustersim/sim"
	"clustersim/sim/scheduler"
)

// maxGroup is how many pods of one failure are named.
const maxGroup = 5

// unplaced is what the same reasons keep from a node.
type unplaced struct {
	reasons string
	count   int
	pods    []scheduler.Result // the first maxGroup
}

// writePlacementTable prints a row for each pod as it is placed, then the reasons of those that were not, each once.
func writePlacementTable(a *app, p *sim.Placement, how scheduler.Options) error {
	total, placed := p.Len(), 0
	var failures []*unplaced
	if total > 0 {
		fmt.Fprintf(a.out, "%-*s   %-*s   TOTAL\n", p.PodWidth, "POD", p.NodeWidth, "NODE")
	}
	for !a.interrupted.Load() {
		res, ok := p.Next(how)
		if !ok {
			break
		}
		if res.Chosen == "" {
			fmt.Fprintf(a.out, "%-*s   <none>\n", p.PodWidth, res.Pod)
			failures = addUnplaced(failures, &res)
			continue
		}
		placed++
		fmt.Fprintf(a.out, "%-*s   %-*s   %s\n", p.PodWidth, res.Pod, p.NodeWidth, res.Chosen, strconv.FormatInt(res.Total, 10))
	}
	if total > 0 {
		fmt.Fprintln(a.out)
	}
	fmt.Fprintf(a.out, "%d of %s placed.", placed, many(total, "pod"))
	if p.Bound > 0 {
		fmt.Fprintf(a.out, " %d more had a node already.", p.Bound)
	}
	fmt.Fprintln(a.out)
	writeUnplaced(a, failures)
	return interruptedError(a)
}

func addUnplaced(list []*unplaced, res *scheduler.Result) []*unplaced {
	reasons := strings.Join(res.Reasons, ", ")
	if reasons == "" {
		reasons = res.Message
	}
	i := slices.IndexFunc(list, func(u *unplaced) bool { return u.reasons == reasons })
	if i < 0 {
		i = len(list)
		list = append(list, &unplaced{reasons: reasons})
	}
	u := list[i]
	if u.count++; len(u.pods) < maxGroup {
		u.pods = append(u.pods, *res)
	}
	return list
}

// writeUnplaced prints the reasons, the most frequent first, and under each some pods with how many nodes gave which.
func writeUnplaced(a *app, list []*unplaced) {
	slices.SortStableFunc(list, func(x, y *unplaced) int { return cmp.Compare(y.count, x.count) })
	for i, u := range list {
		if i == 0 {
			fmt.Fprintln(a.out, "\nNot placed:")
		}
		fmt.Fprintf(a.out, "  %s: %s\n", many(u.count, "pod"), u.reasons)
		width := 0
		for i := range u.pods {
			width = max(width, len(u.pods[i].Pod))
		}
		for i := range u.pods {
			res := &u.pods[i]
			if res.Message == u.reasons {
				fmt.Fprintf(a.out, "    %s\n", res.Pod)
			} else {
				fmt.Fprintf(a.out, "    %-*s   %s\n", width, res.Pod, res.Message)
			}
		}
		if more := u.count - len(u.pods); more > 0 {
			fmt.Fprintf(a.out, "    and %d more\n", more)
		}
	}
}
