// Package sim wires one run together: the engine, the store, the world, and the components that meet in the store.
// It is the one place that knows every part.
//
//	r, err := sim.New(options, sinks...)
//	err = r.Run(ctx-free interrupt, until)
//	result := r.Result()
//
// Equal options give equal journals.
package sim
