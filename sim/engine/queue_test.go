package engine

import (
	"slices"
	"testing"
	"time"
)

// Large buckets keep what was cancelled and small ones drop it; either way the rest runs in order, and what is cancelled
// does not pile up.
func TestCancelledAmongMany(t *testing.T) {
	for _, every := range []int{0, 2, 3, 10} { // cancel every second, third, tenth; 0 = none
		e, s := New(1), NewStream(1, "times")
		var want, got []Time
		for i := range 20_000 {
			at := Time(s.Int64N(int64(time.Hour)))
			timer := e.At(at, kindWorld, Func(func() { got = append(got, e.Now()) }))
			if every > 0 && i%every == 0 {
				e.Cancel(timer)
				continue
			}
			want = append(want, at)
		}
		slices.Sort(want)
		for until := Time(0); until <= time.Hour; until += time.Hour / 7 {
			must(t, e.Run(until))
		}
		must(t, e.Run(2*time.Hour))
		if !slices.Equal(want, got) {
			t.Errorf("every %d cancelled: %d events ran, want %d, or in another order", every, len(got), len(want))
		}
		if e.Pending() != 0 || e.queue.dead != 0 {
			t.Errorf("every %d cancelled: %d pending, %d of them cancelled", every, e.Pending(), e.queue.dead)
		}
	}
}

// A timer that is moved again and again, as timeouts are, leaves no trail behind.
func TestMovedTimerLeavesNoTrail(t *testing.T) {
	e := New(1)
	e.At(2*time.Hour, kindWorld, Func(func() {}))
	var tick func()
	var timer Timer
	most := 0
	tick = func() {
		e.Cancel(timer)
		timer = e.After(40*time.Second, kindWorld, Func(func() {}))
		most = max(most, e.Pending())
		e.After(10*time.Millisecond, kindWorld, Func(tick))
	}
	tick()
	must(t, e.Run(time.Hour))
	if most > 10_000 {
		t.Errorf("%d engine events were pending at once, of which two are alive", most)
	}
}
