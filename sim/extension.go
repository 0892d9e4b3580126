package sim

import (
	"slices"

	"clustersim/model"
	"clustersim/sim/engine"
	"clustersim/sim/fault"
	"clustersim/sim/journal"
)

// Extension is a sink that also takes part in the run: it may watch the store, queue engine events, and trigger steps. One that
// only looks leaves the journal as it is without it.
type Extension interface {
	journal.Sink
	// Attach is called once, when the run stands at t=0 and nothing has happened.
	Attach(r *Run)
}

// Observer is told of what no record says.
type Observer interface {
	// Stepped is called when a step of the timeline has been carried out, within its instant.
	Stepped(step *fault.Step)
	// Refused is called when the API server did not create an object. name may be a generateName.
	Refused(kind *model.Kind, namespace, name string, err error)
}

// Observe registers an observer.
func (r *Run) Observe(o Observer) {
	r.observers = append(r.observers, o)
	r.api.Refused = func(k *model.Kind, namespace, name string, err error) {
		for _, o := range r.observers {
			o.Refused(k, namespace, name, err)
		}
	}
}

// Trigger carries out the i-th step of the options, at this instant. It is for steps with When.
func (r *Run) Trigger(i int) {
	step := &r.Options.Steps[i]
	r.Engine.At(r.Engine.Now(), kindStepRun, engine.Func(func() { r.steps.do(step) }))
}

// withExtensions adds the scenario's own extensions to the sinks.
func withExtensions(o Options, sinks []journal.Sink) []journal.Sink {
	if o.Extend == nil {
		return sinks
	}
	sinks = slices.Clone(sinks)
	for _, x := range o.Extend() {
		sinks = append(sinks, x)
	}
	return sinks
}

// attach lets every sink that is an Extension in.
func (r *Run) attach(sinks []journal.Sink) {
	for _, s := range sinks {
		if x, ok := s.(Extension); ok {
			x.Attach(r)
		}
	}
}
