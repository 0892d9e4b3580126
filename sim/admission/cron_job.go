package admission

import (
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"clustersim/model"
	"clustersim/sim/calendar"
)

// validate is model.Validate with what needs the calendar: the schedule and the time zone of a CronJob.
//
// Source: k8s v1.36.3 pkg/apis/batch/validation/validation.go validateScheduleFormat, validateTimeZone.
func validate(o model.Object) field.ErrorList {
	errs := model.Validate(o)
	cj, ok := o.(*batchv1.CronJob)
	if !ok || len(errs) > 0 {
		return errs
	}
	if _, err := calendar.Parse(cj.Spec.Schedule, time.UTC); err != nil {
		errs = append(errs, field.Invalid(field.NewPath("spec", "schedule"), cj.Spec.Schedule, err.Error()))
	}
	zone := cj.Spec.TimeZone
	if zone == nil {
		return errs
	}
	at := field.NewPath("spec", "timeZone")
	if strings.EqualFold(*zone, "Local") {
		errs = append(errs, field.Invalid(at, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"))
	}
	if _, err := calendar.Zone(*zone); err != nil && *zone != "Local" { // that one can be loaded, upstream
		errs = append(errs, field.Invalid(at, zone, err.Error()))
	}
	return errs
}
