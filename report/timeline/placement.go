package timeline

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

const refusalsShown = 10

// placements is the table of scheduling. In a crowd it shows the refused pods and the longest waits, and counts the rest.
func (p *printer) placements(pods []Pod) {
	if len(pods) == 0 {
		return
	}
	shown := pods
	p.out.WriteString("\nScheduling\n")
	if len(pods) > p.options.maxPods() {
		shown = p.longWaits(pods)
		if len(shown) == 0 {
			return
		}
	}
	rows := [][]string{{"POD", "NODE", "#WAITED", "WHY NOT SOONER"}}
	for i := range shown {
		pod := &shown[i]
		node, waited := pod.Node, Short(pod.Bound-pod.Created)
		if pod.Bound < 0 {
			node, waited = "(none)", "-"
		}
		rows = append(rows, []string{pod.FullName(), node, waited, orDash(pod.WhyNot)})
	}
	p.grid(rows)
	if left := len(pods) - len(shown); left > 0 {
		fmt.Fprintf(p.out, "  ... and %s that waited less\n", plural(left, "pod"))
	}
}

// waitOf is the time to the binding; pods without a node wait longest.
func waitOf(p *Pod) time.Duration {
	if p.Bound < 0 {
		return Forever
	}
	return p.Bound - p.Created
}

// longWaits writes the counts and returns the pods that the scheduler refused or kept waiting twice as long as the median.
func (p *printer) longWaits(pods []Pod) []Pod {
	median := p.placementCounts(pods)
	long := []Pod{}
	for i := range pods {
		if pods[i].WhyNot != "" || waitOf(&pods[i]) > 2*median {
			long = append(long, pods[i])
		}
	}
	sort.SliceStable(long, func(i, j int) bool { return waitOf(&long[i]) > waitOf(&long[j]) })
	return long[:min(refusalsShown, len(long))]
}

// placementCounts returns the median of the waits, 0 without any.
func (p *printer) placementCounts(pods []Pod) (median time.Duration) {
	waits := []time.Duration{}
	reasons := map[string]int{}
	order := []string{}
	unbound := 0
	for i := range pods {
		if pods[i].Bound >= 0 {
			waits = append(waits, pods[i].Bound-pods[i].Created)
			continue
		}
		unbound++
		if why := pods[i].WhyNot; why != "" {
			if reasons[why] == 0 {
				order = append(order, why)
			}
			reasons[why]++
		}
	}
	sort.Slice(waits, func(i, j int) bool { return waits[i] < waits[j] })
	line := plural(len(waits), "pod") + " bound"
	if n := len(waits); n > 0 {
		median = waits[(n-1)/2]
		line += fmt.Sprintf(", after %s (median) and at most %s", Short(median), Short(waits[n-1]))
	}
	if unbound > 0 {
		line += "; " + plural(unbound, "pod") + " without a node"
	}
	fmt.Fprintf(p.out, "  %s\n", line)
	sort.SliceStable(order, func(i, j int) bool { return reasons[order[i]] > reasons[order[j]] })
	for i, why := range order {
		if i == 3 {
			fmt.Fprintf(p.out, "  ... and %s\n", plural(len(order)-3, "other message"))
			break
		}
		p.wrapped(fmt.Sprintf("  %6d x  ", reasons[why]), why)
	}
	return median
}

// nodes is the table of nodes. In a crowd it shows the fullest.
func (p *printer) nodes(nodes []Node) {
	if len(nodes) == 0 {
		return
	}
	shown := append([]Node(nil), nodes...)
	p.out.WriteString("\nNodes at the end\n")
	if len(nodes) > p.options.maxPods() {
		p.nodeCounts(nodes)
		sort.SliceStable(shown, func(i, j int) bool { return fullness(&shown[i]) > fullness(&shown[j]) })
		shown = shown[:min(refusalsShown, len(shown))]
	}
	rows := [][]string{{"NODE", "STATUS", "#PODS", "#CPU REQUESTED", "#MEMORY REQUESTED"}}
	for i := range shown {
		rows = append(rows, shown[i].row())
	}
	p.grid(rows)
	if left := len(nodes) - len(shown); left > 0 {
		fmt.Fprintf(p.out, "  ... and %s less full\n", plural(left, "node"))
	}
}

func (n *Node) row() []string {
	pods := fmt.Sprint(n.Pods)
	if n.PodsAllocatable > 0 {
		pods += fmt.Sprintf(" of %d", n.PodsAllocatable)
	}
	return []string{n.Name, n.Status, pods, usage(cores(n.CPURequested), cores(n.CPUAllocatable), n.CPURequested, n.CPUAllocatable),
		usage(Bytes(n.MemoryRequested), Bytes(n.MemoryAllocatable), n.MemoryRequested, n.MemoryAllocatable)}
}

func usage(part, whole string, a, b int64) string {
	if b <= 0 {
		return part
	}
	return fmt.Sprintf("%s of %s (%d%%)", part, whole, percent(a, b))
}

// percent is rounded down, as kubectl does.
func percent(a, b int64) int64 {
	if b <= 0 {
		return 0
	}
	return int64(float64(a) / float64(b) * 100)
}

// fullness is the larger share of CPU and memory that is requested.
func fullness(n *Node) float64 {
	return max(float64(n.CPURequested)/float64(max(1, n.CPUAllocatable)), float64(n.MemoryRequested)/float64(max(1, n.MemoryAllocatable)))
}

func (p *printer) nodeCounts(nodes []Node) {
	counts := map[string]int{}
	order := []string{}
	sum := Node{}
	for i := range nodes {
		n := &nodes[i]
		if counts[n.Status] == 0 {
			order = append(order, n.Status)
		}
		counts[n.Status]++
		sum.Pods += n.Pods
		sum.CPURequested, sum.CPUAllocatable = sum.CPURequested+n.CPURequested, sum.CPUAllocatable+n.CPUAllocatable
		sum.MemoryRequested, sum.MemoryAllocatable = sum.MemoryRequested+n.MemoryRequested, sum.MemoryAllocatable+n.MemoryAllocatable
	}
	texts := []string{}
	for _, status := range order {
		texts = append(texts, fmt.Sprintf("%d %s", counts[status], status))
	}
	row := sum.row()
	fmt.Fprintf(p.out, "  %s; together %s, CPU %s, memory %s\n", strings.Join(texts, ", "), plural(sum.Pods, "pod"), row[3], row[4])
}

// cores prints thousandths of a core as Kubernetes does: 250m, 4.
func cores(milli int64) string {
	if milli%1000 == 0 {
		return fmt.Sprint(milli / 1000)
	}
	return fmt.Sprintf("%dm", milli)
}

// Bytes prints a size in the largest binary unit with at most one decimal: 512Mi, 1.5Gi.
func Bytes(n int64) string {
	unit, name := int64(1), ""
	for _, next := range []string{"Ki", "Mi", "Gi", "Ti", "Pi"} {
		if n < unit*1024 {
			break
		}
		unit, name = unit*1024, next
	}
	whole, tenths := n/unit, n%unit*10/unit
	if tenths == 0 {
		return fmt.Sprintf("%d%s", whole, name)
	}
	return fmt.Sprintf("%d.%d%s", whole, tenths, name)
}
