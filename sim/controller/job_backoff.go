package controller

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/store"
)

// backoffRecord counts the failures since a Job's last success. It is kept in memory alone.
//
// Source: k8s v1.36.3 pkg/controller/job/backoff_utils.go.
type backoffRecord struct {
	failures int
	last     time.Time // when the last of them ended; zero without any
}

// with returns the record with newly finished pods.
//
// Source: k8s v1.36.3 backoff_utils.go newBackoffRecord.
func (r backoffRecord) with(succeeded, failed []*store.Pod) backoffRecord {
	byEnd := func(a, b *store.Pod) int { return finishedAt(a).Compare(finishedAt(b)) }
	succeeded, failed = slices.Clone(succeeded), slices.Clone(failed)
	slices.SortStableFunc(succeeded, byEnd)
	slices.SortStableFunc(failed, byEnd)
	if len(succeeded) == 0 {
		if len(failed) == 0 {
			return r
		}
		return backoffRecord{r.failures + len(failed), finishedAt(failed[len(failed)-1])}
	}
	r = backoffRecord{}
	success := finishedAt(succeeded[len(succeeded)-1])
	for i := len(failed) - 1; i >= 0; i-- {
		at := finishedAt(failed[i])
		if !at.After(success) {
			break
		}
		if r.failures == 0 {
			r.last = at
		}
		r.failures++
	}
	return r
}

// remaining is the time until the next pod may be created.
func (r backoffRecord) remaining(now time.Time) time.Duration {
	return remainingBackoff(r.failures, r.last, now)
}

// remainingBackoff is what is left of 10 s, doubled with each failure after the first, up to 10 min after the last one.
//
// Source: k8s v1.36.3 backoff_utils.go getRemainingTimeForFailuresCount.
func remainingBackoff(failures int, last, now time.Time) time.Duration {
	if failures == 0 {
		return 0
	}
	wait := time.Duration(jobBackoff)
	for i := 1; i < failures && wait < jobBackoffMax; i++ {
		wait *= 2
	}
	return max(0, min(wait, jobBackoffMax)-now.Sub(last))
}

// finishedAt is when the pod ended, as far as its object tells: the end of its last container, else when it ceased to be
// ready, else when its deletion began, else its creation.
//
// Source: k8s v1.36.3 backoff_utils.go getFinishedTime.
func finishedAt(p *store.Pod) time.Time {
	if t := lastContainerEnd(p); !t.IsZero() {
		return t
	}
	if c := store.Condition(p.Status, corev1.PodReady); c != nil && c.Status == corev1.ConditionFalse && !c.LastTransitionTime.IsZero() {
		return c.LastTransitionTime.Time
	}
	if d := p.Deletion; d != nil {
		return p.Clock(d.At).Add(-time.Duration(d.GraceSeconds) * time.Second)
	}
	return p.Clock(p.Created).Time
}

// lastContainerEnd is the latest end of the pod's containers and sidecars, zero if one of either sort has not ended.
//
// Source: k8s v1.36.3 backoff_utils.go getFinishTimeFromContainers.
func lastContainerEnd(p *store.Pod) (last time.Time) {
	take := func(list []corev1.ContainerStatus, which func(string) bool) {
		for i := range list {
			if !which(list[i].Name) {
				continue
			}
			t := list[i].State.Terminated
			if t == nil || t.FinishedAt.IsZero() {
				last = time.Time{}
				return
			}
			if last.Before(t.FinishedAt.Time) {
				last = t.FinishedAt.Time
			}
		}
	}
	take(p.Status.ContainerStatuses, func(string) bool { return true })
	take(p.Status.InitContainerStatuses, func(name string) bool { return isSidecar(p.Spec(), name) })
	return last
}

// isSidecar reports whether the init container of that name is restarted always.
func isSidecar(s *corev1.PodSpec, name string) bool {
	return slices.ContainsFunc(s.InitContainers, func(c corev1.Container) bool {
		return c.Name == name && c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
	})
}
