package engine

import "time"

// Time is an instant of virtual time: nanoseconds since the start of the run.
// It is a time.Duration so that instants print and add up without conversions.
type Time = time.Duration

// Never is an instant that no run reaches.
const Never Time = 1<<63 - 1

// Later returns t + d, or Never if the sum is more than a Time holds: for every d that a user chooses. d is not negative.
func Later(t, d Time) Time {
	if sum := t + d; sum >= t {
		return sum
	}
	return Never
}

// Seconds returns n seconds, or Never if that is more than a Time holds. n is not negative.
func Seconds(n int64) Time {
	if n > int64(Never/time.Second) {
		return Never
	}
	return Time(n) * time.Second
}

// NextTick returns the first instant phase + k*period (k >= 0) that is later than after.
// It is how the project skips ticks that change nothing: the next one that matters is computed, not counted up to.
func NextTick(after, phase, period Time) Time {
	if after < phase {
		return phase
	}
	return phase + ((after-phase)/period+1)*period
}
