package scheduler

// Points is a set of extension points.
type Points uint16

// The extension points at which configurations enable and disable plugins.
const (
	PointPreEnqueue Points = 1 << iota
	PointQueueSort
	PointPreFilter
	PointFilter
	PointPostFilter
	PointPreScore
	PointScore
	PointReserve
	PointPermit
	PointPreBind
	PointBind
	PointPostBind
)

// partPoints are those of plugins that do not say theirs.
const partPoints = PointPreFilter | PointFilter | PointPreScore | PointScore

// pointNames are upstream's, in the order of the bits.
var pointNames = [...]string{"preEnqueue", "queueSort", "preFilter", "filter", "postFilter", "preScore", "score", "reserve", "permit", "preBind", "bind", "postBind"}

// PointOf is the point of that name in a KubeSchedulerConfiguration; 0 = there is none.
func PointOf(name string) Points {
	for i, n := range pointNames {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// String is the name of a single point.
func (p Points) String() string {
	for i, n := range pointNames {
		if p == 1<<i {
			return n
		}
	}
	return "extension points"
}

// Names lists the points of a set.
func (p Points) Names() (out []string) {
	for i, n := range pointNames {
		if p>>i&1 != 0 {
			out = append(out, n)
		}
	}
	return out
}
