// Package report turns a run's journal into what people and programs read.
//
//   - [WatchLog] streams the journal as watch events, one JSON object a line (docs/formats/watch-log.md).
//   - [Collector] folds the journal into small facts about each pod and node while the run goes on; nothing else is kept.
//   - [RunResult] is the outcome of a run as one object, JSON or YAML (docs/formats/result.md).
//
// Below it, kubectl prints objects as kubectl does, and timeline draws pods over time.
//
// A sink is told of every record, so it must be cheap: a Collector costs less than a microsecond a record and about half a
// kilobyte a pod. API objects are built only where every record is printed, or where few pods are told of in full.
package report
