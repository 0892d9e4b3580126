// Package calendar reads the schedules of CronJobs and knows the world's time zones: those of zoneinfo.zip, which is the
// file of the Go release that go.mod names, and never those of the machine.
//
// The file holds the IANA time zone database, which is in the public domain.
package calendar
