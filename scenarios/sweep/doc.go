// Package sweep runs scenario x matrix x replications and puts the results together.
//
//	p, err := sweep.Pack(...)            // a Plan and the Bundle of files it needs: all that a worker has to know
//	l, err := p.Open(bundle)             // scenarios loaded from the bundle
//	l.Run(unit)                          // one unit's result, as bytes: equal for equal units, wherever it ran
//	Local(n, workers, run, ...)          // units on all cores of this process
//	Summarize(plan, results)             // intervals for each cell and metric
//
// Units are numbered row by row: scenario, then the axes as declared, replication fastest. A unit's seed depends on its
// replication alone, so that cells can be compared by common random numbers. What a sweep writes is made of the results in
// unit order; it depends on the plan and on nothing else: not on workers, their speed, or crashes.
//
// Package jetstream, below this one, does the same beyond one process; it alone knows NATS.
package sweep
