package calendar

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule says when something is due.
type Schedule interface {
	// Next returns the first instant after t at which it is due, the zero time if there is none within five years.
	Next(t time.Time) time.Time
}

// Parse reads a schedule of five fields, or @hourly, @every 90s and the like, in the time zone. Its error is that of
// upstream's parser.
//
// Source: k8s v1.36.3 pkg/util/parsers/parsers.go ParseCronScheduleWithPanicRecovery.
func Parse(schedule string, zone *time.Location) (s Schedule, err error) {
	if strings.HasPrefix(schedule, "TZ=") || strings.HasPrefix(schedule, "CRON_TZ=") {
		return nil, fmt.Errorf("time zones in a schedule are not supported: %s", schedule) // the machine's would be taken
	}
	parsed, err := cron.ParseStandard(schedule)
	if err != nil {
		return nil, err
	}
	if fields, ok := parsed.(*cron.SpecSchedule); ok {
		fields.Location = zone
		return &remembering{schedule: fields}, nil
	}
	return parsed, nil
}

// remembering is a schedule that has its last answers at hand: a CronJob asks the same a dozen times for each of its Jobs, and
// an answer takes a walk through minutes, hours and days of local time.
type remembering struct {
	schedule Schedule
	asked    [8]time.Time
	answers  [8]time.Time
	next     int
}

// Next implements Schedule.
func (r *remembering) Next(t time.Time) time.Time {
	for i := range r.asked {
		if !r.asked[i].IsZero() && r.asked[i].Equal(t) {
			return r.answers[i].In(t.Location())
		}
	}
	n := r.schedule.Next(t)
	r.asked[r.next], r.answers[r.next] = t, n
	r.next = (r.next + 1) % len(r.asked)
	return n
}
