package metric

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"clustersim/sim/journal"
)

// job is a Job that was seen.
type job struct {
	of      *Object
	created time.Duration
	over    bool // it has ended, or it is gone
}

func (c *Collector) job(r *journal.Record, o *batchv1.Job) {
	j := c.jobs[o.UID]
	if j == nil {
		j = &job{of: &Object{Kind: "Job", Namespace: o.Namespace, Name: o.Name, Labels: o.Spec.Template.Labels}, created: r.At}
		c.jobs[o.UID] = j
		c.jobOrder = append(c.jobOrder, j)
	}
	if j.over {
		return
	}
	for i := range o.Status.Conditions {
		k := &o.Status.Conditions[i]
		if k.Status != corev1.ConditionTrue || k.Type != batchv1.JobComplete && k.Type != batchv1.JobFailed {
			continue
		}
		j.over = true
		failed := 0.0
		if k.Type == batchv1.JobFailed {
			failed = 1
		}
		c.add(mJobSeconds, r.At, (r.At - j.created).Seconds(), j.of)
		c.add(mJobFailed, r.At, failed, j.of)
		return
	}
	j.over = r.Verb == journal.Deleted
}

func (c *Collector) closeJobs(r *run) {
	for _, j := range c.jobOrder {
		if !j.over {
			r.add(mJobSeconds, (r.end - j.created).Seconds(), j.of, true)
		}
	}
}
