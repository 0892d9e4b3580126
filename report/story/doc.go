// Package story gathers from a journal what a run looked like: the lanes of pods, containers and nodes, the rows that
// kubectl would have shown, Events, faults, and how many pods were in which state. Every report that is drawn (html, figure,
// trace, openmetrics, table) is made from a [Story] alone.
//
// A [Collector] is told of every record while the run goes on, so it keeps little: texts are numbered once ([Strings]),
// a lane is a list of 24-byte segments, and what a run has too much of is thinned ([Limits]): a hundred thousand pods keep
// their lanes, not their containers' or each of their Events.
package story
