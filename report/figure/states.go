package figure

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"clustersim/report/timeline"
)

// look is how a state is drawn: its hue, and lines across it where another hue is near.
type look struct {
	fill       color.Color
	rise, fall bool
	name       string
}

var looks = map[timeline.State]look{
	timeline.Pending:     {color.NRGBA{0xb9, 0xbe, 0xc5, 0xff}, false, false, "pending"},
	timeline.Waiting:     {color.NRGBA{0xa6, 0xd8, 0xf5, 0xff}, false, false, "waiting"},
	timeline.Pulling:     {color.NRGBA{0x3e, 0x9b, 0xd6, 0xff}, false, false, "pulling"},
	timeline.NotReady:    {color.NRGBA{0xf0, 0xdc, 0x3c, 0xff}, false, false, "not ready"},
	timeline.Ready:       {color.NRGBA{0x0a, 0x9b, 0x72, 0xff}, false, false, "ready"},
	timeline.BackOff:     {color.NRGBA{0xcf, 0x7c, 0xab, 0xff}, true, false, "backing off"},
	timeline.Terminating: {color.NRGBA{0xe6, 0x9f, 0x00, 0xff}, false, true, "terminating"},
	timeline.Succeeded:   {color.NRGBA{0x7d, 0x88, 0x94, 0xff}, false, false, "completed"},
	timeline.Failed:      {color.NRGBA{0xd5, 0x5e, 0x00, 0xff}, true, true, "failed"},
	timeline.Unknown:     {color.NRGBA{0x5b, 0x5b, 0x66, 0xff}, false, true, "unknown"},
}

// order of the states, as in the legend.
var order = []timeline.State{
	timeline.Pending, timeline.Waiting, timeline.Pulling, timeline.NotReady, timeline.Ready, timeline.BackOff, timeline.Terminating, timeline.Succeeded,
	timeline.Failed, timeline.Unknown,
}

// box fills a rectangle as a state is drawn.
func (l look) box(c *draw.Canvas, x0, y0, x1, y1 vg.Length) {
	c.FillPolygon(l.fill, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
	if !l.rise && !l.fall {
		return
	}
	inner := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: y1}}}
	style := draw.LineStyle{Color: color.NRGBA{0, 0, 0, 0x60}, Width: vg.Points(.7)}
	h := y1 - y0
	for x := x0 - h; x < x1; x += vg.Points(5) {
		if l.rise {
			inner.StrokeLines(style, inner.ClipLinesXY([]vg.Point{{X: x, Y: y0}, {X: x + h, Y: y1}})...)
		}
		if l.fall {
			inner.StrokeLines(style, inner.ClipLinesXY([]vg.Point{{X: x, Y: y1}, {X: x + h, Y: y0}})...)
		}
	}
}

// thumbnail is a state's sample in the legend.
type thumbnail struct{ look }

// Thumbnail implements plot.Thumbnailer.
func (t thumbnail) Thumbnail(c *draw.Canvas) {
	middle := (c.Min.Y + c.Max.Y) / 2
	t.box(c, c.Min.X, middle-vg.Points(4), c.Max.X, middle+vg.Points(4))
}
