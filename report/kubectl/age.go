package kubectl

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
)

// HumanDuration prints a duration as kubectl prints ages: 90s, 2m30s, 3h5m, 2d1h; "<invalid>" under -1 s.
func HumanDuration(d time.Duration) string { return duration.HumanDuration(d) }

// age is the time since t, "<unknown>" if t was never set.
func age(now time.Time, t metav1.Time) string { return since(now, t.Time) }

func since(now, t time.Time) string {
	if t.IsZero() {
		return "<unknown>"
	}
	return HumanDuration(now.Sub(t))
}

// firstSeen prefers the microsecond time of the newer events API.
func firstSeen(now time.Time, e *corev1.Event) string {
	if !e.EventTime.IsZero() {
		return since(now, e.EventTime.Time)
	}
	return since(now, e.FirstTimestamp.Time)
}

// interval is the age of an event in describe and `kubectl events`: "4s", "4s (x5 over 11s)".
//
// Source: k8s v1.36.3 staging/src/k8s.io/kubectl/pkg/describe/describe.go DescribeEvents.
func interval(now time.Time, e *corev1.Event) string {
	first := firstSeen(now, e)
	switch {
	case e.Series != nil:
		return repeated(since(now, e.Series.LastObservedTime.Time), e.Series.Count, first)
	case e.Count > 1:
		return repeated(since(now, e.LastTimestamp.Time), e.Count, first)
	}
	return first
}

func repeated(last string, count int32, first string) string {
	return fmt.Sprintf("%s (x%d over %s)", last, count, first)
}
