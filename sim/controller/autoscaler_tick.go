package controller

import (
	"time"

	"clustersim/sim/engine"
)

// want asks for a sync at t or, if none is due then, for the first one after t.
func (a *autoscaler) want(t engine.Time) {
	if t < a.wanted {
		a.wanted = t
		a.arm()
	}
}

// due is the first sync at or after t that is still to come.
func (a *autoscaler) due(t engine.Time) engine.Time {
	e := a.c.env.Engine
	t = max(t, a.base+1)
	if now := e.Now(); t <= now {
		if t = now; a.last == now || e.Passed(kindAutoscale, a.turn) {
			t = now + 1
		}
	}
	return engine.NextTick(t-1, a.base, a.c.env.Config.HorizontalPodAutoscalerSyncPeriod)
}

// arm queues the next sync that is to be executed.
func (a *autoscaler) arm() {
	if a.syncing {
		return
	}
	e := a.c.env.Engine
	e.Cancel(a.timer)
	at, kind := never, kindAutoscale
	if a.wanted != never {
		at = a.due(a.wanted)
	}
	if a.again || a.c.env.Reference {
		if next := a.due(0); next < at {
			at, kind = next, kindAutoscaleIdle
		}
	}
	if at != never {
		a.timer = e.AtTurn(at, kind, a.turn, engine.Func(a.fire))
	}
}

func (a *autoscaler) fire() {
	now := a.c.env.Engine.Now()
	a.catchUp(now)
	a.last, a.syncing, a.repeats = now, true, false
	if a.wanted <= now {
		a.wanted = never
	}
	a.sync(a.finish)
}

// catchUp puts down what the syncs that were skipped would have: the same recommendation once more.
func (a *autoscaler) catchUp(now engine.Time) {
	before := now - a.c.env.Config.HorizontalPodAutoscalerSyncPeriod
	if n := len(a.recommendations); a.repeats && before > a.base {
		a.recommendations[n-1].at = before
	}
}

// finish ends a sync. One that has changed anything is followed by one that sees it; after one that has not, the next is
// wanted when the passage of time will have changed what it sees.
func (a *autoscaler) finish(changed, failed bool) {
	a.syncing, a.base = false, a.c.env.Engine.Now()
	a.failures++
	if !failed {
		a.failures = 0
	}
	a.again = changed && a.failures > settledRetries
	switch {
	case a.again:
	case changed:
		a.wanted = min(a.wanted, a.base+1)
	default:
		a.wanted = min(a.wanted, a.nextChange())
	}
	a.arm()
}

// nextChange is an instant, not later than the first, at which a sync sees something else by the passage of time alone: a pod
// is past its initial period, its first sample comes, or something leaves a window.
func (a *autoscaler) nextChange() engine.Time {
	now, at := a.c.env.Engine.Now(), never
	soonest := func(t engine.Time) {
		if t > now {
			at = min(at, t)
		}
	}
	for _, r := range a.recommendations {
		for _, w := range a.windows() {
			soonest(r.at + w)
			soonest(r.at + w + 1) // without behaviour, one that is just as old as the window counts
		}
	}
	if b := a.hpa.Spec.Behavior; b != nil {
		for _, p := range append(b.ScaleUp.Policies[:len(b.ScaleUp.Policies):len(b.ScaleUp.Policies)], b.ScaleDown.Policies...) {
			for _, e := range append(a.ups[:len(a.ups):len(a.ups)], a.downs...) {
				soonest(e.at + time.Duration(p.PeriodSeconds)*time.Second)
			}
		}
	}
	for _, p := range a.pods { // unordered: the least
		a.podChanges(p, soonest)
	}
	return at
}
