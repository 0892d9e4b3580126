package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The pace. Small runs stay small, since many may run beside each other; from small on a run that grows may have up to three times
// what is live, as long as all together stays below ample; what is larger than that goes back to tight.
const (
	frugal = 65 // percent, below small
	eager  = 200
	tight  = 50

	small int64 = 100 << 20  // bytes
	ample int64 = 1150 << 20 // bytes
)

// Percent is the GOGC that fits a heap of which live bytes were in use when it was last collected.
func Percent(live int64) int {
	if live < small {
		return frugal
	}
	return int(max(tight, min(eager, (ample-live)*100/live)))
}

// Pace keeps GOGC at Percent after every collection from now on. It does nothing if the environment sets GOGC or GOMEMLIMIT.
func Pace() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(frugal)
		adjust(new(beacon))
	}
}

// beacon is garbage: the collector says that it has run by finding it.
type beacon struct{ _ *byte }

func adjust(b *beacon) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if v := live[0].Value; v.Kind() == metrics.KindUint64 {
		debug.SetGCPercent(Percent(int64(v.Uint64())))
	}
	runtime.SetFinalizer(b, adjust)
}
