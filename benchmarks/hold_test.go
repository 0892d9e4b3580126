package benchmarks

import (
	"container/heap"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/btree"

	"clustersim/sim/engine"
)

// The hold model: n events are pending; the earliest is taken out and put back an increment later. One operation is one
// hold. It is the classic measure of an event queue, and all that a simulation does besides its own work.

var kindHold = engine.NewKind("hold", engine.RankWorld, false)

// increments is a table of them, drawn once, so that drawing is not measured.
type increments []time.Duration

const incrementsMask = 1<<16 - 1

var shapes = []struct {
	name string
	draw func(*engine.Stream) time.Duration
}{
	// exp: exponential with a mean of 1 s, in nanoseconds: no two events meet.
	{"exp", func(s *engine.Stream) time.Duration { return 1 + time.Duration(-math.Log(1-s.Float64())*1e9) }},
	// timers: the periods of a cluster's timers, in phases of a millisecond: many events meet.
	{"timers", func(s *engine.Stream) time.Duration {
		return [...]time.Duration{1, 1, 5, 10, 10, 10, 40, 60}[s.Int64N(8)] * time.Second
	}},
}

func draws(draw func(*engine.Stream) time.Duration) increments {
	s, table := engine.NewStream(1, "hold"), make(increments, incrementsMask+1)
	for i := range table {
		table[i] = draw(s)
	}
	return table
}

// start is the first time of the i-th event: in the first minute, at a whole millisecond.
func start(s *engine.Stream) time.Duration { return time.Duration(s.Int64N(60_000)) * time.Millisecond }

// BenchmarkHold measures the project's engine (handlers, cancellable timers, limits and all) beside two bare queues.
func BenchmarkHold(b *testing.B) {
	queues := []struct {
		name string
		hold func(*testing.B, int, increments)
	}{{"engine", holdEngine}, {"heap", holdHeap}, {"btree", holdBTree}}
	for _, shape := range shapes {
		table := draws(shape.draw)
		for _, n := range []int{1e2, 1e4, 1e6} {
			for _, q := range queues {
				b.Run(fmt.Sprintf("%s/n=%d/%s", shape.name, n, q.name), func(b *testing.B) {
					q.hold(b, n, table)
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
				})
			}
		}
	}
}

// holder is what an engine event does: it queues the next. All of them share one, as the model has no entities.
type holder struct {
	engine *engine.Engine
	table  increments
	next   int
}

func (h *holder) Fire() {
	h.next++
	h.engine.After(h.table[h.next&incrementsMask], kindHold, h)
}

func holdEngine(b *testing.B, n int, table increments) {
	e, s := engine.New(1), engine.NewStream(1, "start")
	h := &holder{e, table, 0}
	for range n {
		e.At(start(s), kindHold, h)
	}
	run := func(events uint64) {
		e.Limits.Events = e.Ran() + events - 1
		var limit *engine.LimitError
		if err := e.Run(engine.Never); !errors.As(err, &limit) {
			b.Fatalf("the run ended with %v", err)
		}
	}
	run(uint64(2 * n)) // reach the steady state
	b.ReportAllocs()
	b.ResetTimer()
	run(uint64(b.N))
}

// held is the least that an event queue has to hold: the order (time, sequence) and a payload.
type held struct {
	at      time.Duration
	seq     uint64
	payload uint64
}

func (h held) before(o held) bool { return h.at < o.at || h.at == o.at && h.seq < o.seq }

type heldHeap []*held

func (h heldHeap) Len() int           { return len(h) }
func (h heldHeap) Less(i, j int) bool { return h[i].before(*h[j]) }
func (h heldHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heldHeap) Push(x any)        { *h = append(*h, x.(*held)) }
func (h *heldHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func holdHeap(b *testing.B, n int, table increments) {
	var h heldHeap
	s, seq := engine.NewStream(1, "start"), uint64(0)
	for range n {
		seq++
		heap.Push(&h, &held{start(s), seq, 0})
	}
	hold(b, n, func() {
		top := heap.Pop(&h).(*held)
		seq++
		top.at, top.seq = top.at+table[seq&incrementsMask], seq
		heap.Push(&h, top)
	})
}

func holdBTree(b *testing.B, n int, table increments) {
	t := btree.NewG(32, held.before)
	s, seq := engine.NewStream(1, "start"), uint64(0)
	for range n {
		seq++
		t.ReplaceOrInsert(held{start(s), seq, 0})
	}
	hold(b, n, func() {
		top, _ := t.DeleteMin()
		seq++
		top.at, top.seq = top.at+table[seq&incrementsMask], seq
		t.ReplaceOrInsert(top)
	})
}

// hold brings a queue to its steady state and measures it.
func hold(b *testing.B, n int, one func()) {
	for range 2 * n {
		one()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		one()
	}
}
