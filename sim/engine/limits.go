package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Limits end runs that would not end by themselves.
type Limits struct {
	Events    uint64 // most engine events in all
	AtInstant uint64 // most engine events at one instant of virtual time
}

// LimitError says which limit a run has passed and which kinds of engine events were the busiest.
type LimitError struct {
	What    string
	Now     Time
	Busiest []string // "kubelet relist x120000", the busiest first
}

// Error names the limit, the instant and the busiest kinds.
func (e *LimitError) Error() string {
	return fmt.Sprintf("limit passed at t=%v: %s; busiest: %s", e.Now, e.What, strings.Join(e.Busiest, ", "))
}

// interruptEvery is how many engine events pass between two questions to Interrupt: often enough for Ctrl-C to feel
// immediate, seldom enough to cost nothing.
const interruptEvery = 4096

func (e *Engine) check() error {
	if e.Limits.Events > 0 && e.ran > e.Limits.Events {
		return e.limit(fmt.Sprintf("more than %d engine events", e.Limits.Events))
	}
	if e.Limits.AtInstant > 0 && e.instant > e.Limits.AtInstant {
		return e.limit(fmt.Sprintf("more than %d engine events at one instant", e.Limits.AtInstant))
	}
	if e.ran%interruptEvery == 0 && e.Interrupt != nil {
		return e.Interrupt()
	}
	return nil
}

func (e *Engine) limit(what string) error {
	return &LimitError{What: what, Now: e.now, Busiest: e.Busiest(3)}
}

// Busiest names the n kinds of which most engine events ran.
func (e *Engine) Busiest(n int) []string {
	order := slices.Clone(kinds)
	slices.SortStableFunc(order, func(a, b *Kind) int { return cmp.Compare(e.counts[b.id], e.counts[a.id]) })
	var out []string
	for _, k := range order[:min(n, len(order))] {
		if e.counts[k.id] > 0 {
			out = append(out, fmt.Sprintf("%s x%d", k.Name, e.counts[k.id]))
		}
	}
	return out
}
