package figure

import (
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sweep is the result of many runs: a value with its interval at each of several settings.
type Sweep struct {
	Title, X, Y string
	Lines       []Line
}

// Line is one curve of a Sweep.
type Line struct {
	Name   string
	Points []Point // in the order of X
}

// Point is a value with its interval.
type Point struct {
	X, Y, Low, High float64
	// Label stands on the axis in place of X: for settings that are no numbers, which stand at X = 0, 1, 2, ...
	Label string
}

// Write draws the sweep; format is svg or png. A Sweep without points is an empty figure. Its errors are those of w.
func (s Sweep) Write(w io.Writer, format string) error {
	p := newPlot(s.Title, s.X, s.Y)
	colors := []color.Color{blue, orange, green, pink, red, gray}
	dashes := [][]vg.Length{nil, {vg.Points(6), vg.Points(2)}, {vg.Points(2), vg.Points(2)}, {vg.Points(8), vg.Points(2), vg.Points(2), vg.Points(2)}}
	shapes := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}}
	var labels plot.ConstantTicks
	var legend []entry
	for i, l := range s.Lines {
		if len(l.Points) == 0 {
			continue
		}
		points := intervals{points: make(plotter.XYs, len(l.Points))}
		for k, x := range l.Points {
			points.points[k] = plotter.XY{X: x.X, Y: x.Y}
			points.spans = append(points.spans, [2]float64{x.Low, x.High})
			if x.Label != "" && i == 0 {
				labels = append(labels, plot.Tick{Value: x.X, Label: x.Label})
			}
		}
		line, dots, err := plotter.NewLinePoints(points.points)
		if err != nil {
			return err
		}
		points.color = colors[i%len(colors)]
		line.Color, line.Width, line.Dashes = points.color, vg.Points(1.6), dashes[i%len(dashes)]
		dots.Color, dots.Shape, dots.Radius = points.color, shapes[i%len(shapes)], vg.Points(3)
		p.Add(points, line, dots)
		if l.Name != "" {
			legend = append(legend, entry{l.Name, []plot.Thumbnailer{line, dots}})
		}
	}
	if labels != nil {
		p.X.Tick.Marker = labels
	}
	p.X.Padding, p.Y.Padding = vg.Points(6), vg.Points(6)
	return save(w, p, 4*vg.Inch, format, legend)
}

// intervals draws a bar from Low to High at each point. It is a plot.Plotter.
type intervals struct {
	points plotter.XYs
	spans  [][2]float64
	color  color.Color
}

// Plot implements plot.Plotter.
func (v intervals) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: v.color, Width: vg.Points(1.2)}
	for i, s := range v.spans {
		at, low, high := x(v.points[i].X), y(s[0]), y(s[1])
		const cap = 4
		c.StrokeLine2(style, at, low, at, high)
		c.StrokeLine2(style, at-vg.Points(cap), low, at+vg.Points(cap), low)
		c.StrokeLine2(style, at-vg.Points(cap), high, at+vg.Points(cap), high)
	}
}

// DataRange implements plot.DataRanger.
func (v intervals) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = plotter.XYRange(v.points)
	for _, s := range v.spans {
		ymin, ymax = min(ymin, s[0]), max(ymax, s[1])
	}
	return xmin, xmax, ymin, ymax
}
