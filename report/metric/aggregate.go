package metric

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat"
)

// Aggregate makes one number of many.
type Aggregate struct {
	name string  // avg, min, med, max, count, rate, sum, value, p
	q    float64 // of p, 0..1
}

// Quantile is the aggregate p(100 q); q from 0 to 1.
func Quantile(q float64) Aggregate { return Aggregate{"p", q} }

// String writes the aggregate as ParseAggregate reads it.
func (a Aggregate) String() string {
	if a.name == "p" {
		return "p(" + strconv.FormatFloat(a.q*100, 'g', 12, 64) + ")"
	}
	return a.name
}

// allowed says which aggregates each type has. value is what metric(name) is without an aggregate.
var allowed = map[Type][]string{
	Samples: {"avg", "min", "med", "max", "count", "sum", "p"},
	Counter: {"count", "rate", "avg", "min", "med", "max", "p"},
	Rate:    {"rate", "count"},
	Level:   {"avg", "min", "med", "max", "value", "p"},
	Total:   {"sum", "avg", "min", "med", "max", "p"},
}

// Default is the aggregate that says most about a metric: of Samples avg, of a Counter count, of a Rate rate, of a Level its
// present value, of a Total sum.
func (m *Metric) Default() Aggregate {
	return Aggregate{name: [...]string{"avg", "count", "rate", "value", "sum"}[m.Type]}
}

// Aggregates lists what can be asked of the metric, as ParseAggregate reads it.
func (m *Metric) Aggregates() (list []string) {
	for _, name := range allowed[m.Type] {
		if name == "p" {
			name = "p(N)"
		}
		list = append(list, name)
	}
	return list
}

// ParseAggregate reads avg, min, med, max, count, rate, sum, value or p(N). Its errors are *SyntaxError.
func ParseAggregate(text string, m *Metric) (Aggregate, error) {
	a := Aggregate{name: text}
	if inner, ok := strings.CutPrefix(text, "p("); ok {
		number, closed := strings.CutSuffix(inner, ")")
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if !closed || err != nil || !(n >= 0 && n <= 100) {
			return a, syntaxf(0, "p(N) needs a number from 0 to 100, got %q", text)
		}
		a = Aggregate{"p", n / 100}
	}
	if !slices.Contains(allowed[m.Type], a.name) || text == "p" {
		return a, syntaxf(0, "%s has no %q: it is a %s, which has %s", m.Name, text, m.Type, strings.Join(m.Aggregates(), ", "))
	}
	return a, nil
}

// Value aggregates what a selector takes. ok is false if nothing was measured, so that there is no value; counts and sums
// are then 0 and ok.
func (d *Data) Value(s Selector, a Aggregate) (v float64, ok bool) {
	if s.Metric.Type == Level {
		return d.level(s, a)
	}
	numbers := d.Numbers(s)
	switch a.name {
	case "count", "sum":
		if a.name == "count" && s.Metric.Type != Counter {
			return float64(len(numbers)), true
		}
		for _, n := range numbers {
			v += n.Value
		}
		return v, true
	case "rate":
		return d.rate(s.Metric, numbers)
	}
	values := make([]float64, 0, len(numbers))
	if s.Metric.Type == Counter {
		if values = perObject(numbers); len(values) == 0 {
			return 0, true // nothing was counted
		}
	} else {
		for _, n := range numbers {
			values = append(values, n.Value)
		}
	}
	return a.of(values, nil)
}

// rate is the share of yes, or the number of things per second of all runs.
func (d *Data) rate(m *Metric, numbers []Number) (float64, bool) {
	sum := 0.0
	for _, n := range numbers {
		sum += n.Value
	}
	if m.Type == Rate {
		if len(numbers) == 0 {
			return 0, false
		}
		return sum / float64(len(numbers)), true
	}
	var all time.Duration
	for _, r := range d.runs {
		all += r.end
	}
	if all == 0 {
		return 0, false
	}
	return sum / all.Seconds(), true
}

// perObject adds up the numbers of each object.
func perObject(numbers []Number) (values []float64) {
	index := map[*Object]int{}
	for _, n := range numbers {
		i, ok := index[n.Of]
		if !ok {
			i = len(values)
			index[n.Of] = i
			values = append(values, 0)
		}
		values[i] += n.Value
	}
	return values
}

// level aggregates over time.
func (d *Data) level(s Selector, a Aggregate) (float64, bool) {
	var values, weights []float64
	last, any := 0.0, false
	for _, c := range d.Curves(s) {
		for i, p := range c.Points {
			until := c.End
			if i+1 < len(c.Points) {
				until = c.Points[i+1].At
			}
			if p.None || until <= p.At {
				continue
			}
			values, weights = append(values, p.Value), append(weights, (until-p.At).Seconds())
		}
		if n := len(c.Points); n > 0 && !c.Points[n-1].None {
			last, any = max(last, c.Points[n-1].Value), true
		}
		values, weights = before(s.Metric, c, values, weights)
	}
	if a.name == "value" {
		return last, any || s.Metric.Unit == "pods"
	}
	return a.of(values, weights)
}

// before adds the time until the first change: nothing is pending before the first pod comes.
func before(m *Metric, c Curve, values, weights []float64) (v, w []float64) {
	first := c.End
	if len(c.Points) > 0 {
		first = min(first, c.Points[0].At)
	}
	if m.Unit != "pods" || first <= 0 {
		return values, weights
	}
	return append(values, 0), append(weights, first.Seconds())
}

// of aggregates numbers with weights (nil: all equal).
func (a Aggregate) of(values, weights []float64) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	switch a.name {
	case "min":
		return slices.Min(values), true
	case "max":
		return slices.Max(values), true
	case "avg":
		return mean(values, weights), true
	case "med":
		a.q = 0.5
	}
	if weights == nil {
		slices.Sort(values)
	} else {
		stat.SortWeighted(values, weights)
	}
	return stat.Quantile(a.q, stat.Empirical, values, weights), true
}

// mean is the weighted mean. It is not gonum's: that adds a product, which some machines fuse into one rounding and others
// do not.
func mean(values, weights []float64) float64 {
	sum, all := 0.0, 0.0
	for i, v := range values {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		sum += float64(v * w)
		all += w
	}
	return sum / all
}

// Format writes a value of the metric as a person reads it: 12.5s, 95.0%, 3.
func (m *Metric) Format(a Aggregate, v float64) string {
	switch {
	case a.name == "count":
	case a.name == "rate" && m.Type == Counter:
		return strconv.FormatFloat(v, 'g', 6, 64) + "/s"
	case m.Unit == "seconds":
		return strconv.FormatFloat(v, 'f', 3, 64) + "s"
	case m.Unit == "ratio":
		return fmt.Sprintf("%.2f%%", 100*v)
	}
	return strconv.FormatFloat(v, 'g', 8, 64)
}
