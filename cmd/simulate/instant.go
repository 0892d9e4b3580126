package main

import (
	"errors"
	"time"
)

// instant is the value of --at: a time since the start of the run, or its end.
type instant time.Duration

// atEnd is the end of the run, whenever that is.
const atEnd instant = -1

// String implements pflag.Value.
func (i *instant) String() string {
	if *i < 0 {
		return "end"
	}
	return time.Duration(*i).String()
}

// Set implements pflag.Value.
func (i *instant) Set(text string) error {
	if text == "end" {
		*i = atEnd
		return nil
	}
	d, err := parseDuration(text)
	*i = instant(d)
	return err
}

// Type implements pflag.Value.
func (i *instant) Type() string { return "TIME" }

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, errors.New("must be a duration such as 95s or 1h30m")
	case d < 0:
		return 0, errors.New("must not be negative")
	}
	return d, nil
}

// ending is the value of --until: a duration, or "settled".
type ending struct {
	given    bool
	duration time.Duration // 0: until the run has settled
}

// String implements pflag.Value.
func (e *ending) String() string {
	switch {
	case !e.given:
		return ""
	case e.duration == 0:
		return "settled"
	}
	return e.duration.String()
}

// Set implements pflag.Value.
func (e *ending) Set(text string) error {
	e.given = true
	if text == "settled" {
		e.duration = 0
		return nil
	}
	d, err := parseDuration(text)
	if err == nil && d == 0 {
		err = errors.New("must be above 0")
	}
	e.duration = d
	return err
}

// Type implements pflag.Value.
func (e *ending) Type() string { return "TIME" }
