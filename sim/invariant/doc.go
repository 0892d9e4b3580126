// Package invariant holds a run to what must be so in any run, whatever happens to the cluster: a Checker is a journal.Sink
// that looks at records alone, knows nothing of the code that made them, and ends the run at the first rule that is broken.
//
//	c := invariant.New()
//	r, err := sim.New(options, c)
//	_, err = r.Run()         // *invariant.Broken if a rule was
//	err = c.End(r.Engine.Now())
//
// Each rule is a row of a table: those of all objects in object.go, of pods in pod.go, of nodes in node.go, of workloads in
// workload.go, of budgets and quotas in policy.go, of what is left at the end in end.go. A controller may act on what was so
// a moment ago, and its writes wait for its client's limits: rules about counts take the highest number that was wanted
// lately (see ceiling).
package invariant
