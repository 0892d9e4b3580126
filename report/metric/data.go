package metric

import (
	"cmp"
	"slices"
	"time"
)

// Object is what a number is about: a pod, a node, a workload, a Job. It is shared by many numbers and never changed once
// the run has ended.
type Object struct {
	Kind, Namespace, Name string
	Owner                 string // of a pod: "Deployment/web"
	Node                  string // of a pod, and of what is about nodes
	Resource              string // cpu, memory, pods
	Reason, Image         string
	Labels                map[string]string // of the pod, or of the pod template
}

// Label returns a label of the object: the pod's own, then the built-in ones; "" if there is none.
func (o *Object) Label(key string) string {
	if v, ok := o.Labels[key]; ok {
		return v
	}
	switch key {
	case "namespace":
		return o.Namespace
	case "name":
		return o.Name
	case "kind":
		return o.Kind
	case "owner":
		return o.Owner
	case "node":
		return o.Node
	case "resource":
		return o.Resource
	case "reason":
		return o.Reason
	case "image":
		return o.Image
	}
	return ""
}

// Number is one measurement. For Samples, Counter, Rate and Total Value is the number itself (of a Rate 0 or 1); for a
// Level it is what the level changes by from At on, and Whole what its denominator changes by, if it has one.
type Number struct {
	At           time.Duration
	Value, Whole float64
	Of           *Object
	// Open says that what is measured had not ended when the run did: Value is a lower bound.
	Open bool
}

// Data is what was measured of one run, or of several (Merge). The zero Data holds nothing.
type Data struct {
	runs []*run
}

// run is one run's numbers, by metric, in the order of time.
type run struct {
	numbers map[*Metric][]Number
	end     time.Duration
}

// Merge takes the numbers of several runs together as one population: aggregates of Samples, Counters and Rates are over
// all numbers, those of Levels over the time of all runs.
func Merge(all ...*Data) *Data {
	d := &Data{}
	for _, one := range all {
		if one != nil {
			d.runs = append(d.runs, one.runs...)
		}
	}
	return d
}

// Runs is the number of runs that the data is of.
func (d *Data) Runs() int { return len(d.runs) }

// Numbers returns the measurements that a selector takes, run by run, in order of time.
func (d *Data) Numbers(s Selector) (list []Number) {
	for _, r := range d.runs {
		for _, n := range r.numbers[s.Metric] {
			if s.matches(n.Of) {
				list = append(list, n)
			}
		}
	}
	return list
}

// Point is a value that holds from At on.
type Point struct {
	At    time.Duration
	Value float64
	// None says that there is no value from At on: nothing is wanted, the node is gone.
	None bool
}

// Curve is a Level over the time of one run, for one object or for all that a selector takes.
type Curve struct {
	Run    int     // index of the run, from 0
	Of     *Object // nil: all together
	Points []Point // in order of time, one for each instant of change
	End    time.Duration
}

// Curves returns a Level's course: one curve for each run, or one for each node and resource where the metric has these
// labels. It returns nil for metrics of other types.
func (d *Data) Curves(s Selector) (list []Curve) {
	if s.Metric.Type != Level {
		return nil
	}
	for i, r := range d.runs {
		var numbers []Number
		for _, n := range r.numbers[s.Metric] {
			if s.matches(n.Of) {
				numbers = append(numbers, n)
			}
		}
		if !s.Metric.PodLabels {
			list = append(list, each(numbers, i, r.end)...)
		} else {
			list = append(list, Curve{Run: i, Points: integrate(numbers, s.Metric.Unit == "ratio"), End: r.end})
		}
	}
	return list
}

// each makes a curve for each object: ordered by node, then resource.
func each(numbers []Number, run int, end time.Duration) (list []Curve) {
	of := map[*Object][]Number{}
	var order []*Object
	for _, n := range numbers {
		if of[n.Of] == nil {
			order = append(order, n.Of)
		}
		of[n.Of] = append(of[n.Of], n)
	}
	slices.SortStableFunc(order, func(a, b *Object) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Resource, b.Resource))
	})
	for _, o := range order {
		list = append(list, Curve{Run: run, Of: o, Points: integrate(of[o], true), End: end})
	}
	return list
}

// integrate adds up changes. With share, the level is the sum of values over the sum of wholes.
func integrate(numbers []Number, share bool) (points []Point) {
	var value, whole float64
	for i, n := range numbers {
		value += n.Value
		whole += n.Whole
		if i+1 < len(numbers) && numbers[i+1].At == n.At {
			continue
		}
		p := Point{At: n.At, Value: value}
		if share {
			p.None = whole == 0
			if !p.None {
				p.Value = value / whole
			}
		}
		if k := len(points); k > 0 && points[k-1].Value == p.Value && points[k-1].None == p.None {
			continue
		}
		points = append(points, p)
	}
	return points
}
