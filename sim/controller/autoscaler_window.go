package controller

import (
	"math"
	"slices"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"clustersim/sim/engine"
)

// recommendation is a number of replicas that the metrics asked for, and when they did so last.
type recommendation struct {
	replicas int32
	at       engine.Time
}

// scaleEvent is a change of the number of replicas, one way or the other.
type scaleEvent struct {
	replicas int32
	at       engine.Time
}

// longestWindow is the longest that validation admits, of stabilization as well as of policies.
//
// Source: k8s v1.36.3 pkg/apis/autoscaling/validation/validation.go MaxStabilizationWindowSeconds.
const longestWindow = time.Hour

// outcome is a number of replicas with the reason for a condition.
type outcome struct {
	replicas        int32
	reason, message string
}

// limits bound the replicas of one sync.
type limits struct {
	current, least, most int32
}

// windows are the stretches of time over which recommendations count.
func (a *autoscaler) windows() []time.Duration {
	b := a.hpa.Spec.Behavior
	if b == nil {
		return []time.Duration{a.c.env.Config.HorizontalPodAutoscalerDownscaleStabilization}
	}
	return []time.Duration{a.window(b.ScaleUp, 0), a.window(b.ScaleDown, a.c.env.Config.HorizontalPodAutoscalerDownscaleStabilization)}
}

func (a *autoscaler) window(r *autoscalingv2.HPAScalingRules, unset time.Duration) time.Duration {
	if r == nil || r.StabilizationWindowSeconds == nil {
		return unset
	}
	return time.Duration(*r.StabilizationWindowSeconds) * time.Second
}

// recommend puts down what the metrics ask for. Of equal ones in a row the last is kept: only the age of the youngest matters.
func (a *autoscaler) recommend(n int32) {
	now := a.c.env.Engine.Now()
	if l := len(a.recommendations); l > 0 && a.recommendations[l-1].replicas == n {
		a.recommendations[l-1].at = now
	} else {
		a.recommendations = append(a.recommendations, recommendation{n, now})
	}
	keep := max(longestWindow, a.c.env.Config.HorizontalPodAutoscalerDownscaleStabilization)
	a.recommendations = slices.DeleteFunc(a.recommendations, func(r recommendation) bool { return r.at < now-keep })
	a.repeats = true
}

// stabilize holds a recommendation back: down to the highest of the last minutes and, with behaviour, up to the lowest.
//
// Source: k8s v1.36.3 horizontal.go stabilizeRecommendation, stabilizeRecommendationWithBehaviors.
func (a *autoscaler) stabilize(current, desired int32) outcome {
	now, w := a.c.env.Engine.Now(), a.windows()
	up, down := desired, desired
	for _, r := range a.recommendations {
		if len(w) == 1 && r.at >= now-w[0] {
			down = max(down, r.replicas)
		}
		if len(w) == 2 && r.at > now-w[0] {
			up = min(up, r.replicas)
		}
		if len(w) == 2 && r.at > now-w[1] {
			down = max(down, r.replicas)
		}
	}
	a.recommend(desired)
	o := outcome{down, "ScaleDownStabilized", "recent recommendations were higher than current one, applying the highest recent recommendation"}
	if len(w) == 2 {
		o.replicas = min(max(current, up), down)
		if desired >= current {
			o.reason, o.message = "ScaleUpStabilized", "recent recommendations were lower than current one, applying the lowest recent recommendation"
		}
	}
	if o.replicas == desired {
		o.reason, o.message = "ReadyForNewScale", "recommended size matches current size"
	}
	return o
}

var (
	withinRange = [2]string{"DesiredWithinRange", "the desired count is within the acceptable range"}
	tooFast     = [2]string{"ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate"}
	tooFastDown = [2]string{"ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate"}
	tooMany     = [2]string{"TooManyReplicas", "the desired replica count is more than the maximum replica count"}
	tooFew      = [2]string{"TooFewReplicas", "the desired replica count is less than the minimum replica count"}
)

func bound(n int32, why [2]string) outcome { return outcome{n, why[0], why[1]} }

// limit holds a number of replicas between the least and the most, and to the rate at which it may change.
//
// Source: k8s v1.36.3 horizontal.go convertDesiredReplicasWithRules, calculateScaleUpLimit: twice as many, or 4.
func (a *autoscaler) limit(l limits, desired int32) outcome {
	if a.hpa.Spec.Behavior != nil {
		return a.limitByBehavior(l, desired)
	}
	top, why := l.most, tooMany
	if fast := max(2*int64(l.current), 4); int64(l.most) > fast {
		top, why = int32(fast), tooFast
	}
	switch {
	case desired < l.least:
		return bound(l.least, tooFew)
	case desired > top:
		return bound(top, why)
	}
	return bound(desired, withinRange)
}

// limitByBehavior does so by the policies of the autoscaler.
//
// Source: k8s v1.36.3 horizontal.go convertDesiredReplicasWithBehaviorRate.
func (a *autoscaler) limitByBehavior(l limits, desired int32) outcome {
	b := a.hpa.Spec.Behavior
	switch {
	case desired > l.current:
		top, why := l.most, tooMany
		if fast := max(a.scaleUpLimit(l.current, b.ScaleUp), l.current); top > fast {
			top, why = fast, tooFast
		}
		if desired > top {
			return bound(top, why)
		}
	case desired < l.current:
		bottom, why := l.least, tooFew
		if fast := min(a.scaleDownLimit(l.current, b.ScaleDown), l.current); bottom < fast {
			bottom, why = fast, tooFastDown
		}
		if desired < bottom {
			return bound(bottom, why)
		}
	}
	return bound(desired, withinRange)
}

// scaleUpLimit is the most that the policies let the replicas grow to.
//
// Source: k8s v1.36.3 horizontal.go calculateScaleUpLimitWithScalingRules.
func (a *autoscaler) scaleUpLimit(current int32, r *autoscalingv2.HPAScalingRules) int32 {
	pick, limit := maxOf, int32(math.MinInt32)
	switch *r.SelectPolicy {
	case autoscalingv2.DisabledPolicySelect:
		return current
	case autoscalingv2.MinChangePolicySelect:
		pick, limit = minOf, math.MaxInt32
	}
	for _, p := range r.Policies {
		start := a.periodStart(current, p.PeriodSeconds)
		n := start + int64(p.Value)
		if p.Type == autoscalingv2.PercentScalingPolicy {
			n = int64(math.Ceil(float64(start) * (1 + float64(p.Value)/100)))
		}
		limit = pick(limit, narrow(n))
	}
	return limit
}

// scaleDownLimit is the least that the policies let the replicas shrink to.
//
// Source: k8s v1.36.3 horizontal.go calculateScaleDownLimitWithBehaviors.
func (a *autoscaler) scaleDownLimit(current int32, r *autoscalingv2.HPAScalingRules) int32 {
	pick, limit := minOf, int32(math.MaxInt32)
	switch *r.SelectPolicy {
	case autoscalingv2.DisabledPolicySelect:
		return current
	case autoscalingv2.MinChangePolicySelect:
		pick, limit = maxOf, math.MinInt32
	}
	for _, p := range r.Policies {
		start := a.periodStart(current, p.PeriodSeconds)
		n := start - int64(p.Value)
		if p.Type == autoscalingv2.PercentScalingPolicy {
			n = int64(float64(start) * (1 - float64(p.Value)/100))
		}
		limit = pick(limit, narrow(n))
	}
	return limit
}

func minOf(a, b int32) int32 { return min(a, b) }
func maxOf(a, b int32) int32 { return max(a, b) }

func narrow(n int64) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

// periodStart is how many replicas there were before what was changed in the last seconds.
func (a *autoscaler) periodStart(current, seconds int32) int64 {
	n, from := int64(current), a.c.env.Engine.Now()-time.Duration(seconds)*time.Second
	for _, e := range a.ups {
		if e.at > from {
			n -= int64(e.replicas)
		}
	}
	for _, e := range a.downs {
		if e.at > from {
			n += int64(e.replicas)
		}
	}
	return n
}

// scaled puts down a change of the replicas, which policies count.
//
// Source: k8s v1.36.3 horizontal.go storeScaleEvent.
func (a *autoscaler) scaled(from, to int32) {
	if a.hpa.Spec.Behavior == nil {
		return
	}
	now := a.c.env.Engine.Now()
	old := func(e scaleEvent) bool { return e.at < now-longestWindow }
	if a.ups, a.downs = slices.DeleteFunc(a.ups, old), slices.DeleteFunc(a.downs, old); to > from {
		a.ups = append(a.ups, scaleEvent{to - from, now})
	} else {
		a.downs = append(a.downs, scaleEvent{from - to, now})
	}
}
