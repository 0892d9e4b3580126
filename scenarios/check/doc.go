// Package check watches a run and says whether what a scenario expects is so, from the first instant at which it is not.
//
//	program, errs := check.Compile(expr, check.Bool)       CEL, type-checked against the real API types
//	match, mistakes := check.CompileMatch(kind, want)      a partial object
//	c := check.New(suite)                                  a sink of the run that also watches its store
//	verdicts := c.Finish(settled)                          when the run has ended
//
// # When a check is evaluated
//
// A run changes at instants. When all that happens at an instant is over, the checker looks at the checks that the changes
// can touch: each check reads groups (the objects of a kind that a selector takes), and a check is looked at again if a member of
// one of its groups has changed. Nothing is polled, and no state that lasts is missed; states within an instant, which nobody
// could see, are.
//
// Objects are given to CEL as they are in the store, without copies; a pod's spec and metadata are put together only where
// an expression asks for them.
//
//	fields.go object.go types.go   API objects as CEL values and types
//	env.go functions.go            the functions that expressions have
//	group.go                       the objects that selectors take, kept up to date
//	match.go event.go              the other kinds of conditions
//	suite.go checker.go            checks, their windows, and the run
//	verdict.go                     what a failure says
package check
