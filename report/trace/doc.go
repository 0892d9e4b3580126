// Package trace writes a run in the Trace Event Format, which ui.perfetto.dev and chrome://tracing open: a process for each
// node and one for what has no node, a thread for each pod and each container. On a pod's thread its life is a slice and its
// states are slices within it, so nesting is by construction. Steps of the timeline are slices of the first process, and a
// flow leads from each to the states that followed from it. Times are microseconds of virtual time.
package trace
