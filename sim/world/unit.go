package world

import (
	"math"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Unit says what the numbers of a Value count.
type Unit uint8

// The units.
const (
	Count    Unit = iota // whole things: exit codes, failures
	Duration             // nanoseconds
	Bytes                // bytes, or bytes per second
	MilliCPU             // thousandths of a core
	NumUnits = iota
)

// String is the word that messages use for one plain value of the unit.
func (u Unit) String() string {
	return [...]string{"a whole number", "a duration such as 1.5s", "a size such as 100Mi", "an amount of CPU such as 250m"}[u]
}

// Format writes x as a scenario would.
func (u Unit) Format(x float64) string {
	switch u {
	case Duration:
		return time.Duration(clamp(math.Round(x))).String()
	case Bytes:
		return resource.NewQuantity(int64(clamp(math.Round(x))), resource.BinarySI).String()
	case MilliCPU:
		return resource.NewMilliQuantity(int64(clamp(math.Round(x))), resource.DecimalSI).String()
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
