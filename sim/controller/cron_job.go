package controller

import (
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/calendar"
	"clustersim/sim/journal"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// Source: k8s v1.36.3 pkg/controller/cronjob/config/v1alpha1/defaults.go; cronjob_controllerv2.go nextScheduleDelta.
const (
	cronWorkers = 5
	cronDelta   = 100 * time.Millisecond // a job is made this long after its time
)

// cronJobs makes Jobs by the schedules of CronJobs. That a CronJob waits for its time keeps no run from having settled.
//
// Source: k8s v1.36.3 pkg/controller/cronjob/cronjob_controllerv2.go.
type cronJobs struct {
	env    *Env
	api    *api
	events *record.Recorder
	queue  *workQueue[store.Key]
	zones  map[string]*time.Location

	schedules map[scheduleIn]calendar.Schedule
}

// scheduleIn is a schedule and its time zone.
type scheduleIn struct{ schedule, zone string }

func newCronJobs(env *Env) Reconciler {
	c := &cronJobs{env: env, api: env.newAPI(), zones: map[string]*time.Location{}, schedules: map[scheduleIn]calendar.Schedule{}}
	c.events = env.newRecorder("cronjob-controller", c.api)
	c.queue = newWorkQueue(env.Engine, cronWorkers, c.sync).by(rule.CronJobSync)
	return c
}

// Start implements Reconciler.
func (c *cronJobs) Start() {
	for _, o := range c.env.Store.List(model.CronJob) {
		c.queue.add(o.Key())
	}
}

// Observe implements store.Watcher.
func (c *cronJobs) Observe(ch *store.Change) {
	switch ch.Kind() {
	case model.CronJob:
		c.observeCronJob(ch)
	case model.Job:
		owner := controllerOf(ch.New.API().GetOwnerReferences())
		if ch.Old != nil {
			if was := controllerOf(ch.Old.API().GetOwnerReferences()); was != nil && (owner == nil || was.UID != owner.UID) {
				c.queueOwner(ch.New.Key().Namespace, was.Kind, was.Name, was.UID)
			}
		}
		if owner != nil {
			c.queueOwner(ch.New.Key().Namespace, owner.Kind, owner.Name, owner.UID)
		}
	}
}

func (c *cronJobs) queueOwner(namespace, kind, name string, uid types.UID) {
	key := store.Key{Namespace: namespace, Name: name}
	if kind != model.CronJob.Name {
		return
	}
	if o := c.env.Store.Get(model.CronJob, key); o != nil && o.API().GetUID() == uid {
		c.queue.add(key)
	}
}

// observeCronJob queues a CronJob now or, if it has a new schedule, at the time of that.
//
// Source: k8s v1.36.3 cronjob_controllerv2.go updateCronJob.
func (c *cronJobs) observeCronJob(ch *store.Change) {
	key := ch.New.Key()
	if ch.Verb == journal.Modified {
		was, is := ch.Old.API().(*batchv1.CronJob), ch.New.API().(*batchv1.CronJob)
		if was.Spec.Schedule != is.Spec.Schedule || zoneOf(was) != zoneOf(is) {
			if s, err := c.schedule(is); err != nil {
				c.event(is, record.Warning, "UnParseableCronJobSchedule", "unparseable schedule for cronjob: "+is.Spec.Schedule)
			} else {
				c.queue.addAfterIdle(key, untilNext(is, c.env.Store.Now(), s))
			}
			return
		}
	}
	if ch.Verb == journal.Deleted {
		c.events.Forget(ch.New.API().GetUID())
		c.queue.cancelDelayed(key)
	}
	c.queue.add(key)
}

func zoneOf(cj *batchv1.CronJob) string {
	if cj.Spec.TimeZone == nil {
		return ""
	}
	return *cj.Spec.TimeZone
}

func (c *cronJobs) zone(name string) (*time.Location, error) {
	if z := c.zones[name]; z != nil {
		return z, nil
	}
	z, err := calendar.Zone(name)
	if err == nil {
		c.zones[name] = z
	}
	return z, err
}

func (c *cronJobs) schedule(cj *batchv1.CronJob) (calendar.Schedule, error) {
	key := scheduleIn{cj.Spec.Schedule, zoneOf(cj)}
	if s := c.schedules[key]; s != nil {
		return s, nil
	}
	zone, err := c.zone(zoneOf(cj))
	if err != nil {
		zone = time.UTC
	}
	s, err := calendar.Parse(cj.Spec.Schedule, zone)
	if err == nil {
		c.schedules[key] = s
	}
	return s, err
}

func (c *cronJobs) event(cj *batchv1.CronJob, typ, reason, message string) {
	c.events.Event(referenceTo(model.CronJob, cj), typ, reason, message)
}

// jobsOf are the Jobs of a CronJob, by name.
func (c *cronJobs) jobsOf(cj *batchv1.CronJob) (out []*batchv1.Job) {
	for _, o := range c.env.owned.controlledBy(cj.UID, model.Job) {
		out = append(out, o.(*batchv1.Job))
	}
	return out
}

// cronSync is one sync of a CronJob.
type cronSync struct {
	c        *cronJobs
	cj       batchv1.CronJob // with the changes that the sync has made so far
	jobs     []*batchv1.Job
	now      time.Time
	revision string
	changed  bool // the status is to be written
	schedule calendar.Schedule
	again    bool // it has a next time
}

// sync cleans up finished Jobs, follows the running ones, and makes the one that is due.
//
// Source: k8s v1.36.3 cronjob_controllerv2.go sync, syncCronJob.
func (c *cronJobs) sync(key store.Key, done func(error)) {
	o := c.env.Store.Get(model.CronJob, key)
	if o == nil {
		done(nil)
		return
	}
	cj := o.API().(*batchv1.CronJob)
	y := &cronSync{c: c, cj: *cj, jobs: c.jobsOf(cj), revision: cj.ResourceVersion}
	y.cj.Status = *cj.Status.DeepCopy()
	y.cleanup(func() {
		y.now = c.env.Store.Now()
		y.follow()
		y.start(func(err error) { y.finish(err, done) })
	})
}

// finish writes the status and queues the CronJob for its next time.
func (y *cronSync) finish(failed error, done func(error)) {
	end := func(err error) {
		switch {
		case err != nil:
			done(err)
		case y.again:
			done(nil)
			y.c.queue.addAfterIdle(keyOf(&y.cj), untilNext(&y.cj, y.now, y.schedule))
		default:
			done(failed)
		}
	}
	if !y.changed {
		end(nil)
		return
	}
	y.c.api.write(func() {
		o := y.c.env.Store.Get(model.CronJob, keyOf(&y.cj))
		switch {
		case o == nil:
			end(store.NotFound(model.CronJob, y.cj.Name))
		case o.API().GetResourceVersion() != y.revision:
			end(conflict(model.CronJob, y.cj.Name))
		default:
			cj := *o.API().(*batchv1.CronJob)
			cj.Status = y.cj.Status
			end(y.c.env.Store.Replace(model.CronJob, &cj))
		}
	})
}

// cleanup deletes finished Jobs beyond the history limits, those that started first.
//
// Source: k8s v1.36.3 cronjob_controllerv2.go cleanupFinishedJobs.
func (y *cronSync) cleanup(next func()) {
	var good, bad []*batchv1.Job
	for _, j := range y.jobs {
		switch f := finishedCondition(j); {
		case f == nil:
		case f.Type == batchv1.JobComplete:
			good = append(good, j)
		default:
			bad = append(bad, j)
		}
	}
	var old []*batchv1.Job
	for _, l := range []struct {
		jobs  []*batchv1.Job
		limit *int32
	}{{good, y.cj.Spec.SuccessfulJobsHistoryLimit}, {bad, y.cj.Spec.FailedJobsHistoryLimit}} {
		if l.limit != nil && len(l.jobs) > int(*l.limit) {
			slices.SortStableFunc(l.jobs, byStart)
			old = append(old, l.jobs[:len(l.jobs)-int(*l.limit)]...)
		}
	}
	oneByOne(len(old), func(i int, done func(error)) {
		y.remove(old[i], func(bool) { done(nil) })
	}, func(error) { next() })
}

// byStart puts Jobs that started first first, and those that have not started last.
//
// Source: k8s v1.36.3 pkg/controller/cronjob/utils.go byJobStartTime.
func byStart(a, b *batchv1.Job) int {
	x, y := a.Status.StartTime, b.Status.StartTime
	switch {
	case x.Equal(y):
		return strings.Compare(a.Name, b.Name)
	case x == nil || y == nil:
		return before(x != nil)
	}
	return before(x.Before(y))
}

// remove deletes a Job in the background and reports whether it could be done.
//
// Source: k8s v1.36.3 cronjob_controllerv2.go deleteJob.
func (y *cronSync) remove(j *batchv1.Job, done func(ok bool)) {
	y.c.api.write(func() {
		if err := y.c.env.API.Delete(model.Job, keyOf(j), nil, "Background"); err != nil {
			y.event(record.Warning, "FailedDelete", "Deleted job: "+err.Error())
			done(false)
			return
		}
		y.forget(j.UID)
		y.changed = true
		y.event(record.Normal, "SuccessfulDelete", "Deleted job "+j.Name)
		done(true)
	})
}

func (y *cronSync) event(typ, reason, message string) { y.c.event(&y.cj, typ, reason, message) }

func (y *cronSync) forget(uid types.UID) {
	y.cj.Status.Active = slices.DeleteFunc(slices.Clone(y.cj.Status.Active), func(r corev1.ObjectReference) bool { return r.UID == uid })
	if len(y.cj.Status.Active) == 0 {
		y.cj.Status.Active = nil
	}
}

// follow takes Jobs that have ended, or gone, off the list of active ones.
func (y *cronSync) follow() {
	mine := map[types.UID]bool{}
	for _, j := range y.jobs {
		mine[j.UID] = true
		active := slices.ContainsFunc(y.cj.Status.Active, func(r corev1.ObjectReference) bool { return r.UID == j.UID })
		f := finishedCondition(j)
		switch {
		case f == nil && !active:
			y.c.api.read()
			y.event(record.Warning, "UnexpectedJob", "Saw a job that the controller did not create or forgot: "+j.Name)
		case f != nil:
			if active {
				y.forget(j.UID)
				y.event(record.Normal, "SawCompletedJob", "Saw completed job: "+j.Name+", condition: "+string(f.Type))
				y.changed = true
			}
			y.noteSuccess(j, f)
		}
	}
	for _, r := range slices.Clone(y.cj.Status.Active) {
		if mine[r.UID] {
			continue
		}
		y.c.api.read()
		if y.c.env.Store.Get(model.Job, store.Key{Namespace: r.Namespace, Name: r.Name}) == nil {
			y.event(record.Normal, "MissingJob", "Active job went missing: "+r.Name)
			y.forget(r.UID)
			y.changed = true
		}
	}
}

// noteSuccess keeps the time of the last success.
func (y *cronSync) noteSuccess(j *batchv1.Job, f *batchv1.JobCondition) {
	end, last := j.Status.CompletionTime, y.cj.Status.LastSuccessfulTime
	if f.Type == batchv1.JobComplete && end != nil && (last == nil || end.After(last.Time)) {
		y.cj.Status.LastSuccessfulTime, y.changed = end, true
	}
}
