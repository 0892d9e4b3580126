// Package openmetrics writes a run as OpenMetrics text with virtual timestamps, under the names that kube-state-metrics
// gives: `promtool tsdb create-blocks-from openmetrics` makes a Prometheus of it, and dashboards that exist work on it.
//
// A sample is written when a value changes, and again every five minutes at most of virtual time (staleness ends a series
// after that), so that a range query sees what a scrape would have seen. docs/formats/report.md lists the metrics.
package openmetrics
