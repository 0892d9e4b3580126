package world

import (
	"math"
	"time"

	"clustersim/sim/engine"
)

// Distribution draws raw numbers: nanoseconds for durations, plain numbers for counts, bytes and ratios.
type Distribution interface {
	// Draw takes what it needs from the stream and returns one number.
	Draw(s *engine.Stream) float64
	// String is the distribution as a scenario writes it.
	String() string
}

// Value is a number that is either constant or random. The zero Value is unset.
type Value struct {
	set      bool
	constant int64
	random   Distribution
}

// Constant returns a Value that is always n (nanoseconds where it stands for a duration).
func Constant(n int64) Value { return Value{set: true, constant: n} }

// Random returns a Value that is drawn anew for each use.
func Random(d Distribution) Value { return Value{set: true, random: d} }

// IsSet reports whether the scenario gave this value.
func (v Value) IsSet() bool { return v.set }

// IsRandom reports whether the value is drawn.
func (v Value) IsRandom() bool { return v.random != nil }

// Duration returns the value as a duration, never negative, rounded to whole microseconds if it was drawn.
func (v Value) Duration(s *engine.Stream) time.Duration {
	if v.random == nil {
		return time.Duration(v.constant)
	}
	us := math.Round(clamp(v.random.Draw(s)) / float64(time.Microsecond))
	return time.Duration(us) * time.Microsecond
}

// Int returns the value as an integer, rounded if it was drawn.
func (v Value) Int(s *engine.Stream) int64 {
	if v.random == nil {
		return v.constant
	}
	return int64(math.Round(clamp(v.random.Draw(s))))
}

// clamp keeps a draw inside what an int64 of nanoseconds can hold (a heavy tail may leave it).
func clamp(x float64) float64 {
	const most = float64(1 << 62)
	if !(x > 0) { // also NaN
		return 0
	}
	return math.Min(x, most)
}
