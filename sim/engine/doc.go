// Package engine is the clock of a run: virtual time, the queue of what is due, cancelling, limits and named streams
// of random numbers. It knows nothing of Kubernetes.
//
// A run is one goroutine. Engine events run in the total order (time, rank, sequence): rank is the one list of Ranks
// in kind.go, sequence counts the calls of At (AtTurn puts periodic work in an order of its own before them). Time jumps from one engine event to the next; nothing ticks.
//
//	e := engine.New(seed)
//	e.At(5*time.Second, kind, handler)
//	err := e.Run(10 * time.Second) // half-open: what is due at 10s has not run
//
// An engine event remembers the journal record that led to it and the rule by which it was queued (Why), so that every
// later record can name both.
package engine
