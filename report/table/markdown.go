package table

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"clustersim/report/story"
	"clustersim/report/timeline"
)

// shown is how many rows a table of a summary has at most.
const shown = 15

// Markdown writes a summary for a pull request: what ran, what became of the pods, who waited, what went wrong. Its errors
// are those of w.
func Markdown(w io.Writer, s *story.Story, _ string) error {
	m := &summary{bufio.NewWriter(w), s}
	title := s.Title
	if title == "" {
		title = "Run"
	}
	fmt.Fprintf(m.out, "## %s\n\n", escape(title))
	if s.Description != "" {
		fmt.Fprintf(m.out, "%s\n\n", escape(s.Description))
	}
	fmt.Fprintf(m.out, "%s on %s, %s of simulated time, Kubernetes %s, seed %d.\n", plural(len(s.Pods), "pod"), plural(len(s.Nodes), "node"), timeline.Short(s.End), s.Kubernetes, s.Seed)
	m.checks()
	m.faults()
	m.owners()
	m.capacity()
	m.waiting()
	m.warnings()
	fmt.Fprintf(m.out, "\n<sub>simulate %s, journal `%.16s`</sub>\n", s.Version, s.Digest)
	return m.out.Flush()
}

type summary struct {
	out *bufio.Writer
	s   *story.Story
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// table writes a table under a title, with a note of how many rows were left out.
func (m *summary) table(title string, head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(m.out, "\n### %s\n\n| %s |\n|%s\n", title, strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, r := range rows[:min(shown, len(rows))] {
		for i := range r {
			r[i] = escape(r[i])
		}
		fmt.Fprintf(m.out, "| %s |\n", strings.Join(r, " | "))
	}
	if left := len(rows) - shown; left > 0 {
		fmt.Fprintf(m.out, "\nand %d more\n", left)
	}
}

func (m *summary) checks() {
	var rows [][]string
	for _, c := range m.s.Checks {
		result := "❌ failed"
		if c.Passed {
			result = "✅ passed"
		}
		at := ""
		if !c.AtEnd() {
			at = timeline.Clock(c.At)
		}
		rows = append(rows, []string{result, c.Name, at, c.Text})
	}
	m.table("Checks", []string{"", "check", "at", ""}, rows)
}

func (m *summary) faults() {
	var rows [][]string
	for _, f := range m.s.Faults {
		until := ""
		if f.To >= 0 {
			until = timeline.Clock(f.To)
		}
		rows = append(rows, []string{timeline.Clock(f.At), until, f.Action, strings.TrimSpace(f.Name + " " + f.Detail)})
	}
	m.table("Timeline", []string{"at", "until", "action", ""}, rows)
}

// owners sums pods up by who made them.
func (m *summary) owners() {
	type group struct {
		name     string
		pods     []*story.Pod
		restarts int
	}
	var groups []*group
	at := map[string]*group{}
	for i := range m.s.Pods {
		p := &m.s.Pods[i]
		name := p.Namespace + "/" + m.s.Strings.Text(p.Owner)
		if p.Owner == 0 {
			name = p.FullName()
			if len(m.s.Pods) > shown {
				name = p.Namespace + " (no owner)"
			}
		}
		g := at[name]
		if g == nil {
			g = &group{name: name}
			at[name] = g
			groups = append(groups, g)
		}
		g.pods, g.restarts = append(g.pods, p), g.restarts+int(p.Restarts)
	}
	var rows [][]string
	for _, g := range groups {
		var waits []time.Duration
		for _, p := range g.pods {
			if p.Ready >= 0 {
				waits = append(waits, p.Ready-p.Created)
			}
		}
		slices.Sort(waits)
		median, last := "-", "-"
		if n := len(waits); n > 0 {
			median, last = timeline.Short(waits[(n-1)/2]), timeline.Short(waits[n-1])
		}
		rows = append(rows, []string{g.name, fmt.Sprint(len(g.pods)), fmt.Sprint(len(waits)), median, last, fmt.Sprint(g.restarts), m.tally(g.pods)})
	}
	m.table("Pods", []string{"owner", "pods", "ready once", "median to ready", "slowest", "restarts", "at the end"}, rows)
}

// tally counts the statuses at the end, the most frequent first.
func (m *summary) tally(pods []*story.Pod) string {
	counts, names := map[string]int{}, []string{}
	for _, p := range pods {
		status, _ := m.s.LastRow(p)
		if p.Gone >= 0 {
			status = "gone"
		}
		if counts[status] == 0 {
			names = append(names, status)
		}
		counts[status]++
	}
	slices.SortStableFunc(names, func(a, b string) int { return counts[b] - counts[a] })
	for i, n := range names {
		names[i] = fmt.Sprintf("%d %s", counts[n], n)
	}
	return strings.Join(names, ", ")
}

func (m *summary) capacity() {
	m.capacityOf("Requested of the nodes", "requested")
	m.capacityOf("Used of the nodes, sampled every 15 s", "used")
}

func (m *summary) capacityOf(title, what string) {
	var rows [][]string
	for _, r := range [...][3]string{{"CPU, cores", "cpu " + what, "cpu allocatable"}, {"memory", "memory " + what, "memory allocatable"}} {
		used, of := m.s.Find(r[1]), m.s.Find(r[2])
		if used == nil || of == nil {
			continue
		}
		show := func(v float64) string {
			if r[0] == "memory" {
				return timeline.Bytes(int64(v))
			}
			return fmt.Sprintf("%g", v)
		}
		peak, at := used.Peak()
		rows = append(rows, []string{r[0], show(of.Value(m.s.End)), show(peak), timeline.Clock(at), show(used.Value(m.s.End))})
	}
	m.table(title, []string{"", "allocatable", "most", "at", "at the end"}, rows)
}

// waiting lists the pods that have no node at the end, and why.
func (m *summary) waiting() {
	var rows [][]string
	for i := range m.s.Pods {
		if p := &m.s.Pods[i]; p.Bound < 0 && p.Gone < 0 {
			rows = append(rows, []string{p.FullName(), timeline.Short(m.s.End - p.Created), m.s.Strings.Text(p.WhyNot)})
		}
	}
	m.table("Without a node at the end", []string{"pod", "waits since", "why"}, rows)
}

// warnings counts the Warning Events by reason.
func (m *summary) warnings() {
	type count struct {
		reason, message, first string
		n                      int
	}
	var list []*count
	at := map[int32]*count{}
	for i := range m.s.Events {
		e := &m.s.Events[i]
		if !e.Warning {
			continue
		}
		c := at[e.Reason]
		if c == nil {
			c = &count{reason: m.s.Strings.Text(e.Reason), first: timeline.Clock(e.At)}
			at[e.Reason] = c
			list = append(list, c)
		}
		c.n++
		c.message = m.s.Strings.Text(e.Message)
	}
	slices.SortStableFunc(list, func(a, b *count) int { return cmp.Compare(b.n, a.n) })
	var rows [][]string
	for _, c := range list {
		rows = append(rows, []string{c.reason, fmt.Sprint(c.n), c.first, c.message})
	}
	m.table("Warnings", []string{"reason", "times", "first at", "the last one"}, rows)
}

// escape keeps a text within its cell, and text: what means something in Markdown or HTML does not.
func escape(s string) string {
	const most = 200
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return escaper.Replace(s)
}

var escaper = strings.NewReplacer("\\", `\\`, "|", `\|`, "\r", "", "\n", " ", "<", "&lt;", ">", "&gt;", "&", "&amp;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "#", `\#`, "@", "@\u200b", "!", `\!`)
