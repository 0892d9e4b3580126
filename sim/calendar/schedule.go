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
	}
	return parsed, nil
}
