// Package jetstream carries a sweep's units to workers in other processes and their results back, over NATS JetStream. It
// alone knows NATS; nothing of it runs unless a sweep asks for it.
//
//	s, err := Start(dir)                      // a server in this process, on a port of the loopback interface
//	c := Coordinator{URL, Plan, Bundle, ...}  // puts units into a work queue, gathers results
//	c.Run(ctx)                                // -> results in unit order
//	Work(ctx, WorkerOptions{...})             // takes units until the sweep is done
//
// # Streams of a sweep
//
//	S_<id>  s.<id>.plan, s.<id>.stop   the plan, and that the sweep is over
//	W_<id>  w.<id>.<first unit>        work queue: a message is a range of units
//	R_<id>  r.<id>.<unit>              results; the first writer of a subject wins, for good
//	D_<id>  d.<id>.<unit>              a unit that came out differently: the simulator is not deterministic
//	B_<id>  (object store)             the bundle, and results that are too large for a message
//
// R is the only truth. A coordinator reads it to learn what is done (that is resume), queues what is missing, and queues
// it again from time to time; the rule of one message a subject refuses what is queued already. A worker that takes a
// range skips the units that have a result. Messages are redelivered without limit; a crash anywhere before the
// acknowledgement only causes work to be done again, and its result to be refused and compared.
package jetstream
