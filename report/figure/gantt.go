package figure

import (
	"fmt"
	"io"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"clustersim/report/story"
	"clustersim/report/timeline"
)

// lanesAtMost is how many pods have a lane of their own; more are drawn as a stack of how many are in which state.
const lanesAtMost = 60

// lanes draws the lanes of pods. It is a plot.Plotter.
type lanes struct {
	s    *story.Story
	used map[timeline.State]bool
}

// gantt draws a lane for each pod, or a stack for a crowd.
func gantt(w io.Writer, s *story.Story, format string) error {
	if len(s.Pods) > lanesAtMost {
		return stack(w, s, format)
	}
	l := &lanes{s: s, used: map[timeline.State]bool{}}
	for i := range s.Pods {
		for _, g := range s.Pods[i].Segments {
			l.used[g.State] = true
		}
	}
	p := newPlot(s.Title, "simulated time", "")
	p.X.Tick.Marker = clock{}
	p.X.Min, p.X.Max = 0, max(s.End.Seconds(), .001)
	p.Y.Min, p.Y.Max = -.5, float64(max(len(s.Pods), 1))-.5
	names := make(plot.ConstantTicks, len(s.Pods))
	for i := range s.Pods {
		names[i] = plot.Tick{Value: float64(len(s.Pods) - 1 - i), Label: shorten(podName(&s.Pods[i]))}
	}
	p.Y.Tick.Marker = names
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	p.Add(grid{}, l, marks{s})
	return save(w, p, vg.Points(80+18*float64(max(len(s.Pods), 3))), format, legend(l.used, s))
}

func podName(p *story.Pod) string {
	if p.Namespace == "default" {
		return p.Name
	}
	return p.FullName()
}

// shorten cuts the middle out of a long name.
func shorten(name string) string {
	const most = 36
	if r := []rune(name); len(r) > most {
		return string(r[:most/2]) + "…" + string(r[len(r)-most/2+1:])
	}
	return name
}

// legend names the states that occur.
func legend(used map[timeline.State]bool, s *story.Story) (list []entry) {
	for _, state := range order {
		if used[state] {
			list = append(list, entry{looks[state].name, []plot.Thumbnailer{thumbnail{looks[state]}}})
		}
	}
	if len(s.Faults) > 0 {
		list = append(list, entry{"step of the timeline", []plot.Thumbnailer{lozenge{}}})
	}
	return list
}

// lozenge is the sample of a step of the timeline.
type lozenge struct{}

// Thumbnail implements plot.Thumbnailer.
func (lozenge) Thumbnail(c *draw.Canvas) { fillLozenge(c, (c.Min.X+c.Max.X)/2, (c.Min.Y+c.Max.Y)/2) }

func fillLozenge(c *draw.Canvas, x, y vg.Length) {
	r := vg.Points(4)
	c.FillPolygon(warnColor, []vg.Point{{X: x, Y: y + r}, {X: x + r, Y: y}, {X: x, Y: y - r}, {X: x - r, Y: y}})
}

// Plot implements plot.Plotter.
func (l *lanes) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i := range l.s.Pods {
		pod := &l.s.Pods[i]
		row := float64(len(l.s.Pods) - 1 - i)
		low, high := y(row-.36), y(row+.36)
		for _, g := range pod.Segments {
			from, to := max(g.From, 0), l.s.SegmentEnd(g)
			if to <= from {
				continue
			}
			x0 := x(from.Seconds())
			looks[g.State].box(&c, x0, low, max(x(to.Seconds()), x0+vg.Points(.5)), high)
		}
		for _, m := range pod.Marks {
			at, middle := x(m.At.Seconds()), high-vg.Points(3)
			if m.Kind == timeline.Warning {
				c.FillPolygon(warnColor, []vg.Point{{X: at, Y: high + vg.Points(2)}, {X: at + vg.Points(3), Y: middle - vg.Points(1)}, {X: at - vg.Points(3), Y: middle - vg.Points(1)}})
			}
		}
	}
}

// marks draws the steps of the timeline across a figure over time.
type marks struct{ s *story.Story }

// Plot implements plot.Plotter.
func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for _, f := range m.s.Faults {
		at := x(f.At.Seconds())
		c.StrokeLine2(draw.LineStyle{Color: warnColor, Width: vg.Points(1)}, at, c.Min.Y, at, c.Max.Y)
		fillLozenge(&c, at, c.Max.Y)
	}
}

// grid draws a line at each tick of the x axis, under everything else.
type grid struct{}

// Plot implements plot.Plotter.
func (grid) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		at := x(t.Value)
		c.StrokeLine2(draw.LineStyle{Color: gridColor, Width: vg.Points(.8)}, at, c.Min.Y, at, c.Max.Y)
	}
}

// stacked draws, of each pixel's width, how many pods are in which state in its middle. It is a plot.Plotter.
type stacked struct {
	s      *story.Story
	counts [][]int // by column and state
}

const columns = 640

func stack(w io.Writer, s *story.Story, format string) error {
	k := &stacked{s: s, counts: make([][]int, columns+1)}
	for i := range k.counts {
		k.counts[i] = make([]int, len(order))
	}
	used, most := map[timeline.State]bool{}, 1
	for i := range s.Pods {
		for _, g := range s.Pods[i].Segments {
			from, to := column(max(g.From, 0), s.End), column(s.SegmentEnd(g), s.End)
			if to > from {
				used[g.State] = true
				k.counts[from][g.State]++
				k.counts[to][g.State]--
			}
		}
	}
	for i := range k.counts {
		sum := 0
		for j := range order {
			if i > 0 {
				k.counts[i][j] += k.counts[i-1][j]
			}
			sum += k.counts[i][j]
		}
		most = max(most, sum)
	}
	p := newPlot(s.Title, "simulated time", fmt.Sprintf("of %d pods", len(s.Pods)))
	p.X.Tick.Marker, p.Y.Tick.Marker = clock{}, whole{}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, max(s.End.Seconds(), .001), 0, float64(most)
	p.Add(grid{}, k, marks{s})
	return save(w, p, 4*vg.Inch, format, legend(used, s))
}

// column is the first whose middle is not before a time.
func column(at, end time.Duration) int {
	if end <= 0 {
		return 0
	}
	return min(columns, max(0, int(float64(at)/float64(end)*columns+.5)))
}

// Plot implements plot.Plotter.
func (k *stacked) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i, next := 0, 0; i < columns; i = next {
		for next = i + 1; next < columns && slices.Equal(k.counts[i], k.counts[next]); next++ {
		}
		x0, x1 := x(p.X.Max*float64(i)/columns), x(p.X.Max*float64(next)/columns)+vg.Points(.2)
		below := 0
		for j := len(order) - 1; j >= 0; j-- {
			if n := k.counts[i][j]; n > 0 {
				looks[timeline.State(j)].box(&c, x0, y(float64(below)), x1, y(float64(below+n)))
				below += n
			}
		}
	}
}
