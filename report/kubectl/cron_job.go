package kubectl

import (
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func cronJobCells(now time.Time, c *batchv1.CronJob) []string {
	last, zone, suspend := "<none>", "<none>", "<unset>"
	if c.Status.LastScheduleTime != nil {
		last = age(now, *c.Status.LastScheduleTime)
	}
	if c.Spec.TimeZone != nil {
		zone = *c.Spec.TimeZone
	}
	if c.Spec.Suspend != nil {
		suspend = yesNo(*c.Spec.Suspend)
	}
	names, images := containerColumns(c.Spec.JobTemplate.Spec.Template.Spec.Containers)
	return []string{c.Name, c.Spec.Schedule, zone, suspend, strconv.Itoa(len(c.Status.Active)), last, age(now, c.CreationTimestamp),
		names, images, metav1.FormatLabelSelector(c.Spec.JobTemplate.Spec.Selector)}
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeCronJob.
func describeCronJob(s *sheet, c *batchv1.CronJob) {
	s.head(c)
	s.line(0, "Schedule:\t%s", c.Spec.Schedule)
	s.line(0, "Concurrency Policy:\t%s", c.Spec.ConcurrencyPolicy)
	suspend := "<unset>"
	if c.Spec.Suspend != nil {
		suspend = yesNo(*c.Spec.Suspend)
	}
	s.line(0, "Suspend:\t%s", suspend)
	s.line(0, "Time Zone:\t%s", orUnset(c.Spec.TimeZone))
	s.line(0, "Successful Job History Limit:\t%s", orUnset(c.Spec.SuccessfulJobsHistoryLimit))
	s.line(0, "Failed Job History Limit:\t%s", orUnset(c.Spec.FailedJobsHistoryLimit))
	deadline := orUnset(c.Spec.StartingDeadlineSeconds)
	if c.Spec.StartingDeadlineSeconds != nil {
		deadline += "s"
	}
	s.line(0, "Starting Deadline Seconds:\t%s", deadline)
	job := &c.Spec.JobTemplate.Spec
	if job.Selector != nil {
		s.line(0, "Selector:\t%s", selectorOf(job.Selector))
	} else {
		s.line(0, "Selector:\t<unset>")
	}
	s.line(0, "Parallelism:\t%s", orUnset(job.Parallelism))
	s.line(0, "Completions:\t%s", orUnset(job.Completions))
	if job.ActiveDeadlineSeconds != nil {
		s.line(0, "Active Deadline Seconds:\t%ds", *job.ActiveDeadlineSeconds)
	}
	s.podTemplate(&job.Template)
	last := "<unset>"
	if c.Status.LastScheduleTime != nil {
		last = date(*c.Status.LastScheduleTime)
	}
	s.line(0, "Last Schedule Time:\t%s", last)
	active := []string{}
	for _, ref := range c.Status.Active {
		active = append(active, ref.Name)
	}
	s.line(0, "Active Jobs:\t%s", orNone(strings.Join(active, ", ")))
	s.events(c)
}
