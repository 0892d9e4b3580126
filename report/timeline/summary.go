package timeline

import (
	"fmt"
	"sort"
	"time"
)

const (
	slowestShown = 5
	unreadyShown = 10
	groupsShown  = 30
)

// group is the pods of one owner, or those without one in a namespace.
type group struct {
	name string
	pods []Pod
}

// groupsOf keeps the order in which the owners first appear.
func groupsOf(pods []Pod) []group {
	at := map[string]int{}
	groups := []group{}
	for _, pod := range pods {
		name := pod.Namespace + "/" + pod.Owner
		if pod.Owner == "" {
			name = pod.Namespace + "/(pods of their own)"
		}
		i, ok := at[name]
		if !ok {
			i = len(groups)
			at[name] = i
			groups = append(groups, group{name: name})
		}
		groups[i].pods = append(groups[i].pods, pod)
	}
	return groups
}

// groups summarises pods by owner: how many, and when the first, the middle and the last were ready.
func (p *printer) groups(pods []Pod) {
	groups := groupsOf(pods)
	p.out.WriteString("\nPods by owner (times from a pod's creation to ready)\n")
	rows := [][]string{{"OWNER", "#PODS", "#READY", "#FIRST", "#MEDIAN", "#LAST", "#RESTARTS", "AT THE END"}}
	for n, g := range groups {
		if n == groupsShown {
			break
		}
		waits, restarts := readyWaits(g.pods), 0
		for i := range g.pods {
			restarts += g.pods[i].Restarts
		}
		first, median, last := "-", "-", "-"
		if k := len(waits); k > 0 {
			first, median, last = Short(waits[0]), Short(waits[(k-1)/2]), Short(waits[k-1])
		}
		rows = append(rows, []string{g.name, fmt.Sprint(len(g.pods)), fmt.Sprint(len(waits)), first, median, last, fmt.Sprint(restarts), tally(g.pods)})
	}
	p.grid(rows)
	if left := len(groups) - groupsShown; left > 0 {
		fmt.Fprintf(p.out, "  ... and %s\n", plural(left, "more owner"))
	}
}

// readyWaits are the times to ready of the pods that got there, in order.
func readyWaits(pods []Pod) []time.Duration {
	waits := []time.Duration{}
	for i := range pods {
		if pods[i].Ready >= 0 {
			waits = append(waits, pods[i].Ready-pods[i].Created)
		}
	}
	sort.Slice(waits, func(i, j int) bool { return waits[i] < waits[j] })
	return waits
}

func (p *printer) slowest(pods []Pod) {
	ready := []Pod{}
	for _, pod := range pods {
		if pod.Ready >= 0 {
			ready = append(ready, pod)
		}
	}
	if len(ready) == 0 {
		return
	}
	p.out.WriteString("\nSlowest to become ready\n")
	rows := [][]string{{"POD", "#WAITED", "CREATED", "BOUND", "READY", "NODE"}}
	for _, pod := range slowest(ready, slowestShown) {
		rows = append(rows, []string{pod.FullName(), Short(pod.Ready - pod.Created), Clock(pod.Created), Clock(pod.Bound), Clock(pod.Ready), orDash(pod.Node)})
	}
	p.grid(rows)
}

// unready lists pods that never were ready and have not completed.
func (p *printer) unready(pods []Pod) {
	rows := [][]string{{"POD", "STATUS", "NODE", "WHY"}}
	left := 0
	for i := range pods {
		pod := &pods[i]
		if pod.Ready >= 0 || pod.Gone >= 0 || pod.Status == "Completed" || pod.Status == "Succeeded" {
			continue
		}
		if len(rows) > unreadyShown {
			left++
			continue
		}
		why := pod.WhyNot
		if pod.Bound >= 0 && len(pod.Changes) > 0 {
			why = pod.Changes[len(pod.Changes)-1].Text
		}
		rows = append(rows, []string{pod.FullName(), pod.Status, orDash(pod.Node), orDash(why)})
	}
	if len(rows) == 1 {
		return
	}
	p.out.WriteString("\nNever ready\n")
	p.grid(rows)
	if left > 0 {
		fmt.Fprintf(p.out, "  ... and %s\n", plural(left, "more pod"))
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
