package main

import (
	"errors"
	"time"

	"clustersim/model"
	"clustersim/report/kubectl"
	"clustersim/sim/journal"
	"clustersim/sim/recording"
)

// watchSink hands the records of one kind to a watch, once there is one.
type watchSink struct {
	kind  *model.Kind
	clock func(time.Duration) time.Time
	watch interface {
		Changed(now time.Time, verb string, o model.Object) error
	}
}

// Record implements journal.Sink.
func (s *watchSink) Record(r *journal.Record) error {
	if s.watch == nil || r.Object.Kind() != s.kind {
		return nil
	}
	return s.watch.Changed(s.clock(r.At), r.Verb.String(), r.Object.API())
}

// watchRecorded prints rows as they changed in a recorded run.
func (v *view) watchRecorded(a *app, w *kubectl.Watch, sink *watchSink) error {
	p, err := openRecording(v.recorded, a.err)
	if err != nil {
		return err
	}
	start := p.Header.Start
	var missing error
	opening := &openingState{after: sink, list: func(s *recording.State) {
		missing = w.List(&kubectl.Cluster{Now: start, Objects: s.Objects(0, start, kindsOf(v.request.Args)...)})
		sink.clock, sink.watch = start.Add, w
	}}
	if _, err := p.play(time.Duration(v.at), opening); err != nil {
		return err
	}
	var refusal *kubectl.Error
	if missing != nil && (!errors.As(missing, &refusal) || !w.Printed()) {
		return answer(missing)
	}
	return nil
}

// watchRun prints rows while the run goes on.
func (v *view) watchRun(a *app) error {
	w, err := kubectl.NewWatch(a.out, v.request)
	if err != nil {
		return answer(err)
	}
	sink := &watchSink{kind: w.Kind()}
	if v.recorded != "" {
		return v.watchRecorded(a, w, sink)
	}
	r, p, err := v.start(a, sink)
	if err != nil {
		return err
	}
	// What does not exist at the start may still come.
	missing := w.List(cluster(r, kindsOf(v.request.Args)))
	var refusal *kubectl.Error
	if missing != nil && !errors.As(missing, &refusal) {
		return missing
	}
	sink.clock, sink.watch = r.Clock, w
	if err := a.until(r, p, time.Duration(v.at)); err != nil {
		return err
	}
	if !w.Printed() {
		return answer(missing)
	}
	return nil
}
