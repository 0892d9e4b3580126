package world

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"clustersim/sim/engine"
)

// Weighted is one outcome of a choice.
type Weighted struct {
	Value  float64
	Weight float64 // relative to the sum of all
}

// choice picks one of a few values.
type choice struct {
	values []float64
	upTo   []float64 // cumulative weights
	text   string
}

// NewChoice picks one of the outcomes, each as often as its weight says.
func NewChoice(u Unit, outcomes []Weighted) (Distribution, error) {
	d := choice{}
	var text []string
	sum := 0.0
	for _, o := range outcomes {
		if !(o.Weight >= 0) || math.IsInf(o.Weight, 0) {
			return nil, fmt.Errorf("choice: a weight must not be negative")
		}
		sum += o.Weight
		d.values = append(d.values, o.Value)
		d.upTo = append(d.upTo, sum)
		text = append(text, fmt.Sprintf("{value: %s, weight: %s}", u.Format(o.Value), Count.Format(o.Weight)))
	}
	if !(sum > 0) {
		return nil, fmt.Errorf("choice: the weights add up to 0")
	}
	d.text = "{choice: [" + strings.Join(text, ", ") + "]}"
	return d, nil
}

// Draw implements Distribution.
func (d choice) Draw(s *engine.Stream) float64 {
	x := float64(s.Float64() * d.upTo[len(d.upTo)-1])
	i := sort.Search(len(d.upTo), func(i int) bool { return d.upTo[i] > x })
	return d.values[min(i, len(d.values)-1)]
}

// String implements Distribution.
func (d choice) String() string { return d.text }

// empirical draws from a sample as it is: its inverse CDF is a staircase.
type empirical struct {
	sorted []float64
	text   string
}

// NewEmpirical draws one of the values of a sample, each as likely as the other. Name is the file the sample came from.
func NewEmpirical(name string, sample []float64) (Distribution, error) {
	if len(sample) == 0 {
		return nil, fmt.Errorf("empirical: %s holds no value", name)
	}
	d := empirical{slices.Clone(sample), fmt.Sprintf("{empirical: %s}", name)}
	for _, x := range d.sorted {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("empirical: %s holds a value that is no number", name)
		}
	}
	slices.Sort(d.sorted)
	return d, nil
}

// Draw implements Distribution.
func (d empirical) Draw(s *engine.Stream) float64 {
	// gonum's stat.Quantile walks the sample at every call; equal weights allow the index.
	return d.sorted[int(float64(s.Float64()*float64(len(d.sorted))))]
}

// String implements Distribution.
func (d empirical) String() string { return d.text }
