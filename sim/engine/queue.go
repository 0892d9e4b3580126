package engine

import "math/bits"

// queue is a monotone radix heap over (at, key): what is pushed is never earlier than what was popped last.
// Bucket i holds items whose time differs from last first in bit i-1; items of the instant last itself sit in due, a
// small binary heap on key. A pop costs a few comparisons and touches memory in order, whatever the number pending.
//
// Invariant: every item's time is >= last.
type queue struct {
	last    int64
	due     []item
	buckets [64][]item
	filled  uint64 // bit i is set when bucket i is not empty
	n       int
	dead    int // how many of the n were cancelled
}

// Cancelled items are dropped when a bucket is spread, if it is small, or if they are more than one in sweepAbove of all.
// Asking whether an item was cancelled touches its slot, in cold memory where many are pending. In a large bucket that is
// wasted: it is asked again in each bucket below. In a small one it pays: the slots will be needed soon, and reading them
// in one go lets the machine wait for all of them at once instead of for one after another.
const (
	sweepSmall = 2048
	sweepAbove = 4
)

// item is one pending engine event: key is rank<<56 | turn, or rank<<56 | queued | sequence.
type item struct {
	at   int64
	key  uint64
	slot uint32
	gen  uint32
}

func (it *item) cancelled(slots []slot) bool { return slots[it.slot].gen != it.gen }

func (q *queue) push(it item) {
	q.n++
	if it.at == q.last {
		q.pushDue(it)
		return
	}
	b := bits.Len64(uint64(it.at^q.last)) - 1
	q.buckets[b] = append(q.buckets[b], it)
	q.filled |= 1 << b
}

// next makes due hold the earliest live items, if they are earlier than until, and reports whether it does.
// Cancelled items are dropped on the way.
func (q *queue) next(until int64, slots []slot) bool {
	for {
		for len(q.due) > 0 && q.dead > 0 && q.due[0].cancelled(slots) {
			q.popDue()
			q.dead--
		}
		if len(q.due) > 0 {
			return q.last < until
		}
		if q.filled == 0 {
			return false
		}
		b := bits.TrailingZeros64(q.filled)
		if !q.spread(b, until, slots) {
			return false
		}
	}
}

// spread empties bucket b into lower ones. It returns false, with the bucket kept, when its earliest is not before until.
func (q *queue) spread(b int, until int64, slots []slot) bool {
	if len(q.buckets[b]) <= sweepSmall || q.dead > q.n/sweepAbove {
		q.sweep(b, slots)
	}
	items := q.buckets[b]
	least := int64(1<<63 - 1)
	for i := range items {
		least = min(least, items[i].at)
	}
	if len(items) > 0 && least >= until {
		return false
	}
	q.buckets[b] = items[:0]
	q.filled &^= 1 << b
	if len(items) == 0 {
		return true
	}
	q.last = least
	q.n -= len(items)
	for _, it := range items {
		q.push(it)
	}
	return true
}

// sweep drops the cancelled items of bucket b.
func (q *queue) sweep(b int, slots []slot) {
	items := q.buckets[b]
	live := 0
	for i := range items {
		if !items[i].cancelled(slots) {
			items[live] = items[i]
			live++
		}
	}
	q.buckets[b] = items[:live]
	q.dead -= len(items) - live
	q.n -= len(items) - live
}

func (q *queue) pushDue(it item) {
	h := append(q.due, it)
	i := len(h) - 1
	for i > 0 {
		p := (i - 1) / 2
		if h[p].key <= it.key {
			break
		}
		h[i] = h[p]
		i = p
	}
	h[i] = it
	q.due = h
}

func (q *queue) popDue() item {
	h := q.due
	top, it := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	q.n--
	i := 0
	for 2*i+1 < len(h) {
		c := 2*i + 1
		if c+1 < len(h) && h[c+1].key < h[c].key {
			c++
		}
		if it.key <= h[c].key {
			break
		}
		h[i] = h[c]
		i = c
	}
	if len(h) > 0 {
		h[i] = it
	}
	q.due = h
	return top
}
