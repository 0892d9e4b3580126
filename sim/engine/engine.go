package engine

import "fmt"

// Engine is one run's clock and queue. It is not safe for concurrent use: a run is one goroutine.
type Engine struct {
	// Limits end a run that would not end by itself. Zero means no limit.
	Limits Limits
	// Interrupt, if set, is asked every few thousand events; an error from it ends Run with that error.
	Interrupt func() error
	// Why is what led to what is being done. Whoever appends a record sets it, and what is queued from then on inherits it.
	Why Why

	seed    uint64
	now     Time
	queue   queue
	slots   []slot
	free    []uint32
	seq     uint64
	turns   uint64
	current uint64 // the highest key that has run at now; 0: nothing has
	ran     uint64
	busy    int // pending engine events that are not idle
	counts  []uint64
	instant uint64 // engine events run at now
}

// slot is the body of a pending engine event. gen tells a reused slot from the one a Timer was given for. It takes half a line
// of the cache: where many are pending each is read from memory.
type slot struct {
	handler Handler
	why     Why
	gen     uint32
	kind    uint32 // index of kinds
}

// Timer names a pending engine event. The zero Timer names none.
type Timer struct{ slot, gen uint32 }

// New returns an engine at time 0.
func New(seed uint64) *Engine {
	return &Engine{seed: seed, counts: make([]uint64, len(kinds)), slots: make([]slot, 1, 1024)}
}

// Seed is the run's root seed.
func (e *Engine) Seed() uint64 { return e.seed }

// Now is the present instant.
func (e *Engine) Now() Time { return e.now }

// Ran is the number of engine events that have run.
func (e *Engine) Ran() uint64 { return e.ran }

// Pending is the number of engine events that are queued, cancelled ones that were not yet dropped included.
func (e *Engine) Pending() int { return e.queue.n }

// Stream returns a new stream of random numbers of that name. Asking twice gives the same numbers twice.
func (e *Engine) Stream(name string) *Stream { return NewStream(e.seed, name) }

// Draw returns the counter-th number of the entity's purpose (a key from HashString), uniform in [0, 1).
func (e *Engine) Draw(key, counter uint64) float64 { return Draw(e.seed, key, counter) }

// At queues h for the instant t, which must not lie in the past.
func (e *Engine) At(t Time, k *Kind, h Handler) Timer {
	e.seq++
	return e.queueAt(t, k, queued|e.seq, h)
}

// AtTurn queues h as At does, with a turn of its own among the engine events of one instant and rank: lower turns first, all
// of them before what At has queued. It is for periodic work of which only the ticks that matter are executed: with a turn,
// it makes no difference when a tick was queued. Two that are pending for one instant and rank must not share a turn.
func (e *Engine) AtTurn(t Time, k *Kind, turn Turn, h Handler) Timer {
	return e.queueAt(t, k, uint64(turn), h)
}

// Turn is a place among engine events of one instant and rank. The zero Turn comes first; NewTurn gives others.
type Turn uint64

// NewTurn returns a turn behind all that were given before.
func (e *Engine) NewTurn() Turn {
	e.turns++
	return Turn(e.turns)
}

// Passed reports whether the turn among the events of a kind's rank is over at the present instant: a tick that falls on
// now can then no longer be had, although none was queued.
func (e *Engine) Passed(k *Kind, turn Turn) bool { return e.current >= uint64(k.Rank)<<56|uint64(turn) }

// queued is the bit of an item's key that puts what At queues behind the turns.
const queued = 1 << 55

func (e *Engine) queueAt(t Time, k *Kind, order uint64, h Handler) Timer {
	if t < e.now {
		panic(fmt.Sprintf("invariant: %s queued for %v, in the past (seed=%d, event=#%d, t=%v)", k.Name, t, e.seed, e.ran, e.now))
	}
	var i uint32
	if n := len(e.free); n > 0 {
		i, e.free = e.free[n-1], e.free[:n-1]
	} else {
		i = uint32(len(e.slots))
		e.slots = append(e.slots, slot{})
	}
	s := &e.slots[i]
	s.handler, s.kind, s.why = h, k.id, e.Why.under(k.Rule)
	s.gen++
	if !k.Idle {
		e.busy++
	}
	e.queue.push(item{at: int64(t), key: uint64(k.Rank)<<56 | order, slot: i, gen: s.gen})
	return Timer{i, s.gen}
}

// After queues h for d from now. What lies beyond what a Time holds never runs. d must not be negative.
func (e *Engine) After(d Time, k *Kind, h Handler) Timer {
	if d < 0 {
		return e.At(e.now+d, k, h) // which says what is wrong
	}
	return e.At(Later(e.now, d), k, h)
}

// Cancel takes a pending engine event back. It does nothing if the event has run or was cancelled, and reports
// whether it did something.
func (e *Engine) Cancel(t Timer) bool {
	if !e.Active(t) {
		return false
	}
	e.release(t.slot)
	e.queue.dead++
	return true
}

// Active reports whether the timer's engine event is still to come.
func (e *Engine) Active(t Timer) bool {
	return t.slot != 0 && e.slots[t.slot].gen == t.gen && e.slots[t.slot].handler != nil
}

func (e *Engine) release(i uint32) {
	s := &e.slots[i]
	if !kinds[s.kind].Idle {
		e.busy--
	}
	s.handler = nil
	s.gen++
	e.free = append(e.free, i)
}

// Settled reports whether nothing but idle engine events is pending.
func (e *Engine) Settled() bool { return e.busy == 0 }

// Run runs everything due before until and then sets the clock to until: half-open, so that Run(a) and Run(b) equal
// Run(b). It returns a *LimitError when a limit is passed, or the error of Interrupt.
func (e *Engine) Run(until Time) error {
	for e.queue.next(int64(until), e.slots) {
		if err := e.step(); err != nil {
			return err
		}
	}
	e.advance(until)
	return nil
}

// RunSettled runs until Settled, or until the given instant. The clock stops at the last engine event that ran
// (or at until, if work was left).
func (e *Engine) RunSettled(until Time) error {
	for e.busy > 0 {
		if !e.queue.next(int64(until), e.slots) {
			e.advance(until)
			return nil
		}
		if err := e.step(); err != nil {
			return err
		}
	}
	return nil
}

// advance moves the clock to t, if that is later, with nothing run there yet.
func (e *Engine) advance(t Time) {
	if t > e.now {
		e.now, e.current = t, 0
	}
}

func (e *Engine) step() error {
	it := e.queue.popDue()
	if Time(it.at) > e.now {
		e.now, e.instant, e.current = Time(it.at), 0, 0
	}
	s := &e.slots[it.slot]
	h, k := s.handler, kinds[s.kind]
	e.current = max(e.current, it.key)
	e.Why = s.why
	e.release(it.slot)
	if !k.look {
		e.ran++
	}
	e.instant++
	e.counts[k.id]++
	h.Fire()
	return e.check()
}
