package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"clustersim/scenarios/capacity"
)

// page is a text made of lines and tables.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// table prints rows below a header, columns aligned: to the right if right names them with 'r', else to the left.
func (p *page) table(right string, rows [][]string) {
	if len(rows) < 2 {
		return
	}
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, r := range rows {
		var b strings.Builder
		for i, cell := range r {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			b.WriteString("  ")
			if i < len(right) && right[i] == 'r' {
				b.WriteString(pad + cell)
			} else {
				b.WriteString(cell + pad)
			}
		}
		p.line("%s", strings.TrimRight(b.String(), " "))
	}
}

// print writes an answer in the format that was asked for.
func (f *capacityFlags) print(a *app, ans capacityAnswer, notes []string) error {
	if f.plot != "" {
		d, ok := ans.(drawn)
		if !ok {
			return usagef("--plot: there is no figure of this answer")
		}
		if err := plot(f.plot, d.figure()); err != nil {
			return err
		}
	}
	switch f.output {
	case "json":
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(ans)
	case "csv":
		w := csv.NewWriter(a.out)
		_ = w.WriteAll(ans.rows()) // Error has it
		return w.Error()
	}
	p := &page{}
	ans.text(p)
	if len(notes) > 0 {
		p.line("\nAssumed or left out")
		for i, n := range notes {
			if i == maxProblems {
				p.line("  ... and %d more", len(notes)-i)
				break
			}
			p.line("  %s", n)
		}
	}
	_, err := a.out.WriteString(p.String())
	return err
}

func percent(x float64) string { return strconv.FormatFloat(100*x, 'f', 1, 64) + "%" }

func figure(x float64) string { return capacity.Decimal(x) }

// shownRows is how many rows a table of a long list has.
const shownRows = 20

// fitAnswer is what fits.
type fitAnswer struct{ *capacity.Fit }

func (f *fitAnswer) text(p *page) {
	p.line("%s, %d of them empty; %s: %d had a node, %d placed, %d pending", many(f.Nodes, "node"), f.EmptyNodes, many(f.Pods, "pod"), f.Bound, f.Placed, f.Pending)
	if f.Daemons > 0 {
		p.line("%s of DaemonSets beside them", many(f.Daemons, "pod"))
	}
	p.line("")
	rows := [][]string{{"RESOURCE", "UNIT", "ALLOCATABLE", "REQUESTED", "UTILISATION", "WANTED", "PACKING", "STRANDED", ""}}
	for _, r := range f.Resources {
		if r.Wanted == 0 && r.Requested == 0 {
			continue
		}
		rows = append(rows, []string{r.Name, r.Unit, figure(r.Allocatable), figure(r.Requested), percent(r.Utilisation), figure(r.Wanted), percent(r.Packing), figure(r.Stranded), percent(r.StrandedShare)})
	}
	p.table("llrrrrrrr", rows)
	p.line("  packing: requested of what nodes in use have; stranded: free where no class of the input fits any more")
	f.gpu(p)
	f.unplaced(p)
	p.line("\nClasses, and how many more of each fit")
	p.table("rrr", f.classTable(shownRows))
	if more := len(f.Classes) - shownRows; more > 0 {
		p.line("  ... and %d more classes", more)
	}
}

func (f *fitAnswer) gpu(p *page) {
	g := f.GPU
	if g == nil {
		return
	}
	p.line("\nGPUs (%s): %s, %s in use, %s free; fragmented as FGD defines it: %s GPUs, %s of the free ones", g.Resource, figure(g.Total), figure(g.Requested), figure(g.Free), figure(g.Fragmented), percent(g.Share))
	p.line("  to classes that ask for GPUs: %s GPUs; pods that fit by their node's sum and have no device there: %d", figure(g.GPUClasses), g.Unseated)
}

func (f *fitAnswer) unplaced(p *page) { writeReasons(p, "Pending, and why", f.Unplaced) }

// writeReasons lists groups of pods that the same reasons keep out.
func writeReasons(p *page, head string, list []capacity.Unplaced) {
	if len(list) == 0 {
		return
	}
	p.line("\n%s", head)
	for i, u := range list {
		if i == shownRows/2 {
			p.line("  ... and %d more groups", len(list)-i)
			break
		}
		p.line("  %s: %s", many(u.Pods, "pod"), strings.Join(u.Reasons, ", "))
		classes := strings.Join(u.Classes[:min(3, len(u.Classes))], "; ")
		if len(u.Classes) > 3 {
			classes += fmt.Sprintf("; and %d more", len(u.Classes)-3)
		}
		p.line("    of %s", classes)
		p.line("    %s", u.Message)
	}
}

func (f *fitAnswer) classTable(most int) [][]string {
	rows := [][]string{{"PODS", "PENDING", "HEADROOM", "CLASS", "NEEDS"}}
	for _, c := range f.Classes[:min(most, len(f.Classes))] {
		headroom := "-"
		if c.Headroom >= 0 {
			headroom = strconv.Itoa(c.Headroom)
		}
		needs := c.Needs
		if needs == c.Name {
			needs = ""
		}
		rows = append(rows, []string{strconv.Itoa(c.Pods), strconv.Itoa(c.Pending), headroom, c.Name, needs})
	}
	return rows
}

func (f *fitAnswer) rows() [][]string {
	rows := [][]string{{"resource", "unit", "allocatable", "requested", "utilisation", "wanted", "packing", "stranded", "stranded_share"}}
	for _, r := range f.Resources {
		rows = append(rows, []string{r.Name, r.Unit, raw(r.Allocatable), raw(r.Requested), raw(r.Utilisation), raw(r.Wanted), raw(r.Packing), raw(r.Stranded), raw(r.StrandedShare)})
	}
	return rows
}

// raw prints a number in full, for machines.
func raw(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// headroomAnswer is how many more fit, in cluster-capacity's terms.
type headroomAnswer struct{ *capacity.Headroom }

func (h *headroomAnswer) text(p *page) {
	p.line("%s pod requirements: %s", h.Pod, h.Needs)
	p.line("\nThe cluster can schedule %d instance(s) of the pod %s.", h.Count, h.Pod)
	if h.Current > 0 {
		p.line("That is %s of the %s there are.", percent(float64(h.Count)/float64(h.Current)), many(h.Current, "pod"))
	}
	if h.Limited {
		p.line("\nTermination reason: LimitReached: maximum number of pods simulated: %d", h.Count)
	} else {
		p.line("\nTermination reason: Unschedulable: %s", h.Message)
	}
	if len(h.Nodes) == 0 {
		return
	}
	p.line("\nPod distribution among nodes:")
	for i, n := range h.Nodes {
		if i == shownRows {
			p.line("  ... and %d more nodes", len(h.Nodes)-i)
			break
		}
		p.line("  - %s: %d instance(s)", n.Node, n.Pods)
	}
}

func (h *headroomAnswer) rows() [][]string {
	rows := [][]string{{"node", "pods"}}
	for _, n := range h.Nodes {
		rows = append(rows, []string{n.Node, strconv.Itoa(n.Pods)})
	}
	return rows
}

// minimumAnswer is how few nodes do.
type minimumAnswer struct {
	*capacity.Minimum
	c *capacity.Cluster
}

func (m *minimumAnswer) text(p *page) {
	p.line("%s, of which %d may stay pending, on nodes of the type %s", many(m.Pods, "pod"), m.Allowed, m.Type)
	if m.Cloned > 1 {
		p.line("All %s are not enough: the cluster was taken %d times before nodes were removed.", many(m.Own, "node"), m.Cloned)
	} else if m.Own > 0 {
		p.line("The cluster has %s.", many(m.Own, "node"))
	}
	if len(m.Impossible) > 0 {
		p.line("No number of these nodes is enough.")
		writeReasons(p, "Without a node, and why", m.Impossible)
		return
	}
	p.line("")
	rows := [][]string{{"NODES", "", ""}}
	if m.LowerBound > 0 {
		rows = append(rows, []string{strconv.Itoa(m.LowerBound), "lower bound", "the sum of requested " + m.BoundBy + " alone needs as many"})
	}
	if m.Smallest > 0 {
		how := "pods in the order of the input; every smaller number was tried"
		if !m.Exact {
			how = "pods in the order of the input, by bisection"
		}
		rows = append(rows, []string{strconv.Itoa(m.Smallest), "smallest that fits", how})
	}
	n := len(m.Compactions)
	rows = append(rows,
		[]string{strconv.Itoa(m.P90), "90th percentile", fmt.Sprintf("of %d compactions: nodes removed and pods arriving in random order", n)},
		[]string{strconv.Itoa(m.Min), "fewest", "of them"}, []string{strconv.Itoa(m.Max), "most", "of them"})
	p.table("r", rows)
}

func (m *minimumAnswer) rows() [][]string {
	rows := [][]string{{"seed", "nodes"}}
	for i, n := range m.Compactions {
		rows = append(rows, []string{strconv.Itoa(i), strconv.Itoa(n)})
	}
	return rows
}

// cheapestAnswer is the cheapest mix.
type cheapestAnswer struct {
	*capacity.Cheapest
	after string // of which losses, in words
}

func (m *cheapestAnswer) text(p *page) {
	if m.NotFound {
		p.line("No mix of these types is enough%s.", m.after)
		writeReasons(p, "Without a node, and why", m.Impossible)
		return
	}
	p.line("%s per hour for %s:", figure4(m.Best.Price), many(m.Best.Nodes, "node"))
	p.line("")
	p.table("rrl", m.mixTable())
	sure := "the cheapest there is: every cheaper mix was ruled out"
	if !m.Exact {
		sure = "the best that was found; a cheaper one may exist"
	}
	p.line("\n  %s (%d mixes tried)", sure, m.Tried)
	p.line("  lower bound %s per hour, by %s alone; gap %s", figure4(m.LowerBound), m.BoundBy, percent(m.Gap))
	p.line("\nOne type alone")
	rows := [][]string{{"NODES", "PER HOUR", "TYPE"}}
	for _, s := range m.Single {
		rows = append(rows, []string{strconv.Itoa(s.Nodes), figure4(s.Price), s.Types[0].Type})
	}
	p.table("rr", rows)
}

func figure4(x float64) string { return strconv.FormatFloat(x, 'f', 4, 64) }

func (m *cheapestAnswer) mixTable() [][]string {
	rows := [][]string{{"NODES", "PER HOUR", "TYPE"}}
	for _, t := range m.Best.Types {
		rows = append(rows, []string{strconv.Itoa(t.Count), figure4(t.Price), t.Type})
	}
	return rows
}

func (m *cheapestAnswer) rows() [][]string {
	rows := [][]string{{"type", "nodes", "price_per_hour"}}
	for _, t := range m.Best.Types {
		rows = append(rows, []string{t.Type, strconv.Itoa(t.Count), raw(t.Price)})
	}
	return rows
}

// survivalAnswer is what losses leave.
type survivalAnswer struct{ *capacity.Survival }

func (s *survivalAnswer) text(p *page) {
	what := "every one"
	if !s.Exact {
		what = fmt.Sprintf("%d drawn of %s", s.Tried, figure(s.Subsets))
	} else if s.Tried > 1 {
		what = fmt.Sprintf("all %d", s.Tried)
	}
	p.line("Loss of any %d of %d (%s): %s tried", s.Lose, s.Domains, s.Domain, what)
	p.line("Survivability %s: everything fits again after %d of %d", percent(s.Share), s.Survived, s.Tried)
	if !s.Exact {
		p.line("  95%% bounds (Clopper-Pearson, n=%d): %s to %s", s.Tried, percent(s.Low), percent(s.High))
	}
	p.line("Static margin %s, by %s: what the worst loss leaves over, of what is requested", percent(s.Margin), s.MarginBy)
	if s.PendingBefore > 0 {
		p.line("%s had no node before any loss; they do not count", many(s.PendingBefore, "pod"))
	}
	p.line("\nThe worst losses")
	rows := [][]string{{"PENDING", "OF PODS", "NODES", "LOST"}}
	for _, l := range s.Worst {
		rows = append(rows, []string{strconv.Itoa(l.Pending), strconv.Itoa(l.Pods), strconv.Itoa(l.Nodes), strings.Join(l.Lost, ", ")})
	}
	p.table("rrr", rows)
	if len(s.Worst) > 0 {
		writeReasons(p, "Pending after the worst, and why", s.Worst[0].Reasons)
	}
	p.line("\n  placement alone, as if every pod had a controller; --lose tells how long it takes")
}

func (s *survivalAnswer) rows() [][]string {
	rows := [][]string{{"lost", "nodes", "pods", "pending"}}
	for _, l := range s.Worst {
		rows = append(rows, []string{strings.Join(l.Lost, " "), strconv.Itoa(l.Nodes), strconv.Itoa(l.Pods), strconv.Itoa(l.Pending)})
	}
	return rows
}
