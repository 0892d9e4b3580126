package benchmarks

import (
	"os"
	"testing"

	"clustersim/cmd/simulate/heap"
)

// TestMain has the collector as simulate has it.
func TestMain(m *testing.M) {
	heap.Pace()
	os.Exit(m.Run())
}
