package controller

import (
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/model"
	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// jobSync is one sync of a Job.
//
// Source: k8s v1.36.3 pkg/controller/job/job_controller.go syncJobCtx.
type jobSync struct {
	c        *jobs
	state    *jobState
	job      batchv1.Job // with the changes that the sync has made so far
	revision string      // of the Job in the store

	pods                        []*store.Pod
	active                      []*store.Pod // at the beginning
	running, ready, terminating int32        // what the status will say
	succeeded, failed           int32        // counted, being counted, and new
	backoff                     backoffRecord
	finished                    *batchv1.JobCondition
	flush                       bool // the status has changed in what is not counted

	// Of Indexed Jobs. delayed are failed pods that keep their finalizer until their index has a new pod.
	before, done indexes
	lost         indexes
	delayed      map[int]*store.Pod
}

// sync does what is to be done for one Job.
//
// Source: k8s v1.36.3 job_controller.go syncJob.
func (c *jobs) sync(key store.Key, done func(error)) {
	j := c.job(key)
	if j == nil || j.Spec.ManagedBy != nil && *j.Spec.ManagedBy != batchv1.JobControllerName {
		done(nil)
		return
	}
	s := c.states[j.UID]
	if jobFinished(j) {
		s.backoff = backoffRecord{}
		done(nil)
		return
	}
	c.claim(s, j, func(pods []*store.Pod, err error) {
		if err != nil {
			done(err)
			return
		}
		y := &jobSync{c: c, state: s, job: *j, revision: j.ResourceVersion, pods: pods}
		y.job.Status = *j.Status.DeepCopy()
		y.look()
		y.judge()
		y.act(done)
	})
}

func (y *jobSync) now() time.Time         { return y.c.env.Store.Now() }
func (y *jobSync) suspended() bool        { return y.job.Spec.Suspend != nil && *y.job.Spec.Suspend }
func (y *jobSync) completions() int       { return int(*y.job.Spec.Completions) }
func (y *jobSync) perIndex() bool         { return y.job.Spec.BackoffLimitPerIndex != nil }
func (y *jobSync) uncounted() *uncounted  { return y.job.Status.UncountedTerminatedPods }
func (y *jobSync) event(t, r, msg string) { y.c.pods.event(&y.job, t, r, msg) }

type uncounted = batchv1.UncountedTerminatedPods

// replacesFailedOnly reports whether a pod that is being deleted is replaced only when it has finished.
//
// Source: k8s v1.36.3 job_controller.go onlyReplaceFailedPods.
func replacesFailedOnly(j *batchv1.Job) bool {
	return j.Spec.PodReplacementPolicy != nil && *j.Spec.PodReplacementPolicy == batchv1.Failed || j.Spec.PodFailurePolicy != nil
}

// podFailed reports whether the pod counts as failed. One that is being deleted does, unless only failed ones are replaced.
//
// Source: k8s v1.36.3 job_controller.go isPodFailed.
func podFailed(p *store.Pod, j *batchv1.Job) bool {
	if p.Status.Phase == corev1.PodFailed {
		return true
	}
	return !replacesFailedOnly(j) && p.Deletion != nil && p.Status.Phase != corev1.PodSucceeded
}

// look counts the pods.
func (y *jobSync) look() {
	if y.job.Status.UncountedTerminatedPods == nil {
		y.job.Status.UncountedTerminatedPods = &uncounted{}
	}
	for _, p := range y.pods {
		if podActive(p) {
			y.active = append(y.active, p)
			if podReady(p) {
				y.ready++
			}
		}
		if podTerminating(p) {
			y.terminating++
		}
	}
	y.running = int32(len(y.active))
	u := y.uncounted()
	succeeded := y.fresh(u.Succeeded, func(p *store.Pod) bool { return p.Status.Phase == corev1.PodSucceeded })
	failed := y.fresh(u.Failed, func(p *store.Pod) bool { return podFailed(p, &y.job) })
	y.succeeded = y.job.Status.Succeeded + int32(len(succeeded)+len(u.Succeeded))
	y.failed = y.job.Status.Failed + int32(len(u.Failed))
	for _, p := range failed {
		if _, counts, _ := matchFailurePolicy(y.job.Spec.PodFailurePolicy, p); counts {
			y.failed++
		}
	}
	if y.job.Status.StartTime == nil && !y.suspended() {
		y.setStart()
	}
	y.backoff = y.state.backoff.with(succeeded, failed)
}

func (y *jobSync) setStart() {
	t := metav1.NewTime(y.now()).Rfc3339Copy()
	y.job.Status.StartTime = &t
}

// fresh lists the pods of a sort that are not counted, and not being counted yet.
//
// Source: k8s v1.36.3 job_controller.go getValidPodsWithFilter.
func (y *jobSync) fresh(counting []types.UID, is func(*store.Pod) bool) (out []*store.Pod) {
	for _, p := range y.pods {
		if tracked(p) && y.validIndex(p) && is(p) && !slices.Contains(counting, p.UID) {
			out = append(out, p)
		}
	}
	return out
}

// validIndex reports whether the pod has an index that the Job wants, or needs none.
func (y *jobSync) validIndex(p *store.Pod) bool {
	if !isIndexed(&y.job) {
		return true
	}
	i := indexOf(p)
	return i != noIndex && i < y.completions()
}

// act deletes what a Job at its end still runs, or else manages its pods, and then writes the status.
func (y *jobSync) act(done func(error)) {
	if y.finished != nil {
		y.deleteActive(func(err error) { y.settle(err, done) })
		return
	}
	if y.job.DeletionTimestamp != nil || y.c.env.Engine.Now() < y.state.blocked {
		y.complete()
		y.settle(nil, done)
		return
	}
	y.manage(func(err error) {
		if !y.complete() {
			y.noteSuspension()
		}
		y.settle(err, done)
	})
}

// complete reports whether the Job has as many successes as it wants, and no pod that still runs.
func (y *jobSync) complete() bool {
	enough := y.succeeded > 0
	if y.job.Spec.Completions != nil {
		enough = y.succeeded >= *y.job.Spec.Completions
	}
	if !enough || y.running > 0 {
		return false
	}
	y.finished = y.newCondition(batchv1.JobSuccessCriteriaMet, batchv1.JobReasonCompletionsReached, "Reached expected number of succeeded pods")
	return true
}

// noteSuspension keeps the condition Suspended. A Job that is resumed starts anew, one that is suspended has not started.
func (y *jobSync) noteSuspension() {
	if y.suspended() {
		if y.ensureCondition(batchv1.JobSuspended, corev1.ConditionTrue, "JobSuspended", "Job suspended") {
			y.event(record.Normal, "Suspended", "Job suspended")
			y.job.Status.StartTime = nil
			y.flush = true
		}
		return
	}
	if y.ensureCondition(batchv1.JobSuspended, corev1.ConditionFalse, "JobResumed", "Job resumed") {
		y.event(record.Normal, "Resumed", "Job resumed")
		y.setStart()
		y.flush = true
	}
}

// ensureCondition sets a condition and reports whether that changed anything. One that is not there is not set to false.
//
// Source: k8s v1.36.3 job_controller.go ensureJobConditionStatus.
func (y *jobSync) ensureCondition(t batchv1.JobConditionType, status corev1.ConditionStatus, reason, message string) bool {
	fresh := y.newCondition(t, reason, message)
	fresh.Status = status
	list := y.job.Status.Conditions
	i := slices.IndexFunc(list, func(c batchv1.JobCondition) bool { return c.Type == t })
	switch {
	case i >= 0 && list[i].Status == status && list[i].Reason == reason && list[i].Message == message:
		return false
	case i >= 0:
		list[i] = *fresh
	case status == corev1.ConditionFalse:
		return false
	default:
		y.job.Status.Conditions = append(list, *fresh)
	}
	return true
}

// settle writes the status, counts pods and ends the sync.
func (y *jobSync) settle(failed error, done func(error)) {
	st := &y.job.Status
	same := func(p *int32, n int32) bool { return p != nil && *p == n }
	flush := y.flush || y.running != st.Active || !same(st.Ready, y.ready) || !same(st.Terminating, y.terminating)
	st.Active, st.Ready, st.Terminating = y.running, &y.ready, &y.terminating
	y.track(flush, func(err error) {
		if err != nil {
			done(fmt.Errorf("tracking status: %w", err))
			return
		}
		done(failed)
	})
}

// byRule says by which rule the Job is written from here on: that of its end, once that has been decided.
func (y *jobSync) byRule(by rule.ID) {
	switch {
	case y.finished == nil:
	case y.finished.Type == batchv1.JobComplete || y.finished.Type == batchv1.JobSuccessCriteriaMet:
		by = rule.JobComplete
	default:
		by = rule.JobFailed
	}
	y.c.env.Engine.Act(by)
}

// put writes the status.
func (y *jobSync) put(done func(error)) {
	status := *y.job.Status.DeepCopy()
	y.c.api.write(func() {
		o := y.c.job(y.state.key)
		switch {
		case o == nil || o.UID != y.job.UID:
			done(store.NotFound(model.Job, y.job.Name))
			return
		case o.ResourceVersion != y.revision:
			done(conflict(model.Job, y.job.Name))
			return
		}
		j := *o
		j.Status = status
		if err := y.c.env.Store.Replace(model.Job, &j); err != nil {
			done(err)
			return
		}
		y.revision = j.ResourceVersion
		done(nil)
	})
}
