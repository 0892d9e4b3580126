package controller

import (
	"fmt"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"clustersim/model"
	"clustersim/sim/calendar"
	"clustersim/sim/store"
)

func cronManifest(schedule, more string) string {
	return fmt.Sprintf(`
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: %q
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: app}]}}}}
%s`, schedule, more)
}

// Source: controllers.md 9.13: names are minutes since the epoch (2026-01-01T00:00 is 29453760), Jobs come 0.1 s late.
func TestCronJobPolicies(t *testing.T) {
	for _, c := range []struct {
		policy string
		want   []string
	}{
		{"Allow", []string{
			"60.1 CronJob/tick SuccessfulCreate: Created job tick-29453761",
			"120.1 CronJob/tick SuccessfulCreate: Created job tick-29453762",
			"153.6 CronJob/tick SawCompletedJob: Saw completed job: tick-29453761, condition: Complete",
			"180.1 CronJob/tick SuccessfulCreate: Created job tick-29453763"}},
		{"Forbid", []string{
			"60.1 CronJob/tick SuccessfulCreate: Created job tick-29453761",
			"120.1 CronJob/tick JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid",
			"153.6 CronJob/tick SawCompletedJob: Saw completed job: tick-29453761, condition: Complete",
			"153.6 CronJob/tick SuccessfulCreate: Created job tick-29453762"}}, // and at 180.1 it is told again
		{"Replace", []string{
			"60.1 CronJob/tick SuccessfulCreate: Created job tick-29453761",
			"120.1 CronJob/tick SuccessfulDelete: Deleted job tick-29453761",
			"120.1 CronJob/tick SuccessfulCreate: Created job tick-29453762",
			"180.1 CronJob/tick SuccessfulDelete: Deleted job tick-29453762",
			"180.1 CronJob/tick SuccessfulCreate: Created job tick-29453763"}},
	} {
		p := newPlant(t, "v1.36", false)
		p.show = "CronJob/"
		p.life = func(*store.Pod) life { return life{ends: 92 * time.Second} }
		p.create(cronManifest("*/1 * * * *", "  concurrencyPolicy: "+c.policy))
		p.run(200 * time.Second)
		p.expect(c.want...)
	}
}

// Finished Jobs beyond the limits go; the last success is noted; suspended, nothing starts.
func TestCronJobHistory(t *testing.T) {
	p := newPlant(t, "v1.36", false)
	p.life = func(pod *store.Pod) life { return life{ends: time.Second} }
	p.create(cronManifest("*/1 * * * *", "  successfulJobsHistoryLimit: 2"))
	p.run(10*time.Minute + 30*time.Second)
	cj := get[*batchv1.CronJob](p, model.CronJob, "tick")
	if n := p.store.Len(model.Job); n != 2 || len(cj.Status.Active) != 0 || cj.Status.LastSuccessfulTime == nil || cj.Status.LastScheduleTime.UTC().Format("15:04:05") != "00:10:00" {
		t.Errorf("%d jobs, status %+v", n, cj.Status)
	}
	p.patch(model.CronJob, "tick", `{"spec": {"suspend": true}}`)
	p.run(20 * time.Minute)
	if p.store.Get(model.Job, key("tick-29453771")) != nil {
		t.Error("a job started while suspended")
	}
}

// A year of mornings in a zone with summer time.
func TestCronJobZone(t *testing.T) {
	p := newPlant(t, "instant", true)
	p.life = func(*store.Pod) life { return life{ends: time.Second} }
	p.create(cronManifest("30 9 * * *", "  timeZone: America/New_York\n  successfulJobsHistoryLimit: 400"))
	p.run(365 * 24 * time.Hour)
	utc := map[string]int{}
	for _, o := range p.store.List(model.Job) {
		at, err := time.Parse(time.RFC3339, o.API().GetAnnotations()[batchv1.CronJobScheduledTimestampAnnotation])
		if err != nil {
			t.Fatal(err)
		}
		if at.Format("15:04") != "09:30" {
			t.Errorf("scheduled at %s", at)
		}
		utc[at.UTC().Format("15:04")]++
	}
	// Summer time lasts from 8 March to 1 November: 238 mornings.
	if p.store.Len(model.Job) != 365 || utc["13:30"] != 238 || utc["14:30"] != 127 {
		t.Errorf("%d jobs: %v", p.store.Len(model.Job), utc)
	}
}

// Worked out by hand from mostRecentScheduleTime.
func TestLastDue(t *testing.T) {
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339, "2026-01-01T"+s+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, c := range []struct {
		name, schedule, created, last, now string
		deadline                           int64
		due                                string
		many                               bool
	}{
		{"not yet", "*/10 * * * *", "00:01:00", "", "00:09:59", 0, "", false},
		{"now", "*/10 * * * *", "00:01:00", "", "00:10:00", 0, "00:10:00", false},
		{"one missed", "*/10 * * * *", "00:01:00", "", "00:25:00", 0, "00:20:00", false},
		{"since the last", "*/10 * * * *", "00:01:00", "00:20:00", "00:25:00", 0, "", false},
		{"many missed", "*/1 * * * *", "00:01:00", "", "03:00:30", 0, "03:00:00", true},
		{"deadline leaves few", "*/1 * * * *", "00:01:00", "", "03:00:30", 200, "03:00:00", false},
		{"deadline leaves none", "*/10 * * * *", "00:01:00", "", "00:15:00", 60, "", false},
		{"uneven", "30 6-16/4 * * *", "00:00:00", "", "15:00:00", 0, "14:30:00", false},
	} {
		cj := &batchv1.CronJob{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(at(c.created))}}
		if c.last != "" {
			last := metav1.NewTime(at(c.last))
			cj.Status.LastScheduleTime = &last
		}
		if c.deadline > 0 {
			cj.Spec.StartingDeadlineSeconds = &c.deadline
		}
		s, err := calendar.Parse(c.schedule, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		_, due, missed, err := lastDue(cj, at(c.now), s, true)
		got := ""
		if !due.IsZero() {
			got = due.Format("15:04:05")
		}
		if err != nil || got != c.due || missed > manyMissed != c.many {
			t.Errorf("%s: due %q, missed %d, %v", c.name, got, missed, err)
		}
	}
	never, err := calendar.Parse("59 23 31 2 *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := lastDue(&batchv1.CronJob{}, at("00:00:00"), never, true); err == nil {
		t.Error("31 February: no error")
	}
}

// jobDays counts the Jobs of each CronJob that are made for each local day.
type jobDays map[string]int

func (d jobDays) Observe(ch *store.Change) {
	if ch.Kind() == model.Job && ch.Old == nil {
		at := ch.New.API().GetAnnotations()[batchv1.CronJobScheduledTimestampAnnotation]
		d[controllerOf(ch.New.API().GetOwnerReferences()).Name+" "+at[:10]]++
	}
}

// A year of CronJobs in Berlin, by the hour and by night: 8,760 hours, of which 29 March has 23 and 25 October 25; 2:30 does
// not exist on the one and comes twice on the other. There is no 29 February in 2026, and 31 days in seven months.
func TestCronJobYear(t *testing.T) {
	p := newPlant(t, "instant", true)
	p.life = func(*store.Pod) life { return life{ends: time.Second} }
	days := jobDays{}
	p.store.Watch(days)
	for name, schedule := range map[string]string{"hour": "0 * * * *", "night": "30 2 * * *", "leap": "0 12 29 2 *", "end": "0 12 31 * *"} {
		p.create(strings.Replace(cronManifest(schedule, "  timeZone: Europe/Berlin"), "name: tick", "name: "+name, 1))
	}
	p.run(365 * 24 * time.Hour)
	sum := map[string]int{}
	for day, n := range days {
		name, _, _ := strings.Cut(day, " ")
		sum[name] += n
		want := map[string]int{"hour": 24, "night": 1, "end": 1}[name]
		switch day {
		case "hour 2026-01-01": // it begins at 1:00, Berlin time, which is not after the CronJob's own time
			want = 22
		case "hour 2027-01-01":
			want = n
		case "hour 2026-03-29":
			want = 23
		case "hour 2026-10-25":
			want = 25
		case "night 2026-10-25":
			want = 2
		}
		if n != want {
			t.Errorf("%s: %d jobs, want %d", day, n, want)
		}
	}
	if sum["night"] != 365 || sum["leap"] != 0 || sum["end"] != 7 || days["night 2026-03-29"] != 0 || sum["hour"] < 8759 || sum["hour"] > 8760 {
		t.Errorf("%v", sum)
	}
}

// A time zone that is not known, or the machine's, is refused when it is written.
func TestCronJobTimeZoneRefused(t *testing.T) {
	p := newPlant(t, "instant", true)
	for zone, want := range map[string]string{
		"Mars/Olympus": `CronJob.batch "tick" is invalid: spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus`,
		"Local":        `CronJob.batch "tick" is invalid: spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones`,
		`""`:           `CronJob.batch "tick" is invalid: spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string`,
	} {
		manifests, problems := model.Decode("t.yaml", []byte(cronManifest("0 * * * *", "  timeZone: "+zone)), model.Options{})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		o := manifests[0].Object
		o.SetNamespace("default")
		if _, err := p.api.Create(model.CronJob, o); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", zone, err, want)
		}
	}
}
