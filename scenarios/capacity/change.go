package capacity

import (
	"cmp"
	"time"

	"clustersim/sim"
	"clustersim/sim/fault"
)

// change is what is done to a cluster that has settled.
type change struct {
	name     string // of the flag, and of the step
	action   fault.Action
	calls    string // the action, as timelines call it
	timeline bool   // the options' own steps happen too, counted from the change
}

// into makes the options those of a run in which the change happens at an instant and is looked at for some time.
func (c change) into(o *sim.Options, at, span time.Duration) {
	steps := o.Steps
	o.Consume, o.Duration, o.Steps, o.Extend = false, at+span, nil, nil
	if c.action != nil {
		o.Steps = []fault.Step{{Name: c.name, At: at, ActionName: c.calls, Action: c.action, Position: "--" + c.name}}
	}
	if !c.timeline {
		return
	}
	for _, s := range steps {
		switch {
		case s.Every > 0:
			for t := s.Every; t < cmp.Or(s.Until, span); t += s.Every {
				once := s
				once.Every, once.Until, once.At = 0, 0, at+t
				o.Steps = append(o.Steps, once)
			}
		case s.After == "" && !s.When:
			s.At += at
			o.Steps = append(o.Steps, s)
		case !s.When:
			o.Steps = append(o.Steps, s)
		}
	}
}

// ceil is a / b, rounded up.
func ceil(a, b int) int { return (a + b - 1) / b }
