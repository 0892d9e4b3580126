package heap

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestPercent(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		live int64
		want int
	}{
		{0, 65}, {99 * mb, 65}, {100 * mb, 200}, {383 * mb, 200}, {575 * mb, 100}, {800 * mb, 50}, {1150 * mb, 50}, {1 << 40, 50},
	} {
		if got := Percent(c.live); got != c.want {
			t.Errorf("Percent(%d MiB) = %d, want %d", c.live/mb, got, c.want)
		}
	}
}

// TestPace wants the percentage to follow the heap up.
func TestPace(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	Pace()
	held := make([]byte, 2*small)
	got := 0
	for range 100 { // the collector's helper runs when it gets a turn
		runtime.GC()
		time.Sleep(time.Millisecond)
		if got = debug.SetGCPercent(frugal); got == eager {
			break
		}
	}
	runtime.KeepAlive(held)
	if got != eager {
		t.Errorf("GOGC is %d with %d MiB live, want %d", got, 2*small>>20, eager)
	}
}
