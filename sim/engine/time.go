package engine

import "time"

// Time is an instant of virtual time: nanoseconds since the start of the run.
// It is a time.Duration so that instants print and add up without conversions.
type Time = time.Duration

// Never is an instant that no run reaches.
const Never Time = 1<<63 - 1

// NextTick returns the first instant phase + k*period (k >= 0) that is later than after.
// It is how the project skips ticks that change nothing: the next one that matters is computed, not counted up to.
func NextTick(after, phase, period Time) Time {
	if after < phase {
		return phase
	}
	return phase + ((after-phase)/period+1)*period
}
