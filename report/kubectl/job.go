package kubectl

import (
	"fmt"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"clustersim/model"
)

// Source: k8s v1.36.3 pkg/apis/batch/v1/conversion.go.
var jobFields = fieldsOf{
	func(o model.Object) fields.Set {
		return fields.Set{"status.successful": number(o.(*batchv1.Job).Status.Succeeded)}
	},
	func(label string) error { return fmt.Errorf("field label %q not supported for Job", label) },
}

// jobCells is a row of `kubectl get jobs`. A job without completion time, as a failed one is, counts on in DURATION.
//
// Source: k8s v1.36.3 pkg/printers/internalversion/printers.go printJob.
func jobCells(now time.Time, j *batchv1.Job) []string {
	completions := fmt.Sprintf("%d/1", j.Status.Succeeded)
	if j.Spec.Completions != nil {
		completions = fmt.Sprintf("%d/%d", j.Status.Succeeded, *j.Spec.Completions)
	} else if p := deref(j.Spec.Parallelism); p > 1 {
		completions = fmt.Sprintf("%d/1 of %d", j.Status.Succeeded, p)
	}
	took := ""
	if start := j.Status.StartTime; start != nil {
		end := now
		if j.Status.CompletionTime != nil {
			end = j.Status.CompletionTime.Time
		}
		took = HumanDuration(end.Sub(start.Time))
	}
	names, images := containerColumns(j.Spec.Template.Spec.Containers)
	return []string{j.Name, jobStatus(j), completions, took, age(now, j.CreationTimestamp), names, images, metav1.FormatLabelSelector(j.Spec.Selector)}
}

func jobStatus(j *batchv1.Job) string {
	is := func(t batchv1.JobConditionType) bool {
		for _, c := range j.Status.Conditions {
			if c.Type == t {
				return c.Status == corev1.ConditionTrue
			}
		}
		return false
	}
	switch {
	case is(batchv1.JobComplete):
		return "Complete"
	case is(batchv1.JobFailed):
		return "Failed"
	case j.DeletionTimestamp != nil:
		return "Terminating"
	case is(batchv1.JobSuspended):
		return "Suspended"
	case is(batchv1.JobFailureTarget):
		return "FailureTarget"
	case is(batchv1.JobSuccessCriteriaMet):
		return "SuccessCriteriaMet"
	}
	return "Running"
}

// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go describeJob.
func describeJob(s *sheet, j *batchv1.Job) {
	s.line(0, "Name:\t%s", j.Name)
	s.line(0, "Namespace:\t%s", j.Namespace)
	s.line(0, "Selector:\t%s", selectorOf(j.Spec.Selector))
	s.labels("Labels", j.Labels)
	s.annotations("Annotations", j.Annotations)
	s.optional("Controlled By", controlledBy(j))
	if j.Spec.Parallelism != nil {
		s.line(0, "Parallelism:\t%d", *j.Spec.Parallelism)
	}
	s.line(0, "Completions:\t%s", orUnset(j.Spec.Completions))
	if j.Spec.CompletionMode != nil {
		s.line(0, "Completion Mode:\t%s", *j.Spec.CompletionMode)
	}
	if j.Spec.Suspend != nil {
		s.line(0, "Suspend:\t%v", *j.Spec.Suspend)
	}
	if j.Spec.BackoffLimit != nil {
		s.line(0, "Backoff Limit:\t%v", *j.Spec.BackoffLimit)
	}
	if j.Spec.TTLSecondsAfterFinished != nil {
		s.line(0, "TTL Seconds After Finished:\t%v", *j.Spec.TTLSecondsAfterFinished)
	}
	s.jobTimes(j)
	if j.Status.Ready == nil {
		s.line(0, "Pods Statuses:\t%d Active / %d Succeeded / %d Failed", j.Status.Active, j.Status.Succeeded, j.Status.Failed)
	} else {
		s.line(0, "Pods Statuses:\t%d Active (%d Ready) / %d Succeeded / %d Failed", j.Status.Active, *j.Status.Ready, j.Status.Succeeded, j.Status.Failed)
	}
	if deref(j.Spec.CompletionMode) == batchv1.IndexedCompletion {
		s.line(0, "Completed Indexes:\t%s", shortIndexes(j.Status.CompletedIndexes))
	}
	s.podTemplate(&j.Spec.Template)
	s.events(j)
}

func (s *sheet) jobTimes(j *batchv1.Job) {
	start, end := j.Status.StartTime, j.Status.CompletionTime
	if start != nil {
		s.line(0, "Start Time:\t%s", date(*start))
	}
	if end != nil {
		s.line(0, "Completed At:\t%s", date(*end))
	}
	if start != nil && end != nil {
		s.line(0, "Duration:\t%s", HumanDuration(end.Sub(start.Time)))
	}
	if j.Spec.ActiveDeadlineSeconds != nil {
		s.line(0, "Active Deadline Seconds:\t%ds", *j.Spec.ActiveDeadlineSeconds)
	}
}

// shortIndexes cuts at the first comma from the 50th byte on.
func shortIndexes(list string) string {
	const soft = 50
	if len(list) > soft {
		if i := strings.IndexByte(list[soft:], ','); i >= 0 {
			return list[:soft+i+1] + "..."
		}
	}
	return orNone(list)
}
