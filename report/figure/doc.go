// Package figure draws runs for slides and papers, as SVG or PNG: lanes of pods, use of the cluster over time, times to
// ready, and the results of sweeps with their intervals. Equal data give equal bytes: fonts are embedded and no date is
// written. States have the hues and patterns of the HTML report.
package figure
