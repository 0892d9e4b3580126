// Package capacity answers questions about a cluster and what shall run on it: what fits, how much more, how few nodes do,
// which mix of types is cheapest, what a loss costs.
//
//	c, err := capacity.New(options)      // nodes, pods, and the pods that controllers would make
//	c.Fit()                              // what fits, and why not the rest
//	c.Headroom(pod, name)                // how many more of one pod
//	c.Minimum(...)                       // how few nodes of a type
//	c.Cheapest(...)                      // which mix of types
//	c.Survive(...)                       // what still fits after a loss, over all losses of a kind
//	Lose(ctx, options, ...)              // the same in simulated time: when replacements are ready, and what it costs
//	Drain, Rollout, Storm                // how long changes take, beside what theory bounds them by
//
// Placement alone is the work of scheduler.Trial: the scheduler's own plugins, no preemption, pods in the order of
// the queue (priority, then input). What takes time is a run of package sim.
//
// A class is a set of pods that no question here can tell apart: the pods of one controller, or bare pods with equal
// specs. Amounts are integers: thousandths of a core for cpu, bytes for memory, pieces for the rest.
//
// Statistics (stats.go) are gonum's; results name their method and sample size. Equal inputs give equal answers: what is
// drawn comes from the seed, and what runs in parallel is put together in order.
package capacity
