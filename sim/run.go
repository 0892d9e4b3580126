package sim

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/admission"
	"clustersim/sim/controller"
	"clustersim/sim/engine"
	"clustersim/sim/journal"
	"clustersim/sim/kubelet"
	"clustersim/sim/rule"
	"clustersim/sim/scheduler"
	"clustersim/sim/store"
	"clustersim/sim/world"
)

// DefaultStart is the virtual wall clock at t=0 where a scenario gives none.
var DefaultStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// settleLimit is the most virtual time that a run without a duration takes to settle.
const settleLimit = time.Hour

// Limits that end runs which would not end: far above what any sensible scenario needs.
const (
	maxEvents    = 20_000_000_000
	maxAtInstant = 20_000_000
)

// Run is one run of a scenario. Use New.
type Run struct {
	Options  Options
	Engine   *engine.Engine
	Store    *store.Store
	Journal  *journal.Journal
	Kubelets *kubelet.Kubelets
	// Notes are what happened that the user should know of: refusals by the API server, steps that found no target.
	Notes []Note

	world     *world.World
	api       *admission.Admission
	scheduler *scheduler.Scheduler
	steps     *steps
	uids      map[types.UID]types.UID // of objects of a dump: what was, what is
	ended     bool
	observers []Observer
}

// Note is something that happened during the run and stopped nothing.
type Note struct {
	At      time.Duration
	What    string // "workload", "step crash"
	Message string
}

// New makes a run and brings it to t=0: bootstrap objects, imported objects and nodes are there, nothing has happened.
// It returns an error if the options contradict themselves.
func New(o Options, sinks ...journal.Sink) (*Run, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	e := engine.New(o.Seed)
	e.Limits = engine.Limits{Events: maxEvents, AtInstant: maxAtInstant}
	sinks = withExtensions(o, sinks)
	j := journal.New(sinks...)
	r := &Run{uids: map[types.UID]types.UID{}, Options: o, Engine: e, Journal: j, Store: store.New(e, o.Start, j), world: world.New(o.Behaviors, o.Registries, o.Images)}
	c := o.Components
	r.Kubelets = kubelet.New(e, r.Store, r.world, c.Kubelet, c.Latency, o.Reference)
	r.api = admission.New(e, r.Store, c.ControllerManager)
	r.Kubelets.Creator, r.Kubelets.Storage = mirrors{r.api}, o.Storage
	r.Kubelets.Joins = r.markJoin
	e.Act(rule.Bootstrap)
	r.api.Bootstrap()
	e.Act(rule.ScenarioImport)
	if err := r.importObjects(); err != nil {
		return nil, err
	}
	controllers := controller.New(e, r.Store, c, r.Kubelets, r.Kubelets, o.Reference)
	controllers.UseAPI(r.api)
	controllers.UseStorage(o.Storage)
	r.Kubelets.Hearer = controllers
	r.scheduler = scheduler.New(e, r.Store, c.Scheduler, c.Latency, o.SchedulerPlugins...)
	if o.Reference {
		r.scheduler.UseReference()
	}
	e.Act(rule.ScenarioNode)
	for _, n := range o.Nodes {
		r.Kubelets.AddNode(n, true)
	}
	e.Act(0)
	controllers.Start()
	r.scheduler.Sync()
	r.queueWorkloads()
	r.steps = newSteps(r)
	r.attach(sinks)
	return r, nil
}

// importObjects stores what exists before t=0.
func (r *Run) importObjects() error {
	for _, m := range r.Options.Import {
		if m.Kind == model.Node {
			continue // its machine registers it
		}
		if err := r.api.Import(m.Object); err != nil {
			return fmt.Errorf("%s: %w", m.Place, err)
		}
	}
	return nil
}

// mirrors creates mirror pods for kubelets.
type mirrors struct{ api *admission.Admission }

// CreateMirror stores the mirror of a static pod.
func (m mirrors) CreateMirror(p *corev1.Pod) error { return m.api.CreateMirror(p) }

// End is when the run ends by itself: its duration, or engine.Never if it runs until it has settled.
func (r *Run) End() engine.Time {
	if r.Options.Duration > 0 {
		return r.Options.Duration
	}
	return engine.Never
}

// Run runs to the end: for the duration, or until the run has settled but no longer than an hour of virtual time.
// It reports whether the run has settled. It returns the first error of a sink, an *engine.LimitError, or the error
// of Engine.Interrupt.
func (r *Run) Run() (settled bool, err error) {
	if r.Options.Duration > 0 {
		return r.Engine.Settled(), r.Until(r.Options.Duration)
	}
	err = r.Engine.RunSettled(settleLimit)
	r.ended = true
	if err == nil {
		err = r.Journal.Err()
	}
	return r.Engine.Settled(), err
}

// Until runs everything due before t. It can be called again with a later t.
func (r *Run) Until(t engine.Time) error {
	err := r.Engine.Run(t)
	if err == nil {
		err = r.Journal.Err()
	}
	return err
}

// note keeps a Note.
func (r *Run) note(what, format string, args ...any) {
	r.Notes = append(r.Notes, Note{At: r.Engine.Now(), What: what, Message: fmt.Sprintf(format, args...)})
}
