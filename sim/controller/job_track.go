package controller

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"clustersim/sim/record"
	"clustersim/sim/rule"
	"clustersim/sim/store"
)

// track counts finished pods:
//
//	UIDs into status.uncountedTerminatedPods, interim conditions --write--> finalizers off --> counters, end --write-->
//
// Source: k8s v1.36.3 pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers, flushUncountedAndRemoveFinalizers.
func (y *jobSync) track(flush bool, done func(error)) {
	kept := map[types.UID]bool{} // pods that have their finalizer
	for _, p := range y.pods {
		if tracked(p) {
			kept[p.UID] = true
		}
	}
	flush = y.countUntracked(kept) || flush
	release, more, full := y.collect()
	flush = more || flush
	flush = y.interim() || flush
	next := func(err error) {
		if err != nil {
			done(err)
			return
		}
		y.release(release, kept, full, done)
	}
	if !flush {
		next(nil)
		return
	}
	y.byRule(rule.JobSync)
	y.put(func(err error) {
		if err == nil {
			y.state.backoff = y.backoff
		}
		next(err)
	})
}

// countUntracked raises the counters by pods that are being counted and have lost their finalizer. It reports whether
// there were any.
//
// Source: k8s v1.36.3 job_controller.go cleanUncountedPodsWithoutFinalizers.
func (y *jobSync) countUntracked(kept map[types.UID]bool) bool {
	count := func(list *[]types.UID, counter *int32) bool {
		rest := slices.DeleteFunc(slices.Clone(*list), func(uid types.UID) bool { return !kept[uid] })
		n := len(*list) - len(rest)
		if n == 0 {
			return false
		}
		if len(rest) == 0 {
			rest = nil
		}
		*list = rest
		*counter += int32(n)
		return true
	}
	u, st := y.uncounted(), &y.job.Status
	succeeded := count(&u.Succeeded, &st.Succeeded)
	failed := count(&u.Failed, &st.Failed)
	return succeeded || failed
}

// collect puts newly finished pods into the status. It returns those whose finalizer may go, whether the status changed,
// and whether the status holds no more.
func (y *jobSync) collect() (release []*store.Pod, changed, full bool) {
	pods := y.pods
	indexed := isIndexed(&y.job)
	if indexed {
		pods = slices.Clone(pods)
		slices.SortStableFunc(pods, func(a, b *store.Pod) int { return indexOf(a) - indexOf(b) })
	}
	u := y.uncounted()
	var fresh []int
	for _, p := range pods {
		if !tracked(p) || !y.mayRelease(p) {
			continue
		}
		release = append(release, p)
		switch {
		case p.Status.Phase == corev1.PodSucceeded && !slices.Contains(u.Failed, p.UID):
			if indexed {
				if i := indexOf(p); y.validIndex(p) && !y.before.has(i) {
					fresh, changed = append(fresh, i), true
				}
			} else if !slices.Contains(u.Succeeded, p.UID) {
				u.Succeeded, changed = append(u.Succeeded, p.UID), true
			}
		case y.countsAsFailed(p) && !slices.Contains(u.Failed, p.UID) && y.validIndex(p):
			if _, counts, _ := matchFailurePolicy(y.job.Spec.PodFailurePolicy, p); counts {
				u.Failed, changed = append(u.Failed, p.UID), true
			}
		}
		if len(fresh)+len(u.Succeeded)+len(u.Failed) >= jobMaxCounting {
			full = true
			break
		}
	}
	if indexed && y.noteIndexes(fresh) {
		changed = true
	}
	return release, changed, full
}

// countsAsFailed reports whether the pod has failed or, in a Job that has, would not finish any more.
func (y *jobSync) countsAsFailed(p *store.Pod) bool {
	return podFailed(p, &y.job) || y.finished != nil && y.finished.Type != batchv1.JobSuccessCriteriaMet
}

// mayRelease reports whether the pod's finalizer may be taken off.
//
// Source: k8s v1.36.3 job_controller.go canRemoveFinalizer.
func (y *jobSync) mayRelease(p *store.Pod) bool {
	if y.job.DeletionTimestamp != nil || y.finished != nil || p.Status.Phase == corev1.PodSucceeded {
		return true
	}
	if !podFailed(p, &y.job) {
		return false
	}
	waits := y.delayed[indexOf(p)]
	return waits == nil || waits.UID != p.UID
}

// noteIndexes writes the completed and failed indexes into the status and reports whether they changed.
func (y *jobSync) noteIndexes(fresh []int) (changed bool) {
	st := &y.job.Status
	completed := y.done.with(fresh)
	y.done = completed
	if text := completed.String(); text != st.CompletedIndexes {
		st.CompletedIndexes, changed = text, true
	}
	st.Succeeded = int32(completed.total())
	if y.perIndex() {
		if text := y.lost.String(); st.FailedIndexes == nil || *st.FailedIndexes != text {
			st.FailedIndexes, changed = &text, true
		}
	}
	return changed
}

// interim adds the condition that announces the Job's end, which is FailureTarget or SuccessCriteriaMet, and turns the one
// to come into the final one. It reports whether the status changed.
func (y *jobSync) interim() (changed bool) {
	if y.finished == nil {
		return false
	}
	final := batchv1.JobComplete
	switch y.finished.Type {
	case batchv1.JobFailureTarget:
		y.job.Status.Conditions, changed = append(y.job.Status.Conditions, *y.finished), true
		final = batchv1.JobFailed
	case batchv1.JobSuccessCriteriaMet:
		if y.condition(batchv1.JobSuccessCriteriaMet) == nil {
			y.job.Status.Conditions, changed = append(y.job.Status.Conditions, *y.finished), true
		}
	default:
		return false
	}
	y.finished = y.newCondition(final, y.finished.Reason, y.finished.Message)
	return changed
}

// release takes finalizers off pods, raises the counters and, if nothing is left to wait for, ends the Job.
func (y *jobSync) release(pods []*store.Pod, kept map[types.UID]bool, full bool, done func(error)) {
	y.c.env.Engine.Act(rule.JobTrack)
	together(len(pods), func(i int, done func(error)) {
		y.c.untrack(pods[i], func(err error) {
			if err == nil {
				delete(kept, pods[i].UID)
			}
			done(err)
		})
	}, func(_ int, failed error) {
		flush := y.countUntracked(kept)
		ended := false
		if failed == nil && !full {
			ended = y.end()
		}
		if !flush && !ended {
			done(failed)
			return
		}
		y.byRule(rule.JobTrack)
		y.put(func(err error) {
			if err == nil && ended {
				y.tellEnd()
			}
			if err == nil {
				err = failed
			}
			done(err)
		})
	})
}

// end sets the final condition if no pod is left to be counted or to terminate.
//
// Source: k8s v1.36.3 job_controller.go enactJobFinished.
func (y *jobSync) end() bool {
	u := y.uncounted()
	if y.finished == nil || len(u.Succeeded)+len(u.Failed) > 0 || y.terminating > 0 {
		return false
	}
	f := y.finished
	y.ensureCondition(f.Type, f.Status, f.Reason, f.Message)
	if f.Type == batchv1.JobComplete {
		t := metav1.NewTime(f.LastTransitionTime.Time)
		y.job.Status.CompletionTime = &t
	}
	return true
}

// tellEnd records the Job's end in an Event.
//
// Source: k8s v1.36.3 job_controller.go recordJobFinished.
func (y *jobSync) tellEnd() {
	if y.finished.Type != batchv1.JobComplete {
		y.event(record.Warning, y.finished.Reason, y.finished.Message)
		return
	}
	if y.job.Spec.Completions != nil && y.job.Status.Succeeded > *y.job.Spec.Completions {
		y.event(record.Warning, "TooManySucceededPods", "Too many succeeded pods running after completion count reached")
	}
	y.event(record.Normal, "Completed", "Job completed")
}
