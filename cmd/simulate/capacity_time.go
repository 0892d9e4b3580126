package main

import (
	"errors"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"clustersim/model"
	"clustersim/scenarios/capacity"
	"clustersim/sim"
	"clustersim/sim/engine"
)

// timed reports whether the question is one of simulated time.
func (f *capacityFlags) timed() bool {
	return len(f.lose) > 0 || len(f.drain) > 0 || f.rollout != "" || f.storm != ""
}

// inTime answers --lose, --drain, --rollout and --pull-storm.
func (f *capacityFlags) inTime(a *app, o sim.Options) error {
	bar := newProgress(a, "")
	defer bar.clear()
	ans, err := f.askTime(o, func(r *sim.Run) {
		r.Engine.Interrupt = func() error {
			if a.interrupted.Load() {
				return errInterrupted
			}
			bar.show(r.Engine.Now(), r.End(), r.Engine.Ran())
			return nil
		}
	})
	var limit *engine.LimitError
	switch {
	case errors.Is(err, errInterrupted):
		return errInterrupted
	case errors.As(err, &limit):
		return &exit{exitUnfinished, "error: " + limit.Error()}
	case err != nil:
		return usagef("%v", err)
	}
	bar.clear()
	return f.print(a, ans, f.assumed)
}

// askTime answers the question; its errors name the flag.
func (f *capacityFlags) askTime(o sim.Options, begin func(*sim.Run)) (ans capacityAnswer, err error) {
	span, flag := f.span.duration, ""
	switch {
	case len(f.lose) > 0:
		flag = "--lose"
		var l *capacity.TimedLoss
		l, err = capacity.Lose(o, capacity.LoseOptions{What: f.lose, For: span, Begin: begin})
		ans = &lossAnswer{l}
	case len(f.drain) > 0:
		flag = "--drain"
		var d *capacity.TimedDrain
		d, err = capacity.Drain(o, capacity.LoseOptions{What: f.drain, For: span, Begin: begin, Timeline: f.faults})
		ans = &drainAnswer{d}
	case f.rollout != "":
		flag = "--rollout"
		ro := capacity.RolloutOptions{Image: f.image, For: span, Begin: begin, Timeline: f.faults}
		if ro.Namespace, ro.Name, err = deploymentName(f.rollout); err != nil {
			break
		}
		var r *capacity.TimedRollout
		r, err = capacity.Rollout(o, ro)
		ans = &rolloutAnswer{r}
	default:
		flag = "--pull-storm"
		so := capacity.StormOptions{For: span, Begin: begin}
		image, size, sized := strings.Cut(f.storm, "=")
		so.Image = image
		if sized {
			q, parsed := resource.ParseQuantity(size)
			if parsed != nil || q.Value() <= 0 {
				return nil, usagef("--pull-storm %s: the size must be a quantity above 0, such as 800Mi", f.storm)
			}
			so.Size = q.Value()
		}
		var s *capacity.TimedStorm
		s, err = capacity.Storm(o, so)
		ans = &stormAnswer{s}
	}
	var limit *engine.LimitError
	if err != nil && !errors.Is(err, errInterrupted) && !errors.As(err, &limit) {
		err = errors.New(flag + ": " + err.Error())
	}
	return ans, err
}

// deploymentName reads NAME, NAMESPACE/NAME, Deployment/NAME or NAMESPACE/Deployment/NAME.
func deploymentName(text string) (namespace, name string, err error) {
	parts := strings.Split(text, "/")
	namespace, name = "default", parts[len(parts)-1]
	parts = parts[:len(parts)-1]
	if n := len(parts); n > 0 && model.FindKind(parts[n-1]) == model.Deployment {
		parts = parts[:n-1]
	}
	if len(parts) == 1 {
		namespace = parts[0]
	}
	if len(parts) > 1 || name == "" || namespace == "" {
		return "", "", errors.New(text + ": must be NAME, NAMESPACE/NAME or NAMESPACE/Deployment/NAME")
	}
	return namespace, name, nil
}
