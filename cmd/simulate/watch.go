package main

import (
	"errors"
	"time"

	"clustersim/model"
	"clustersim/report/kubectl"
	"clustersim/sim"
	"clustersim/sim/journal"
)

// watchSink hands the records of one kind to a watch, once there is one.
type watchSink struct {
	kind  *model.Kind
	run   *sim.Run
	watch interface {
		Changed(now time.Time, verb string, o model.Object) error
	}
}

// Record implements journal.Sink.
func (s *watchSink) Record(r *journal.Record) error {
	if s.watch == nil || r.Object.Kind() != s.kind {
		return nil
	}
	return s.watch.Changed(s.run.Clock(r.At), r.Verb.String(), r.Object.API())
}

// watchRun prints rows while the run goes on.
func (v *view) watchRun(a *app) error {
	w, err := kubectl.NewWatch(a.out, v.request)
	if err != nil {
		return answer(err)
	}
	sink := &watchSink{kind: w.Kind()}
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
	sink.run, sink.watch = r, w
	if err := a.until(r, p, time.Duration(v.at)); err != nil {
		return err
	}
	if !w.Printed() {
		return answer(missing)
	}
	return nil
}
