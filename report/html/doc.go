// Package html makes a run one page that any browser opens from disk: a scrubber over virtual time, lanes of pods and
// nodes, charts, Events, and what kubectl would have shown at any instant.
//
// A [Recorder] is the journal's sink; [Recorder.Write] writes the page. The page holds the data (data.go: columns of
// numbers as JSON, packed) and a few hand-written scripts and styles (assets/, put together by assets.go in a fixed order).
// It loads nothing: its Content-Security-Policy allows the one script and the one style by their hashes, and no request.
//
// What the run's manifests say is data: scripts set text, never markup.
//
// The YAML of objects is printed here, as kubectl prints it (yaml.go), and kept as differences between the versions of an
// object (versions.go); the page only puts lines together. Rows of `kubectl get pods` are numbers and words (package story);
// the page adds the age.
//
// uPlot draws the line charts: assets/uPlot.iife.min.js is release 1.6.32 as published, MIT, assets/uPlot.LICENSE.
package html
