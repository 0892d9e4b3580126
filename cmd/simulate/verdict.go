package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/model"
	"clustersim/sim"
	"clustersim/sim/scheduler"
)

// maxVerdicts is how many nodes a verdict names; of a fleet, the rest is only counted.
const maxVerdicts = 50

// verdictOf is what `simulate describe --verdict` adds below a pod.
func verdictOf(r *sim.Run, o model.Object) string {
	if _, pod := o.(*corev1.Pod); !pod {
		return ""
	}
	v, err := r.Verdict(o.GetNamespace(), o.GetName())
	if err != nil {
		return ""
	}
	b := &strings.Builder{}
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "Verdict:")
	fmt.Fprintf(w, "  Queue:\t%s\n", standing(v))
	if len(v.Rejectors) > 0 {
		fmt.Fprintf(w, "  Turned Down By:\t%s\n", strings.Join(v.Rejectors, ", "))
		fmt.Fprintf(w, "  Wakes On:\t%s\n", strings.Join(v.WakesOn, ", "))
	}
	if v.Waits() {
		writeCycle(w, v)
	}
	_ = w.Flush()
	for _, line := range [...]string{rejectedNodes(v), scoredNodes(v)} {
		b.WriteString(line)
	}
	return b.String()
}

// standing says where the pod is in its way through the queue.
func standing(v *scheduler.Outlook) string {
	switch v.Queue {
	case "":
		return "none: no scheduler takes its schedulerName"
	case "bound", "binding":
		return v.Queue + ", after " + many(v.Attempts, "attempt")
	case "arriving":
		return fmt.Sprintf("arriving: the scheduler sees it at %v", v.Since.Round(time.Millisecond))
	}
	s := fmt.Sprintf("%s since %v, after %s", v.Queue, v.Since.Round(time.Millisecond), many(v.Attempts, "attempt"))
	if v.BackoffTo > v.Since {
		s += fmt.Sprintf(", backs off until %v", (v.BackoffTo + time.Second).Round(time.Millisecond))
	}
	return s
}

// writeCycle says what a cycle would come to.
func writeCycle(w *tabwriter.Writer, v *scheduler.Outlook) {
	if v.Chosen != "" {
		fmt.Fprintf(w, "  Now It Would Get:\t%s\n", v.Chosen)
		return
	}
	fmt.Fprintf(w, "  Now:\t%s\n", v.Message)
	if v.Nominated != "" {
		fmt.Fprintf(w, "  Would Preempt:\t%s on %s\n", strings.Join(v.Victims, ", "), v.Nominated)
	}
}

// rejectedNodes is a table of the nodes that the pod may not go to.
func rejectedNodes(v *scheduler.Outlook) string {
	b := &strings.Builder{}
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	rows := 0
	for i := range v.Nodes {
		n := &v.Nodes[i]
		if n.Plugin == "" {
			continue
		}
		if rows++; rows > maxVerdicts {
			continue
		}
		if rows == 1 {
			fmt.Fprintln(w, "  NODE\tTURNED DOWN BY\tREASONS")
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", n.Node, n.Plugin, strings.Join(n.Reasons, ", "))
		for _, also := range n.Also {
			fmt.Fprintf(w, "  \tand %s\t%s\n", also.Plugin, strings.Join(also.Reasons, ", "))
		}
	}
	_ = w.Flush()
	return b.String() + andMore(rows)
}

// scoredNodes is a table of the nodes that the pod may go to, the best first.
func scoredNodes(v *scheduler.Outlook) string {
	fits := slices.DeleteFunc(slices.Clone(v.Nodes), func(n scheduler.NodeResult) bool { return n.Plugin != "" })
	if len(fits) == 0 {
		return ""
	}
	slices.SortStableFunc(fits, func(x, y scheduler.NodeResult) int { return int(y.Total - x.Total) })
	plugins := slices.Sorted(maps.Keys(fits[0].Scores))
	b := &strings.Builder{}
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "  NODE\tTOTAL\t%s\n", strings.Join(plugins, "\t"))
	for _, n := range fits[:min(len(fits), maxVerdicts)] {
		fmt.Fprintf(w, "  %s\t%d", n.Node, n.Total)
		for _, p := range plugins {
			fmt.Fprintf(w, "\t%d", n.Scores[p])
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
	return b.String() + andMore(len(fits))
}

func andMore(rows int) string {
	if rows <= maxVerdicts {
		return ""
	}
	return fmt.Sprintf("  and %s more\n", many(rows-maxVerdicts, "node"))
}
