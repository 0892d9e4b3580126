package world

import (
	"time"

	"k8s.io/apimachinery/pkg/labels"
)

// Behavior says what a container does that a manifest cannot say: how long it runs, how it exits, what its probes
// answer. It is attached from outside by a selector; the first Behavior that matches a container holds.
type Behavior struct {
	Select    Selector
	Container string // a name, or "*" or "" for every container of the pod

	Attempts []Attempt // the nth start of the container in its pod; the last repeats unless Then is given
	Then     *Attempt  // every start after Attempts

	StartError   string // the runtime refuses to start the container with this text
	Probes       map[ProbeType]ProbeScript
	OnTerm       OnTerm
	PreStop      *Hook
	PostStart    *Hook
	Listens      []int32 // nil: the container's containerPorts
	SandboxDelay Value
	Usage        map[string]Series // by resource name ("cpu" in millicores, "memory" in bytes)
	Load         map[string]Series // totals shared by the pods selected
}

// Selector picks pods. All given parts must match; Name, Image and Owner may hold globs (path.Match).
type Selector struct {
	Namespace string
	Name      string
	Labels    labels.Selector // nil: any
	Owner     string          // "Kind/name" of any ancestor
	Image     string          // of the container
}

// Attempt is one run of a container.
type Attempt struct {
	Forever  bool
	For      Value // run time from the start
	ExitCode Value
	Reason   string // of the terminated state; "" = Completed or Error by the exit code
	Message  string
}

// OnTerm is the answer to SIGTERM. The zero value exits at once with 143.
type OnTerm struct {
	Ignore    bool // waits for SIGKILL
	ExitAfter Value
	ExitCode  Value // unset: 143
}

// Hook is the outcome of a lifecycle hook.
type Hook struct {
	For      Value
	ExitCode Value
}

// ProbeType is one of the three probes of a container.
type ProbeType uint8

// The probe types, in the order in which a container's workers are created.
const (
	Startup ProbeType = iota
	Readiness
	Liveness
	NumProbeTypes
)

// String is the word that starts the probe's event messages.
func (t ProbeType) String() string { return [...]string{"Startup", "Readiness", "Liveness"}[t] }

// ProbeScript says what a probe answers, by time since the container started.
// Outside of every window, and where FailureRate does not strike, the probe succeeds.
type ProbeScript struct {
	Windows     []Window // failDuring, okAfter, errorDuring, timeoutDuring; the first that holds the instant decides
	FailureRate float64  // chance of each execution to fail, 0..1
	Latency     Value    // of one execution
	Output      string   // "" = the handler's own words
}

// Outcome of one execution of a probe.
type Outcome uint8

// Success comes first so that the zero value is the ordinary case.
const (
	Success Outcome = iota
	Failure         // the handler answered no
	Errored         // the probe itself could not run: the result is discarded
	TimedOut
)

// Window is a half-open stretch [From, To) of time since the container started.
type Window struct {
	From, To time.Duration // To < 0: for ever
	Outcome  Outcome
}

// Series is a quantity over time since the container started: Steps hold until the next one. A random Value is drawn
// once per container start.
type Series struct {
	Value Value // holds throughout when Steps is empty
	Steps []Step
}

// Step of a Series.
type Step struct {
	At time.Duration
	N  int64
}
