package figure

import (
	"fmt"
	"image/color"
	"io"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"clustersim/report/story"
)

// drawn is how a line of a figure looks.
type drawn struct {
	series, name string
	color        color.Color
	dashes       []vg.Length
}

var (
	blue   = color.NRGBA{0x00, 0x72, 0xb2, 0xff}
	green  = color.NRGBA{0x0a, 0x9b, 0x72, 0xff}
	orange = color.NRGBA{0xe6, 0x9f, 0x00, 0xff}
	pink   = color.NRGBA{0xcf, 0x7c, 0xab, 0xff}
	gray   = color.NRGBA{0x6b, 0x76, 0x84, 0xff}
	red    = color.NRGBA{0xd5, 0x5e, 0x00, 0xff}
)

// utilisation draws what is requested, and used where that is known, of what is allocatable, in percent.
func utilisation(w io.Writer, s *story.Story, format string) error {
	p := newPlot(s.Title, "simulated time", "of what is allocatable, %")
	legend, err := overTime(p, s), error(nil)
	p.Y.Min, p.Y.Max = 0, 100
	for _, d := range []drawn{
		{"cpu requested", "CPU requested", blue, nil}, {"memory requested", "memory requested", orange, []vg.Length{vg.Points(6), vg.Points(2)}},
		{"cpu used", "CPU used", green, []vg.Length{vg.Points(1), vg.Points(2)}}, {"memory used", "memory used", red, []vg.Length{vg.Points(4), vg.Points(2), vg.Points(1), vg.Points(2)}},
	} {
		resource, _, _ := strings.Cut(d.series, " ")
		used, of := s.Find(d.series), s.Find(resource+" allocatable")
		if used == nil || of == nil {
			continue
		}
		share := story.Series{}
		for _, at := range merge(used.At, of.At) {
			v := 0.0
			if whole := of.Value(at); whole > 0 {
				v = 100 * used.Value(at) / whole
			}
			share.At, share.Values = append(share.At, at), append(share.Values, v)
			p.Y.Max = max(p.Y.Max, v)
		}
		if legend, err = stepLine(p, legend, &share, s.End, d); err != nil {
			return err
		}
	}
	return save(w, p, 4*vg.Inch, format, legend)
}

// counts draws how many pods there are, wait, run and are ready.
func counts(w io.Writer, s *story.Story, format string) error {
	p := newPlot(s.Title, "simulated time", "pods")
	legend, err := overTime(p, s), error(nil)
	p.Y.Tick.Marker = whole{}
	p.Y.Min, p.Y.Max = 0, 1
	for _, d := range []drawn{
		{"pods", "all", gray, nil}, {"pending", "pending", blue, []vg.Length{vg.Points(2), vg.Points(2)}}, {"running", "running", orange, []vg.Length{vg.Points(6), vg.Points(2)}},
		{"ready", "ready", green, nil}, {"backing off", "backing off", pink, []vg.Length{vg.Points(4), vg.Points(2), vg.Points(1), vg.Points(2)}},
		{"failed", "failed", red, []vg.Length{vg.Points(1), vg.Points(2)}},
	} {
		r := s.Find(d.series)
		if r == nil {
			continue
		}
		most, _ := r.Peak()
		if most == 0 && d.series != "ready" {
			continue
		}
		p.Y.Max = max(p.Y.Max, most*1.05)
		if legend, err = stepLine(p, legend, r, s.End, d); err != nil {
			return err
		}
	}
	return save(w, p, 4*vg.Inch, format, legend)
}

// overTime readies the axes of a figure over time, and begins its legend.
func overTime(p *plot.Plot, s *story.Story) []entry {
	p.X.Tick.Marker = clock{}
	p.X.Min, p.X.Max = 0, max(s.End.Seconds(), .001)
	p.Add(grid{}, marks{s})
	return legend(nil, s)
}

// stepLine draws a series as a line of steps up to the end, and adds it to the legend.
func stepLine(p *plot.Plot, legend []entry, r *story.Series, end time.Duration, d drawn) ([]entry, error) {
	var points plotter.XYs
	for i, v := range r.Values {
		points = append(points, plotter.XY{X: r.At[i].Seconds(), Y: v})
	}
	if n := len(points); n > 0 {
		points = append(points, plotter.XY{X: max(end.Seconds(), points[n-1].X), Y: points[n-1].Y})
	}
	if len(points) == 0 {
		return legend, nil
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, err
	}
	line.StepStyle = plotter.PostStep
	line.Color, line.Width, line.Dashes = d.color, vg.Points(1.6), d.dashes
	p.Add(line)
	return append(legend, entry{d.name, []plot.Thumbnailer{line}}), nil
}

// merge puts two lists of times in order, each once.
func merge(a, b []time.Duration) (out []time.Duration) {
	for i, j := 0, 0; i < len(a) || j < len(b); {
		at := time.Duration(0)
		switch {
		case j == len(b) || i < len(a) && a[i] <= b[j]:
			at = a[i]
			i++
		default:
			at = b[j]
			j++
		}
		if n := len(out); n == 0 || out[n-1] != at {
			out = append(out, at)
		}
	}
	return out
}

// ready draws the share of pods that were ready within a time of their creation.
func ready(w io.Writer, s *story.Story, format string) error {
	waits := s.ReadyWaits()
	var legend []entry
	p := newPlot(s.Title, "time from creation to ready", "of all pods, %")
	p.Y.Min, p.Y.Max, p.X.Min, p.X.Max = 0, 100, 0, 1
	p.X.Tick.Marker = clock{}
	p.Add(grid{})
	if len(waits) > 0 {
		p.X.Max = max(waits[len(waits)-1].Seconds()*1.05, .001)
		points := plotter.XYs{{X: 0, Y: 0}}
		for i, at := range waits {
			if i+1 < len(waits) && waits[i+1] == at {
				continue
			}
			points = append(points, plotter.XY{X: at.Seconds(), Y: 100 * float64(i+1) / float64(len(s.Pods))})
		}
		points = append(points, plotter.XY{X: p.X.Max, Y: points[len(points)-1].Y})
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.StepStyle, line.Color, line.Width = plotter.PostStep, green, vg.Points(2)
		p.Add(line)
		legend = append(legend, entry{fmt.Sprintf("%d of %d pods", len(waits), len(s.Pods)), []plot.Thumbnailer{line}})
	}
	return save(w, p, 4*vg.Inch, format, legend)
}
