package main

import (
	"errors"
	"fmt"
	"time"

	"clustersim/sim"
	"clustersim/sim/engine"
	"clustersim/sim/invariant"
	"clustersim/sim/journal"
)

// errInterrupted ends a run on Ctrl-C.
var errInterrupted = &exit{code: exitInterrupted}

// newSim makes a run that hears Ctrl-C and shows its progress.
func (a *app) newSim(o sim.Options, label string, sinks ...journal.Sink) (*sim.Run, *progress, error) {
	r, err := sim.New(o, sinks...)
	if err != nil {
		return nil, nil, usagef("%v", err)
	}
	p := newProgress(a, label)
	r.Engine.Interrupt = func() error {
		if a.interrupted.Load() {
			return errInterrupted
		}
		if err := r.Journal.Err(); err != nil {
			return err // nobody takes the output any more
		}
		p.show(r.Engine.Now(), r.End(), r.Engine.Ran())
		return nil
	}
	return r, p, nil
}

// finished words the error of a run. The text says at which instant it ended.
func finished(r *sim.Run, err error) error {
	var limit *engine.LimitError
	var broken *invariant.Broken
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errInterrupted):
		return &exit{exitInterrupted, fmt.Sprintf("interrupted at %v of simulated time", r.Engine.Now())}
	case errors.As(err, &limit):
		return &exit{exitUnfinished, "error: " + limit.Error()}
	case errors.As(err, &broken):
		return &exit{exitUnfinished, "error: " + broken.Error() + "\nThis is a mistake in simulate, not in your input. Please report this message together with the command and its files."}
	}
	return err
}

// until runs to an instant (negative: to the end) and words the error.
func (a *app) until(r *sim.Run, p *progress, at time.Duration) error {
	defer p.clear()
	if at < 0 {
		_, err := r.Run()
		return finished(r, err)
	}
	if d := r.Options.Duration; d > 0 && at > d {
		defer fmt.Fprintf(a.err, "note: the run ends at %v; --at %v had it run on, with nothing more of its timeline\n", d, at)
	}
	return finished(r, r.Until(at))
}
