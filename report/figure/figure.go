package figure

import (
	"fmt"
	"image/color"
	"io"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"clustersim/report/story"
	"clustersim/report/timeline"
)

// Parts are the figures of a run, the default first.
var Parts = []string{"gantt", "utilisation", "pods", "ready"}

// Width of every figure.
const width = 10 * vg.Inch

// Write draws a part of a run; format is svg or png. Its errors are those of w, and one for a part that there is not.
func Write(w io.Writer, s *story.Story, part, format string) error {
	switch part {
	case "gantt":
		return gantt(w, s, format)
	case "utilisation":
		return utilisation(w, s, format)
	case "pods":
		return counts(w, s, format)
	case "ready":
		return ready(w, s, format)
	}
	return fmt.Errorf("no figure %q", part)
}

// newPlot is an empty figure in the common style.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = vg.Points(8)
	p.Title.TextStyle.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(14)}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(11)}
		a.Tick.Label.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(10)}
		a.LineStyle.Color, a.Tick.LineStyle.Color = axisColor, axisColor
		a.Padding = 0
	}
	p.Legend.TextStyle.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(10)}
	return p
}

// entry is a line of the legend.
type entry struct {
	name    string
	samples []plot.Thumbnailer
}

// save draws the figure with its legend in rows below it and some room around both.
func save(w io.Writer, p *plot.Plot, height vg.Length, format string, legend []entry) error {
	const margin, row = 8, 16
	style := p.Legend.TextStyle
	style.YAlign = draw.YCenter
	inner := width - 2*vg.Points(margin)
	rows := 1
	at := make([]vg.Point, len(legend)) // from the legend's upper left corner
	x := vg.Length(0)
	for i, e := range legend {
		need := vg.Points(24+16) + style.Width(e.name)
		if x > 0 && x+need > inner {
			x, rows = 0, rows+1
		}
		at[i] = vg.Point{X: x, Y: -vg.Points(float64(rows-1)*row + row/2)}
		x += need
	}
	strip := vg.Points(float64(rows*row + 4))
	if len(legend) == 0 {
		strip = 0
	}
	c, err := draw.NewFormattedCanvas(width, height+strip, format)
	if err != nil {
		return err
	}
	dc := draw.New(c)
	dc.SetColor(color.White)
	dc.Fill(dc.Rectangle.Path())
	dc = draw.Crop(dc, vg.Points(margin), vg.Points(-margin), vg.Points(margin), vg.Points(-margin))
	p.BackgroundColor = nil
	p.Draw(draw.Crop(dc, 0, 0, strip, 0))
	for i, e := range legend {
		corner := vg.Point{X: dc.Min.X + at[i].X, Y: dc.Min.Y + strip - vg.Points(4) + at[i].Y}
		sample := draw.Canvas{Canvas: dc.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: corner.X, Y: corner.Y - vg.Points(5)}, Max: vg.Point{X: corner.X + vg.Points(18), Y: corner.Y + vg.Points(5)},
		}}
		for _, t := range e.samples {
			t.Thumbnail(&sample)
		}
		dc.FillText(style, vg.Point{X: corner.X + vg.Points(24), Y: corner.Y}, e.name)
	}
	_, err = c.WriteTo(w)
	return err
}

var (
	axisColor = color.NRGBA{0x5d, 0x69, 0x77, 0xff}
	gridColor = color.NRGBA{0xe3, 0xe7, 0xec, 0xff}
	warnColor = color.NRGBA{0xc2, 0x41, 0x0c, 0xff}
)

// clock puts ticks at times that people read with ease. Values are seconds.
type clock struct{}

var steps = []float64{
	.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000,
}

// Ticks implements plot.Ticker.
func (clock) Ticks(low, high float64) (ticks []plot.Tick) {
	step := steps[len(steps)-1]
	for _, s := range steps {
		if (high-low)/s <= 10 {
			step = s
			break
		}
	}
	for n := int64(low / step); ; n++ {
		v := float64(n) * step
		if v > high {
			return ticks
		}
		if v >= low {
			ticks = append(ticks, plot.Tick{Value: v, Label: timeline.Short(time.Duration(v * 1e9))})
		}
	}
}

// whole puts ticks at whole numbers, not too many.
type whole struct{}

// Ticks implements plot.Ticker.
func (whole) Ticks(low, high float64) (ticks []plot.Tick) {
	step := 1.0
	for i := 0; (high-low)/step > 6; i++ {
		step *= []float64{2, 2.5, 2}[i%3]
	}
	for v := 0.0; v <= high; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'f', -1, 64)})
	}
	return ticks
}
