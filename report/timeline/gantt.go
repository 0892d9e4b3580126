package timeline

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Options say how to draw. The zero value draws the whole run in Unicode, 80 columns wide, without colour.
type Options struct {
	Width int // columns; 0: 80; at least 40 are used
	ASCII bool
	Color bool // ANSI colours; they never carry meaning alone
	// From and To bound the chart; To 0 means a little after the last thing that happens.
	From, To time.Duration
	// MaxPods is the number of pods up to which each is shown by itself; 0: 40.
	MaxPods int
	// MaxLines is the number of lines up to which a pod's story is told in full; 0: 60.
	MaxLines int
	// Cluster is drawn above the pods.
	Cluster []Happening
}

func (o Options) width() int {
	if o.Width == 0 {
		return 80
	}
	return max(40, o.Width)
}

func (o Options) maxPods() int {
	if o.MaxPods == 0 {
		return 40
	}
	return o.MaxPods
}

func (o Options) maxLines() int {
	if o.MaxLines == 0 {
		return 60
	}
	return max(4, o.MaxLines)
}

// chart is a Gantt chart while it is drawn.
type chart struct {
	out     *bufio.Writer
	options Options
	scale   scale
	names   int // columns of the names, with the gap after them
	states  [states]bool
	marks   [markKinds]bool
	above   []Lane
}

// Text draws a Gantt chart: a lane for each pod, under it one for each of its containers, a time axis above and a legend of
// what occurs below. With more than Options.MaxPods pods it draws how many pods were in each state, and the lanes of
// those that took longest to become ready. The only errors are those of w.
func Text(w io.Writer, pods []Pod, o Options) error {
	c := chart{out: bufio.NewWriter(w), options: o}
	if len(pods) == 0 {
		c.out.WriteString("No pods.\n")
		return c.out.Flush()
	}
	c.above = clusterLanes(o.Cluster)
	shown := pods
	crowded := len(pods) > o.maxPods()
	if crowded {
		shown = slowest(pods, crowdLanes)
	}
	c.layout(pods, shown)
	if crowded {
		c.crowd(pods)
		fmt.Fprintf(c.out, "\nThe %d that took longest to become ready:\n", len(shown))
	}
	c.axis("simulated time")
	for _, lane := range c.above {
		c.row(lane.Name, c.lane(lane))
	}
	for i := range shown {
		c.pod(&shown[i])
	}
	c.legend(crowded)
	return c.out.Flush()
}

// layout gives names as much as they need up to two fifths of the width, and time the rest.
func (c *chart) layout(pods, shown []Pod) {
	width := c.options.width()
	longest := len("simulated time")
	end := time.Duration(0)
	for i := range shown {
		longest = max(longest, utf8.RuneCountInString(shown[i].FullName()))
		for _, lane := range shown[i].Containers {
			longest = max(longest, utf8.RuneCountInString(lane.Name)+2)
		}
	}
	for _, lane := range c.above {
		longest = max(longest, utf8.RuneCountInString(lane.Name))
		end = max(end, lane.lastMoment())
	}
	for i := range pods {
		end = max(end, lastMoment(&pods[i]))
	}
	end += end / 10 // so that what lasts on is seen to
	if c.options.To > 0 {
		end = c.options.To
	}
	if end <= c.options.From {
		end = c.options.From + time.Second
	}
	c.names = min(longest, width*2/5) + 2
	c.scale = scale{c.options.From, end, width - c.names}
}

// lastMoment is the end of the last thing that is known to happen; what lasts forever counts by its beginning.
func lastMoment(p *Pod) time.Duration {
	end := time.Duration(0)
	for _, lane := range append([]Lane{p.Lane}, p.Containers...) {
		end = max(end, lane.lastMoment())
	}
	return end
}

func (l *Lane) lastMoment() time.Duration {
	end := time.Duration(0)
	for _, s := range l.Segments {
		if s.To == Forever {
			end = max(end, s.From)
		} else {
			end = max(end, s.To)
		}
	}
	for _, m := range l.Marks {
		end = max(end, m.At)
	}
	return end
}

func (c *chart) axis(title string) {
	labels, ruler := c.scale.axis(c.options)
	c.row(title, labels)
	c.row("", ruler)
}

// row writes a name, padded or cut in its middle, and what stands beside it.
func (c *chart) row(name, beside string) {
	name = fit(name, c.names-2, c.options)
	line := name + strings.Repeat(" ", c.names-utf8.RuneCountInString(name)) + beside
	c.out.WriteString(strings.TrimRight(line, " ") + "\n")
}

// fit cuts the middle out of a long name: its end often tells siblings apart.
func fit(name string, width int, o Options) string {
	runes := []rune(name)
	if len(runes) <= width {
		return name
	}
	gap := "…"
	if o.ASCII {
		gap = ".."
	}
	keep := width - utf8.RuneCountInString(gap)
	head := (keep + 1) / 2
	return string(runes[:head]) + gap + string(runes[len(runes)-(keep-head):])
}

func (c *chart) pod(p *Pod) {
	c.row(p.FullName(), c.lane(p.Lane))
	for _, lane := range p.Containers {
		c.row("  "+lane.Name, c.lane(lane))
	}
}

// lane draws segments, then marks over them.
func (c *chart) lane(l Lane) string {
	cells := make([]string, c.scale.cells)
	for i, s := range c.assign(l.Segments) {
		cells[i] = " "
		if s >= 0 {
			state := l.Segments[s].State
			c.states[state] = true
			cells[i] = stateSymbols[state].draw(c.options)
		}
	}
	highest := make([]MarkKind, c.scale.cells)
	for i := range highest {
		highest[i] = -1
	}
	for _, m := range l.Marks {
		if i := c.scale.cell(m.At); i >= 0 {
			highest[i] = max(highest[i], m.Kind)
		}
	}
	for i, kind := range highest {
		if kind >= 0 {
			c.marks[kind] = true
			cells[i] = markSymbols[kind].draw(c.options)
		}
	}
	return strings.Join(cells, "")
}

// assign picks the segment that each cell shows, or -1: the one that fills most of it. A segment too short to win a cell
// takes one from a neighbour that has more than one, so that a short state does not vanish where there is room.
func (c *chart) assign(segments []Segment) []int {
	cells := make([]int, c.scale.cells)
	filled := make([]time.Duration, c.scale.cells)
	for i := range cells {
		cells[i] = -1
	}
	for n, s := range segments {
		from, to := max(s.From, c.scale.from), min(s.To, c.scale.to)
		if from >= to {
			continue
		}
		for i := c.scale.cell(from); i < len(cells); i++ {
			begin, end := c.scale.at(i), c.scale.at(i+1)
			if begin >= to {
				break
			}
			if part := min(to, end) - max(from, begin); part > filled[i] {
				cells[i], filled[i] = n, part
			}
		}
	}
	count := make([]int, len(segments))
	for _, n := range cells {
		if n >= 0 {
			count[n]++
		}
	}
	for n, s := range segments {
		if count[n] > 0 || s.To <= s.From {
			continue
		}
		i := c.scale.cell(s.From)
		if i < 0 {
			continue
		}
		if holder := cells[i]; holder >= 0 && count[holder] > 1 {
			count[holder]--
			count[n]++
			cells[i] = n
		}
	}
	return cells
}

// legend lists what was drawn, in as many lines as it takes.
func (c *chart) legend(crowded bool) {
	entries := []string{}
	for s, drawn := range c.states {
		if drawn {
			entries = append(entries, stateSymbols[s].draw(c.options)+" "+stateSymbols[s].legend)
		}
	}
	for k, drawn := range c.marks {
		if drawn {
			entries = append(entries, markSymbols[k].draw(c.options)+" "+markSymbols[k].legend)
		}
	}
	cell := (c.scale.to - c.scale.from) / time.Duration(c.scale.cells)
	entries = append(entries, "one column is "+Short(cell))
	c.out.WriteString("\n")
	line, used := "", 0
	for _, e := range entries {
		n := visible(e)
		if used > 0 && used+3+n > c.options.width() {
			c.out.WriteString(line + "\n")
			line, used = "", 0
		}
		if used > 0 {
			line, used = line+"   ", used+3
		}
		line, used = line+e, used+n
	}
	c.out.WriteString(line + "\n")
}

// visible counts the columns of a text without its colours.
func visible(s string) int {
	n, inside := 0, false
	for _, r := range s {
		switch {
		case r == '\x1b':
			inside = true
		case inside:
			inside = r != 'm'
		default:
			n++
		}
	}
	return n
}
