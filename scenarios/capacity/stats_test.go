package capacity

import (
	"math"
	"math/rand/v2"
	"testing"
)

const repeats = 2000

// Over 2,000 synthetic repeats, intervals cover the truth as often as they say: Student's t within 1.5 points, the exact
// ones at least (they may over-cover).
func TestIntervalsCover(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	normal := func() float64 { return 10 + 3*r.NormFloat64() }
	uniform := r.Float64
	covered := func(name string, low, high float64, once func() bool) {
		t.Helper()
		n := 0
		for range repeats {
			if once() {
				n++
			}
		}
		if share := float64(n) / repeats; share < low || share > high {
			t.Errorf("%s covers %.2f%%, want %.1f to %.1f%%", name, 100*share, 100*low, 100*high)
		}
	}
	sample := func(n int, draw func() float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = draw()
		}
		return out
	}
	holds := func(i Interval, truth float64) bool { return !i.TooSmall && i.Low <= truth && truth <= i.High }
	for _, n := range []int{5, 32, 100} {
		covered("t of normals", 0.935, 0.965, func() bool { return holds(Mean(sample(n, normal), 0.95), 10) })
	}
	covered("t of uniforms", 0.935, 0.965, func() bool { return holds(Mean(sample(32, uniform), 0.95), 0.5) })
	covered("order statistics, median of 40", 0.935, 1, func() bool { return holds(Quantile(sample(40, uniform), 0.5, 0.95), 0.5) })
	covered("order statistics, p95 of 200", 0.935, 1, func() bool { return holds(Quantile(sample(200, uniform), 0.95, 0.95), 0.95) })
	for _, p := range []float64{0.5, 0.9, 0.99} {
		covered("Clopper-Pearson", 0.935, 1, func() bool {
			k := 0
			for range 100 {
				if r.Float64() < p {
					k++
				}
			}
			return holds(Proportion(k, 100, 0.95), p)
		})
	}
	covered("paired t", 0.935, 0.965, func() bool {
		a, b := sample(32, normal), make([]float64, 32)
		for i := range b {
			b[i] = a[i] + 0.5 + 0.1*r.NormFloat64()
		}
		return holds(Paired(a, b, 0.95), 0.5)
	})
	covered("sequential t", 0.935, 1, func() bool {
		i, _ := Sequential(sample(512, normal), 512, 0.5, 0, 0.95)
		return holds(i, 10)
	})
}

// Figures of the textbooks: 299 runs without a failure prove 99 % one-sided, 2,995 prove 99.9 %; quantiles need so many.
func TestKnownFigures(t *testing.T) {
	oneSided := func(n int) float64 { _, high := ClopperPearson(0, n, 0.90); return high }
	if p := oneSided(299); p > 0.01 || oneSided(298) <= 0.01 {
		t.Errorf("299 runs: failure rate at most %v", p)
	}
	if p := oneSided(2995); p > 0.001 || oneSided(2994) <= 0.001 {
		t.Errorf("2995 runs: failure rate at most %v", p)
	}
	for _, c := range []struct {
		n  int
		q  float64
		ok bool
	}{{367, 0.99, false}, {368, 0.99, true}, {71, 0.95, false}, {72, 0.95, true}, {5, 0.5, false}, {6, 0.5, true}} {
		if _, _, ok := orderBounds(c.n, c.q, 0.95); ok != c.ok {
			t.Errorf("q=%v of %d values: bounds %v, want %v", c.q, c.n, ok, c.ok)
		}
	}
	// Student's t for 9 degrees of freedom is 2.262 (tables); the mean of 1..10 is 5.5, its standard error 0.9574.
	i := Mean([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.95)
	if i.Estimate != 5.5 || math.Abs(i.Half()-2.262*0.9574) > 0.001 {
		t.Errorf("%+v", i)
	}
	if low, high := ClopperPearson(8, 10, 0.95); math.Abs(low-0.4439) > 1e-4 || math.Abs(high-0.9748) > 1e-4 {
		t.Errorf("8 of 10: %v to %v", low, high)
	}
	if i := Mean([]float64{3}, 0.95); !i.TooSmall {
		t.Errorf("%+v", i)
	}
	if i := Quantile([]float64{3, 4}, 0.99, 0.95); !i.TooSmall || i.Estimate != 4 {
		t.Errorf("%+v", i)
	}
}
