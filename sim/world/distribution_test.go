package world

import (
	"math"
	"slices"
	"testing"
	"time"

	"clustersim/sim/engine"
)

func must(t *testing.T) func(Distribution, error) Distribution {
	return func(d Distribution, err error) Distribution {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
}

const sec = float64(time.Second)

// TestQuantiles compares draws with figures of the textbook formulas, computed apart from this code (p is the uniform
// number that the stream gave).
func TestQuantiles(t *testing.T) {
	ok := must(t)
	inf := math.Inf(1)
	tests := []struct {
		d    Distribution
		want func(p float64) float64
	}{
		{ok(NewUniform(Duration, 1*sec, 3*sec)), func(p float64) float64 { return (1 + 2*p) * sec }},
		{ok(NewExponential(Duration, 40*sec)), func(p float64) float64 { return -40 * sec * math.Log1p(-p) }},
		{ok(NewWeibull(Duration, 2, 10*sec)), func(p float64) float64 { return 10 * sec * math.Sqrt(-math.Log1p(-p)) }},
		{ok(NewNormal(Duration, 60*sec, 2*sec, -inf, inf)), func(p float64) float64 { return (60 + 2*math.Sqrt2*math.Erfinv(2*p-1)) * sec }},
		{ok(NewLogNormal(Duration, 12*sec, 45*sec)), func(p float64) float64 {
			return 12 * sec * math.Pow(45.0/12, math.Sqrt2*math.Erfinv(2*p-1)/1.6448536269514722)
		}},
		{ok(NewEmpirical("x.csv", []float64{4, 1, 3, 2})), func(p float64) float64 { return 1 + math.Floor(4*p) }},
		{ok(NewUniform(Count, 1, 6)), func(p float64) float64 { return 1 + math.Floor(6*p) }},
	}
	for _, tt := range tests {
		a, b := engine.NewStream(7, "quantiles"), engine.NewStream(7, "quantiles")
		for range 1000 {
			p := a.Float64()
			if got, want := tt.d.Draw(b), tt.want(p); math.Abs(got-want) > 1e-9*math.Abs(want)+1e-6 {
				t.Fatalf("%s at p=%v: %v, want %v", tt.d, p, got, want)
			}
		}
		if a.Uint64() != b.Uint64() {
			t.Errorf("%s: took more than one number a draw", tt.d)
		}
	}
}

// TestStatistics checks means and quantiles of 200,000 draws against the distribution's own, to about 4 standard errors.
func TestStatistics(t *testing.T) {
	ok := must(t)
	inf := math.Inf(1)
	tests := []struct {
		d             Distribution
		mean, p50, tp float64 // tp: tolerance, relative
		p95           float64
	}{
		{ok(NewUniform(Duration, 1*sec, 3*sec)), 2 * sec, 2 * sec, 0.01, 2.9 * sec},
		{ok(NewExponential(Duration, 40*sec)), 40 * sec, 40 * math.Ln2 * sec, 0.015, 40 * math.Log(20) * sec},
		{ok(NewWeibull(Duration, 2, 10*sec)), 10 * math.Sqrt(math.Pi) / 2 * sec, 10 * math.Sqrt(math.Ln2) * sec, 0.01, 10 * math.Sqrt(math.Log(20)) * sec},
		{ok(NewNormal(Duration, 60*sec, 2*sec, -inf, inf)), 60 * sec, 60 * sec, 0.01, (60 + 2*1.6448536) * sec},
		// Half normal: mean sqrt(2/pi), p50 and p95 are the 75 % and 97.5 % quantiles of the whole one.
		{ok(NewNormal(Duration, 0, 1*sec, 0, inf)), math.Sqrt(2/math.Pi) * sec, 0.67448975 * sec, 0.01, 1.95996398 * sec},
		{ok(NewLogNormal(Duration, 12*sec, 45*sec)), 12 * sec * math.Exp(math.Pow(math.Log(45.0/12)/1.6448536, 2)/2), 12 * sec, 0.015, 45 * sec},
		{ok(NewChoice(Count, []Weighted{{0, 9}, {100, 1}})), 10, 0, 0.05, 100},
	}
	for _, tt := range tests {
		const n = 200_000
		s := engine.NewStream(1, "statistics/"+tt.d.String())
		draws := make([]float64, n)
		sum := 0.0
		for i := range draws {
			draws[i] = tt.d.Draw(s)
			sum += draws[i]
		}
		slices.Sort(draws)
		for _, c := range []struct {
			name      string
			got, want float64
		}{{"mean", sum / n, tt.mean}, {"p50", draws[n/2], tt.p50}, {"p95", draws[n*95/100], tt.p95}} {
			if math.Abs(c.got-c.want) > tt.tp*math.Abs(c.want) {
				t.Errorf("%s: %s %v, want %v", tt.d, c.name, c.got, c.want)
			}
		}
	}
}

// TestChoiceShares counts: weights are shares.
func TestChoiceShares(t *testing.T) {
	d := must(t)(NewChoice(Count, []Weighted{{1, 1}, {2, 0}, {3, 3}}))
	s := engine.NewStream(3, "choice")
	n := map[float64]int{}
	for range 10_000 {
		n[d.Draw(s)]++
	}
	if n[2] != 0 || n[1] < 2300 || n[1] > 2700 || n[1]+n[3] != 10_000 {
		t.Errorf("1, 2, 3 drawn %d, %d, %d times; want about 2500, 0, 7500", n[1], n[2], n[3])
	}
}

// TestKnownAnswers pins the first draws of a stream, so that neither a new Go nor a new gonum can move them unseen.
// The uniform row is PCG's own; the others follow from it by the formulas of TestQuantiles.
func TestKnownAnswers(t *testing.T) {
	ok := must(t)
	tests := []struct {
		d    Distribution
		want []time.Duration
	}{
		{ok(NewUniform(Duration, 0, 1*sec)), known[0]},
		{ok(NewExponential(Duration, 1*sec)), known[1]},
		{ok(NewLogNormal(Duration, 1*sec, 2*sec)), known[2]},
	}
	for _, tt := range tests {
		s := engine.NewStream(1, "known")
		v := Random(tt.d)
		for i, want := range tt.want {
			if got := v.Duration(s); got != want {
				t.Errorf("%s draw %d: %v, want %v", tt.d, i, got, want)
			}
		}
	}
}

func TestStrings(t *testing.T) {
	ok := must(t)
	inf := math.Inf(1)
	tests := []struct {
		d    Distribution
		want string
	}{
		{ok(NewUniform(Duration, 1*sec, 2*sec)), "{uniform: [1s, 2s]}"},
		{ok(NewUniform(Count, 0, 3)), "{uniform: [0, 3]}"},
		{ok(NewNormal(Bytes, 3<<30, 400<<20, 1<<30, inf)), "{normal: {mean: 3Gi, sd: 400Mi, min: 1Gi}}"},
		{ok(NewLogNormal(Duration, 720*sec, 2700*sec)), "{lognormal: {median: 12m0s, p95: 45m0s}}"},
		{ok(NewExponential(Duration, 40*sec)), "{exponential: {mean: 40s}}"},
		{ok(NewWeibull(Duration, 1.5, 60*sec)), "{weibull: {shape: 1.5, scale: 1m0s}}"},
		{ok(NewChoice(MilliCPU, []Weighted{{100, 1}, {2000, 0.5}})), "{choice: [{value: 100m, weight: 1}, {value: 2, weight: 0.5}]}"},
	}
	for _, tt := range tests {
		if got := tt.d.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestBadDistributions(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		name string
		err  func() error
		want string
	}{
		{"uniform", func() error { _, err := NewUniform(Duration, 2*sec, 1*sec); return err }, "uniform: 2s is above 1s"},
		{"normal sd", func() error { _, err := NewNormal(Duration, 1, -1, -inf, inf); return err }, "normal: sd must not be negative"},
		{"normal far", func() error { _, err := NewNormal(Duration, 0, 1, 1*sec, 2*sec); return err }, "normal: nothing of it lies between min 1s and max 2s"},
		{"lognormal", func() error { _, err := NewLogNormal(Duration, 2*sec, 1*sec); return err }, "lognormal: p95 1s is below the median 2s"},
		{"exponential", func() error { _, err := NewExponential(Duration, 0); return err }, "exponential: mean must be above 0"},
		{"weibull", func() error { _, err := NewWeibull(Duration, 0, 1); return err }, "weibull: shape and scale must be above 0"},
		{"choice", func() error { _, err := NewChoice(Count, []Weighted{{1, 0}}); return err }, "choice: the weights add up to 0"},
		{"empirical", func() error { _, err := NewEmpirical("a.csv", nil); return err }, "empirical: a.csv holds no value"},
	}
	for _, tt := range tests {
		if err := tt.err(); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// Uniform numbers of PCG for seed 1 and name "known"; the rows below were computed from them with Python's math and
// statistics modules.
var known = [3][]time.Duration{
	{852671 * time.Microsecond, 986211 * time.Microsecond, 940549 * time.Microsecond, 903122 * time.Microsecond},
	{1915090 * time.Microsecond, 4283895 * time.Microsecond, 2822602 * time.Microsecond, 2334308 * time.Microsecond},
	{1555215 * time.Microsecond, 2530594 * time.Microsecond, 1929259 * time.Microsecond, 1729159 * time.Microsecond},
}
