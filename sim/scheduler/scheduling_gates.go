package scheduler

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go.
var schedulingGates = &Plugin{
	Name:       "SchedulingGates",
	Points:     PointPreEnqueue,
	Doc:        "Keeps pods with spec.schedulingGates out of the queue until the last gate is taken away.",
	Events:     PodGatesEliminated,
	PreEnqueue: func(_ *Snapshot, pod *Pod) bool { return len(pod.Spec.SchedulingGates) == 0 },
	Compile:    func(*Compiler) Part { return Part{Queue: func(ev *Event) bool { return ev.Own }} },
}
