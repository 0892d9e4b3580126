package controller

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/sim/engine"
	"clustersim/sim/store"
)

// judge decides whether the Job has come to its end, for better or worse.
func (y *jobSync) judge() {
	if c := y.condition(batchv1.JobSuccessCriteriaMet); c != nil {
		y.finished = c
	} else if c := y.condition(batchv1.JobFailureTarget); c != nil {
		y.finished = y.newCondition(batchv1.JobFailed, c.Reason, c.Message)
	} else if message := y.failJob(); message != "" {
		y.fail(batchv1.JobReasonPodFailurePolicy, message)
	}
	if y.finished == nil {
		y.judgeLimits()
	}
	if !isIndexed(&y.job) {
		return
	}
	y.judgeIndexes()
	if y.finished == nil {
		if message, ok := matchSuccessPolicy(y.job.Spec.SuccessPolicy, y.completions(), y.done); ok {
			y.finished = y.newCondition(batchv1.JobSuccessCriteriaMet, batchv1.JobReasonSuccessPolicy, message)
		}
	}
}

// condition returns a copy of the true condition of that type, nil if there is none.
func (y *jobSync) condition(t batchv1.JobConditionType) *batchv1.JobCondition {
	for _, c := range y.job.Status.Conditions {
		if c.Type == t && c.Status == corev1.ConditionTrue {
			return &c
		}
	}
	return nil
}

func (y *jobSync) newCondition(t batchv1.JobConditionType, reason, message string) *batchv1.JobCondition {
	now := metav1.NewTime(y.now()).Rfc3339Copy()
	return &batchv1.JobCondition{Type: t, Status: corev1.ConditionTrue, LastProbeTime: now, LastTransitionTime: now, Reason: reason, Message: message}
}

func (y *jobSync) fail(reason, message string) {
	y.finished = y.newCondition(batchv1.JobFailureTarget, reason, message)
}

// failJob is the message of the first failed pod that fails the Job by its podFailurePolicy.
func (y *jobSync) failJob() string {
	for _, p := range y.pods {
		if y.job.Spec.PodFailurePolicy != nil && podFailed(p, &y.job) {
			if _, _, message := matchFailurePolicy(y.job.Spec.PodFailurePolicy, p); message != "" {
				return message
			}
		}
	}
	return ""
}

// judgeLimits looks at backoffLimit and activeDeadlineSeconds.
func (y *jobSync) judgeLimits() {
	deadline := y.job.Spec.ActiveDeadlineSeconds
	switch {
	case y.failed > *y.job.Spec.BackoffLimit || y.tooManyRestarts():
		y.fail(batchv1.JobReasonBackoffLimitExceeded, "Job has reached the specified backoff limit")
	case deadline == nil || y.suspended() || y.job.Status.StartTime == nil:
	default:
		left := y.job.Status.StartTime.Add(time.Duration(*deadline) * time.Second).Sub(y.now())
		if left <= 0 {
			y.fail(batchv1.JobReasonDeadlineExceeded, "Job was active longer than specified deadline")
			return
		}
		y.c.queue.addAfter(y.state.key, engine.Time(left))
	}
}

// tooManyRestarts reports whether the containers of pods that restart on failure have restarted as often as pods may fail.
//
// Source: k8s v1.36.3 job_controller.go pastBackoffLimitOnFailure.
func (y *jobSync) tooManyRestarts() bool {
	if y.job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyOnFailure {
		return false
	}
	n := int32(0)
	for _, p := range y.pods {
		if p.Status.Phase == corev1.PodRunning || p.Status.Phase == corev1.PodPending {
			for _, list := range [...][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
				for i := range list {
					n += list[i].RestartCount
				}
			}
		}
	}
	return n >= max(*y.job.Spec.BackoffLimit, 1)
}

// judgeIndexes finds out which indexes have succeeded and which have failed for good.
//
// Source: k8s v1.36.3 indexed_job_utils.go calculateSucceededIndexes, calculateFailedIndexes.
func (y *jobSync) judgeIndexes() {
	var succeeded, failed []int
	for _, p := range y.pods {
		if !tracked(p) || !y.validIndex(p) {
			continue
		}
		if p.Status.Phase == corev1.PodSucceeded {
			succeeded = append(succeeded, indexOf(p))
		}
		if y.perIndex() && y.indexFailed(p) {
			failed = append(failed, indexOf(p))
		}
	}
	y.before = parseIndexes(y.job.Status.CompletedIndexes, y.completions())
	y.done = y.before.with(succeeded)
	y.succeeded = int32(y.done.total())
	if !y.perIndex() {
		return
	}
	if f := y.job.Status.FailedIndexes; f != nil {
		y.lost = parseIndexes(*f, y.completions())
	}
	y.lost = y.lost.with(failed)
	if y.finished == nil {
		switch n := y.lost.total(); {
		case y.job.Spec.MaxFailedIndexes != nil && n > int(*y.job.Spec.MaxFailedIndexes):
			y.fail(batchv1.JobReasonMaxFailedIndexesExceeded, "Job has exceeded the specified maximal number of failed indexes")
		case n > 0 && n+y.done.total() >= y.completions():
			y.fail(batchv1.JobReasonFailedIndexes, "Job has failed indexes")
		}
	}
	y.findDelayed()
}

// indexFailed reports whether the failure of this pod is the last that its index may have.
//
// Source: k8s v1.36.3 indexed_job_utils.go isIndexFailed.
func (y *jobSync) indexFailed(p *store.Pod) bool {
	if !podFailed(p, &y.job) {
		return false
	}
	action, counts, _ := matchFailurePolicy(y.job.Spec.PodFailurePolicy, p)
	return action == batchv1.PodFailurePolicyActionFailIndex || counts && failuresOf(p, batchv1.JobIndexFailureCountAnnotation) >= int(*y.job.Spec.BackoffLimitPerIndex)
}

// findDelayed finds for each index without a pod the failed one that the next one replaces.
//
// Source: k8s v1.36.3 indexed_job_utils.go getPodsWithDelayedDeletionPerIndex.
func (y *jobSync) findDelayed() {
	y.delayed = map[int]*store.Pod{}
	active := indexes{}.with(indexesOf(y.active))
	for _, p := range y.fresh(nil, func(p *store.Pod) bool { return podFailed(p, &y.job) }) {
		i := indexOf(p)
		if y.done.has(i) || y.lost.has(i) || active.has(i) {
			continue
		}
		if last := y.delayed[i]; last == nil || allFailuresOf(last) <= allFailuresOf(p) && !finishedAt(p).Before(finishedAt(last)) {
			y.delayed[i] = p
		}
	}
}

// indexesOf are the completion indexes of the pods.
func indexesOf(pods []*store.Pod) (out []int) {
	for _, p := range pods {
		if i := indexOf(p); i != noIndex {
			out = append(out, i)
		}
	}
	return out
}
