//go:build unix

package benchmarks

import (
	"syscall"
	"time"
)

// CPU is the processor time that this process has used: on a machine shared with others it says more than wall time.
func CPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
