package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	kindWorld = NewKind("test world", RankWorld, false)
	kindCheck = NewKind("test check", RankCheck, false)
	kindIdle  = NewKind("test idle", RankTimer, true)
)

// The order (time, rank, sequence) holds for any pushes and cancellations: the queue agrees with a sorted list.
func TestOrderIsTotal(t *testing.T) {
	kinds := []*Kind{kindWorld, kindIdle, kindCheck}
	rapid.Check(t, func(t *rapid.T) {
		type want struct {
			at   Time
			rank Rank
			id   int
		}
		e := New(1)
		var wants []want
		var got []int
		var timers []Timer
		n := rapid.IntRange(1, 200).Draw(t, "n")
		for id := range n {
			at := Time(rapid.Int64Range(0, 50).Draw(t, "at"))
			k := kinds[rapid.IntRange(0, 2).Draw(t, "kind")]
			timers = append(timers, e.At(at, k, Func(func() { got = append(got, id) })))
			wants = append(wants, want{at, k.Rank, id})
		}
		var left []want
		for i, w := range wants {
			if rapid.IntRange(0, 3).Draw(t, "cancel") == 0 {
				if !e.Cancel(timers[i]) || e.Cancel(timers[i]) {
					t.Fatal("a pending event is cancelled once")
				}
				continue
			}
			left = append(left, w)
		}
		slices.SortStableFunc(left, func(a, b want) int {
			if a.at != b.at {
				return cmp.Compare(a.at, b.at)
			}
			return int(a.rank) - int(b.rank)
		})
		for until := Time(0); until <= 60; until += Time(rapid.Int64Range(1, 30).Draw(t, "step")) {
			if err := e.Run(until); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Run(100); err != nil {
			t.Fatal(err)
		}
		var ids []int
		for _, w := range left {
			ids = append(ids, w.id)
		}
		if !slices.Equal(ids, got) {
			t.Fatalf("ran %v, want %v", got, ids)
		}
	})
}

// A turn holds whenever an event was queued, and comes before what has none.
func TestTurns(t *testing.T) {
	e := New(1)
	var got []string
	note := func(s string) Handler { return Func(func() { got = append(got, s) }) }
	a, b, c := e.NewTurn(), e.NewTurn(), e.NewTurn()
	e.At(time.Second, kindWorld, note("plain"))
	e.AtTurn(time.Second, kindWorld, c, note("c"))
	e.AtTurn(time.Second, kindCheck, a, note("check"))
	e.AtTurn(time.Second, kindWorld, a, note("a"))
	e.At(0, kindWorld, Func(func() { e.AtTurn(time.Second, kindWorld, b, note("b")) }))
	e.AtTurn(time.Second, kindIdle, b, Func(func() {
		if !e.Passed(kindWorld, c) || !e.Passed(kindIdle, a) || !e.Passed(kindIdle, b) || e.Passed(kindIdle, c) || e.Passed(kindCheck, a) {
			t.Error("what has had its turn at one instant is what ran before")
		}
	}))
	must(t, e.Run(time.Minute))
	if s := strings.Join(got, " "); s != "a b c plain check" {
		t.Fatal(s)
	}
}

// What is queued while the clock stands between two stops must still run in order, also when it is earlier than
// everything that was pending.
func TestPushBetweenStops(t *testing.T) {
	e := New(1)
	var got []string
	note := func(s string) Handler { return Func(func() { got = append(got, fmt.Sprint(s, "@", e.Now())) }) }
	e.At(100*time.Second, kindWorld, note("late"))
	must(t, e.Run(10*time.Second))
	e.At(10*time.Second, kindWorld, note("now"))
	e.At(20*time.Second, kindWorld, note("soon"))
	must(t, e.Run(200*time.Second))
	if s := strings.Join(got, " "); s != "now@10s soon@20s late@1m40s" {
		t.Fatal(s)
	}
}

func TestRunIsHalfOpen(t *testing.T) {
	e := New(1)
	ran := false
	e.At(5*time.Second, kindWorld, Func(func() { ran = true }))
	must(t, e.Run(5*time.Second))
	if ran {
		t.Fatal("what is due at the end must not run")
	}
	must(t, e.Run(5*time.Second+1))
	if !ran {
		t.Fatal("it must run when the end moves on")
	}
}

func TestSettledIgnoresIdle(t *testing.T) {
	e := New(1)
	var tick func()
	tick = func() { e.After(time.Second, kindIdle, Func(tick)) }
	tick()
	e.At(3500*time.Millisecond, kindWorld, Func(func() {}))
	must(t, e.RunSettled(time.Hour))
	if e.Now() != 3500*time.Millisecond || !e.Settled() {
		t.Fatalf("settled at %v", e.Now())
	}
}

func TestLimitNamesTheBusiest(t *testing.T) {
	e := New(1)
	e.Limits.AtInstant = 10
	var again func()
	again = func() { e.After(0, kindWorld, Func(again)) }
	again()
	var l *LimitError
	if err := e.Run(time.Second); !errors.As(err, &l) || !strings.Contains(err.Error(), "test world x11") {
		t.Fatalf("%v", err)
	}
}

func TestStreamsAreIndependentAndPinned(t *testing.T) {
	a, b := NewStream(1, "kubelet/node-1/pull"), NewStream(1, "kubelet/node-2/pull")
	first := b.Uint64()
	a.Uint64()
	if NewStream(1, "kubelet/node-2/pull").Uint64() != first {
		t.Fatal("a draw from one stream moved another")
	}
	// Known answers: a Go release must not shift the draws of a seed.
	s := NewStream(1, "known")
	got := fmt.Sprintf("%x %x %x %x", s.Uint64(), s.Uint64(), HashString("known"), DrawBits(1, 2, 3))
	const want = "da48add4524ff5a9 fc785595836223c8 1c8b21a20487ab59 14d14f80e5f9c880"
	if got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What a user asks for beyond the end of time is never run; it neither wraps around nor breaks the queue.
func TestBeyondTime(t *testing.T) {
	for _, v := range []struct{ t, d, want Time }{
		{0, 0, 0}, {5, 7, 12}, {0, Never, Never}, {1, Never, Never}, {Never, Never, Never}, {Never - 1, 1, Never},
	} {
		if got := Later(v.t, v.d); got != v.want {
			t.Errorf("Later(%d, %d) = %d, want %d", v.t, v.d, got, v.want)
		}
	}
	for n, want := range map[int64]Time{0: 0, 30: 30 * time.Second, 9223372036: 9223372036 * time.Second, 9223372037: Never, 1<<63 - 1: Never} { // unordered: a table
		if got := Seconds(n); got != want {
			t.Errorf("Seconds(%d) = %v, want %v", n, got, want)
		}
	}
	e, ran := New(1), 0
	e.At(time.Second, kindWorld, Func(func() { e.After(Never, kindWorld, Func(func() { ran++ })) }))
	if err := e.Run(Never); err != nil || ran != 0 {
		t.Errorf("err %v, ran %d times", err, ran)
	}
}
