package scenarios

import (
	"fmt"
	"reflect"
	"time"

	"gopkg.in/yaml.v3"

	"clustersim/model"
	"clustersim/sim/world"
)

// Behavior says what the containers it selects do. The first that matches a container holds.
type Behavior struct {
	Place        model.Place `json:"-"`
	Select       Select
	Container    string // a name, or "*"
	Run          BehaviorRun
	StartError   string // the runtime refuses to start it, with these words
	Probes       Probes
	OnTerm       OnTerm
	Hooks        Hooks
	Listens      []int32            // ports; without it: its containerPorts
	Usage        map[string]*series // of cpu, memory, ephemeral-storage: a value, drawn once per start, or {series: [[0s, 100m], [10m, "2"]]} by time since the start
	Load         load               // of cpu, memory: a series by time since the run began that the ready pods selected share, on top of usage
	SandboxDelay world.Value        `unit:"duration"` // added to the start of the pod's sandbox
}

// Select picks pods; all given parts must match.
type Select struct {
	Place     model.Place `json:"-"`
	Namespace string      // glob
	Name      string      // glob
	Labels    string      // label selector
	Owner     string      // Kind/name of any ancestor
	Image     string      // glob
}

// BehaviorRun is how the starts of a container go.
type BehaviorRun struct {
	Place    model.Place `json:"-"`
	Attempts []attempt   // the nth start of the container in its pod; the last repeats
	Then     *attempt    // every start after those
}

// attempt is one run: forever, or {for, exitCode, reason, message}.
type attempt struct {
	Place    model.Place `json:"-"`
	forever  bool
	For      world.Value `unit:"duration"` // how long it runs; without it: not at all
	ExitCode world.Value `unit:"count"`    // 0
	Reason   string      // of the terminated state
	Message  string      // of the terminated state
}

func (a *attempt) decodeNode(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode {
		a.Place, a.forever = d.place(n), true
		if n.Value != "forever" {
			d.errorf(n, "%s: must be forever or {for, exitCode, reason, message}, got %s", path, describe(n))
		}
		return
	}
	d.structure(n, reflect.ValueOf(a).Elem(), path, nil, nil)
	if n.Kind == yaml.MappingNode && child(n, "for") == nil && child(n, "exitCode") == nil {
		d.errorf(n, "%s: required (or write forever)", join(path, "for"))
	}
}

// Probes are the outcomes of a container's probes.
type Probes struct {
	Startup, Readiness, Liveness *ProbeScript
}

// ProbeScript says when a probe does not succeed, by time since the container started.
type ProbeScript struct {
	Place         model.Place    `json:"-"`
	FailDuring    []window       // it fails
	OkAfter       *time.Duration // short for failDuring from 0s to here
	ErrorDuring   []window       // the probe itself cannot run: the result does not count
	TimeoutDuring []window       // it gives no answer in time
	FailureRate   float64        // 0 to 1: the chance that one execution fails
	Latency       world.Value    `unit:"duration"` // of one execution
	Output        string         // the words of a failure
}

// window is [from] or [from, to].
type window struct{ from, to time.Duration }

func (w *window) decodeNode(d *decoder, n *yaml.Node, path string) {
	if n.Kind != yaml.SequenceNode || len(n.Content) < 1 || len(n.Content) > 2 {
		d.errorf(n, "%s: must be [from, to] or [from], got %s", path, describe(n))
		return
	}
	var times []time.Duration
	before := len(d.problems)
	d.list(n, reflect.ValueOf(&times).Elem(), path, hints{})
	w.from, w.to = times[0], -1
	if len(times) == 2 {
		w.to = times[1]
		if w.to <= w.from && len(d.problems) == before {
			d.errorf(n, "%s: ends at %s, not after its start at %s", path, w.to, w.from)
		}
	}
}

// OnTerm is the answer to SIGTERM.
type OnTerm struct {
	Ignore    bool        // waits for SIGKILL
	ExitAfter world.Value `unit:"duration"` // how long it takes to exit
	ExitCode  world.Value `unit:"count"`    // without onTerm: at once with 143
}

// Hooks are the outcomes of lifecycle hooks.
type Hooks struct {
	PreStop, PostStart *hook
}

// hook is a duration, plain or random, or {for, exitCode}.
type hook struct {
	For      world.Value `unit:"duration"` // how long it takes
	ExitCode world.Value `unit:"count"`    // 0; else the hook has failed
}

func (h *hook) decodeNode(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			if k := n.Content[i].Value; k == "for" || k == "exitCode" {
				d.structure(n, reflect.ValueOf(h).Elem(), path, nil, nil)
				return
			}
		}
	}
	h.For = d.value(n, path, world.Duration)
}

// series is a quantity over time: a value, or {series: [[at, quantity], ...]}.
type series struct {
	node  *yaml.Node
	value *yaml.Node
	steps [][]*yaml.Node
	path  string
}

func (s *series) decodeNode(d *decoder, n *yaml.Node, path string) {
	s.node, s.path = n, path
	s.value = n
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "series" {
		s.value = nil
		s.readSteps(d, n.Content[1], join(path, "series"))
	}
}

// readSteps takes the pairs apart; their units are known when the resource is.
func (s *series) readSteps(d *decoder, n *yaml.Node, path string) {
	n, leave, ok := d.enter(n, path)
	defer leave()
	if !ok {
		return
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		d.errorf(n, "%s: must be a list of [time, quantity], got %s", path, describe(n))
		return
	}
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		item, ok := d.resolve(item, at)
		if !ok {
			continue
		}
		if item.Kind != yaml.SequenceNode || len(item.Content) != 2 {
			d.errorf(item, "%s: must be [time, quantity], got %s", at, describe(item))
			continue
		}
		s.steps = append(s.steps, item.Content)
	}
}

// load is a total over the pods selected, divided among those that are ready.
type load struct {
	series map[string]*series
}

func (l *load) decodeNode(d *decoder, n *yaml.Node, path string) {
	l.series = map[string]*series{}
	list, _ := d.pairs(n, path)
	for _, p := range list {
		at := join(path, p.key.Value)
		v, ok := d.resolve(p.value, at)
		switch {
		case !ok:
		case p.key.Value == "sharedBy":
			if v.Value != "ready" {
				d.errorf(v, "%s: must be ready, got %s", at, describe(v))
			}
		case v.Kind == yaml.SequenceNode:
			s := &series{node: v, path: at}
			s.readSteps(d, v, at)
			l.series[p.key.Value] = s
		default:
			s := &series{node: v}
			s.decodeNode(d, v, at)
			l.series[p.key.Value] = s
		}
	}
}
