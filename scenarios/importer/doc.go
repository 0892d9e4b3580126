// Package importer turns what other tools leave behind into scenarios.
//
//	Read(paths, stdin)      a cluster dump (kubectl get nodes,pods,deployments,... -A -o yaml|json) -> *Dump
//	Dump.Tidy()             makes it whole: what the simulated control plane would otherwise miss, each assumption noted
//	Dump.Scenario(...)      the scenario that continues the cluster from the moment of the dump
//	Dump.Write(dir)         the same as files
//	OpenB, SimKube          traces of arrivals -> scenarios of workloads
//	MachineFailures         removals of machines -> a failure model
//
// A dump may be far larger than the 64 MiB of a scenario's file, so it is taken apart textually at the items of its lists
// and decoded in pieces, in parallel; the result does not depend on how many.
//
// What a dump does not say is assumed, and each assumption becomes a line of Dump.Notes: nothing is silently made up.
package importer
