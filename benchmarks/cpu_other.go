//go:build !unix

package benchmarks

import "time"

// CPU is the processor time that this process has used; 0 where the system does not tell.
func CPU() time.Duration { return 0 }
