package controller

import (
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/calendar"
	"clustersim/sim/engine"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// start makes the Job that is due, if there is one and the CronJob lets it.
//
// Source: k8s v1.36.3 pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob.
func (y *cronSync) start(done func(error)) {
	cj := &y.cj
	if cj.DeletionTimestamp != nil {
		done(nil)
		return
	}
	if _, err := y.c.zone(zoneOf(cj)); err != nil {
		y.event(record.Warning, "UnknownTimeZone", fmt.Sprintf("invalid timeZone: %q: %s", zoneOf(cj), err))
		done(nil)
		return
	}
	if cj.Spec.Suspend != nil && *cj.Spec.Suspend {
		done(nil)
		return
	}
	var err error
	if y.schedule, err = y.c.schedule(cj); err != nil {
		y.event(record.Warning, "UnparseableSchedule", fmt.Sprintf("unparseable schedule: %q : %s", cj.Spec.Schedule, err))
		done(nil)
		return
	}
	_, due, missed, err := lastDue(cj, y.now, y.schedule, true)
	if err != nil {
		y.event(record.Warning, "InvalidSchedule", fmt.Sprintf("invalid schedule: %s : %s", cj.Spec.Schedule, err))
		done(nil)
		return
	}
	y.again = true
	if due.IsZero() {
		done(nil)
		return
	}
	if missed > manyMissed {
		y.event(record.Warning, "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
	}
	if !y.admits(due) {
		done(nil)
		return
	}
	y.replaceRunning(func(err error) {
		if err != nil {
			y.again = false
			done(err)
			return
		}
		y.create(due, done)
	})
}

// admits reports whether a Job may start at the time at which it was due.
func (y *cronSync) admits(due time.Time) bool {
	cj := &y.cj
	if d := cj.Spec.StartingDeadlineSeconds; d != nil && due.Add(time.Duration(*d)*time.Second).Before(y.now) {
		y.event(record.Warning, "MissSchedule", "Missed scheduled time to start a job: "+due.UTC().Format(time.RFC1123Z))
		return false
	}
	name := jobName(cj, due)
	known := slices.ContainsFunc(cj.Status.Active, func(r corev1.ObjectReference) bool { return r.Name == name && r.Namespace == cj.Namespace })
	if last := cj.Status.LastScheduleTime; known || last != nil && last.Time.Equal(due) {
		return false
	}
	if cj.Spec.ConcurrencyPolicy == batchv1.ForbidConcurrent && len(cj.Status.Active) > 0 {
		y.event(record.Normal, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid")
		return false
	}
	return true
}

// replaceRunning deletes the Jobs that still run, where the policy is Replace.
func (y *cronSync) replaceRunning(done func(error)) {
	if y.cj.Spec.ConcurrencyPolicy != batchv1.ReplaceConcurrent {
		done(nil)
		return
	}
	running := slices.Clone(y.cj.Status.Active)
	oneByOne(len(running), func(i int, done func(error)) {
		y.c.api.read()
		o := y.c.env.Store.Get(model.Job, store.Key{Namespace: running[i].Namespace, Name: running[i].Name})
		if o == nil {
			err := store.NotFound(model.Job, running[i].Name)
			y.event(record.Warning, "FailedGet", "Get job: "+err.Error())
			done(err)
			return
		}
		y.remove(o.API().(*batchv1.Job), func(ok bool) {
			if !ok {
				done(errors.New("could not replace job " + running[i].Namespace + "/" + running[i].Name))
				return
			}
			done(nil)
		})
	}, done)
}

// jobName names a Job by the minute at which it is due.
//
// Source: k8s v1.36.3 cronjob_controllerv2.go getJobName.
func jobName(cj *batchv1.CronJob, due time.Time) string {
	return fmt.Sprintf("%s-%d", cj.Name, due.Unix()/60)
}

// create makes the Job that was due.
func (y *cronSync) create(due time.Time, done func(error)) {
	cj := &y.cj
	zone, err := y.c.zone(zoneOf(cj))
	if err != nil {
		done(err)
		return
	}
	t := &cj.Spec.JobTemplate
	j := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: cj.Namespace, Name: jobName(cj, due), Labels: t.Labels,
			Annotations:     withKey(t.Annotations, batchv1.CronJobScheduledTimestampAnnotation, due.In(zone).Format(time.RFC3339)),
			OwnerReferences: []metav1.OwnerReference{newControllerRef(model.CronJob, cj)},
		},
		Spec: t.Spec,
	}
	y.c.env.Engine.Act(rule.CronJobStart)
	y.c.api.write(func() {
		_, err := y.c.env.API.Create(model.Job, j)
		switch {
		case err == nil:
			y.event(record.Normal, "SuccessfulCreate", "Created job "+j.Name)
		case namespaceTerminating(err):
			y.again = false
			done(err)
			return
		case isAlreadyExists(err):
			y.c.api.read()
		default:
			y.event(record.Warning, "FailedCreate", "Error creating job: "+err.Error())
			y.again = false
			done(err)
			return
		}
		y.started(keyOf(j), due)
		done(nil)
	})
}

// started puts the Job on the list of active ones, unless it is somebody else's or on the list already.
func (y *cronSync) started(key store.Key, due time.Time) {
	o := y.c.env.Store.Get(model.Job, key)
	if o == nil {
		return
	}
	j, cj := o.API(), &y.cj
	if controllerUID(j.GetOwnerReferences()) != cj.UID || slices.ContainsFunc(cj.Status.Active, func(r corev1.ObjectReference) bool { return r.UID == j.GetUID() }) {
		y.again = false
		return
	}
	cj.Status.Active = append(slices.Clip(cj.Status.Active), corev1.ObjectReference{APIVersion: "batch/v1", Kind: "Job", Namespace: key.Namespace, Name: key.Name,
		UID: j.GetUID(), ResourceVersion: j.GetResourceVersion()})
	at := metav1.NewTime(due.UTC())
	cj.Status.LastScheduleTime = &at
	y.changed = true
}

// manyMissed is how many missed times are worth a warning.
const manyMissed = 100

// lastDue returns the last time at which a Job was due and that has not been taken care of, zero if there is none; the
// instant after which it looked; and about how many times were missed. deadline leaves out what lies too far back by
// startingDeadlineSeconds. It returns an error for a schedule that is never due.
//
// Source: k8s v1.36.3 pkg/controller/cronjob/utils.go mostRecentScheduleTime.
func lastDue(cj *batchv1.CronJob, now time.Time, s calendar.Schedule, deadline bool) (from, due time.Time, missed int64, err error) {
	from = cj.CreationTimestamp.Time
	if last := cj.Status.LastScheduleTime; last != nil {
		from = last.Time
	}
	if d := cj.Spec.StartingDeadlineSeconds; deadline && d != nil {
		if bound := now.Add(-time.Duration(*d) * time.Second); bound.After(from) {
			from = bound
		}
	}
	first := s.Next(from)
	second := s.Next(first)
	if now.Before(first) {
		return from, due, 0, nil
	}
	if now.Before(second) {
		return from, first, 0, nil
	}
	gap := int64(second.Sub(first).Round(time.Second) / time.Second)
	if gap < 1 {
		return from, due, 0, errors.New("time difference between two schedules is less than 1 second")
	}
	missed = int64(now.Sub(first)/time.Second)/gap + 1
	early := first.Add(time.Duration((missed-2)*gap) * time.Second)
	for t := s.Next(early); !t.After(now); t = s.Next(t) {
		due = t
	}
	return from, due, missed, nil
}

// untilNext is the time until the CronJob has to be looked at again: a moment after it is due next.
//
// Source: k8s v1.36.3 utils.go nextScheduleTimeDuration.
func untilNext(cj *batchv1.CronJob, now time.Time, s calendar.Schedule) engine.Time {
	from, due, missed, err := lastDue(cj, now, s, false)
	switch {
	case err != nil, due.IsZero() && missed > 0:
		due = now
	case due.IsZero():
		due = from
	}
	return engine.Time(s.Next(due).Add(cronDelta).Sub(now))
}
