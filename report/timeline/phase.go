package timeline

import (
	"bufio"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf8"
)

// PhaseTimeline tells a run in plain lines, for somebody who sees it for the first time: what happened to each pod and
// when, where the pods were placed and what kept them waiting, and how full the nodes are. Of the options, Width wraps long
// lines (0: does not wrap), MaxPods and MaxLines bound what is told in full. With more pods the story is a summary: counts,
// the first, the middle and the last, and the slowest. The only errors are those of w.
func PhaseTimeline(w io.Writer, r Run, o Options) error {
	p := printer{out: bufio.NewWriter(w), options: o}
	p.heading(r)
	p.clusterStory(r.Cluster)
	if len(r.Pods) > o.maxPods() {
		p.groups(r.Pods)
		p.slowest(r.Pods)
		p.unready(r.Pods)
	} else {
		p.stories(r.Pods)
	}
	p.placements(r.Pods)
	p.nodes(r.Nodes)
	return p.out.Flush()
}

// printer writes the parts of a PhaseTimeline.
type printer struct {
	out     *bufio.Writer
	options Options
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

func (p *printer) heading(r Run) {
	title := ""
	if r.Title != "" {
		title = r.Title + ": "
	}
	fmt.Fprintf(p.out, "%s%s on %s, %s of simulated time\n", title, plural(len(r.Pods), "pod"), plural(len(r.Nodes), "node"), Short(r.Until))
	if len(r.Pods) > 0 {
		fmt.Fprintf(p.out, "At the end: %s\n", tally(r.Pods))
	}
}

// tally counts the statuses at the end, the most frequent first: "3 Running, 1 Pending".
func tally(pods []Pod) string {
	counts := map[string]int{}
	names := []string{}
	for i := range pods {
		status := pods[i].Status
		if pods[i].Gone >= 0 {
			status = "gone"
		}
		if counts[status] == 0 {
			names = append(names, status)
		}
		counts[status]++
	}
	sort.SliceStable(names, func(i, j int) bool { return counts[names[i]] > counts[names[j]] })
	for i, n := range names {
		names[i] = fmt.Sprintf("%d %s", counts[n], n)
	}
	return strings.Join(names, ", ")
}

// stories tells each pod's life in dated lines.
func (p *printer) stories(pods []Pod) {
	status := 0
	for i := range pods {
		for _, c := range pods[i].Changes {
			status = max(status, utf8.RuneCountInString(c.Status))
		}
	}
	for i := range pods {
		if len(pods[i].Changes) > 0 {
			p.out.WriteString("\n")
			p.story(&pods[i], status)
		}
	}
}

func (p *printer) story(pod *Pod, statusWidth int) {
	// Long stories keep their beginning and their end.
	keep := p.options.maxLines()
	tail := keep / 4
	for i, c := range pod.Changes {
		if len(pod.Changes) > keep && i >= keep-tail && i < len(pod.Changes)-tail {
			if i == keep-tail {
				fmt.Fprintf(p.out, "%10s  Pod %s  %s\n", "...", pod.FullName(), plural(len(pod.Changes)-keep, "line")+" left out")
			}
			continue
		}
		text := c.Text
		if c.Repeats > 0 {
			text += fmt.Sprintf(" (%s more, the last at %s)", times(c.Repeats), Clock(c.Last))
		}
		p.wrapped(fmt.Sprintf("%10s  Pod %s  %-*s  ", Clock(c.At), pod.FullName(), statusWidth, c.Status), text)
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// wrapped breaks the text at blanks and hangs the rest under its beginning, or under the middle of the line if that lies
// too far right.
func (p *printer) wrapped(prefix, text string) {
	width := p.options.Width
	indent := utf8.RuneCountInString(prefix)
	if width > 0 && indent > width/2 {
		indent = width / 4
	}
	line, used, fresh := prefix, utf8.RuneCountInString(prefix), true
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if width > 0 && !fresh && used+1+n > width {
			p.out.WriteString(strings.TrimRight(line, " ") + "\n")
			line, used, fresh = strings.Repeat(" ", indent), indent, true
		}
		if !fresh {
			line, used = line+" ", used+1
		}
		line, used, fresh = line+word, used+n, false
	}
	p.out.WriteString(strings.TrimRight(line, " ") + "\n")
}

// grid writes rows in aligned columns, indented by two; columns whose title begins with # are aligned right.
func (p *printer) grid(rows [][]string) {
	widths := make([]int, len(rows[0]))
	right := make([]bool, len(rows[0]))
	for i, title := range rows[0] {
		right[i] = strings.HasPrefix(title, "#")
		rows[0][i] = strings.TrimPrefix(title, "#")
	}
	for _, row := range rows {
		for i, text := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	for _, row := range rows {
		line, last := " ", len(row)-1
		for i, text := range row[:last] {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if right[i] {
				line += " " + gap + text + " "
			} else {
				line += " " + text + gap + " "
			}
		}
		if right[last] {
			row[last] = strings.Repeat(" ", widths[last]-utf8.RuneCountInString(row[last])) + row[last]
		}
		p.wrapped(line+" ", row[last])
	}
}
