package controller

import (
	"time"

	"clustersim/sim/engine"
)

var (
	kindPass     = engine.NewKind("controller pass", engine.RankTimer, false)
	kindIdlePass = engine.NewKind("controller idle pass", engine.RankTimer, true)
)

const (
	never   = engine.Never
	longAgo = -engine.Time(1 << 61) // before everything that a run knows of
)

// loop is one of upstream's endless loops: a pass, a pause, the next pass. Only passes that somebody wants are
// executed; when the others would have taken place is known all the same.
//
// Source: k8s v1.36.3 staging apimachinery/pkg/util/wait/backoff.go UntilWithContext (the pause begins when a pass ends).
type loop struct {
	engine *engine.Engine
	period engine.Time
	pass   func(now engine.Time) // must lead to finish, at once or later
	every  bool                  // executes every pass

	stretches []stretch
	wanted    engine.Time // the earliest instant from which on a pass is wanted
	timer     engine.Timer
	turn      engine.Turn
	last      engine.Time // the pass executed last
	running   bool
}

// stretch is a run of passes at first, first+period, ... up to last. A pass that takes time ends its stretch.
type stretch struct{ first, last engine.Time }

// newLoop returns a loop that has been going for long. Its phase is drawn once, under the loop's name.
func newLoop(e *engine.Engine, name string, period engine.Time, every bool, pass func(engine.Time)) *loop {
	const before = 4096 // passes before t=0 that can be asked for
	period = max(period, time.Millisecond)
	draw := e.Draw(engine.HashString("controller/"+name+"/phase"), 0)
	phase := engine.Time(draw * float64(period)).Truncate(time.Microsecond)
	return &loop{engine: e, period: period, pass: pass, every: every, wanted: never, last: longAgo, turn: e.NewTurn(),
		stretches: []stretch{{phase - before*period, never}}}
}

// start begins to execute passes, if every one is to be executed.
func (l *loop) start() { l.arm() }

// want asks for a pass at t or, if none takes place then, for the first one after t.
func (l *loop) want(t engine.Time) {
	if t < l.wanted {
		l.wanted = t
		l.arm()
	}
}

// after returns the first pass later than t. For a t in the future it assumes that passes until then take no time.
func (l *loop) after(t engine.Time) engine.Time {
	i := len(l.stretches) - 1
	for i > 0 && l.stretches[i].first > t {
		i--
	}
	s := l.stretches[i]
	at := engine.NextTick(t, s.first, l.period)
	if at > s.last && i+1 < len(l.stretches) {
		return l.stretches[i+1].first
	}
	return at
}

// from returns the first pass at or after t.
func (l *loop) from(t engine.Time) engine.Time { return l.after(t - 1) }

// latest returns the last pass at or before t.
func (l *loop) latest(t engine.Time) engine.Time {
	i := len(l.stretches) - 1
	for i > 0 && l.stretches[i].first > t {
		i--
	}
	s := l.stretches[i]
	return min(s.first+(t-s.first)/l.period*l.period, s.last)
}

// arm queues the next pass that is to be executed.
func (l *loop) arm() {
	if l.running {
		return
	}
	l.engine.Cancel(l.timer)
	soonest := max(l.engine.Now(), l.last+1)
	at, kind := never, kindPass
	if l.wanted != never {
		at = l.from(max(l.wanted, soonest))
	}
	if next := l.from(soonest); l.every && next < at {
		at, kind = next, kindIdlePass
	}
	if at != never {
		l.timer = l.engine.AtTurn(at, kind, l.turn, engine.Func(l.fire))
	}
}

func (l *loop) fire() {
	now := l.engine.Now()
	l.running, l.last = true, now
	if l.wanted <= now {
		l.wanted = never
	}
	l.pass(now)
}

// finish ends a pass. If it took time, the pause and so all later passes move.
func (l *loop) finish() {
	l.running = false
	if now := l.engine.Now(); now > l.last {
		l.stretches[len(l.stretches)-1].last = l.last
		l.stretches = append(l.stretches, stretch{now + l.period, never})
	}
	l.arm()
}
