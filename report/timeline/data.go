package timeline

import (
	"math"
	"time"
)

// State is what a pod or a container does during a segment.
type State int8

// The states, in the order of a pod's life; the legend lists them so.
const (
	Pending     State = iota // the pod has no node yet
	Waiting                  // on its node, being prepared: ContainerCreating, PodInitializing
	Pulling                  // its image is being pulled
	NotReady                 // running, and not ready (init containers run so)
	Ready                    // running and ready
	BackOff                  // kept waiting after failures: CrashLoopBackOff, ImagePullBackOff, ErrImagePull
	Terminating              // deleted, still there
	Succeeded                // ended with exit code 0
	Failed                   // ended otherwise
	Unknown                  // the node does not answer
	states      int   = int(iota)
)

// MarkKind says what a mark stands for.
type MarkKind int

// The kinds of marks; of several in one place the last of this list is drawn.
const (
	Note    MarkKind = iota // anything worth pointing at
	Warning                 // an event of type Warning
	Restart                 // a container starts again
	Fault                   // something was broken on purpose
	markKinds
)

// Never is the time of what has not happened.
const Never time.Duration = -1

// Forever ends a segment that lasts to the end of the chart.
const Forever time.Duration = math.MaxInt64

// Segment is a stretch of one state, from From up to but without To.
type Segment struct {
	From, To time.Duration
	State    State
	// Label tells more than the state, as kubectl's STATUS or the reason of a waiting container. It may be empty.
	Label string
}

// Mark is something that happened at one moment.
type Mark struct {
	At    time.Duration
	Kind  MarkKind
	Label string
}

// Lane is the life of a pod or container. Segments are in order and do not overlap; between and around them there was
// nothing.
type Lane struct {
	Name     string
	Segments []Segment
	Marks    []Mark
}

// Change is one line of a pod's story.
type Change struct {
	At     time.Duration
	Status string // as kubectl shows it, after the change
	Text   string
	// Repeats counts further occurrences of the same event, the last of them at Last.
	Repeats int
	Last    time.Duration
}

// Pod is one pod's life. Times are Never where something did not happen.
type Pod struct {
	Namespace, Name string
	// Owner is what made the pod, as Kind/name: pods of one owner are summarised together. Empty for a pod of its own.
	Owner      string
	Node       string
	Lane       Lane
	Containers []Lane // init containers first
	Changes    []Change

	Created, Bound, Ready, Finished, Gone time.Duration
	// Status is what kubectl shows at the end, and Restarts the number of restarts.
	Status   string
	Restarts int
	// WhyNot is the scheduler's last refusal.
	WhyNot string
}

// FullName is namespace/name.
func (p *Pod) FullName() string { return p.Namespace + "/" + p.Name }

// Node is one line of the table of nodes.
type Node struct {
	Name   string
	Status string // as kubectl shows it: Ready, NotReady, Ready,SchedulingDisabled
	Pods   int    // bound and not finished
	// CPU in thousandths of a core and memory in bytes: requested by those pods, and allocatable.
	CPURequested, CPUAllocatable       int64
	MemoryRequested, MemoryAllocatable int64
	PodsAllocatable                    int64
}

// Run is everything there is to tell.
type Run struct {
	// Title names the run. It may be empty.
	Title string
	// Until is the simulated time at the end.
	Until time.Duration
	Pods  []Pod
	Nodes []Node
	// Cluster is what happened to nodes, and what the scenario did, in order.
	Cluster []Happening
}
