package scheduler

// Source: k8s v1.36.3 pkg/scheduler/framework/plugins/queuesort/priority_sort.go. item.before is its order.
var prioritySort = &Plugin{
	Name:   "PrioritySort",
	Points: PointQueueSort,
	Doc:    "Takes pods out of the queue by priority, the highest first; equal ones by when they came or last failed.",
}
