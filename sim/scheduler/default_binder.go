package scheduler

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/defaultbinder/default_binder.go. binding.Fire does it.
var defaultBinder = &Plugin{
	Name:   "DefaultBinder",
	Points: PointBind,
	Doc:    "Writes the binding of the pod to its node.",
}
