package scheduler

import corev1 "k8s.io/api/core/v1"

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go.
var schedulingGates = &Plugin{
	Name:       "SchedulingGates",
	Points:     PointPreEnqueue,
	Doc:        "Keeps pods with spec.schedulingGates out of the queue until the last gate is taken away.",
	Events:     PodGatesEliminated,
	PreEnqueue: func(spec *corev1.PodSpec) bool { return len(spec.SchedulingGates) == 0 },
	Compile:    func(*Compiler) Part { return Part{Queue: func(ev *Event) bool { return ev.Own }} },
}
