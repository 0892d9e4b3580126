// Package scenarios is the scenario language: it reads scenario files and compiles them to the options of a run, and it
// carries the library of scenarios.
//
//	Load(path, data, opt)       a file -> *Scenario, every mistake with file:line:col
//	Scenario.Options(run)       -> sim.Options of one replication
//	Scenario.Lint()             what is legal but surely not meant
//	Library(), Open(name)       the embedded scenarios
//
// # How a file is read
//
//	text --+- documents of kind Scenario --yaml.v3--> nodes --decoder--> Spec --compiler--> sim.Options
//	       +- all others --model.Decode--> manifests, created at 0s
//
// The decoder (decode*.go) binds nodes to the Go types of spec*.go by reflection; it resolves aliases and $(parameters)
// on the way and collects problems instead of stopping. The compiler (compile*.go) turns the Spec into what the simulator
// takes: node templates into patterns, behaviours into world.Behavior, steps into fault.Step, checks into check.Check.
//
// # How a scenario is judged
//
//	Scenario.Judge()            watches one run: checks, metrics, goldens
//	Scenario.Execute(run, nil)  runs and judges one replication
//	TryAll(trials, ...)         many of them, side by side, told in order
//	Run(t, "x.yaml")            the same from a Go test
package scenarios
