package story

import (
	"time"

	"clustersim/report/timeline"
)

// Never is the time of what has not happened.
const Never time.Duration = -1

// Before is the time of what was there when the run began: it is seen at t=0 already, while what is written at t=0 is seen
// right after it.
const Before = -time.Microsecond

// Forever ends a segment that lasts to the end of the run.
const Forever = timeline.Forever

// Story is a run as reports tell it. All times are since the start of the run. Texts are numbers of Strings.
type Story struct {
	Title, Description string
	Scenario           string // the flags that give the run again: "-f tour"; empty where they are not known
	Version            string // of this program
	Kubernetes         string
	Profile            string
	Inputs, Digest     string
	Seed               uint64
	Start              time.Time
	End                time.Duration
	Records            uint64

	Strings *Strings
	Rows    []Row // of `kubectl get pods`, numbered by RowAt.Row
	Pods    []Pod // in the order of creation
	Nodes   []Node
	Events  []Event
	// EventsLeftOut counts those beyond Limits.Events.
	EventsLeftOut int
	Faults        []Fault
	Sent          []Fault // what the scenario sent to the API server, as far as Limits go
	Series        []Series
	Checks        []Check
	// Waiting are the scheduler's verdicts, at the end, on pods that wait for a node: the first of them.
	Waiting []Verdict
}

// Segment is a stretch of one state, from From up to but without To.
type Segment struct {
	From, To time.Duration
	Label    int32
	Root     int32 // 1 + the number of the fault that led to it, 0 for none
	State    timeline.State
}

// Mark is something that happened to a pod at one moment.
type Mark struct {
	At    time.Duration
	Label int32
	Kind  timeline.MarkKind
}

// Row is a pod's line in `kubectl get pods`, but for its name and age.
type Row struct {
	Ready, Total, Restarts int
	Status                 string
	Phase                  string    // status.phase
	IsReady                bool      // the condition Ready is true
	LastRestart            time.Time // zero without one
}

// RowAt says from when on a pod showed a row; Row -1 means that it was gone.
type RowAt struct {
	At  time.Duration
	Row int32
}

// Lane is a container's life.
type Lane struct {
	Name     string
	Segments []Segment
}

// Pod is one pod's life. Times are Never where something did not happen.
type Pod struct {
	Namespace, Name, UID string
	Owner                int32 // Kind/name, 0 for none
	Node                 int32 // number in Nodes, -1 for none
	WhyNot               int32 // the scheduler's last refusal
	Restarts             int32
	// CPU in thousandths of a core and memory in bytes that it requests.
	CPU, Memory int64

	Created, Bound, Initialized, Started, Ready, Finished, Gone time.Duration
	// CreatedAPI is metadata.creationTimestamp.
	CreatedAPI time.Time

	Segments   []Segment
	Rows       []RowAt
	Containers []Lane // init containers first; none in a crowd
	Marks      []Mark
}

// FullName is namespace/name.
func (p *Pod) FullName() string { return p.Namespace + "/" + p.Name }

// NodeSegment is a stretch in which a node's STATUS was the same.
type NodeSegment struct {
	From, To time.Duration
	Status   int32 // as kubectl shows it
	Taints   int32 // "key=value:effect, ...", 0 for none
	Root     int32 // as a Segment's
}

// Node is one node's life.
type Node struct {
	Name       string
	Added      time.Duration
	Gone       time.Duration // Never while it is there
	CPU        int64         // allocatable, thousandths of a core
	Memory     int64         // allocatable, bytes
	PodsMax    int64         // allocatable
	Zone       int32
	Segments   []NodeSegment
	CreatedAPI time.Time
}

// Event is a v1 Event at the moment of one of its writes.
type Event struct {
	At              time.Duration
	Kind, Namespace int32 // of what it is about
	Name            int32
	Warning         bool
	Reason, Message int32
	Count           int32
	Source          int32
}

// Fault is a step of the timeline, or a failure of a machine: something done to the cluster on purpose.
type Fault struct {
	At     time.Duration
	To     time.Duration // when it was over; Never if it was not, or is nothing that lasts
	Action string        // "nodeCrash"
	Name   string        // of the step
	Detail string        // what it acts on
	Place  string        // file:line:col
	Seq    uint64        // its number in the journal
}

// Check is a check of the scenario and how it ended.
type Check struct {
	At     time.Duration
	Name   string
	Passed bool
	Mode   string // finally, at, eventually, always or never
	Text   string
}

// AtEnd says whether the end of the run or of the check's window decided: no single instant did.
func (c *Check) AtEnd() bool { return c.Passed && c.Mode != "at" && c.Mode != "eventually" }

// Series is a number over time: Values[i] holds from At[i] on.
type Series struct {
	Name, Unit string
	At         []time.Duration
	Values     []float64
}

// Strings numbers texts; 0 is the empty one.
type Strings struct {
	list []string
	at   map[string]int32
}

// NewStrings returns a table that holds the empty text.
func NewStrings() *Strings { return &Strings{list: []string{""}, at: map[string]int32{"": 0}} }

// ID numbers a text.
func (s *Strings) ID(text string) int32 {
	if n, ok := s.at[text]; ok {
		return n
	}
	n := int32(len(s.list))
	s.list = append(s.list, text)
	s.at[text] = n
	return n
}

// Text is the text of a number.
func (s *Strings) Text(n int32) string { return s.list[n] }

// All are the texts in the order of their numbers. The caller must not change them.
func (s *Strings) All() []string { return s.list }
