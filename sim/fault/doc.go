// Package fault holds the actions of a scenario's timeline: what breaks in the world, and what users ask of the API
// server while it does.
//
// One file is one action: a struct whose exported fields are the fields that the scenario file writes, with json tags
// for their names. Fields tagged `json:"-"` are filled in by the compiler of the scenario. A line in registry.go makes
// the action known to the scenario language, to its messages and its documentation; nothing else has to change.
//
// Actions on nodes embed Target, actions on API objects embed Object.
package fault
