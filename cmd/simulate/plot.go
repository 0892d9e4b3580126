package main

import (
	"io"
	"path/filepath"
	"strconv"
	"strings"

	chart "clustersim/report/figure"
	"clustersim/scenarios/capacity"
	"clustersim/scenarios/sweep"
)

// plotFormat is the format that a file's name asks for.
func plotFormat(name string) (string, error) {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".svg", ".png":
		return ext[1:], nil
	}
	return "", usagef("--plot %s: must end in .svg or .png", name)
}

// plot draws a figure into a file, at once and whole.
func plot(name string, s chart.Sweep) error {
	format, err := plotFormat(name)
	if err != nil {
		return err
	}
	if err := whole(name, func(w io.Writer) error { return s.Write(w, format) }); err != nil {
		return usagef("--plot: %v", err)
	}
	return nil
}

// sweepFigure draws the first metric of a sweep: means with their intervals over the first parameter that varies, a line for
// each combination of the others.
func sweepFigure(plan *sweep.Plan, s *sweep.Summary) chart.Sweep {
	metric := plan.Metrics[0]
	axis := sweptAxis(plan)
	out := chart.Sweep{Title: "Mean over replications, 95 %", X: axis.Name, Y: metric}
	at := map[string]int{} // lines by name
	for i := range s.Cells {
		c := &s.Cells[i]
		rest := *c
		rest.Set = map[string]string{}
		for k, v := range c.Set { // unordered: into a map
			if k != axis.Name {
				rest.Set[k] = v
			}
		}
		name := sweptCell(&rest)
		n, ok := at[name]
		if !ok {
			n = len(out.Lines)
			at[name] = n
			out.Lines = append(out.Lines, chart.Line{Name: name})
		}
		for _, m := range c.Metrics {
			if m.Metric == metric {
				p := placed(axis, c.Set[axis.Name])
				p.Y, p.Low, p.High = m.Mean.Estimate, m.Mean.Low, m.Mean.High
				out.Lines[n].Points = append(out.Lines[n].Points, p)
			}
		}
	}
	return out
}

// sweptAxis is the first parameter with more than one value; one without values where there is none.
func sweptAxis(plan *sweep.Plan) sweep.Axis {
	for i := range plan.Inputs {
		for _, a := range plan.Inputs[i].Axes {
			if len(a.Values) > 1 {
				return a
			}
		}
	}
	return sweep.Axis{}
}

// placed is where a value stands on its axis: at the number that it is, or in its turn if one of them is none.
func placed(a sweep.Axis, value string) chart.Point {
	turn, numbers := 0, true
	for i, v := range a.Values {
		if v == value {
			turn = i
		}
		if _, err := strconv.ParseFloat(v, 64); err != nil {
			numbers = false
		}
	}
	if x, err := strconv.ParseFloat(value, 64); err == nil && numbers {
		return chart.Point{X: x}
	}
	return chart.Point{X: float64(turn), Label: value}
}

// bars is a line through values that have names and no intervals.
func bars(name string, labels []string, values []float64) chart.Line {
	l := chart.Line{Name: name}
	for i, v := range values {
		l.Points = append(l.Points, chart.Point{X: float64(i), Y: v, Low: v, High: v, Label: labels[i]})
	}
	return l
}

// drawn is an answer that has a figure.
type drawn interface{ figure() chart.Sweep }

func (f *fitAnswer) figure() chart.Sweep {
	var labels []string
	var used, packing, stranded []float64
	for _, r := range f.Resources {
		if r.Wanted == 0 && r.Requested == 0 {
			continue
		}
		labels = append(labels, r.Name)
		used, packing, stranded = append(used, 100*r.Utilisation), append(packing, 100*r.Packing), append(stranded, 100*r.StrandedShare)
	}
	return chart.Sweep{Title: "What fits", X: "resource", Y: "of what is allocatable, %", Lines: []chart.Line{bars("utilisation", labels, used), bars("packing", labels, packing), bars("stranded", labels, stranded)}}
}

func (m *minimumAnswer) figure() chart.Sweep {
	l, p90 := chart.Line{Name: "compaction"}, chart.Line{Name: "90th percentile"}
	for i, n := range m.Compactions {
		l.Points = append(l.Points, chart.Point{X: float64(i), Y: float64(n), Low: float64(n), High: float64(n)})
		p90.Points = append(p90.Points, chart.Point{X: float64(i), Y: float64(m.P90), Low: float64(m.P90), High: float64(m.P90)})
	}
	return chart.Sweep{Title: "Fewest nodes of the type " + m.Type, X: "random order", Y: "nodes", Lines: []chart.Line{l, p90}}
}

func (s *survivalAnswer) figure() chart.Sweep {
	l := chart.Line{}
	for i, w := range s.Worst {
		l.Points = append(l.Points, chart.Point{X: float64(i), Y: float64(w.Pending), Low: float64(w.Pending), High: float64(w.Pending), Label: strings.Join(w.Lost, ", ")})
	}
	return chart.Sweep{Title: "Pods without a node after the worst losses", X: "lost: " + s.Domain, Y: "pods", Lines: []chart.Line{l}}
}

func (l *lossAnswer) figure() chart.Sweep {
	names, list := []string{}, []capacity.Spread{}
	for _, p := range append(l.Parts, capacity.Part{Name: "all", Spread: l.TTR}) {
		names, list = append(names, p.Name), append(list, p.Spread)
	}
	return spreadFigure("From the loss to a ready replacement", names, list)
}

func (d *drainAnswer) figure() chart.Sweep {
	return spreadFigure("Drain, of each pod", []string{"wait for eviction", "stop", "evicted to replaced"}, []capacity.Spread{d.Wait, d.Stop, d.TTR})
}

func (s *stormAnswer) figure() chart.Sweep {
	return spreadFigure("All nodes pull "+s.Image, []string{"pull"}, []capacity.Spread{s.Pull})
}

func (r *rolloutAnswer) figure() chart.Sweep {
	return spreadFigure("Rollout of "+r.Name, []string{"created to ready"}, []capacity.Spread{r.TTR})
}

// spreadFigure draws how times are distributed.
func spreadFigure(title string, names []string, list []capacity.Spread) chart.Sweep {
	out := chart.Sweep{Title: title, Y: "seconds"}
	for _, q := range []struct {
		name string
		of   func(s capacity.Spread) float64
	}{
		{"p50", func(s capacity.Spread) float64 { return s.P50 }},
		{"p90", func(s capacity.Spread) float64 { return s.P90 }},
		{"max", func(s capacity.Spread) float64 { return s.Max }},
	} {
		var values []float64
		for _, s := range list {
			values = append(values, q.of(s))
		}
		out.Lines = append(out.Lines, bars(q.name, names, values))
	}
	return out
}
