// Package find searches for a run of a scenario that breaks a check, and makes the scenario as small as it can be while it
// still does: fewer objects, fewer nodes, fewer steps, shorter. What is left is a scenario that fails by itself, with the seed
// that makes it fail.
//
// It knows the scenario as text: it loads, runs and judges variants of it, and keeps those that break the same check.
package find
