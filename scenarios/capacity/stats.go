package capacity

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is an estimate with its bounds. Level is the confidence of the bounds, such as 0.95.
type Interval struct {
	N        int     `json:"n"`
	Estimate float64 `json:"estimate"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Level    float64 `json:"level"`
	Method   string  `json:"method"`
	// TooSmall says that n is too small for bounds; Low and High are then the estimate.
	TooSmall bool `json:"tooSmall,omitempty"`
}

// Half is half the width of the interval.
func (i Interval) Half() float64 { return (i.High - i.Low) / 2 }

// Mean is the mean of independent replications with Student's t. A single one has no bounds.
func Mean(x []float64, level float64) Interval {
	i := Interval{N: len(x), Level: level, Method: "Student t"}
	if len(x) == 0 {
		i.TooSmall = true
		return i
	}
	mean, sd := stat.MeanStdDev(x, nil)
	i.Estimate, i.Low, i.High = mean, mean, mean
	if len(x) < 2 {
		i.TooSmall = true
		return i
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(x) - 1)}.Quantile(1 - (1-level)/2)
	h := t * stat.StdErr(sd, float64(len(x)))
	i.Low, i.High = mean-h, mean+h
	return i
}

// Quantile is the q-quantile of independent replications, bounded by order statistics: distribution-free, and at least
// as sure as level. Where n is too small for such bounds it says so.
func Quantile(x []float64, q, level float64) Interval {
	i := Interval{N: len(x), Level: level, Method: "order statistics"}
	if len(x) == 0 {
		i.TooSmall = true
		return i
	}
	sorted := slices.Sorted(slices.Values(x))
	i.Estimate = stat.Quantile(q, stat.Empirical, sorted, nil)
	low, high, ok := orderBounds(len(x), q, level)
	if !ok {
		i.TooSmall, i.Low, i.High = true, i.Estimate, i.Estimate
		return i
	}
	i.Low, i.High = sorted[low], sorted[high]
	return i
}

// orderBounds are the places, from 0, of the order statistics that bound the q-quantile of n values: with B binomial in n
// and q, the largest l with P(B < l+1) <= a/2 and the smallest h with P(B > h) <= a/2.
func orderBounds(n int, q, level float64) (low, high int, ok bool) {
	b := distuv.Binomial{N: float64(n), P: q}
	tail := (1 - level) / 2
	low, high = -1, -1
	for k := range n {
		cdf := b.CDF(float64(k))
		if cdf <= tail {
			low = k
		}
		if high < 0 && 1-cdf <= tail {
			high = k
		}
	}
	return low, high, low >= 0 && high >= 0
}

// ClopperPearson bounds a proportion of k in n, exactly: at least as sure as level.
func ClopperPearson(k, n int, level float64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	tail := (1 - level) / 2
	low, high = 0, 1
	if k > 0 {
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
	}
	if k < n {
		high = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - tail)
	}
	return low, high
}

// Proportion is a share with its Clopper-Pearson bounds.
func Proportion(k, n int, level float64) Interval {
	i := Interval{N: n, Level: level, Method: "Clopper-Pearson", TooSmall: n == 0}
	if n > 0 {
		i.Estimate = float64(k) / float64(n)
	}
	i.Low, i.High = ClopperPearson(k, n, level)
	return i
}

// Paired is the mean difference b - a of two designs that ran with common random numbers: replication i of both had the
// same seed.
func Paired(a, b []float64, level float64) Interval {
	n := min(len(a), len(b))
	d := make([]float64, n)
	for i := range d {
		d[i] = b[i] - a[i]
	}
	out := Mean(d, level)
	out.Method = "paired Student t"
	return out
}

// Looks are the sample sizes at which a sequential test looks: 32, doubling, and the most.
func Looks(most int) []int {
	var out []int
	for n := 32; n < most; n *= 2 {
		out = append(out, n)
	}
	return append(out, most)
}

// Sequential is the mean at the first look at which its interval is narrow enough: half of it at most the absolute or
// relative width (0 = not asked). Alpha is shared out over all looks that could come, so that looking often does not make
// it too sure. decided is false if no look was; the interval is then that of the last.
func Sequential(x []float64, most int, absolute, relative, level float64) (i Interval, decided bool) {
	looks := Looks(most)
	share := 1 - (1-level)/float64(len(looks))
	for _, n := range looks {
		if n > len(x) {
			break
		}
		i = Mean(x[:n], share)
		i.Level = level
		i.Method = "Student t, sequential"
		if h := i.Half(); !i.TooSmall && (absolute > 0 && h <= absolute || relative > 0 && h <= relative*math.Abs(i.Estimate)) {
			return i, true
		}
	}
	return i, false
}
