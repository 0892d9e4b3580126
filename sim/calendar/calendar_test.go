package calendar

import (
	"testing"
	"time"
)

// Instants around which local time jumps: what the tz database and cron's rules say, worked out by hand.
func TestNext(t *testing.T) {
	for _, c := range []struct{ name, schedule, zone, after, want string }{
		{"plain", "*/5 * * * *", "", "2026-01-01T00:02:30Z", "2026-01-01T00:05:00Z"},
		{"macro", "@daily", "", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"},
		{"every counts from the instant", "@every 90s", "", "2026-01-01T00:00:10Z", "2026-01-01T00:01:40Z"},
		{"zone", "0 9 * * *", "Asia/Kolkata", "2026-01-01T00:00:00Z", "2026-01-01T03:30:00Z"},
		{"clocks go forward over it: not that day", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"},
		{"clocks go back: the first of two", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		{"after it the next day, not the second of two", "30 2 * * *", "Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"},
		{"each hour, over the hour that is skipped", "0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"},
		{"each hour, over the hour that comes twice", "0 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
		{"New York skips 2:30 on 8 March", "30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-09T06:30:00Z"},
		{"New York has 1:30 twice on 1 November: the first", "30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", "2026-11-01T05:30:00Z"},
		{"and the second", "30 1 * * *", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"},
		{"and then the next day", "30 1 * * *", "America/New_York", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"},
		{"in the south it is autumn in April", "30 2 * * *", "Australia/Sydney", "2026-04-04T00:00:00Z", "2026-04-04T15:30:00Z"},
		{"twice", "30 2 * * *", "Australia/Sydney", "2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"},
		{"and spring in October", "30 2 * * *", "Australia/Sydney", "2026-10-03T00:00:00Z", "2026-10-04T15:30:00Z"},
		{"half an hour is skipped", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T15:15:00Z"},
		{"no summer time since 2016", "30 2 * * *", "Europe/Istanbul", "2026-03-28T12:00:00Z", "2026-03-28T23:30:00Z"},
		{"midnight that is skipped", "0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-24T21:00:00Z"},
		{"the 29th of February of a leap year", "0 12 28-31 2 *", "Asia/Seoul", "2028-02-28T03:00:00Z", "2028-02-29T03:00:00Z"},
		{"of another year", "0 12 28-31 2 *", "Asia/Seoul", "2027-02-28T03:00:00Z", "2028-02-28T03:00:00Z"},
		{"2100 is none, and eight years are too far", "0 0 29 2 *", "", "2096-03-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		{"leap day", "0 0 29 2 *", "", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"never", "59 23 31 2 *", "", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
	} {
		zone, err := Zone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(c.schedule, zone)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		after, _ := time.Parse(time.RFC3339, c.after)
		if got := s.Next(after).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s after %s in %q: got %s, want %s", c.name, c.schedule, c.after, c.zone, got, c.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, s := range []string{"", "* * * *", "60 * * * *", "TZ=UTC * * * * *", "@sometimes"} {
		if _, err := Parse(s, time.UTC); err == nil {
			t.Errorf("%q: no error", s)
		}
	}
	for _, z := range []string{"Mars/Olympus", "Europe", "../etc/passwd", "Local"} {
		if _, err := Zone(z); err == nil {
			t.Errorf("zone %q: no error", z)
		}
	}
}
