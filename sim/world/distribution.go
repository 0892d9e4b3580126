package world

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"clustersim/sim/engine"
)

// Every distribution of this package takes exactly one uniform number from the stream and returns its quantile, so
// that the n-th draw of a stream is the n-th draw whatever the distribution is, and a changed parameter moves the
// result without shifting the draws that follow. Value rounds what is drawn (determinism: rule R6).

// quantiler is what gonum's univariate distributions offer.
type quantiler interface{ Quantile(p float64) float64 }

// inverse is a distribution given by its inverse CDF, restricted to the probabilities [from, to).
type inverse struct {
	quantiler
	from, to float64
	text     string
}

// Draw implements Distribution.
func (d inverse) Draw(s *engine.Stream) float64 {
	return d.Quantile(d.from + float64(s.Float64()*(d.to-d.from)))
}

// String implements Distribution.
func (d inverse) String() string { return d.text }

func whole(q quantiler, text string) Distribution { return inverse{q, 0, 1, text} }

// NewUniform spreads draws evenly over [low, high]. Counts are whole numbers, each as likely as the other.
func NewUniform(u Unit, low, high float64) (Distribution, error) {
	if !(low <= high) {
		return nil, fmt.Errorf("uniform: %s is above %s", u.Format(low), u.Format(high))
	}
	text := fmt.Sprintf("{uniform: [%s, %s]}", u.Format(low), u.Format(high))
	if u == Count {
		return integers{low, high, text}, nil
	}
	return uniform{low, high, text}, nil
}

// uniform is not gonum's: that adds a product, which some machines fuse into one rounding and others do not.
type uniform struct {
	low, high float64
	text      string
}

// Draw implements Distribution.
func (d uniform) Draw(s *engine.Stream) float64 { return d.low + float64(s.Float64()*(d.high-d.low)) }

// String implements Distribution.
func (d uniform) String() string { return d.text }

// integers are the whole numbers from low to high.
type integers struct {
	low, high float64
	text      string
}

// Draw implements Distribution.
func (d integers) Draw(s *engine.Stream) float64 {
	return d.low + math.Floor(float64(s.Float64()*(d.high-d.low+1)))
}

// String implements Distribution.
func (d integers) String() string { return d.text }

// NewNormal is the normal distribution with that mean and standard deviation, cut off below low and above high: draws
// outside are not moved to the edges, they do not occur. Pass infinities for no limit.
func NewNormal(u Unit, mean, sd, low, high float64) (Distribution, error) {
	switch {
	case !(sd >= 0):
		return nil, fmt.Errorf("normal: sd must not be negative")
	case !(low <= high):
		return nil, fmt.Errorf("normal: min %s is above max %s", u.Format(low), u.Format(high))
	}
	text := fmt.Sprintf("{normal: {mean: %s, sd: %s", u.Format(mean), u.Format(sd))
	if !math.IsInf(low, 0) {
		text += ", min: " + u.Format(low)
	}
	if !math.IsInf(high, 0) {
		text += ", max: " + u.Format(high)
	}
	text += "}}"
	if sd == 0 {
		return point{math.Min(math.Max(mean, low), high), text}, nil
	}
	n := distuv.Normal{Mu: mean, Sigma: sd}
	from, to := n.CDF(low), n.CDF(high)
	if from == to {
		return nil, fmt.Errorf("normal: nothing of it lies between min %s and max %s", u.Format(low), u.Format(high))
	}
	return inverse{n, from, to, text}, nil
}

// normalP95 is the 95 % quantile of the standard normal distribution.
const normalP95 = 1.6448536269514722

// NewLogNormal is the log-normal distribution with that median and 95 % quantile.
func NewLogNormal(u Unit, median, p95 float64) (Distribution, error) {
	switch {
	case !(median > 0):
		return nil, fmt.Errorf("lognormal: median must be above 0")
	case !(p95 >= median):
		return nil, fmt.Errorf("lognormal: p95 %s is below the median %s", u.Format(p95), u.Format(median))
	}
	text := fmt.Sprintf("{lognormal: {median: %s, p95: %s}}", u.Format(median), u.Format(p95))
	if p95 == median {
		return point{median, text}, nil
	}
	return whole(distuv.LogNormal{Mu: math.Log(median), Sigma: math.Log(p95/median) / normalP95}, text), nil
}

// NewExponential is the exponential distribution with that mean: the gaps between events that do not know of each other.
func NewExponential(u Unit, mean float64) (Distribution, error) {
	if !(mean > 0) {
		return nil, fmt.Errorf("exponential: mean must be above 0")
	}
	return whole(distuv.Exponential{Rate: 1 / mean}, fmt.Sprintf("{exponential: {mean: %s}}", u.Format(mean))), nil
}

// NewWeibull is the Weibull distribution: a shape below 1 fails early, 1 is exponential, above 1 wears out. The scale is
// its 63.2 % quantile.
func NewWeibull(u Unit, shape, scale float64) (Distribution, error) {
	if !(shape > 0) || !(scale > 0) {
		return nil, fmt.Errorf("weibull: shape and scale must be above 0")
	}
	text := fmt.Sprintf("{weibull: {shape: %s, scale: %s}}", Count.Format(shape), u.Format(scale))
	return whole(distuv.Weibull{K: shape, Lambda: scale}, text), nil
}

// point is the degenerate case of a distribution: it draws, and always the same.
type point struct {
	x    float64
	text string
}

// Draw implements Distribution. It takes its number like the others, so that a spread of 0 shifts nothing.
func (d point) Draw(s *engine.Stream) float64 { s.Uint64(); return d.x }

// String implements Distribution.
func (d point) String() string { return d.text }
